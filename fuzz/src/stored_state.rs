//! A cycle on a storage that holds anything, against a new device.
//!
//! Each stored item becomes what a device had at some time, what a thief signed, what a device of
//! another repository with the same keys had, a damaged copy of one of these, the wrong item, any
//! bytes, or nothing, or cannot be read; a copy of the ledger can also be one that was written for the
//! purpose, and newer firmware may have added to it. Then an honest repository is asked. It is believed
//! unless a floor rules it out, or the ledger has another chain, which [`predict`] decides; and when
//! the floors are taken away, it always is. What is then trusted and stored says what it says on a new
//! device, and what newer firmware has added to the ledger is still there.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use ota_trust::primitives::{Limits, StartTime, TargetPath};
use ota_trust::update::{StoredItem, Update};

use super::choices::Choices;
use super::device::{Device, Ended, LEDGER, Store};
use super::ledger::{self, Floor, LastRoot, Ledger, Line, Mark};
use super::machine::model::{
    Terms, digest, floor_keys, item, last_root, ledger_of, mark_of, predict, read, root_item,
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
        let mut other = repository.other(true);
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
        let files = repository.forge(forgery, 30, 1).into_iter();
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
    let mut unreadable = BTreeSet::new();
    while choices.below(8) == 7 {
        let all: Vec<&StoredItem> = past.fresh.keys().chain(&LEDGER).collect();
        unreadable.insert((*choices.one_of(&all)).clone());
    }
    let terms = terms(past, &unreadable);
    let mut serve = |name: &str| past.repository.serve(name);
    let predicted = predict(&store, &mut serve, &terms);

    let mut device = Device { store: store.clone(), unreadable, ..Device::default() };
    let result = cycle(&mut device, &past.repository);
    let known = ledger_of(&store, &device.unreadable, false).map(|both| both.ledger);
    let [before, after] = [&store, &device.store].map(|store| LEDGER.map(|copy| store.get(&copy)));
    ledger::check_rewritten(known.as_ref(), before, after);
    let is_newer = known.as_ref().is_some_and(|ledger| ledger.is_newer);
    if let Ok(is_durable) = result {
        assert_eq!(is_durable, !is_newer);
    }
    if is_newer || known.is_none_or(|ledger| ledger.has("ended")) {
        assert!(device.store == store, "written over what must stay");
    }
    let verdict = result.as_ref().map(|_| ()).map_err(Ended::code);
    match (predicted.verdict, verdict) {
        (Err(""), Err(_)) => {}
        (expected, verdict) => assert_eq!(verdict, expected),
    }
    // A copy of the ledger that comes back is another story.
    device.unreadable.retain(|item| LEDGER.contains(item));
    if verdict.is_err() || is_newer {
        // What an operator does.
        for floor in LEDGER.iter().chain(&[StoredItem::Timestamp, StoredItem::Snapshot]) {
            device.store.remove(floor);
        }
        device.unreadable.clear();
        cycle(&mut device, &past.repository).expect("nothing is in the way");
    }
    let ledger = ledger_of(&device.store, &device.unreadable, false).expect("it can be read");
    let reuses = past.repository.style.digests || !ledger.ledger.has("mixed");
    for (item, bytes) in past.fresh.iter().filter(|(item, _)| !LEDGER.contains(item)) {
        let stored = device.store.get(item).expect("it is stored");
        let is_stale = reuses && past.could_be(item, stored) && store.get(item) == Some(stored);
        assert!(same_signed(stored, bytes) || is_stale, "{item:?} is not that of a new device");
    }
    let before = device.store.clone();
    cycle(&mut device, &past.repository).expect("nothing has changed");
    assert!(device.store == before);
    // The next root and the timestamp; `targets` and `team` too, if it is not sure whose they are.
    assert_eq!(device.requests.len(), if reuses { 2 } else { 4 });
}

fn terms(past: &Past, unreadable: &BTreeSet<StoredItem>) -> Terms {
    let (now, limits) = (time(DAY).to_string(), Limits::default());
    Terms {
        anchor: past.repository.root(1).to_vec(),
        chain: "default",
        at_least: None,
        unreadable: unreadable.clone(),
        gives_up: false,
        max_rotations: limits.max_root_rotations.into(),
        max_timestamp: limits.max_timestamp_length,
        max_snapshot: limits.max_snapshot_length,
        day: DAY,
        stale_now: now.clone(),
        now,
        acknowledges: false,
    }
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
    for copy in LEDGER {
        let mut ledger = match choices.below(3) {
            0 => some_bytes(past, &copy, choices),
            1 => store.get(&LEDGER[0]).cloned(),
            _ => Some(written_ledger(past, &store, choices)),
        };
        for _ in 0..choices.below(4) {
            ledger = ledger.map(|bytes| ledger::as_newer_firmware(&bytes, choices));
        }
        store.extend(ledger.map(|bytes| (copy, bytes)));
    }
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
    let generation = choices.below(4).to_string();
    let mut lines = vec![Line::new("generation", &[&generation])];
    let words = [Line::new("mixed", &[]), Line::new("ended", &[])];
    let more = [Line::new("chain", &["default"]), Line::new("chain", &["other"])];
    let more = words.into_iter().chain(more);
    lines.extend(
        more.zip([3, 15, 1, 15]).filter_map(|(line, rarely)| {
            (choices.below(16) % (rarely + 1) == rarely).then_some(line)
        }),
    );
    let roots = past.repository.roots.len();
    let root = |version: u64| past.repository.root(version);
    let version = |choices: &mut Choices<'_>| 1 + choices.below(roots) as u64;
    let other = |version| Mark { version, digest: sha256(b"another root") };
    let recorded = version(choices);
    match choices.below(6) {
        0 => {}
        1 => lines.push(ledger::root_line(&LastRoot {
            mark: other(recorded),
            ..last_root(root(recorded))
        })),
        2 => lines.push(ledger::root_line(&LastRoot {
            mark: other(recorded + roots as u64),
            ..last_root(root(recorded))
        })),
        3 => lines.push(ledger::root_line(&LastRoot {
            mark: other(recorded),
            threshold: 1,
            keys: (0..3).map(fingerprint).collect(),
        })),
        _ => lines.push(ledger::root_line(&last_root(root(recorded)))),
    }
    match choices.below(6) {
        0 => lines.push(ledger::anchor_line(&other(1))),
        1 => lines.push(ledger::anchor_line(&other(recorded))),
        2 => {}
        _ => lines.push(ledger::anchor_line(&mark_of(root(1)))),
    }
    for role in ["timestamp", "snapshot", "targets"] {
        let under = version(choices);
        let keys = match choices.below(4) {
            0 => continue,
            1 => (0..choices.below(20)).map(fingerprint).collect(),
            _ => floor_keys(root(under)),
        };
        let number = 1 + choices.below(12) as u64;
        let floor = Floor { role: role.into(), version: number, root: under, keys };
        lines.push(ledger::floor_line(&floor));
    }
    for role in ["timestamp", "snapshot"] {
        let file = store.get(&item(role)).and_then(|bytes| read(bytes));
        let file = file.filter(|_| choices.yes());
        lines.extend(file.map(|file| Line::new("file", &[role, &digest(&file)])));
    }
    ledger::write(&Ledger { lines, ..Ledger::default() })
}
