//! A timestamp of the version that is stored: the stored one stays, and the cycle goes on (a deviation from
//! §5.4.3.1, which would end it there and freeze a device that was stopped in between).

use ota_trust::primitives::Remedy;
use ota_trust::update::{StoredItem, UpdateError};
use ota_trust::verify::VerifyError;
use serde_json::json;

use crate::world::*;

#[test]
fn the_cycle_goes_on_and_fetches_what_is_missing() {
    let repo = Repo::new();
    let mut device = Device::refreshed(&repo);
    device.store.remove(&StoredItem::Snapshot);
    device.refresh(&repo);
    assert_eq!(device.requested(), ["2.root.json", "timestamp.json", "1.snapshot.json"]);
    assert_eq!(device.changes, ["write ledger", "write ledger", "write snapshot"]);
    assert_eq!(device.ledger_lines("lost"), ["snapshot"]);
    assert_stored(&device, &repo, &["timestamp.json", "1.snapshot.json", "1.targets.json"]);

    device.store.remove(&repo.item("1.targets.json"));
    device.refresh(&repo);
    assert_eq!(device.requested(), ["2.root.json", "timestamp.json", "1.targets.json"]);
    assert_eq!(device.changes, ["write role targets"]);
}

#[test]
fn what_a_second_file_of_that_version_says_is_not_taken_over() {
    let repo = Repo::new();
    let mut device = Device::refreshed(&repo);
    let before = device.store.clone();
    let mut other = repo.clone();
    other.snapshot.version = 7;
    other.timestamp.expires = "2098-01-01T00:00:00Z".into();
    other.publish();
    let trusted = device.refresh(&other);
    assert_eq!(trusted.snapshot().version().get(), 1);
    assert_eq!(device.requested(), ["2.root.json", "timestamp.json"]);
    assert_eq!(device.store, before);
}

#[test]
fn a_second_file_of_that_version_must_be_signed() {
    let mut repo = Repo::new();
    let mut device = Device::refreshed(&repo);
    repo.tamper("timestamp", |envelope| envelope["signatures"] = json!([]));
    repo.publish();
    assert_refused(&device.refusal(&repo), "verify.signatures", Remedy::AnotherMirror);
}

#[test]
fn an_expired_stored_timestamp_stays_a_refusal() {
    // The mirror serves the same version with a later expiry. The stored one counts, and has expired.
    let mut repo = Repo::with(|repo| repo.timestamp.expires = "2027-06-01T00:00:00Z".into());
    let mut device = Device::refreshed(&repo);
    let before = device.store.clone();
    device.start = at("2027-06-01T00:00:00Z");
    repo.timestamp.expires = FOREVER.into();
    repo.publish();
    assert_refused(&device.refusal(&repo), "verify.expired", Remedy::AnotherMirror);
    assert_eq!(device.store, before);
    repo.timestamp.version += 1;
    repo.publish();
    device.refresh(&repo);
    assert_stored(&device, &repo, &["timestamp.json", "1.snapshot.json", "1.targets.json"]);
}

/// One mirror after the other.
struct Mirrors(Vec<Repo>);

impl Mirror for Mirrors {
    fn get(&self, name: &str, attempt: u32) -> Answer {
        let last = self.0.len() - 1;
        self.0[last.min(attempt as usize - 1)].get(name, attempt)
    }
}

#[test]
fn an_expired_stored_timestamp_stays_the_floor_for_the_next_mirror() {
    let older = Repo::new();
    let mut expired = older.clone();
    expired.timestamp.expires = "2027-06-01T00:00:00Z".into();
    expired.release();
    let mut newer = expired.clone();
    newer.timestamp.expires = FOREVER.into();
    newer.release();
    let mut device = Device::refreshed(&expired);
    device.start = at("2027-06-01T00:00:00Z");
    device.limits.max_attempts = 2;

    let before = device.store.clone();
    let error = device.refusal(&Mirrors(vec![expired.clone(), older]));
    let UpdateError::Verify(VerifyError::Rollback { trusted, found, .. }) = error else {
        panic!("{error:?}")
    };
    assert_eq!((trusted.get(), found.get()), (2, 1));
    assert_eq!(device.requested(), ["2.root.json", "timestamp.json", "timestamp.json"]);
    assert_eq!(device.requests[2].after, Some("verify.expired"));
    assert_eq!(device.store, before);

    device.refresh(&Mirrors(vec![expired, newer.clone()]));
    assert_stored(&device, &newer, &["timestamp.json", "3.snapshot.json", "1.targets.json"]);
}
