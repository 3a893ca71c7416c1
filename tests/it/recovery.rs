//! Recovery from a fast-forward attack (§5.3.11): who stole a timestamp or snapshot key and published a version
//! that no honest one exceeds loses that hold when root takes the key away.

use std::collections::BTreeMap;

use ota_trust::primitives::Remedy;

use crate::world::*;

const FAR: u64 = u64::MAX;
const AFTER: [&str; 4] = ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"];

/// A repository with two keys for timestamp and snapshot, and a device poisoned by one of each.
fn poisoned() -> (Repo, Device) {
    let mut repo = Repo::with(|repo| {
        repo.keys.insert("timestamp", Authority::new(&["t-kept", "t-stolen"], 1));
        repo.keys.insert("snapshot", Authority::new(&["s-kept", "s-stolen"], 1));
    });
    let mut evil = repo.clone();
    (evil.timestamp.version, evil.snapshot.version) = (FAR, FAR);
    evil.publish();
    let device = Device::refreshed(&evil);
    repo.publish();
    (repo, device)
}

/// Takes the stolen key from `role`.
fn rotate(repo: &mut Repo, role: &'static str, kept: &[&str]) {
    repo.next_root(|repo| {
        repo.keys.insert(role, Authority::new(kept, 1));
    });
    repo.publish();
}

#[test]
fn without_a_rotation_the_poisoned_floor_stands() {
    let (repo, mut device) = poisoned();
    assert_refused(&device.refusal(&repo), "verify.rollback", Remedy::AnotherMirror);
}

#[test]
fn a_lost_key_of_either_role_drops_both_floors() {
    for (role, kept) in [
        ("timestamp", &["t-kept"][..]),
        ("timestamp", &["t-new"]),
        ("timestamp", &["t-kept", "t-new"]),
        ("snapshot", &["s-kept"]),
        ("snapshot", &["s-new"]),
        ("snapshot", &["s-kept", "s-new"]),
    ] {
        let (mut repo, mut device) = poisoned();
        rotate(&mut repo, role, kept);
        device.refresh(&repo);
        let changes = ["write root 2", "write ledger", "remove timestamp", "remove snapshot"];
        assert_eq!(device.changes[..4], changes);
        let requests = ["2.root.json", "3.root.json", "timestamp.json", "1.snapshot.json"];
        assert_eq!(device.requested(), requests, "targets are a cache and stay");
        assert_stored(&device, &repo, &AFTER);
    }
}

#[test]
fn a_root_that_takes_no_key_away_drops_nothing() {
    for keys in [&["t-kept", "t-stolen"][..], &["t-kept", "t-stolen", "t-new"]] {
        let (mut repo, mut device) = poisoned();
        rotate(&mut repo, "timestamp", keys);
        assert_refused(&device.refusal(&repo), "verify.rollback", Remedy::AnotherMirror);
        assert_eq!(device.changes, ["write root 2", "write ledger"]);
    }
    // Nor does one that takes away a root key or a targets key.
    for role in ["root", "targets"] {
        let (mut repo, mut device) = poisoned();
        rotate(&mut repo, role, &["new"]);
        assert_refused(&device.refusal(&repo), "verify.rollback", Remedy::AnotherMirror);
        assert_eq!(device.changes, ["write root 2", "write ledger"]);
    }
}

#[test]
fn a_key_under_a_new_id_is_no_lost_key() {
    let (mut repo, mut device) = poisoned();
    repo.next_root(|repo| {
        for key in &mut repo.keys.get_mut("timestamp").unwrap().keys {
            *key = key.alias(&format!("renamed-{}", key.id));
        }
    });
    repo.publish();
    // What it signed has the old id, and is a floor all the same.
    assert_refused(&device.refusal(&repo), "verify.rollback", Remedy::AnotherMirror);
    assert_eq!(device.changes, ["write root 2", "write ledger"]);
}

#[test]
fn a_power_cut_between_the_changes_does_not_hide_the_rotation() {
    for cut in 0..=4 {
        let (mut repo, mut device) = poisoned();
        rotate(&mut repo, "timestamp", &["t-kept", "t-new"]);
        device.power_cut_after = Some(cut);
        assert!(matches!(device.try_refresh(&repo), Err(Ended::PowerCut)));
        device.power_cut_after = None;
        device.refresh(&repo);
        assert_stored(&device, &repo, &AFTER);
    }
}

#[test]
fn the_decision_is_made_from_what_is_stored() {
    // The root is stored, and the floors are still there: as by a storage that reordered its writes.
    let (mut repo, mut device) = poisoned();
    let floors: BTreeMap<_, _> = device.store.clone();
    rotate(&mut repo, "timestamp", &["t-kept", "t-new"]);
    device.store.insert(repo.item("2.root.json"), repo.file("2.root.json"));
    assert_eq!(device.store.len(), floors.len() + 1);
    device.refresh(&repo);
    assert_eq!(device.requested()[..2], ["3.root.json", "timestamp.json"]);
    assert_stored(&device, &repo, &AFTER);
}

#[test]
fn an_expired_intermediate_root_does_not_hide_the_rotation() {
    let (mut repo, mut device) = poisoned();
    repo.root.expires = "2020-01-01T00:00:00Z".into();
    rotate(&mut repo, "snapshot", &["s-kept", "s-new"]);
    assert_refused(&device.refusal(&repo), "verify.expired", Remedy::AnotherMirror);
    repo.next_root(|repo| repo.root.expires = FOREVER.into());
    device.refresh(&repo);
    let stored = [&["2.root.json", "3.root.json"], &AFTER[1..]].concat();
    assert_stored(&device, &repo, &stored);
}

