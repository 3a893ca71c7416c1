//! After the fallback to another slot: older firmware, and the ledger that newer firmware has
//! written.

use ota_trust::primitives::{Remedy, TargetPath};
use ota_trust::update::StoredItem;

use crate::world::*;

/// What newer firmware may have written that this one must not write over.
const NEWER: [Edit; 3] = [
    |ledger| format!("{ledger}!future x y\n"),
    |ledger| ledger.replacen('\n', "\n!future\n", 1),
    |ledger| format!("{ledger}future\n!future x=1\n!future\n"),
];

type Edit = fn(&str) -> String;

/// A later major, with lines that look as if they were known.
fn next_major(ledger: &str) -> String {
    ledger.replacen("ledger 1\n", "ledger 2\n", 1)
}

/// What it had added is known to it: here, as if it had added nothing.
fn newer_firmware_is_back(device: &mut Device) {
    device.edit_ledger(|ledger| {
        let known = ledger.replace("ledger 2\n", "ledger 1\n");
        known.split_inclusive('\n').filter(|line| !line.contains("future")).collect()
    });
}

fn repo() -> Repo {
    Repo::with(|repo| repo.add_target("targets", "file", b"content"))
}

#[test]
fn a_line_of_newer_firmware_changes_nothing_and_stays() {
    for at in 0..3 {
        let mut repo = repo();
        let mut device = Device::refreshed(&repo);
        let mut control = device.clone();
        device.edit_ledger(|ledger| {
            let mut lines: Vec<&str> = ledger.split_inclusive('\n').collect();
            lines.insert(1 + at, "future x y\n");
            lines.concat()
        });
        for _ in 0..3 {
            repo.release();
            assert!(device.refresh(&repo).is_durable());
            control.refresh(&repo);
            assert_eq!(device.requests, control.requests);
            assert_eq!(device.changes, control.changes);
            let mut found = device.clone();
            found.edit_ledger(|ledger| {
                let known = ledger.strip_suffix("future x y\n");
                known.expect("it stays, at the end").to_owned()
            });
            assert_eq!(found.ledger(), control.ledger());
            found.store.retain(|item, _| !LEDGER.contains(item));
            assert!(found.store.iter().all(|(item, bytes)| control.store[item] == *bytes));
        }
    }
}

#[test]
fn a_field_of_newer_firmware_stays_with_its_file() {
    let mut repo = repo();
    let mut device = Device::refreshed(&repo);
    device.edit_ledger(|ledger| {
        let mark = |line: &str| match line.split(' ').nth(1) {
            Some(role @ ("timestamp" | "snapshot")) => format!("{line} of={role} day=20420\n"),
            _ => format!("{line}\n"),
        };
        ledger.lines().map(mark).collect()
    });
    let marked = |device: &Device| -> Vec<String> {
        let text = device.ledger();
        let fields = |line: &str| line.split_once('=').map(|(_, fields)| fields.to_owned());
        text.lines().filter(|line| line.starts_with("file ")).filter_map(fields).collect()
    };
    // The file that is there may be there still when the ledger is read again.
    let [timestamp, snapshot] = ["timestamp day=20420", "snapshot day=20420"];
    let expected: [&[&str]; 3] = [&[timestamp, snapshot], &[snapshot], &[snapshot]];
    for expected in expected {
        repo.timestamp.version += 1;
        repo.publish();
        assert!(device.refresh(&repo).is_durable());
        assert_eq!(marked(&device), expected, "{}", device.ledger());
    }
    repo.release();
    repo.release();
    device.refresh(&repo);
    repo.release();
    device.refresh(&repo);
    assert_eq!(marked(&device), [""; 0], "{}", device.ledger());
}

