//! The chain of roots (§5.3).

use ota_trust::key::KeyId;
use ota_trust::primitives::{Remedy, UtcTime, Version};
use ota_trust::update::UpdateError;
use ota_trust::verify::VerifyError;
use serde_json::json;

use crate::world::*;

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

/// The refusal of `2.root.json`, after which nothing may have been stored.
fn refusal_of_root_2(repo: &Repo) -> UpdateError {
    let mut device = Device::new(repo);
    let error = device.refusal(repo);
    assert_eq!(device.requested(), ["2.root.json"]);
    assert!(device.store.is_empty());
    error
}

#[test]
fn cve_2025_2885_the_next_root_has_exactly_the_next_version() {
    for found in [1, 3, u64::MAX] {
        let mut repo = Repo::new();
        repo.edit("root", move |signed| signed["version"] = json!(found));
        repo.next_root(|_| ());
        let error = refusal_of_root_2(&repo);
        let expected = VerifyError::RootVersion { trusted: version(1), found: version(found) };
        assert_eq!(error, UpdateError::Verify(expected));
        assert_refused(&error, "verify.root-version", Remedy::AnotherMirror);
    }
}

#[test]
fn cve_2025_2885_a_root_of_version_0_is_no_root() {
    let mut repo = Repo::new();
    repo.edit("root", |signed| signed["version"] = json!(0));
    repo.next_root(|_| ());
    assert_refused(&refusal_of_root_2(&repo), "metadata.version", Remedy::AnotherMirror);
}

#[test]
fn the_last_possible_version_ends_the_chain_without_a_request() {
    let mut repo = Repo::with(|repo| repo.root.version = u64::MAX);
    repo.served.insert("1.root.json".into(), repo.file(&format!("{}.root.json", u64::MAX)));
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&repo);
    assert_eq!(device.requested(), ["timestamp.json", "1.snapshot.json", "1.targets.json"]);
    assert_eq!(trusted.root().version(), version(u64::MAX));
}

/// Root keys `old` (2 of 3) give way to `new` (2 of 3), and these keys sign version 2.
fn rotation_signed_by(signers: &[&str]) -> Repo {
    let old = ["old-a", "old-b", "old-c"];
    let mut repo = Repo::with(|repo| {
        repo.keys.insert("root", Authority::new(&old, 2));
    });
    repo.next_root(|repo| {
        repo.keys.insert("root", Authority::new(&["new-a", "new-b", "new-c"], 2));
    });
    let mut envelope: serde_json::Value =
        serde_json::from_slice(&repo.file("2.root.json")).unwrap();
    let signatures = envelope["signatures"].as_array_mut().unwrap();
    signatures.retain(|signature| signers.contains(&signature["keyid"].as_str().unwrap()));
    repo.served.insert("2.root.json".into(), render(&envelope, Form::Compact));
    repo
}

#[test]
fn a_new_root_needs_both_thresholds() {
    let repo = rotation_signed_by(&["old-a", "old-c", "new-b", "new-c"]);
    let mut device = Device::refreshed(&repo);
    let files = ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"];
    assert_stored(&device, &repo, &files);
    device.refresh(&repo);
    assert_eq!(device.requested(), ["3.root.json", "timestamp.json"]);

    for (signers, have) in [
        (&["old-a", "new-a", "new-b", "new-c"][..], &["old-a"][..]),
        (&["old-a", "old-b", "old-c", "new-a"], &["new-a"]),
        (&["new-a", "new-b", "new-c"], &[]),
        (&["old-a", "old-b", "old-c"], &[]),
    ] {
        let error = refusal_of_root_2(&rotation_signed_by(signers));
        assert_refused(&error, "verify.signatures", Remedy::AnotherMirror);
        let shortfall = shortfall(error);
        let counted: Vec<&str> = shortfall.have.iter().map(KeyId::as_str).collect();
        assert_eq!(counted, have);
        assert_eq!((shortfall.need, shortfall.role.as_str()), (2, "root"));
        assert_eq!(shortfall.delegator.as_str(), "root");
    }
}

#[test]
fn intermediate_roots_may_be_expired() {
    let mut repo = Repo::with(|repo| repo.root.expires = "2020-01-01T00:00:00Z".into());
    let mut device = Device::new(&repo);
    repo.next_root(|_| ());
    repo.next_root(|repo| repo.root.expires = FOREVER.into());
    device.refresh(&repo);
    let files =
        ["2.root.json", "3.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"];
    assert_stored(&device, &repo, &files);
}

#[test]
fn an_expired_last_root_is_refused_yet_stored() {
    let mut repo = Repo::new();
    let mut device = Device::new(&repo);
    repo.next_root(|repo| repo.root.expires = START.into());
    let error = device.refusal(&repo);
    let start = UtcTime::parse(START).unwrap();
    let role = error_role("root");
    let expected = VerifyError::Expired { role, expires: start, start };
    assert_eq!(error, UpdateError::Verify(expected));
    assert_refused(&error, "verify.expired", Remedy::AnotherMirror);
    assert_eq!(device.requested(), ["2.root.json", "3.root.json"]);
    assert_stored(&device, &repo, &["2.root.json"]);

    repo.next_root(|repo| repo.root.expires = FOREVER.into());
    device.refresh(&repo);
    assert_eq!(device.requested()[..2], ["3.root.json", "4.root.json"]);
}

fn error_role(name: &'static str) -> ota_trust::primitives::RoleName {
    assert_eq!(name, "root");
    ota_trust::metadata::RoleType::Root.into()
}

