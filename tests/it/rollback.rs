//! Rollback attacks: versions that fall, and listings that vanish (§5.4.3, §5.5.5).

use ota_trust::metadata::RoleType;
use ota_trust::primitives::{Remedy, RoleName, Version};
use ota_trust::update::UpdateError;
use ota_trust::verify::VerifyError;

use crate::world::*;

fn rollback(role: RoleName, trusted: u64, found: u64) -> UpdateError {
    let version = |number| Version::new(number).unwrap();
    let (trusted, found) = (version(trusted), version(found));
    UpdateError::Verify(VerifyError::Rollback { role, trusted, found })
}

/// The device has seen a state and is served another: what it says and asks; its storage stays as it is.
fn refused_after(seen: &Repo, served: &Repo, requests: &[&str]) -> UpdateError {
    let mut device = Device::refreshed(seen);
    let before = device.store.clone();
    let error = device.refusal(served);
    assert_eq!(device.requested(), requests);
    assert_eq!(device.store, before, "a refusal changes nothing");
    // And the honest repository still serves the device.
    device.refresh(seen);
    error
}

#[test]
fn cve_2022_29173_an_older_timestamp_is_refused_after_a_restart() {
    let old = Repo::new();
    let mut new = old.clone();
    new.release();
    new.release();
    let error = refused_after(&new, &old, &["2.root.json", "timestamp.json"]);
    assert_eq!(error, rollback(RoleType::Timestamp.into(), 3, 1));
    assert_refused(&error, "verify.rollback", Remedy::AnotherMirror);
}

#[test]
fn a_timestamp_that_names_an_older_snapshot_is_refused() {
    let old = Repo::new();
    let mut new = old.clone();
    new.release();
    let mut evil = old.clone();
    evil.timestamp.version = 9;
    evil.publish();
    let error = refused_after(&new, &evil, &["2.root.json", "timestamp.json"]);
    assert_eq!(error, rollback(RoleType::Snapshot.into(), 2, 1));
}

#[test]
fn a_snapshot_that_lists_older_targets_is_refused() {
    let old = Repo::new();
    let mut new = old.clone();
    new.bump("targets");
    new.release();
    let mut evil = old.clone();
    (evil.snapshot.version, evil.timestamp.version) = (3, 3);
    evil.publish();
    let mut device = Device::refreshed(&new);
    let error = device.refusal(&evil);
    assert_eq!(error, rollback(RoleName::targets(), 2, 1));
    assert_eq!(device.requested(), ["2.root.json", "timestamp.json", "3.snapshot.json"]);
    // The timestamp is newer and verified: it is stored, the snapshot is not.
    let mut expected = new.clone();
    expected.served.insert("timestamp.json".into(), evil.file("timestamp.json"));
    assert_stored(&device, &expected, &["timestamp.json", "2.snapshot.json", "2.targets.json"]);
    new.snapshot.version = 3;
    new.timestamp.version = 3;
    new.release();
    device.refresh(&new);
    assert_stored(&device, &new, &["timestamp.json", "4.snapshot.json", "2.targets.json"]);
}

/// targets → a → b → c, each with a delegation to the next.
fn deep() -> Repo {
    Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("a", &["*"]));
        repo.delegate("a", Delegation::new("b", &["*"]));
        repo.delegate("b", Delegation::new("c", &["*"]));
        repo.add_target("c", "file", b"content");
    })
}

#[test]
fn cve_2025_2887_an_older_delegated_role_is_refused_at_every_depth() {
    for role in ["a", "b", "c"] {
        let old = deep();
        let mut new = old.clone();
        new.bump(role);
        new.release();
        let mut evil = old.clone();
        (evil.snapshot.version, evil.timestamp.version) = (3, 3);
        evil.publish();
        // The device need not have looked at the role: the listing is enough.
        let mut device = Device::refreshed(&new);
        let error = device.refusal(&evil);
        assert_eq!(error, rollback(RoleName::delegated(role).unwrap(), 2, 1));
        assert_eq!(device.requested(), ["2.root.json", "timestamp.json", "3.snapshot.json"]);
    }
}

#[test]
fn cve_2025_2887_a_vanished_role_is_refused_at_every_depth() {
    for role in ["a", "b", "c", "targets"] {
        let mut repo = deep();
        let mut device = Device::refreshed(&repo);
        let name = format!("{role}.json");
        let dropped = name.clone();
        repo.edit("snapshot", move |signed| {
            signed["meta"].as_object_mut().unwrap().remove(&dropped).unwrap();
        });
        repo.release();
        let error = device.refusal(&repo);
        let expected = VerifyError::ListingDropped { role: name.into() };
        assert_eq!(error, UpdateError::Verify(expected));
        assert_refused(&error, "verify.listing-dropped", Remedy::AnotherMirror);
        assert_eq!(device.requested(), ["2.root.json", "timestamp.json", "2.snapshot.json"]);
        repo.be_honest();
        repo.release();
        device.refresh(&repo);
        assert_stored(&device, &repo, &["timestamp.json", "3.snapshot.json", "1.targets.json"]);
    }
}

#[test]
fn a_listing_may_grow_and_names_around_it_do_not_matter() {
    let mut repo = deep();
    let mut device = Device::refreshed(&repo);
    for name in ["A", "aa", "b\u{1f600}", "zz", "c."] {
        repo.delegate("targets", Delegation::new(name, &["x/*"]));
    }
    repo.bump("targets");
    repo.release();
    device.refresh(&repo);
    assert_stored(&device, &repo, &["timestamp.json", "2.snapshot.json", "2.targets.json"]);
}

#[test]
fn sigstore_rs_198_floors_outlive_expiry() {
    let old = Repo::new();
    let mut new = old.clone();
    new.timestamp.expires = "2027-02-01T00:00:00Z".into();
    new.snapshot.expires = "2027-02-01T00:00:00Z".into();
    new.release();
    let mut device = Device::refreshed(&new);
    device.start = at("2028-01-01T00:00:00Z");
    let error = device.refusal(&old);
    assert_eq!(error, rollback(RoleType::Timestamp.into(), 2, 1));

    // The same for the snapshot: newer numbers, older targets.
    new.bump("targets");
    new.release();
    device.start = at(START);
    device.refresh(&new);
    device.start = at("2028-01-01T00:00:00Z");
    let mut evil = old.clone();
    (evil.snapshot.version, evil.timestamp.version) = (9, 9);
    evil.publish();
    assert_eq!(device.refusal(&evil), rollback(RoleName::targets(), 2, 1));
}

#[test]
fn cve_2025_2888_a_refused_timestamp_is_not_stored() {
    let mut repo = Repo::new();
    let mut device = Device::refreshed(&repo);
    let before = device.store.clone();
    let mut evil = repo.clone();
    evil.timestamp.version = u64::MAX;
    evil.timestamp.expires = START.into();
    evil.publish();
    assert_refused(&device.refusal(&evil), "verify.expired", Remedy::AnotherMirror);
    assert_eq!(device.store, before);
    repo.release();
    device.refresh(&repo);
    assert_stored(&device, &repo, &["timestamp.json", "2.snapshot.json", "1.targets.json"]);
}