#[test]
fn what_may_not_be_passed_over_is_not_written_over_and_permits_nothing() {
    for newer in NEWER.into_iter().chain([next_major as Edit]) {
        let mut repo = repo();
        let mut device = Device::refreshed(&repo);
        device.edit_ledger(newer);

        // Not even where there is nothing to store.
        let before = device.store.clone();
        assert!(!device.refresh(&repo).is_durable());
        assert!(device.changes.is_empty() && device.store == before);

        // Nor where there is: a root, a timestamp, a snapshot, roles.
        repo.next_root(|repo| {
            repo.keys.insert("timestamp", Authority::new(&["t2"], 1));
        });
        repo.release();
        let trusted = device.refresh(&repo);
        assert!(!trusted.is_durable());
        assert!(device.changes.is_empty() && device.store == before, "{:?}", device.changes);
        let path = TargetPath::new("file").unwrap();
        let lookup = device.find_vouched(&repo, trusted, &path).unwrap();
        assert!(!lookup.repository.is_durable());
        assert!(!lookup.target.unwrap().is_durable());
        let offline = device.refresh_offline(&repo, 60).unwrap();
        assert!(!offline.is_durable());
        assert!(device.changes.is_empty() && device.store == before, "{:?}", device.changes);

        newer_firmware_is_back(&mut device);
        repo.release();
        assert!(device.refresh(&repo).is_durable());
    }
}

/// A repository, and a later state of it after timestamp and snapshot got other keys.
fn rotated() -> (Repo, Repo) {
    let old = repo();
    let mut new = old.clone();
    new.next_root(|repo| {
        for role in ["timestamp", "snapshot"] {
            repo.keys.insert(role, Authority::new(&[&format!("{role} 2")], 1));
        }
    });
    new.publish();
    (old, new)
}

/// A repository of which one timestamp key of two is stolen, and what the thief makes of it.
fn stolen() -> (Repo, Repo) {
    let repo = Repo::with(|repo| {
        repo.keys.insert("timestamp", Authority::new(&["kept", "stolen"], 1));
    });
    let mut evil = repo.clone();
    evil.timestamp.version = u64::MAX;
    evil.publish();
    (repo, evil)
}

fn take_the_stolen_key(repo: &mut Repo) {
    repo.next_root(|repo| {
        repo.keys.insert("timestamp", Authority::new(&["kept"], 1));
    });
    repo.publish();
}

#[test]
fn a_thief_cannot_poison_newer_firmware_through_older() {
    for newer in NEWER.into_iter().chain([next_major as Edit]) {
        let (mut repo, evil) = stolen();
        let mut device = Device::refreshed(&repo);
        device.edit_ledger(newer);
        assert!(!device.refresh(&evil).is_durable(), "nothing is installed by it");

        take_the_stolen_key(&mut repo);
        newer_firmware_is_back(&mut device);
        device.anchor = repo.file("2.root.json");
        assert!(device.refresh(&repo).is_durable());
    }
}

#[test]
fn a_rotation_ends_floors_for_older_firmware_too_and_leaves_them_where_they_are() {
    for newer in NEWER.into_iter().chain([next_major as Edit]) {
        let (mut repo, evil) = stolen();
        let mut device = Device::refreshed(&evil);
        device.edit_ledger(newer);
        assert_refused(&device.refusal(&repo), "verify.rollback", Remedy::AnotherMirror);
        take_the_stolen_key(&mut repo);
        let before = device.store.clone();
        assert!(!device.refresh(&repo).is_durable());
        assert!(device.changes.is_empty() && device.store == before, "{:?}", device.changes);
    }
}

#[test]
fn older_firmware_takes_no_floor_of_newer_away() {
    struct OnlyRoots<'r>(&'r Repo);
    impl Mirror for OnlyRoots<'_> {
        fn get(&self, name: &str, attempt: u32) -> Answer {
            if name.ends_with("root.json") { self.0.get(name, attempt) } else { Answer::Failed }
        }
    }
    for newer in NEWER.into_iter().chain([next_major as Edit]) {
        let (old, mut new) = rotated();
        let before = new.clone();
        new.release();
        let mut device = Device::new(&new);
        device.anchor = new.file("2.root.json");
        device.refresh(&new);
        device.edit_ledger(newer);
        let stored = device.store.clone();
        // Firmware with root 1, by which root 2 takes keys away: with root 2 alone, and then without.
        device.anchor = old.file("1.root.json");
        device.refusal(&OnlyRoots(&new));
        assert!(device.changes.is_empty(), "{:?}", device.changes);
        let _ = device.try_refresh(&old);
        assert!(device.changes.is_empty() && device.store == stored, "{:?}", device.changes);

        newer_firmware_is_back(&mut device);
        device.anchor = new.file("2.root.json");
        assert_refused(&device.refusal(&before), "verify.rollback", Remedy::AnotherMirror);
        device.refresh(&new);
    }
}