#[test]
fn a_key_that_is_taken_and_given_back_was_still_lost() {
    let (mut repo, mut device) = poisoned();
    rotate(&mut repo, "timestamp", &["t-kept"]);
    rotate(&mut repo, "timestamp", &["t-kept", "t-stolen"]);
    let fetched = device.clone();
    device.refresh(&repo);
    assert_stored(&device, &repo, &[&["2.root.json", "3.root.json"], &AFTER[1..]].concat());

    // Also when both roots are on the disk already.
    let mut device = fetched;
    for file in ["2.root.json", "3.root.json"] {
        device.store.insert(repo.item(file), repo.file(file));
    }
    device.refresh(&repo);
    assert_stored(&device, &repo, &[&["2.root.json", "3.root.json"], &AFTER[1..]].concat());
}

#[test]
fn a_newer_anchor_does_not_hide_the_rotation() {
    let (mut repo, mut device) = poisoned();
    rotate(&mut repo, "timestamp", &["t-kept", "t-new"]);
    device.anchor = repo.file("2.root.json");
    device.refresh(&repo);
    assert_eq!(device.requested()[0], "3.root.json");
    assert_stored(&device, &repo, &AFTER[1..]);
}

#[test]
fn a_newer_anchor_that_took_nothing_away_keeps_the_floors() {
    let (mut repo, mut device) = poisoned();
    rotate(&mut repo, "timestamp", &["t-kept", "t-stolen", "t-new"]);
    device.anchor = repo.file("2.root.json");
    assert_refused(&device.refusal(&repo), "verify.rollback", Remedy::AnotherMirror);
}

#[test]
fn after_a_recovery_the_new_floors_hold() {
    let (mut repo, mut device) = poisoned();
    rotate(&mut repo, "timestamp", &["t-kept", "t-new"]);
    let old = repo.clone();
    repo.release();
    device.refresh(&repo);
    let before = device.store.clone();
    assert_refused(&device.refusal(&old), "verify.rollback", Remedy::AnotherMirror);
    assert_eq!(device.store, before);
}

#[test]
fn a_damaged_ledger_keeps_floors_that_present_keys_have_signed() {
    for ledger in [None, Some(b"garbage\n".to_vec())] {
        let old = Repo::new();
        let mut new = old.clone();
        new.release();
        let mut device = Device::refreshed(&new);
        device.lose_ledger();
        for (copy, bytes) in LEDGER.into_iter().zip(ledger.into_iter().cycle()) {
            device.store.insert(copy, bytes);
        }
        assert_refused(&device.refusal(&old), "verify.rollback", Remedy::AnotherMirror);
        device.refresh(&new);
    }
}

#[test]
fn a_ledger_that_is_not_whole_does_not_drop_a_floor() {
    // Another digit in the digest of the root would say that the file is another repository's.
    let old = Repo::new();
    let mut new = old.clone();
    new.release();
    let device = Device::refreshed(&new);
    for damaged in LEDGER {
        for at in 0..device.store[&damaged].len() {
            let mut device = device.clone();
            device.store.get_mut(&damaged).unwrap()[at] ^= 1;
            let error = device.refusal(&old);
            assert_refused(&error, "verify.rollback", Remedy::AnotherMirror);
            device.store.get_mut(&damaged).unwrap().truncate(at);
            assert_eq!(device.refusal(&old).code(), "verify.rollback");
        }
    }
}

/// What heals a targets role of which a thief has signed the last version that there is.
#[test]
fn the_last_version_of_a_targets_role_ends_with_a_key_of_the_snapshot_or_with_the_role_s_name() {
    for role in ["targets", "team"] {
        let mut fixed = Repo::with(|repo| {
            repo.delegate("targets", Delegation::new("team", &["team/*"]));
            repo.add_target("team", "team/file", b"content");
        });
        let mut evil = fixed.clone();
        evil.role(role).header.version = FAR;
        evil.release();
        let mut device = Device::refreshed(&evil);
        (fixed.timestamp.version, fixed.snapshot.version) = (10, 10);
        fixed.role(role).header.version = 2;
        // The keys of the role are replaced: that alone does not do.
        if role == "targets" {
            fixed.next_root(|repo| drop(repo.keys.insert("targets", Authority::new(&["new"], 1))));
            fixed.role("targets").signers = vec![Signer::new("new")];
        } else {
            fixed.role("targets").delegations.clear();
            fixed.role("team").signers.clear();
            fixed.delegate("targets", Delegation::new("team", &["team/*"]).signed_by(&["new"], 1));
            fixed.bump("targets");
        }
        fixed.publish();
        assert_refused(&device.refusal(&fixed), "verify.rollback", Remedy::AnotherMirror);
        if role == "team" {
            // Its delegator gives the paths to a role of another name. The old file stays listed.
            let mut renamed = fixed.clone();
            renamed.role("targets").delegations.clear();
            renamed.delegate("targets", Delegation::new("team-2", &["team/*"]));
            renamed.add_target("team-2", "team/file", b"new content");
            renamed.role("team").header.version = FAR;
            renamed.bump("targets");
            renamed.release();
            let mut device = device.clone();
            let trusted = device.refresh(&renamed);
            let target = device.find(&renamed, trusted, "team/file").unwrap().target.unwrap();
            assert!(target.hashes().check(b"new content").is_ok());
        }
        fixed.next_root(|repo| {
            repo.keys.insert("snapshot", Authority::new(&["snapshot-new"], 1));
        });
        fixed.publish();
        device.refresh(&fixed);
    }
}
