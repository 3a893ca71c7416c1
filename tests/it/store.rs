//! The store on a file system, under real cycles: what it keeps, and what a power cut leaves.

use ota_trust::primitives::{Limits, Version};
use ota_trust::store::FsStore;
use ota_trust::update::{
    Change, Fetched, FileRequest, Io, Loaded, Repository, StoredItem, Update, UpdateError,
};
use tempfile::TempDir;

use crate::world::*;

/// A device with its storage in a folder.
struct Disk {
    folder: TempDir,
    shipped: Vec<u8>,
}

enum Ended {
    Refused(UpdateError),
    PowerCut,
}

impl From<UpdateError> for Ended {
    fn from(error: UpdateError) -> Self {
        Self::Refused(error)
    }
}

impl Disk {
    fn new(repo: &Repo) -> Self {
        Self { folder: TempDir::new().unwrap(), shipped: repo.file("1.root.json") }
    }

    fn store(&self) -> FsStore {
        FsStore::open(self.folder.path(), &Limits::default()).unwrap()
    }

    /// A start of the device and a cycle, until the power goes after so many changes.
    fn run(&self, repo: &Repo, changes_left: usize) -> Result<Repository<'static>, Ended> {
        let store = self.store();
        store.provision(&self.shipped).unwrap();
        let cycle = Update::begin(self.shipped.clone(), at(START), Limits::default())?;
        let mut powered = Powered { store, repo, changes_left, is_on: true };
        let end = cycle.run(&mut powered);
        if !powered.is_on {
            return Err(Ended::PowerCut);
        }
        end.map_err(|error| Ended::Refused(error.refusal().unwrap().clone()))
    }

    fn refresh(&self, repo: &Repo) -> Repository<'static> {
        match self.run(repo, usize::MAX) {
            Ok(repository) => repository,
            Err(Ended::Refused(error)) => panic!("{error}"),
            Err(Ended::PowerCut) => panic!("the power was cut"),
        }
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// A device for one run. Once its power is gone, nothing answers any more.
struct Powered<'d> {
    store: FsStore,
    repo: &'d Repo,
    changes_left: usize,
    is_on: bool,
}