#[test]
fn nothing_of_another_repository_is_left_to_newer_firmware() {
    let sibling = |name: &str| {
        Repo::with(|repo| {
            repo.keys.insert("root", Authority::new(&[name], 1));
            repo.delegate("targets", Delegation::new("role", &["*"]));
            repo.add_target("targets", name, b"content");
            repo.add_target("role", "file", name.as_bytes());
        })
    };
    for newer in NEWER.into_iter().chain([next_major as Edit]) {
        let (ours, mut theirs) = (sibling("ours"), sibling("theirs"));
        (theirs.timestamp.version, theirs.snapshot.version) = (9, 9);
        theirs.publish();
        let mut device = Device::refreshed(&ours);
        device.edit_ledger(newer);
        device.anchor = theirs.file("1.root.json");
        if let Ok(trusted) = device.try_refresh(&theirs) {
            device.find(&theirs, trusted, "file").unwrap();
        }
        device.anchor = ours.file("1.root.json");
        newer_firmware_is_back(&mut device);
        let trusted = device.refresh(&ours);
        assert!(trusted.is_durable());
        assert_eq!(trusted.targets().bytes(), ours.file("1.targets.json"));
        let target = device.find(&ours, trusted, "file").unwrap().target.unwrap();
        assert_eq!(target.hashes().check(b"ours"), Ok(()));
    }
}

#[test]
fn floors_hold_whatever_newer_firmware_has_added() {
    let plain: [Edit; 2] = [
        |ledger| format!("{ledger}future x y\n"),
        |ledger| ledger.replacen("\nfile ", "\n!file ", 1),
    ];
    for newer in plain.into_iter().chain(NEWER) {
        // The root that took a key is withheld, by who has that key.
        let (old, new) = rotated();
        let mut device = Device::new(&new);
        device.anchor = new.file("2.root.json");
        device.refresh(&new);
        device.edit_ledger(newer);
        device.anchor = old.file("1.root.json");
        assert_refused(&device.refusal(&old), "verify.rollback", Remedy::AnotherMirror);
        assert_eq!(device.requested(), ["2.root.json"], "a root is withheld");
        device.refresh(&new);

        // What a thief has signed ends with the key, although the root was stored before.
        let (mut repo, evil) = stolen();
        let mut device = Device::refreshed(&evil);
        device.edit_ledger(newer);
        take_the_stolen_key(&mut repo);
        device.store.insert(repo.item("2.root.json"), repo.file("2.root.json"));
        device.refresh(&repo);
    }
    for newer in plain.into_iter().chain(NEWER).chain([next_major as Edit]) {
        let old = repo();
        let mut new = old.clone();
        new.release();
        let mut device = Device::refreshed(&new);
        device.edit_ledger(newer);
        assert_refused(&device.refusal(&old), "verify.rollback", Remedy::AnotherMirror);
        device.refresh(&new);
    }
}

#[test]
fn a_ledger_that_is_damaged_beside_what_is_newer_is_damaged() {
    // The bytes are not what newer firmware has written, so they may go.
    let repo = repo();
    let mut device = Device::refreshed(&repo);
    device.edit_ledger(NEWER[0]);
    let whole = device.ledger();
    for at in [0, 17, whole.len() / 2, whole.len() - 2] {
        let mut device = device.clone();
        let newest = StoredItem::Ledger(device.newest_copy());
        device.store.get_mut(&newest).unwrap()[at] ^= 4;
        assert!(device.refresh(&repo).is_durable(), "byte {at}");
    }
}