#[test]
fn three_hundred_roots_arrive_in_five_cycles() {
    let mut repo = Repo::new();
    let mut device = Device::new(&repo);
    device.limits.max_root_rotations = 64;
    for _ in 1..300 {
        repo.next_root(|_| ());
    }
    // 299 new roots: 64 + 64 + 64 + 64 + 43.
    for cycle in 1..=5_u64 {
        let trusted = device.refresh(&repo);
        let last = (1 + 64 * cycle).min(300);
        assert_eq!(trusted.root().version(), version(last));
        assert_eq!(trusted.may_have_more_roots(), cycle < 5);
        let asked = device.requested().iter().filter(|name| name.ends_with("root.json")).count();
        assert_eq!(asked, if cycle < 5 { 64 } else { 44 }, "the last one is not found");
    }
}

#[test]
fn what_does_not_verify_under_the_last_root_of_a_cycle_may_need_more_roots() {
    let mut repo = Repo::new();
    let mut device = Device::new(&repo);
    device.limits.max_root_rotations = 2;
    repo.next_root(|repo| repo.root.expires = "2020-01-01T00:00:00Z".into());
    repo.next_root(|_| ());
    repo.next_root(|repo| {
        repo.root.expires = FOREVER.into();
        repo.keys.insert("timestamp", Authority::new(&["timestamp-2"], 1));
    });
    repo.release();
    // The last root of the first cycle has expired.
    let error = device.refusal(&repo);
    assert_refused(&error, "update.more-roots", Remedy::Refresh);
    let UpdateError::MoreRoots { fetched: 2, reason: VerifyError::Expired { .. } } = error else {
        panic!("{error:?}")
    };
    assert_eq!(device.requested(), ["2.root.json", "3.root.json"]);
    assert_stored(&device, &repo, &["2.root.json", "3.root.json"]);
    device.refresh(&repo);
    let rest = ["timestamp.json", "2.snapshot.json", "1.targets.json"];
    assert_eq!(device.requested(), [&["4.root.json", "5.root.json"], &rest[..]].concat());
}

#[test]
fn a_timestamp_of_later_keys_asks_for_another_cycle() {
    let mut repo = Repo::new();
    let mut device = Device::new(&repo);
    device.limits.max_root_rotations = 1;
    repo.next_root(|_| ());
    repo.next_root(|repo| {
        repo.keys.insert("timestamp", Authority::new(&["timestamp-2"], 1));
    });
    repo.publish();
    let error = device.refusal(&repo);
    assert_refused(&error, "update.more-roots", Remedy::Refresh);
    assert_eq!(device.requested(), ["2.root.json", "timestamp.json"]);
    device.refresh(&repo);
    assert_eq!(device.requested()[..2], ["3.root.json", "timestamp.json"]);
}

#[test]
fn a_failed_transport_is_not_the_end_of_the_chain() {
    let mut repo = Repo::new();
    repo.unreachable.insert("2.root.json".into());
    let error = refusal_of_root_2(&repo);
    assert_refused(&error, "update.transport", Remedy::Retry);
    let UpdateError::Transport { file } = error else { panic!("{error:?}") };
    assert_eq!((file.name().as_str(), file.version()), ("2.root.json", Some(version(2))));
    assert_eq!(file.role().as_str(), "root");

    // Nor is it further along.
    let mut repo = Repo::new();
    let mut device = Device::new(&repo);
    repo.next_root(|_| ());
    repo.unreachable.insert("3.root.json".into());
    assert_refused(&device.refusal(&repo), "update.transport", Remedy::Retry);
    assert_eq!(device.requested(), ["2.root.json", "3.root.json"]);
    assert_stored(&device, &repo, &["2.root.json"]);
}

#[test]
fn an_anchor_below_its_own_threshold_ends_before_any_request() {
    let repo = Repo::with(|repo| {
        repo.keys.insert("root", Authority::new(&["a", "b"], 2));
        repo.tamper("root", |envelope| {
            envelope["signatures"].as_array_mut().unwrap().pop();
        });
    });
    let mut device = Device::new(&repo);
    let error = device.refusal(&repo);
    assert_refused(&error, "update.anchor", Remedy::Operator);
    let UpdateError::Anchor(VerifyError::Signatures(shortfall)) = error else {
        panic!("{error:?}")
    };
    assert_eq!((shortfall.need, shortfall.have.len(), shortfall.rest.len()), (2, 1, 1));
    assert!(device.requests.is_empty() && device.loads.is_empty() && device.store.is_empty());
}

#[test]
fn a_truncated_anchor_ends_before_any_request() {
    let mut device = Device::new(&Repo::new());
    device.anchor.pop();
    let error = device.refusal(&Repo::new());
    assert_refused(&error, "update.anchor", Remedy::Operator);
    assert!(matches!(error, UpdateError::Anchor(VerifyError::Malformed { .. })));
    assert!(device.requests.is_empty() && device.loads.is_empty());
}

#[test]
fn a_root_of_another_role_type_is_refused() {
    let mut repo = Repo::new();
    repo.edit("root", |signed| signed["_type"] = json!("targets"));
    repo.next_root(|_| ());
    assert_refused(&refusal_of_root_2(&repo), "metadata.type", Remedy::AnotherMirror);
}

#[test]
fn cve_2020_15163_a_refused_root_is_never_trusted_later() {
    let mut repo = Repo::new();
    let mut device = Device::refreshed(&repo);
    let before = device.store.clone();
    let mut evil = repo.clone();
    evil.keys.insert("root", Authority::new(&["evil"], 1));
    evil.next_root(|_| ());
    assert_refused(&device.refusal(&evil), "verify.signatures", Remedy::AnotherMirror);
    assert_eq!(device.store, before);

    repo.next_root(|_| ());
    device.refresh(&repo);
    let files = ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"];
    assert_stored(&device, &repo, &files);
}
