//! A cycle on a storage that holds anything, against a new device.
//!
//! Each stored item becomes what a device had at some time, what a thief signed, what a device of
//! another repository with the same keys had, a damaged copy of one of these, the wrong item, any
//! bytes, or nothing; the ledger can also be one that was written for the purpose, and newer
//! firmware may have added to it. Then an honest repository is asked. It is believed unless a stored
//! file is a rollback baseline that rules it out, which [`predict`] decides; and when the baselines
//! are taken away, it always is. What is then trusted and stored says what it says on a new device,
//! and what newer firmware has added to the ledger is still there.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ota_trust::primitives::{Limits, StartTime, TargetPath};
use ota_trust::update::{StoredItem, Update};

use super::choices::Choices;
use super::device::{Device, Ended, Store};
use super::ledger::{self, Added, Entry, Ledger};
use super::machine::model::{
    Chain, Terms, Verdict, is_mixed, item, ledger_of, mark_of, predict, read, root_item,
    same_signed,
};
use super::repository::{Forgery, PATH, Repository, Rotation, Style, time};
use super::signing::{fingerprint, sha256};

const DAY: u64 = 20_000;

/// A repository after a few years, and what devices had on the way.
struct Past {
    repository: Repository,
    stores: Vec<Store>,
    /// On a new device.
    fresh: Store,
}

static PASTS: LazyLock<Vec<Past>> = LazyLock::new(|| {
    [false, true]
        .into_iter()
        .map(|digests| Past::new(Style { consistent: true, digests }))
        .collect()
});

impl Past {
    fn new(style: Style) -> Self {
        let mut repository = Repository::new(style, DAY);
        let mut device = Device::default();
        let mut stores = Vec::new();
        let mut live = |repository: &Repository| {
            cycle(&mut device, repository).expect("an honest repository");
            stores.push(device.store.clone());
        };
        live(&repository);
        repository.release(&["targets", "team"]);
        live(&repository);
        let mut robbed = stolen(&mut repository);
        repository.rotate("timestamp", Rotation::One, true);
        live(&repository);
        robbed.extend(stolen(&mut repository));
        repository.rotate("root", Rotation::Both, false);
        repository.rotate("snapshot", Rotation::One, false);
        live(&repository);
        repository.release(&["team"]);

        // The same keys in another repository, which is ahead.
        let other = Style { consistent: !style.consistent, ..style };
        let mut other = Repository::new(other, DAY);
        (0..2).for_each(|_| other.release(&["team"]));
        (0..9).for_each(|_| other.stamp());
        other.release(&["targets"]);
        let mut fresh = [Device::default(), Device::default()];
        cycle(&mut fresh[0], &other).expect("an honest repository");
        cycle(&mut fresh[1], &repository).expect("an honest repository");
        let [other, fresh] = fresh.map(|device| device.store);
        stores.push(other);
        stores.extend(robbed);
        Self { repository, stores, fresh }
    }
}

impl Past {
    /// Whether a device uses the stored file of a role at all, given that another repository's may
    /// be there.
    fn reuses(&self, store: &Store) -> bool {
        let chain = Chain::expected(&self.repository, store, 1);
        self.repository.style.digests || !is_mixed(store, &chain)
    }

    /// Whether another repository's file would pass for that of a role: signed by the same keys, of
    /// the listed version, and no digest is listed.
    fn could_be(&self, role: &StoredItem, file: &[u8]) -> bool {
        let version = |file: &[u8]| read(file).map(|file| file.version());
        let is_role = matches!(role, StoredItem::Role(_));
        is_role && !self.repository.style.digests && version(file) == version(&self.fresh[role])
    }
}

/// What devices have that believed a thief, but for a ledger.
fn stolen(repository: &mut Repository) -> Vec<Store> {
    let thefts = [Forgery::Timestamp, Forgery::Snapshot, Forgery::DropTeam, Forgery::RaiseTargets];
    let store = |forgery| {
        let files = repository.forge(forgery, 30).into_iter();
        let item =
            |name: &str| item(if name.contains("snapshot") { "snapshot" } else { "timestamp" });
        files.map(|(name, file)| (item(&name), file)).collect()
    };
    thefts.map(store).into()
}

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let past = &PASTS[choices.below(PASTS.len())];
    let store = poisoned(past, &mut choices);
    let terms = terms();
    let predicted = predict(&store, &past.repository, &terms);

    let mut device = Device { store: store.clone(), ..Device::default() };
    let result = cycle(&mut device, &past.repository);
    let [before, after] = [&store, &device.store].map(|store| store.get(&StoredItem::Ledger));
    ledger::check_rewritten(before, after);
    let is_newer = ledger_of(&store).is_newer;
    if let Ok(is_durable) = result {
        assert_eq!(is_durable, !is_newer);
    }
    if is_newer {
        assert!(device.store == store, "written over what is newer");
    }
    match predicted {
        Verdict::Succeeds => assert!(result.is_ok(), "{result:?}"),
        Verdict::IsRefused => assert!(result.is_err(), "a baseline is passed over"),
        Verdict::Open => {}
    }
    if predicted != Verdict::Succeeds || is_newer {
        // What an operator does.
        for floor in [StoredItem::Ledger, StoredItem::Timestamp, StoredItem::Snapshot] {
            device.store.remove(&floor);
        }
        cycle(&mut device, &past.repository).expect("nothing is in the way");
    }
    let reuses = past.reuses(&store);
    for (item, bytes) in past.fresh.iter().filter(|(item, _)| **item != StoredItem::Ledger) {
        let stored = device.store.get(item).expect("it is stored");
        let is_stale = reuses && past.could_be(item, stored) && store.get(item) == Some(stored);
        assert!(same_signed(stored, bytes) || is_stale, "{item:?} is not that of a new device");
    }
    let before = device.store.clone();
    cycle(&mut device, &past.repository).expect("nothing has changed");
    assert!(device.store == before);
    // The next root and the timestamp; `targets` and `team` too, if it is not sure whose they are.
    assert_eq!(device.requests.len(), if past.reuses(&before) { 2 } else { 4 });
}

