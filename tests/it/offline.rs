//! Bundles that may be old: authentic and no rollback, but stale (`begin_offline`).

use ota_trust::primitives::{Remedy, StartTime, TargetPath, UtcTime};
use ota_trust::verify::Freshness;
use serde_json::json;

use crate::world::*;

const HOUR: u64 = 3600;

/// `role` expires an hour before the start.
fn expired(role: &'static str) -> Repo {
    Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("role", &["*"]));
        repo.add_target("role", "file", b"content");
        repo.edit(role, |signed| signed["expires"] = json!("2026-12-31T23:00:00Z"));
    })
}

#[test]
fn a_stale_timestamp_or_snapshot_is_accepted_up_to_the_stated_age() {
    for role in ["timestamp", "snapshot"] {
        let repo = expired(role);
        // It expired an hour ago: valid until expiry + age, which must be *after* the start.
        let mut device = Device::new(&repo);
        let stale = device.refresh_offline(&repo, HOUR + 1).unwrap();
        let requests = ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"];
        assert_eq!(device.requested(), requests);
        assert!(stale.is_durable());
        let lookup = device.find_offline(&repo, stale, "file").unwrap();
        let target = lookup.target.unwrap().accept_staleness();
        assert_eq!(target.freshness(), Freshness::Stale, "accepted, and still known to be stale");
        assert_eq!(target.length(), 7);
        let files = ["timestamp.json", "1.snapshot.json", "1.targets.json", "1.role.json"];
        assert_stored(&device, &repo, &files);

        for too_little in [0, 1, HOUR - 1, HOUR] {
            let mut device = Device::new(&repo);
            let error =
                device.refresh_offline(&repo, too_little).map(|_| ()).unwrap_err().refusal();
            assert_refused(&error, "verify.expired", Remedy::AnotherMirror);
            assert!(device.requested().last().unwrap().contains(role));
        }
        let mut device = Device::new(&repo);
        device.refresh_offline(&repo, u64::MAX).unwrap();
    }
}

#[test]
fn root_targets_and_delegated_roles_may_not_be_stale() {
    for role in ["root", "targets", "role"] {
        let repo = expired(role);
        let mut device = Device::new(&repo);
        let found = device
            .refresh_offline(&repo, u64::MAX)
            .and_then(|stale| device.find_offline(&repo, stale, "file").map(|_| ()));
        assert_refused(&found.unwrap_err().refusal(), "verify.expired", Remedy::AnotherMirror);
    }
}

#[test]
fn a_delegated_role_called_like_a_stale_one_may_not_be_stale() {
    let repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("timestamp ", &["*"]));
        repo.role("timestamp ").header.expires = START.into();
    });
    let mut device = Device::new(&repo);
    let stale = device.refresh_offline(&repo, u64::MAX).unwrap();
    let error = device.find_offline(&repo, stale, "file").unwrap_err().refusal();
    assert_refused(&error, "verify.expired", Remedy::AnotherMirror);
}

#[test]
fn an_online_cycle_accepts_no_staleness() {
    for role in ["timestamp", "snapshot"] {
        let repo = expired(role);
        assert_eq!(Device::new(&repo).refusal(&repo).code(), "verify.expired");
    }
}

#[test]
fn aktualizr_lite_314_a_bundle_that_is_older_than_the_device_is_a_rollback() {
    let bundle = expired("timestamp");
    let mut repo = bundle.clone();
    repo.be_honest();
    repo.release();
    let mut device = Device::refreshed(&repo);
    let before = device.store.clone();
    let error = device.refresh_offline(&bundle, u64::MAX).map(|_| ()).unwrap_err().refusal();
    assert_refused(&error, "verify.rollback", Remedy::AnotherMirror);
    assert_eq!(device.store, before);
    // And what a bundle brought is a floor for the repository.
    let mut device = Device::new(&repo);
    device.refresh_offline(&repo, 0).unwrap();
    assert_eq!(device.refusal(&bundle).code(), "verify.rollback");
}

#[test]
fn a_bundle_of_the_devices_own_state_is_accepted() {
    let repo = expired("timestamp");
    let mut device = Device::new(&repo);
    device.refresh_offline(&repo, 2 * HOUR).unwrap();
    device.refresh_offline(&repo, 2 * HOUR).unwrap();
    assert_eq!(device.requested(), ["2.root.json", "timestamp.json"]);
    let error = device.refresh_offline(&repo, HOUR).map(|_| ()).unwrap_err().refusal();
    assert_refused(&error, "verify.expired", Remedy::AnotherMirror);
}

