//! State of another repository that happens to share keys (X41 audit of python-tuf, 2023): what a device stores
//! is bound to its chain of roots.

use ota_trust::primitives::Remedy;

use crate::world::*;

const ALL: [&str; 4] = ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"];

/// A repository with root and targets keys of its own. The online keys are those of all others.
fn repository(name: &str) -> Repo {
    Repo::with(|repo| {
        let (root, targets) = (format!("{name}-root"), format!("{name}-targets"));
        repo.keys.insert("root", Authority::new(&[&root], 1));
        repo.keys.insert("targets", Authority::new(&[&targets], 1));
        repo.role("targets").signers = vec![Signer::new(&targets)];
        repo.add_target("targets", name, b"content");
    })
}

/// A device of one repository that was given the anchor of another.
fn moved(from: &Repo, to: &Repo) -> Device {
    let mut device = Device::refreshed(from);
    device.anchor = to.file("1.root.json");
    device
}

#[test]
fn x41_a_current_timestamp_of_another_repository_is_dropped() {
    // The same versions: the stored timestamp would be current, and so would all that it names.
    let (ours, theirs) = (repository("ours"), repository("theirs"));
    let mut device = moved(&theirs, &ours);
    let trusted = device.refresh(&ours);
    assert_eq!(device.requested(), ALL);
    assert_eq!(trusted.targets().bytes(), ours.file("1.targets.json"));
    assert_stored(&device, &ours, &ALL[1..]);
}

#[test]
fn x41_a_newer_timestamp_of_another_repository_is_no_floor() {
    let (ours, mut theirs) = (repository("ours"), repository("theirs"));
    (theirs.timestamp.version, theirs.snapshot.version) = (9, 9);
    theirs.publish();
    let mut device = moved(&theirs, &ours);
    device.refresh(&ours);
    assert_eq!(device.requested(), ALL);
    assert_stored(&device, &ours, &ALL[1..]);
}

#[test]
fn x41_stored_roots_of_another_chain_are_fetched_again() {
    let (mut ours, mut theirs) = (repository("ours"), repository("theirs"));
    ours.next_root(|_| ());
    theirs.next_root(|_| ());
    let mut device = moved(&theirs, &ours);
    device.refresh(&ours);
    assert_eq!(device.requested(), [&["2.root.json", "3.root.json"], &ALL[1..]].concat());
    assert_stored(&device, &ours, &ALL);
}

#[test]
fn a_floor_from_beyond_the_known_chain_stands() {
    // The stored timestamp was trusted under a root that the device has lost and nobody serves. That may be
    // another repository's; it may also be a mirror that withholds ours. So it stays a floor.
    let ours = repository("ours");
    let mut newer = ours.clone();
    newer.next_root(|_| ());
    newer.release();
    let mut device = Device::refreshed(&newer);
    device.store.remove(&newer.item("2.root.json"));
    assert_refused(&device.refusal(&ours), "verify.rollback", Remedy::AnotherMirror);
    device.refresh(&newer);
}

/// A repository with a root of its own. All other keys are those of all others, and no digests are listed.
fn sibling(name: &str) -> Repo {
    Repo::with(|repo| {
        repo.keys.insert("root", Authority::new(&[name], 1));
        repo.delegate("targets", Delegation::new("role", &["*"]));
        repo.add_target("targets", name, b"content");
        repo.add_target("role", "file", name.as_bytes());
    })
}

#[test]
fn x41_a_stored_role_of_another_repository_is_not_used() {
    // They have the listed versions and signatures of the right keys.
    let (ours, theirs) = (sibling("ours"), sibling("theirs"));
    let mut device = Device::new(&theirs);
    let trusted = device.refresh(&theirs);
    device.find(&theirs, trusted, "file").unwrap().target.unwrap();

    device.anchor = ours.file("1.root.json");
    let trusted = device.refresh(&ours);
    assert_eq!(device.requested(), ALL);
    assert_eq!(trusted.targets().bytes(), ours.file("1.targets.json"));
    // Nor in a later cycle, when the floors are ours.
    let trusted_later = device.refresh(&ours);
    for trusted in [trusted, trusted_later] {
        let target = device.find(&ours, trusted, "file").unwrap().target.unwrap();
        assert_eq!(device.requested(), ["1.role.json"]);
        assert_eq!(target.hashes().check(b"ours"), Ok(()));
        device.store.insert(item("role"), theirs.file("1.role.json"));
    }
}
