//! The store under power cuts: at every operation in turn, with torn writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::string::String;
use std::vec;
use std::vec::Vec;

use super::{FsStore, StateItem, names};
use crate::identity::Fleet;
use crate::primitives::{Limits, RoleName, Version};
use crate::release::Product;
use crate::update::{Change, LedgerCopy, StoredItem};

/// Counts down the operations that are left before the power goes.
pub(super) mod power {
    use std::cell::Cell;
    use std::fs::File;
    use std::io::{self, Write as _};

    std::thread_local! {
        static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    }

    /// The power goes after so many operations of this thread; `None`: it stays.
    pub(crate) fn cut_after(operations: Option<usize>) {
        LEFT.set(operations);
    }

    pub(crate) fn may_fail() -> io::Result<()> {
        match LEFT.get() {
            Some(0) => Err(io::Error::other("power cut")),
            Some(n) => {
                LEFT.set(Some(n - 1));
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A write that the cut tears in two.
    pub(crate) fn write(file: &mut File, bytes: &[u8]) -> io::Result<()> {
        if let Err(cut) = may_fail() {
            file.write_all(bytes.get(..bytes.len() / 2).unwrap_or_default())?;
            return Err(cut);
        }
        file.write_all(bytes)
    }
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(std::format!("ota-trust-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn open(folder: &Folder) -> FsStore {
    FsStore::open(&folder.0, &Limits::default()).expect("a folder in the temporary folder")
}

fn items() -> Vec<StoredItem> {
    let role = |name| StoredItem::Role(RoleName::delegated(name).expect("a name"));
    vec![
        StoredItem::Root(Version::ONE),
        StoredItem::Ledger(LedgerCopy::First),
        StoredItem::Ledger(LedgerCopy::Second),
        StoredItem::Timestamp,
        StoredItem::Snapshot,
        StoredItem::Role(RoleName::targets()),
        role("a"),
        role("A"),
        role("a/b"),
        role("%41"),
        role(&"x".repeat(1000)),
        role(&"y".repeat(1000)),
    ]
}

fn contents(store: &FsStore) -> BTreeMap<StoredItem, Vec<u8>> {
    let read = |item: StoredItem| Some((item.clone(), store.read(&item).expect("readable")?));
    items().into_iter().filter_map(read).collect()
}

#[test]
fn names_are_distinct_without_regard_to_case() {
    let mut seen = BTreeMap::new();
    for item in items() {
        let name = item.file_name();
        assert!(name.len() < 255 && !name.contains(['/', '\\', ':']), "{name}");
        assert_eq!(seen.insert(name.to_lowercase(), item), None, "{name}");
        assert!(!names::is_temporary(&name) && name != names::LOCK);
    }
}

/// With products whose names differ in case, look like another's encoding, or begin alike.
fn state_items() -> Vec<StateItem> {
    let names = ["lamp", "Lamp", "LAMP", "lamp.a", "lamp-a", "lamp_a", "installation", "permit"];
    let long = ["l", "L"].map(|letter| letter.repeat(64));
    let names = names.into_iter().chain(long.iter().map(String::as_str));
    let items = names.flat_map(|name| {
        let product = || Product::new(name).expect("a name");
        [
            StateItem::Rollouts(product()),
            StateItem::Installation(product()),
            StateItem::Permit(product()),
            StateItem::Identity(Fleet::new(name).expect("a name")),
        ]
    });
    items.collect()
}

#[test]
fn no_two_items_of_state_or_of_metadata_share_a_name() {
    let metadata = items().into_iter().map(|item| item.file_name());
    let mut seen: Vec<String> = metadata.map(|name| name.to_lowercase()).collect();
    for item in state_items() {
        let name = item.file_name();
        assert!(name.len() < 255 && !name.contains(['/', '\\', ':']), "{name}");
        assert!(!seen.contains(&name.to_lowercase()), "{name}");
        assert!(names::is_item(&name), "{name} is forgotten with the rest");
        assert!(!names::is_temporary(&name) && name != names::LOCK);
        seen.push(name.to_lowercase());
    }
}

/// Whenever the power goes, one item is the old or the new one, or gone if it was removed; and no
/// other is touched.
#[test]
fn every_power_cut_leaves_an_item_of_state_whole() {
    let items = state_items();
    // One of each kind, among all of them.
    for item in items.iter().step_by(10) {
        for new in [Some(b"a new state".as_slice()), None] {
            let mut cut = 0;
            loop {
                let folder = Folder::new("state");
                let store = open(&folder);
                for (number, other) in items.iter().enumerate() {
                    store.write_state(other, &old(number)).expect("written");
                }
                power::cut_after(Some(cut));
                let result = match new {
                    Some(bytes) => store.write_state(item, bytes),
                    None => store.remove_state(item),
                };
                power::cut_after(None);
                drop(store);
                let store = open(&folder);
                for (number, other) in items.iter().enumerate() {
                    let found = store.read_state(other).expect("readable");
                    let is_old = found == Some(old(number));
                    let is_new = other == item && found.as_deref() == new;
                    let may_be_old = other != item || result.is_err();
                    assert!(is_new || (is_old && may_be_old), "cut {cut} of {other:?}: {found:?}");
                    let is_lost = found.is_none() && store.has_stored(other).expect("readable");
                    assert!(!is_lost, "cut {cut}: what was removed by will counts as lost");
                }
                let left = super::disk::list(&folder.0).expect("readable");
                assert!(!left.iter().any(|name| names::is_temporary(name)), "swept when opened");
                if result.is_ok() {
                    break;
                }
                cut += 1;
            }
            assert!(cut >= if new.is_some() { 3 } else { 1 }, "every operation was cut");
        }
    }
}

fn old(number: usize) -> Vec<u8> {
    std::format!("the old state {number}").into_bytes()
}

#[test]
fn state_that_could_not_be_read_again_is_not_written() {
    let folder = Folder::new("large");
    let store = open(&folder);
    let item = StateItem::Identity(Fleet::new("lamps").expect("a name"));
    let (most, more) = (vec![b'x'; 1 << 20], vec![b'y'; (1 << 20) + 1]);
    store.write_state(&item, &most).expect("written");
    assert_eq!(store.write_state(&item, &more).map_err(|e| e.code()), Err("store.too-long"));
    assert_eq!(store.read_state(&item).expect("readable"), Some(most), "the old one stays");
}

#[test]
fn what_is_forgotten_goes_with_its_state() {
    let folder = Folder::new("forget");
    let store = open(&folder);
    for item in state_items() {
        store.write_state(&item, b"state").expect("written");
    }
    store.forget().expect("forgotten");
    for item in state_items() {
        assert_eq!(store.read_state(&item).expect("readable"), None, "{item:?}");
    }
}

#[test]
fn only_plain_names_are_roots() {
    assert_eq!(names::root_version("7.root.json"), Version::new(7).ok());
    for name in ["0.root.json", "01.root.json", "+1.root.json", "root.json", "x.root.json"] {
        assert_eq!(names::root_version(name), None, "{name}");
    }
}

/// Whenever the power goes, the items are those after some prefix of the changes, each one whole.
#[test]
fn every_power_cut_leaves_a_prefix_of_the_changes() {
    let items = items();
    let changes: Vec<(usize, Option<&[u8]>)> = vec![
        (0, Some(b"root 1")),
        (3, Some(b"timestamp 1")),
        (4, Some(b"snapshot 1")),
        (3, None),
        (4, None),
        (0, Some(b"root 1, again")),
        (3, Some(b"timestamp 2")),
        (6, Some(b"role a")),
        (7, Some(b"role A")),
    ];
    let mut prefixes = vec![BTreeMap::new()];
    for &(item, bytes) in &changes {
        let mut state = prefixes.last().cloned().unwrap_or_default();
        let item = items.get(item).cloned().expect("an item");
        match bytes {
            Some(bytes) => state.insert(item, bytes.to_vec()),
            None => state.remove(&item),
        };
        prefixes.push(state);
    }
    let mut cut = 0;
    loop {
        let folder = Folder::new("cuts");
        let store = open(&folder);
        let as_changes = changes.iter().map(|&(item, bytes)| {
            let item = &items[item];
            bytes.map_or(Change::Remove { item }, |bytes| Change::Write { item, bytes })
        });
        power::cut_after(Some(cut));
        let result = store.apply(as_changes);
        power::cut_after(None);
        drop(store);
        let after = contents(&open(&folder));
        assert!(prefixes.contains(&after), "cut {cut}: {after:?}");
        let left: Vec<String> = super::disk::list(&folder.0).expect("readable");
        assert!(!left.iter().any(|name| names::is_temporary(name)), "swept when opened");
        if result.is_ok() {
            assert_eq!(Some(&after), prefixes.last());
            break;
        }
        assert!(cut < 1000, "the changes come to an end");
        cut += 1;
    }
    assert!(cut > 2 * changes.len(), "every operation was cut");
}

#[test]
fn a_file_beyond_the_limit_is_none() {
    let folder = Folder::new("long");
    let mut limits = Limits::small();
    limits.max_timestamp_length = 4;
    let store = FsStore::open(&folder.0, &limits).expect("a folder");
    let item = StoredItem::Timestamp;
    for (bytes, there) in [(b"1234".as_slice(), true), (b"12345", false)] {
        fs::write(folder.0.join(item.file_name()), bytes).expect("written");
        assert_eq!(store.read(&item).expect("readable").is_some(), there);
        // What it would not read again it does not write either.
        let written = store.apply([Change::Write { item: &item, bytes }]).map_err(|e| e.code());
        assert_eq!(written.is_ok(), there, "{written:?}");
    }
}

#[test]
fn what_is_no_root_is_not_provisioned() {
    let folder = Folder::new("provision");
    let store = open(&folder);
    assert_eq!(store.provision(b"{}").map_err(|e| e.code()), Err("store.root"));
    assert_eq!(store.assume_provisioned_root().expect("readable"), None);
}

#[test]
fn a_folder_is_used_by_one_store_and_its_clones() {
    let folder = Folder::new("lock");
    let store = open(&folder);
    let again = || FsStore::open(&folder.0, &Limits::default()).map(drop).map_err(|e| e.code());
    assert_eq!(again(), Err("store.in-use"));
    let clone = store.clone();
    drop(store);
    assert_eq!(again(), Err("store.in-use"), "a clone still has it");
    drop(clone);
    assert_eq!(again(), Ok(()));
    // Whoever says so may, also where the lock is held.
    let _held = open(&folder);
    FsStore::open_assuming_sole_use(&folder.0, &Limits::default()).expect("assumed");
}

#[test]
fn what_earlier_writes_have_left_is_swept_under_the_lock_alone() {
    let folder = Folder::new("sweep");
    let store = open(&folder);
    let left = ["write.tmp", "write0.tmp", "write17.tmp"];
    let others = ["writer.tmp", "write.tmp.txt", "note"];
    for name in left.into_iter().chain(others) {
        fs::write(folder.0.join(name), b"half").expect("written");
    }
    assert!(FsStore::open(&folder.0, &Limits::default()).is_err());
    assert!(left.iter().all(|name| folder.0.join(name).exists()), "its owner may be writing it");
    drop(store);
    drop(open(&folder));
    assert!(!left.iter().any(|name| folder.0.join(name).exists()));
    assert!(others.iter().all(|name| folder.0.join(name).exists()), "not the store's");
}

#[test]
fn threads_that_write_at_once_do_not_get_each_other_s_content() {
    let folder = Folder::new("threads");
    let store = open(&folder);
    let items = ["lamp", "door", "fan"]
        .map(|name| StateItem::Installation(Product::new(name).expect("a name")));
    for round in 0..60_u8 {
        let contents = [0, 1, 2].map(|n| vec![3 * round.wrapping_add(n); 40_000]);
        std::thread::scope(|scope| {
            for (item, content) in items.iter().zip(&contents) {
                let store = store.clone();
                scope.spawn(move || store.write_state(item, content).expect("written"));
            }
        });
        for (item, content) in items.iter().zip(contents) {
            assert!(store.read_state(item).expect("read") == Some(content), "round {round}");
        }
    }
}

#[test]
fn what_could_not_be_written_is_not_left() {
    let folder = Folder::new("full");
    let store = open(&folder);
    let item = StateItem::Installation(Product::new("lamp").expect("a name"));
    // Nothing can be renamed over a folder that is not empty.
    fs::create_dir_all(folder.0.join(item.file_name()).join("inside")).expect("made");
    for _ in 0..3 {
        assert_eq!(store.write_state(&item, b"state").map_err(|e| e.code()), Err("store.io"));
    }
    let left = super::disk::list(&folder.0).expect("readable");
    assert!(!left.iter().any(|name| names::is_temporary(name)), "{left:?}");
}
