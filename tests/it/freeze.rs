//! Freeze attacks: files that are genuine and old (§5.1, §5.3.10, §5.4.4, §5.5.6, §5.6.5).

use ota_trust::primitives::{Remedy, StartTime, UtcTime};
use ota_trust::verify::Freshness;
use serde_json::json;

use crate::world::*;

const ROLES: [(&str, &[&str]); 4] = [
    ("root", &["2.root.json"]),
    ("timestamp", &["2.root.json", "timestamp.json"]),
    ("snapshot", &["2.root.json", "timestamp.json", "1.snapshot.json"]),
    ("targets", &["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"]),
];

fn expiring(role: &'static str, expires: &'static str) -> Repo {
    Repo::with(|repo| repo.edit(role, move |signed| signed["expires"] = json!(expires)))
}

#[test]
fn what_expires_at_the_start_time_has_expired() {
    for (role, requests) in ROLES {
        for (expires, passes) in [
            ("2026-12-31T23:59:59Z", false),
            ("2027-01-01T00:00:00Z", false),
            ("2027-01-01T00:00:01Z", true),
        ] {
            let repo = expiring(role, expires);
            let mut device = Device::new(&repo);
            match device.try_refresh(&repo) {
                Ok(_) => assert!(passes, "{role} {expires}"),
                Err(ended) => {
                    assert!(!passes, "{role} {expires}");
                    assert_refused(&ended.refusal(), "verify.expired", Remedy::AnotherMirror);
                    assert_eq!(device.requested(), requests);
                    // Everything before it was verified, and is kept.
                    assert_stored(&device, &repo, &requests[1..requests.len().max(2) - 1]);
                }
            }
        }
    }
}

#[test]
fn stored_files_expire_too() {
    for (role, requests) in ROLES {
        let repo = expiring(role, "2027-06-01T00:00:00Z");
        let mut device = Device::refreshed(&repo);
        let before = device.store.clone();
        device.start = at("2027-06-01T00:00:00Z");
        let error = device.refusal(&repo);
        assert_refused(&error, "verify.expired", Remedy::AnotherMirror);
        // The expired file is asked for again; one before it that is current is not.
        let mut asked = requests.to_vec();
        asked.retain(|name| role == "snapshot" || *name != "1.snapshot.json");
        assert_eq!(device.requested(), asked);
        assert_eq!(device.store, before);
    }
}

#[test]
fn aktualizr_1185_stored_expired_files_do_not_block_the_next_update() {
    for (role, _) in ROLES {
        let mut repo = expiring(role, "2027-06-01T00:00:00Z");
        let mut device = Device::refreshed(&repo);
        device.start = at("2027-06-01T00:00:00Z");
        repo.be_honest();
        repo.next_root(|_| ());
        repo.bump("targets");
        repo.release();
        device.refresh(&repo);
        let files = ["2.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json"];
        assert_stored(&device, &repo, &files);
    }
}

#[test]
fn a_start_time_of_not_before_cannot_prove_freshness() {
    let repo = Repo::with(|repo| repo.add_target("targets", "file", b"content"));
    let mut device = Device::new(&repo);
    let now = UtcTime::parse(START).unwrap();
    for (start, freshness) in [
        (StartTime::NotBefore(now), Freshness::Unproven),
        (StartTime::Known(now), Freshness::Proven),
    ] {
        device.start = start;
        let trusted = device.refresh(&repo);
        assert_eq!(trusted.freshness(), freshness);
        let target = device.find(&repo, trusted, "file").unwrap().target.unwrap();
        assert_eq!(target.freshness(), freshness);
    }
}

#[test]
fn a_start_time_of_not_before_can_prove_expiry() {
    for (role, requests) in ROLES {
        let repo = expiring(role, START);
        let mut device = Device::new(&repo);
        device.start = StartTime::NotBefore(UtcTime::parse(START).unwrap());
        assert_refused(&device.refusal(&repo), "verify.expired", Remedy::AnotherMirror);
        assert_eq!(device.requested(), requests);
    }
}

#[test]
fn a_search_keeps_the_start_time_of_its_cycle() {
    let repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("a", &["*"]));
        repo.role("a").header.expires = "2027-06-01T00:00:00Z".into();
        repo.add_target("a", "file", b"content");
    });
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&repo);
    device.start = at("2028-01-01T00:00:00Z");
    assert!(device.find(&repo, trusted, "file").unwrap().target.is_ok());
    let trusted = device.refresh(&repo);
    let error = device.find(&repo, trusted, "file").unwrap_err().refusal();
    assert_refused(&error, "verify.expired", Remedy::AnotherMirror);
}

/// The second answer for the timestamp fails.
struct OneFails<'r>(&'r Repo);

impl Mirror for OneFails<'_> {
    fn get(&self, name: &str, attempt: u32) -> Answer {
        match name {
            "timestamp.json" if attempt == 2 => Answer::Failed,
            name => self.0.get(name, attempt),
        }
    }
}

#[test]
fn an_expiry_on_which_all_mirrors_agree_is_for_the_operator() {
    let mut expired = Repo::with(|repo| repo.timestamp.expires = START.into());
    let mut device = Device::new(&expired);
    device.limits.max_attempts = 3;
    let error = device.refusal(&expired);
    assert_refused(&error, "update.expired-everywhere", Remedy::Operator);
    assert_eq!(device.requested().iter().filter(|name| **name == "timestamp.json").count(), 3);
    // One that fails in another way may have a newer one.
    assert_refused(&device.refusal(&OneFails(&expired)), "verify.expired", Remedy::AnotherMirror);
    // So may another mirror than the only one that was asked.
    device.limits.max_attempts = 1;
    assert_refused(&device.refusal(&expired), "verify.expired", Remedy::AnotherMirror);
    expired.timestamp.expires = FOREVER.into();
    expired.publish();
    device.refresh(&expired);
}