fn terms() -> Terms {
    let now = time(DAY).to_string();
    let max_rotations = Limits::default().max_root_rotations.into();
    let stale_now = now.clone();
    Terms { anchor: 1, max_rotations, can_remove: true, day: DAY, now, stale_now }
}

/// A cycle and a search; whether floors could be stored.
fn cycle(device: &mut Device, repository: &Repository) -> Result<bool, Ended> {
    device.begin_run();
    let mut serve = |name: &str, _: u32| repository.serve(name);
    let start = StartTime::Known(time(DAY));
    let step = Update::begin(repository.root(1).to_vec(), start, Limits::default());
    let trusted = device.drive(&mut serve, step)?;
    let path = TargetPath::new(PATH).expect("a path");
    let lookup = device.drive(&mut serve, trusted.find(&path))?;
    let is_durable = lookup.repository.is_durable();
    lookup.target.map(|_| is_durable).map_err(|e| panic!("{e}"))
}

fn poisoned(past: &Past, choices: &mut Choices<'_>) -> Store {
    let mut store = Store::new();
    let roots = (2..=past.repository.roots.len() as u64).map(root_item);
    let roles = ["timestamp", "snapshot", "targets", "team"].map(item);
    for item in roots.chain(roles) {
        if let Some(bytes) = some_bytes(past, &item, choices) {
            store.insert(item, bytes);
        }
    }
    let mut ledger = match choices.below(3) {
        0 => some_bytes(past, &StoredItem::Ledger, choices),
        _ => Some(written_ledger(past, &store, choices)),
    };
    for _ in 0..choices.below(4) {
        ledger = ledger.map(|bytes| ledger::as_newer_firmware(&bytes, choices));
    }
    store.extend(ledger.map(|bytes| (StoredItem::Ledger, bytes)));
    store
}

fn some_bytes(past: &Past, item: &StoredItem, choices: &mut Choices<'_>) -> Option<Vec<u8>> {
    let of_store = |number: usize| past.stores.get(number)?.get(item).cloned();
    match choices.below(past.stores.len() + 4) {
        0 => {
            let mut bytes = of_store(choices.below(past.stores.len()))?;
            super::artifact::damage(&mut bytes, choices);
            Some(bytes)
        }
        1 => {
            let store = &past.stores[choices.below(past.stores.len())];
            store.values().nth(choices.below(store.len())).cloned()
        }
        2 => {
            let any = choices.rest();
            Some(any[..choices.below(40).min(any.len())].to_vec())
        }
        3 => None,
        number => of_store(number - 4),
    }
}

/// A well-formed ledger that knows the stored files, and says of them what the input wants.
fn written_ledger(past: &Past, store: &Store, choices: &mut Choices<'_>) -> Vec<u8> {
    let mut entries = Vec::new();
    let files: BTreeMap<&str, Option<&Vec<u8>>> =
        ["timestamp", "snapshot"].into_iter().map(|role| (role, store.get(&item(role)))).collect();
    for (role, bytes) in files {
        let Some(bytes) = bytes.filter(|_| choices.yes()) else { continue };
        let root_version = 1 + choices.below(past.repository.roots.len() + 1) as u64;
        let mut root = mark_of(past.repository.root(root_version));
        root.version = root_version;
        let mut anchor = mark_of(past.repository.root(1));
        match choices.below(6) {
            0 => root.digest = sha256(b"another root"),
            1 => anchor.digest = sha256(b"another root"),
            2 => anchor.version += 1,
            _ => {}
        }
        let first = choices.below(20);
        let keys = (first..first + choices.below(4)).map(fingerprint).collect();
        let role = role.to_owned();
        let (file, added) = (sha256(bytes), Added::default());
        entries.push(Entry { role, file, root, anchor, keys, added });
    }
    let mixed = choices.yes().then(Added::default);
    ledger::write(&Ledger { mixed, entries, ..Ledger::default() })
}