impl Io for Powered<'_> {
    type Error = ();

    fn load(&mut self, item: &StoredItem) -> Loaded<()> {
        if self.is_on { Ok(self.store.read(item).unwrap()) } else { Err(()) }.into()
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<()> {
        if !self.is_on {
            return Fetched::Failed(());
        }
        match self.repo.get(&request.file.name(), request.attempt) {
            Answer::File(bytes) => Fetched::Received(bytes),
            Answer::NotFound => Fetched::NotFound,
            Answer::Failed => Fetched::Failed(()),
        }
    }

    fn store(&mut self, changes: &[Change<'_>]) -> Result<(), ()> {
        for &change in changes {
            self.is_on &= self.changes_left > 0;
            if !self.is_on {
                return Err(());
            }
            self.changes_left -= 1;
            self.store.apply([change]).unwrap();
        }
        Ok(())
    }
}

/// Three states of a repository, the second with a root that takes a timestamp key.
fn history() -> [Repo; 3] {
    let first = Repo::with(|repo| {
        repo.keys.insert("timestamp", Authority::new(&["t-kept", "t-stolen"], 1));
    });
    let mut second = first.clone();
    second.next_root(|repo| {
        repo.keys.insert("timestamp", Authority::new(&["t-kept"], 1));
    });
    second.bump("targets");
    second.release();
    second.publish();
    let mut third = second.clone();
    third.next_root(|_| ());
    third.bump("targets");
    third.release();
    third.publish();
    [first, second, third]
}

#[test]
fn it_keeps_the_anchor_and_every_root_since() {
    let [first, second, third] = history();
    let disk = Disk::new(&first);
    for repo in [&first, &second, &third] {
        disk.refresh(repo);
    }
    let expected = [
        "1.root.json",
        "2.root.json",
        "3.root.json",
        "ledger",
        "lock",
        "role.targets.json",
        "snapshot.json",
        "timestamp.json",
    ];
    assert_eq!(disk.names(), expected);
    let store = disk.store();
    for (item, name) in [
        (StoredItem::Root(Version::new(3).unwrap()), "3.root.json"),
        (StoredItem::Timestamp, "timestamp.json"),
        (StoredItem::Snapshot, "3.snapshot.json"),
    ] {
        assert_eq!(store.read(&item).unwrap().unwrap(), third.file(name), "{name}");
    }
    assert_eq!(store.anchor().unwrap().unwrap(), third.file("1.root.json"));
    assert_eq!(store.assume_stored_root().unwrap().unwrap(), third.file("3.root.json"));
}

#[test]
fn a_newer_shipped_anchor_replaces_the_older_part_of_the_chain() {
    let [first, second, third] = history();
    let mut disk = Disk::new(&first);
    for repo in [&first, &second, &third] {
        disk.refresh(repo);
    }
    disk.shipped = third.file("2.root.json");
    assert_eq!(disk.refresh(&third).root().version().get(), 3);
    assert!(!disk.names().contains(&"1.root.json".to_owned()));
    let store = disk.store();
    assert_eq!(store.anchor().unwrap().unwrap(), third.file("2.root.json"));
    assert_eq!(store.assume_stored_root().unwrap().unwrap(), third.file("3.root.json"));
}

#[test]
fn a_ledger_that_is_too_long_is_not_an_absent_one() {
    let [_, second, _] = history();
    let disk = Disk::new(&second);
    disk.refresh(&second);
    let path = disk.folder.path().join("ledger");
    let mut device = Device::refreshed(&second);
    let mut write_longer = |added: usize| {
        let line = "x".repeat(added);
        device.edit_ledger(|ledger| format!("{ledger}future {line}\n"));
        let ledger = device.store[&StoredItem::Ledger].clone();
        std::fs::write(&path, &ledger).unwrap();
        ledger
    };
    let read = || {
        let store = FsStore::open(disk.folder.path(), &Limits::small()).unwrap();
        store.read(&StoredItem::Ledger).map_err(|error| error.code())
    };
    // What newer firmware may add fits, however small the limits of the device are.
    let ledger = write_longer(400 << 10);
    assert_eq!(read(), Ok(Some(ledger.clone())));
    let mut next = second.clone();
    next.release();
    assert!(disk.refresh(&next).is_durable());
    let rewritten = std::fs::read(&path).unwrap();
    assert!(rewritten != ledger && rewritten.len() > 400 << 10, "what was added is kept");

    // What could not be read again is not written.
    let longer = vec![b'x'; (1 << 20) + 1];
    let change = Change::Write { item: &StoredItem::Ledger, bytes: &longer };
    assert_eq!(disk.store().apply([change]).map_err(|error| error.code()), Err("store.too-long"));
    assert_eq!(std::fs::read(&path).unwrap(), rewritten);

    write_longer(1 << 20);
    assert_eq!(read(), Err("store.too-long"));
}

#[test]
fn the_stored_chain_is_verified_again() {
    let [first, second, third] = history();
    let disk = Disk::new(&first);
    disk.refresh(&second);
    // The storage lies about the second root; the repository has the true one.
    let path = disk.folder.path().join("2.root.json");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.iter().position(|&b| b == b'1').unwrap();
    bytes[at] = b'2';
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(disk.refresh(&third).root().version().get(), 3);
    assert_eq!(std::fs::read(&path).unwrap(), third.file("2.root.json"));
}

#[test]
fn after_a_power_cut_at_any_change_the_next_cycle_succeeds_and_nothing_falls() {
    let states = history();
    let mut cuts = 0;
    for cut in 0.. {
        let disk = Disk::new(&states[0]);
        let mut left = cut;
        let mut cut_happened = false;
        let mut floor = 0;
        for repo in &states {
            if disk.run(repo, left).is_err() {
                cut_happened = true;
                // What the first cycle stored is never lost but by the rotation that calls for it.
                let repository = disk.refresh(repo);
                assert!(repository.snapshot().version().get() >= floor);
            }
            left = if cut_happened { usize::MAX } else { left.saturating_sub(changes_of(repo)) };
            floor = disk.refresh(repo).snapshot().version().get();
            assert_eq!(floor, repo.snapshot.version);
        }
        cuts += usize::from(cut_happened);
        if !cut_happened {
            break;
        }
    }
    assert!(cuts >= 15, "{cuts} changes were cut");
}

/// How many changes a cycle from the state before makes.
fn changes_of(repo: &Repo) -> usize {
    // Ledger, timestamp, ledger, snapshot, targets; and each new root, the second with two removals.
    5 + match repo.root.version {
        1 => 0,
        2 => 3,
        _ => 1,
    }
}