#[test]
fn without_a_believed_clock_staleness_is_from_the_earliest_time() {
    let repo = expired("timestamp");
    let mut device = Device::new(&repo);
    device.start = StartTime::NotBefore(UtcTime::parse(START).unwrap());
    device.refresh_offline(&repo, HOUR + 1).unwrap();
    assert!(device.refresh_offline(&repo, HOUR).is_err());
}

/// A repository with a role, and a device that has seen both.
fn seen() -> (Repo, Device) {
    let mut repo = Repo::with(|repo| {
        repo.timestamp.expires = "2027-02-01T00:00:00Z".into();
        repo.snapshot.expires = "2027-02-01T00:00:00Z".into();
        repo.delegate("targets", Delegation::new("seen", &["seen/*"]));
        repo.delegate("targets", Delegation::new("unseen", &["unseen/*"]));
        repo.add_target("seen", "seen/file", b"content");
        repo.add_target("unseen", "unseen/file", b"content");
    });
    repo.next_root(|_| ());
    repo.publish();
    let mut device = Device::new(&repo);
    let repository = device.refresh(&repo);
    device.find(&repo, repository, "seen/file").unwrap().target.unwrap();
    (repo, device)
}

const DAY: u64 = 86_400;

#[test]
fn what_a_device_has_seen_last_can_be_used_without_a_network() {
    let (repo, mut device) = seen();
    let before = device.store.clone();
    // As long as nothing has expired, and then for as long as the caller says.
    for (now, staleness) in [(START, 0), ("2027-02-03T00:00:00Z", 3 * DAY)] {
        device.start = at(now);
        let stale = device.refresh_stored(staleness).unwrap();
        assert!(stale.is_durable());
        assert_eq!(stale.root().bytes(), repo.file("2.root.json"));
        let lookup = device.find_offline(&Nobody, stale, "seen/file").unwrap();
        let target = lookup.target.unwrap().accept_staleness();
        assert_eq!(target.hashes().check(b"content"), Ok(()));
        assert_eq!(target.freshness(), Freshness::Stale);
        // What is not there is refused, and that is no proof of anything.
        let error = device.find_offline(&Nobody, lookup.repository, "unseen/file").unwrap_err();
        assert_refused(&error.refusal(), "update.not-stored", Remedy::Refresh);
        assert!(device.store == before);
    }
    let error = device.refresh_stored(DAY).unwrap_err();
    assert_refused(&error, "verify.expired", Remedy::AnotherMirror);
}

#[test]
fn a_storage_that_is_not_what_the_device_saw_last_is_not_used() {
    let (mut repo, seen) = seen();
    // One item each is gone, or is of an earlier day.
    let mut newer = seen.clone();
    repo.bump("targets");
    repo.release();
    newer.refresh(&repo);
    let items = ["timestamp.json", "2.snapshot.json", "2.targets.json"].map(|name| repo.item(name));
    for item in items {
        for old in [None, Some(seen.store[&item].clone())] {
            let mut device = newer.clone();
            match old {
                None => device.store.remove(&item),
                Some(bytes) => device.store.insert(item.clone(), bytes),
            };
            let error = device.refresh_stored(0).unwrap_err();
            assert_refused(&error, "update.not-stored", Remedy::Refresh);
        }
    }
    // A device that has never seen anything, one whose root has expired, and one that has lost a root.
    let new = Device::new(&repo).refresh_stored(0).unwrap_err();
    assert_refused(&new, "update.not-stored", Remedy::Refresh);
    let mut device = newer.clone();
    device.start = at("2100-01-01T00:00:00Z");
    assert_eq!(device.refresh_stored(u64::MAX).unwrap_err().code(), "verify.expired");
    let mut device = newer.clone();
    device.store.remove(&repo.item("2.root.json"));
    assert_eq!(device.refresh_stored(0).unwrap_err().code(), "verify.rollback");
    newer.refresh_stored(0).unwrap();
}

#[test]
fn what_a_repository_that_may_be_old_does_not_list_is_proven_only_by_name() {
    let mut repo = Repo::new();
    repo.listing = Listing::VersionLengthAndHashes;
    repo.publish();
    let mut device = Device::refreshed(&repo);
    let stale = device.refresh_stored(0).unwrap();
    let step = stale.find(&TargetPath::new("x").unwrap()).unwrap();
    let answer = device.drive(&Nobody, step).unwrap().target.unwrap_err();
    assert_eq!((answer.code(), answer.remedy()), ("search.not-listed", Remedy::Operator));
    assert!(answer.accept_staleness().into_unlisted().is_ok());
}
