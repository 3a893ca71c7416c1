//! A storage that lies, is damaged or cannot be written.

use ota_trust::primitives::{Remedy, RoleName, Version};
use ota_trust::update::StoredItem;

use crate::world::*;

const ALL: [&str; 5] =
    ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json", "1.role.json"];

fn repo() -> Repo {
    let mut repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("role", &["*"]));
        repo.add_target("role", "file", b"content");
    });
    repo.next_root(|_| ());
    repo
}

/// A cycle and a search, which must succeed; the requests of both.
fn run(device: &mut Device, repo: &Repo) -> Vec<String> {
    let trusted = device.refresh(repo);
    let mut requests: Vec<String> = device.requested().iter().map(|&name| name.into()).collect();
    let target = device.find(repo, trusted, "file").unwrap().target.unwrap();
    assert_eq!(target.hashes().check(b"content"), Ok(()));
    requests.extend(device.requested().iter().map(|&name| name.to_owned()));
    requests
}

fn items() -> [StoredItem; 7] {
    let [first, second] = LEDGER;
    [
        StoredItem::Root(Version::new(2).unwrap()),
        first,
        second,
        StoredItem::Timestamp,
        StoredItem::Snapshot,
        StoredItem::Role(RoleName::targets()),
        item("role"),
    ]
}

#[test]
fn only_roles_are_caches() {
    let floors: Vec<bool> = items().iter().map(StoredItem::is_floor).collect();
    assert_eq!(floors, [true, true, true, true, true, false, false]);
}

#[test]
fn ghsa_9pfj_pjv5_22gj_a_damaged_item_is_fetched_again_and_nothing_else() {
    let repo = repo();
    for damage in [b"".to_vec(), b"\0".to_vec(), b"{}".to_vec(), vec![b'x'; 1 << 20]] {
        for lost in items() {
            let mut device = Device::new(&repo);
            run(&mut device, &repo);
            let whole = device.store.clone();
            device.store.insert(lost.clone(), damage.clone());
            let again = run(&mut device, &repo);
            let mut expected = vec!["3.root.json".to_owned(), "timestamp.json".to_owned()];
            match &lost {
                StoredItem::Root(_) => expected.insert(0, "2.root.json".into()),
                StoredItem::Snapshot => expected.push("1.snapshot.json".into()),
                StoredItem::Role(role) => expected.push(format!("1.{role}.json")),
                _ => (),
            }
            assert_eq!(again, expected, "{lost:?}");
            // The ledger says what was lost, if that protects from something.
            let losses: &[&str] = match &lost {
                StoredItem::Ledger(_) => &["ledger-copy"],
                StoredItem::Snapshot => &["snapshot"],
                _ => &[],
            };
            assert_eq!(device.ledger_lines("lost"), losses, "{lost:?}");
            device.store.extend(LEDGER.map(|copy| (copy.clone(), whole[&copy].clone())));
            assert!(device.store == whole, "{lost:?}");
        }
    }
}

#[test]
fn ghsa_9pfj_pjv5_22gj_a_stored_root_that_the_anchor_did_not_sign_is_not_trusted() {
    let repo = repo();
    let mut evil = Repo::with(|repo| drop(repo.keys.insert("root", Authority::new(&["evil"], 1))));
    evil.next_root(|_| ());
    evil.next_root(|_| ());
    let mut device = Device::new(&repo);
    for file in ["2.root.json", "3.root.json"] {
        device.store.insert(evil.item(file), evil.file(file));
    }
    let trusted = device.refresh(&repo);
    assert_eq!(trusted.root().bytes(), repo.file("2.root.json"));
    assert_eq!(device.requested()[..2], ["2.root.json", "3.root.json"]);
    assert_eq!(device.store[&repo.item("2.root.json")], repo.file("2.root.json"));
}

#[test]
fn ghsa_9pfj_pjv5_22gj_poisoned_files_are_not_served_from_the_store() {
    // Right names and versions, wrong keys.
    let repo = repo();
    let evil = Repo::with(|repo| {
        for role in ["timestamp", "snapshot", "targets"] {
            repo.keys.insert(role, Authority::new(&["evil"], 1));
        }
        repo.delegate("targets", Delegation::new("role", &["*"]).signed_by(&["evil"], 1));
        repo.role("targets").signers = vec![Signer::new("evil")];
        repo.add_target("role", "file", b"evil");
    });
    let mut device = Device::new(&repo);
    for file in &ALL[1..] {
        device.store.insert(evil.item(file), evil.file(file));
    }
    assert_eq!(run(&mut device, &repo), [&ALL[..1], &["3.root.json"], &ALL[1..]].concat());
    assert_stored(&device, &repo, &ALL);
}

#[test]
fn items_that_are_swapped_are_not_believed() {
    let repo = repo();
    let mut device = Device::new(&repo);
    run(&mut device, &repo);
    let whole = device.store.clone();
    for a in items() {
        for b in items() {
            let mut device = device.clone();
            let (x, y) = (whole[&a].clone(), whole[&b].clone());
            device.store.insert(a.clone(), y);
            device.store.insert(b.clone(), x);
            run(&mut device, &repo);
            assert_stored(&device, &repo, &ALL);
        }
    }
}

#[test]
fn cve_2024_51491_a_store_that_cannot_be_written_does_not_change_the_verdict() {
    let mut repo = repo();
    for broken in items() {
        let mut device = Device::new(&repo);
        device.broken.insert(broken.clone());
        let trusted = device.refresh(&repo);
        let is_delegated = broken == item("role");
        assert_eq!(trusted.is_durable(), !broken.is_floor(), "{broken:?}");
        assert_eq!(trusted.targets().bytes(), repo.file("1.targets.json"));
        let lookup = device.find(&repo, trusted, "file").unwrap();
        assert!(lookup.target.is_ok());
        assert_eq!(lookup.repository.is_durable(), !broken.is_floor(), "{broken:?}");
        assert!(!device.store.contains_key(&broken));
        // What is stored besides is whole, and the floors need their ledger.
        let mut expected = ALL.to_vec();
        match &broken {
            StoredItem::Ledger(_) => {
                expected.retain(|f| !["timestamp.json", "1.snapshot.json"].contains(f));
            }
            broken => expected.retain(|file| repo.item(file) != *broken),
        }
        assert_stored(&device, &repo, &expected);
        assert!(is_delegated || device.requested() == ["1.role.json"]);
        // A later cycle, with the storage mended, brings it.
        device.broken.clear();
        run(&mut device, &repo);
        assert_stored(&device, &repo, &ALL);
    }
    // A store that worked before keeps the old floor.
    let mut device = Device::new(&repo);
    run(&mut device, &repo);
    let old = repo.clone();
    repo.release();
    device.broken.insert(StoredItem::Timestamp);
    assert!(!device.refresh(&repo).is_durable());
    assert_eq!(device.store[&StoredItem::Timestamp], old.file("timestamp.json"));
}

#[test]
fn a_cycle_that_stores_no_floor_is_durable_on_a_broken_store() {
    let repo = repo();
    let mut device = Device::new(&repo);
    run(&mut device, &repo);
    device.broken.extend(items());
    assert!(device.refresh(&repo).is_durable());
}

#[test]
fn a_removal_that_fails_is_not_durable_and_is_made_up_for() {
    let mut repo = repo();
    let mut device = Device::new(&repo);
    run(&mut device, &repo);
    repo.next_root(|repo| drop(repo.keys.insert("timestamp", Authority::new(&["new"], 1))));
    repo.publish();
    device.broken.insert(StoredItem::Timestamp);
    assert!(!device.refresh(&repo).is_durable());
    device.broken.clear();
    assert!(device.refresh(&repo).is_durable());
    assert_stored(&device, &repo, &[&["3.root.json"], &ALL[..4], &ALL[4..]].concat());
}

#[test]
fn a_stored_snapshot_is_final_only_if_it_is_the_listed_one() {
    // The same version with another content: only length and digest tell.
    let mut repo = repo();
    repo.listing = Listing::VersionLengthAndHashes;
    repo.publish();
    let mut device = Device::new(&repo);
    run(&mut device, &repo);
    repo.snapshot.expires = "2098-01-01T00:00:00Z".into();
    repo.timestamp.version += 1;
    repo.publish();
    let requests = ["3.root.json", "timestamp.json", "1.snapshot.json"];
    assert_eq!(run(&mut device, &repo), requests);
    assert_stored(&device, &repo, &ALL);
}

#[test]
fn a_stored_role_is_used_only_if_it_is_the_listed_one() {
    let mut repo = repo();
    repo.listing = Listing::VersionLengthAndHashes;
    repo.publish();
    let mut device = Device::new(&repo);
    run(&mut device, &repo);
    // The same version with another content: only the digest tells.
    repo.add_target("role", "other", b"");
    repo.release();
    let requests = ["3.root.json", "timestamp.json", "2.snapshot.json", "1.role.json"];
    assert_eq!(run(&mut device, &repo), requests);
    assert_eq!(device.store[&item("role")], repo.file("1.role.json"));
}

#[test]
fn a_stored_role_that_has_expired_is_fetched_again() {
    let mut repo = repo();
    repo.role("role").header.expires = "2027-06-01T00:00:00Z".into();
    repo.publish();
    let mut device = Device::new(&repo);
    run(&mut device, &repo);
    device.start = at("2027-06-01T00:00:00Z");
    let trusted = device.refresh(&repo);
    let error = device.find(&repo, trusted, "file").unwrap_err().refusal();
    assert_refused(&error, "verify.expired", Remedy::AnotherMirror);
    assert_eq!(device.requested(), ["1.role.json"]);
}
