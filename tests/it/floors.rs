//! Ways to make a device forget what it has learnt, or never forget it.

use std::error::Error as _;

use ota_trust::artifact::ArtifactStream;
use ota_trust::primitives::{Limits, Remedy, RoleName, TargetPath};
use ota_trust::update::{Repository, StaleRepository, Step, StoredItem};
use ota_trust::verify::{
    Context, Delegator, NewTimestamp, TrustedTarget, anchor, snapshot, targets, timestamp,
};

use crate::world::*;

/// A repository, and the same two releases later.
fn releases(mut repo: Repo) -> (Repo, Repo) {
    let old = repo.clone();
    repo.release();
    repo.release();
    (old, repo)
}

/// A repository whose second root took the timestamp key away, and the same two releases later.
fn rotated() -> (Repo, Repo) {
    let mut repo = Repo::new();
    repo.next_root(|repo| {
        repo.keys.insert("timestamp", Authority::new(&["t2"], 1));
    });
    repo.publish();
    releases(repo)
}

#[test]
fn a_rotation_that_is_fetched_again_drops_no_floor_that_came_after_it() {
    let (old, repo) = rotated();
    let mut device = Device::refreshed(&repo);
    device.store.remove(&repo.item("2.root.json"));
    assert_refused(&device.refusal(&old), "verify.rollback", Remedy::AnotherMirror);
    assert_eq!(device.changes, ["write root 2"]);
    device.refresh(&repo);
}

#[test]
fn another_envelope_of_a_root_is_the_same_root() {
    let mut repo = Repo::new();
    repo.next_root(|_| ());
    repo.publish();
    let (old, repo) = releases(repo);
    // A mirror adds a space to the root at first; later firmware ships the root as it was made.
    let mut padded = repo.clone();
    let mut bytes = repo.file("2.root.json");
    bytes.push(b'\n');
    padded.served.insert("2.root.json".into(), bytes);
    let mut device = Device::refreshed(&padded);
    device.anchor = repo.file("2.root.json");
    assert_refused(&device.refusal(&old), "verify.rollback", Remedy::AnotherMirror);
    device.refresh(&repo);
}

#[test]
fn a_key_under_another_id_keeps_its_floor() {
    let rename = |repo: &mut Repo| {
        for role in ["timestamp", "snapshot"] {
            for key in &mut repo.keys.get_mut(role).unwrap().keys {
                *key = key.alias(&format!("renamed-{}", key.id));
            }
        }
    };
    let (old, repo) = releases(Repo::new());
    let mut device = Device::refreshed(&repo);
    // Ids are not signed: the attacker gives the old files the new ids.
    let mut evil = old;
    evil.next_root(rename);
    evil.publish();
    assert_refused(&device.refusal(&evil), "verify.rollback", Remedy::AnotherMirror);
    let mut honest = repo;
    honest.next_root(rename);
    honest.release();
    device.refresh(&honest);
}

/// A repository with root and targets keys of its own, and online keys that are everybody's.
fn named(name: &str) -> Repo {
    Repo::with(|repo| {
        repo.keys.insert("root", Authority::new(&[name], 1));
        repo.add_target("targets", name, b"content");
    })
}

#[test]
fn x41_floors_of_a_longer_chain_of_another_repository_are_dropped() {
    let (ours, mut theirs) = (named("ours"), named("theirs"));
    theirs.next_root(|_| ());
    for version in [1, 1000] {
        theirs.timestamp.version = version;
        theirs.publish();
        let mut device = Device::refreshed(&theirs);
        device.anchor = ours.file("1.root.json");
        let trusted = device.refresh(&ours);
        assert_eq!(trusted.targets().bytes(), ours.file("1.targets.json"));
        assert_eq!(device.store[&StoredItem::Timestamp], ours.file("timestamp.json"));
    }
}

#[test]
fn roots_that_a_device_has_trusted_cannot_be_withheld_after_a_fallback() {
    let old = Repo::new();
    let mut repo = old.clone();
    repo.next_root(|repo| {
        for role in ["timestamp", "snapshot"] {
            repo.keys.insert(role, Authority::new(&[&format!("{role} 2")], 1));
        }
    });
    repo.next_root(|_| ());
    repo.publish();
    let mut device = Device::new(&repo);
    device.anchor = repo.file("3.root.json");
    device.refresh(&repo);
    // The other slot ships root 1; the stored chain starts at 3; somebody has the keys that 2 took.
    device.anchor = repo.file("1.root.json");
    assert_refused(&device.refusal(&old), "verify.rollback", Remedy::AnotherMirror);
    assert_eq!(device.requested(), ["2.root.json"]);
    device.refresh(&repo);
}

#[test]
fn the_ledger_knows_the_file_that_is_there_however_often_writing_fails() {
    let mut repo = Repo::with(|repo| {
        repo.keys.insert("timestamp", Authority::new(&["t-kept", "t-stolen"], 1));
    });
    let mut evil = repo.clone();
    evil.timestamp.version = u64::MAX - 10;
    evil.publish();
    let mut device = Device::refreshed(&evil);
    device.broken.insert(StoredItem::Timestamp);
    for _ in 0..3 {
        evil.timestamp.version += 1;
        evil.publish();
        assert!(!device.refresh(&evil).is_durable());
    }
    device.broken.clear();
    repo.next_root(|repo| {
        repo.keys.insert("timestamp", Authority::new(&["t-kept"], 1));
    });
    repo.publish();
    device.anchor = repo.file("2.root.json");
    device.refresh(&repo);
}

#[test]
fn what_nobody_has_signed_cannot_forge_a_line_of_a_log() {
    let repo = Repo::new();
    let mut evil = repo.clone();
    let signature = r#"{"keyid":"x\n[agent] update OK \u001b[2J","sig":""}"#;
    let file = format!(r#"{{"signatures":[{signature},{signature}],"signed":{{}}}}"#);
    evil.served.insert("timestamp.json".into(), file.into_bytes());
    let refusal = Device::new(&repo).refusal(&evil);
    let text = refusal.report().to_string();
    assert!(text.contains("update OK") && !text.contains(char::is_control), "{text}");
    // Nor in the text of the cause itself.
    let cause = refusal.source().unwrap().to_string();
    assert!(cause.contains("update OK") && !cause.contains(char::is_control), "{cause}");
}

#[test]
fn the_root_delegates_to_targets_and_to_no_other_role() {
    let mut repo = Repo::new();
    repo.delegate("targets", Delegation::new("other", &["*"]));
    repo.role("other").signers = vec![Signer::new("targets")];
    repo.release();
    let context = Context::new(at(START), Limits::default());
    let root = anchor(repo.file("1.root.json"), context.limits()).unwrap();
    let new = timestamp(&root, &mut None, repo.file("timestamp.json"), &context).unwrap();
    let NewTimestamp::Newer(named) = new else { panic!() };
    let listed = snapshot(&root, &named, None, repo.file("2.snapshot.json"), &context).unwrap();
    let other = RoleName::delegated("other").unwrap();
    let file = repo.file("1.other.json");
    let refusal = targets(Delegator::Root(&root), &listed, &other, file, &context).unwrap_err();
    assert_eq!(refusal.code(), "verify.not-delegated");
}

#[test]
fn a_search_through_any_number_of_roles_at_hand_needs_little_stack() {
    let mut repo = Repo::new();
    for i in 0..400 {
        repo.delegate("targets", Delegation::new(&format!("r{i}"), &["*"]));
    }
    repo.release();
    let mut device = Device::new(&repo);
    device.limits.max_visited_roles = 1000;
    let repository = device.refresh(&repo);
    let repository = device.find(&repo, repository, "x").unwrap().repository;
    let path = TargetPath::new("y").unwrap();
    let search = move || match repository.find(&path).unwrap() {
        Step::Done(lookup) => lookup.target.is_err(),
        _ => false,
    };
    let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(search).unwrap();
    assert!(thread.join().unwrap());
}

/// An unsorted object whose long keys are those that a sort compares most often.
fn long_pivots(padding: &str) -> String {
    let keys: Vec<u32> = (0..20_000_u32).map(|i| i.wrapping_mul(2_654_435_761)).collect();
    let mut compared: std::collections::BTreeMap<u32, u32> = std::collections::BTreeMap::new();
    keys.clone().sort_unstable_by(|a, b| {
        *compared.entry(*a).or_default() += 1;
        *compared.entry(*b).or_default() += 1;
        a.cmp(b)
    });
    let mut counts: Vec<u32> = compared.values().copied().collect();
    counts.sort_unstable();
    let often = counts[counts.len() - 60];
    let members = keys.iter().map(|key| {
        let pad = if compared[key] >= often { padding } else { "" };
        format!("\"{key:08x}{pad}\":0")
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// Nobody has to sign such a file to have it read.
#[test]
fn long_keys_cost_no_more_to_sort_than_short_ones() {
    let time = |padding: &str| {
        let text = long_pivots(padding);
        let run = || {
            let begun = std::time::Instant::now();
            ota_trust::json::check(text.as_bytes(), &Limits::default()).unwrap();
            begun.elapsed().as_secs_f64()
        };
        // The least of several: others use this machine, too.
        let least = (0..7).map(|_| run()).fold(f64::INFINITY, f64::min);
        least / f64::from(u32::try_from(text.len()).unwrap())
    };
    let (short, long) = (time(""), time(&"\\\\".repeat(10_000)));
    assert!(long < short * 3.0, "{long:e} s a byte, {short:e} with short keys");
}

fn goes_to_another_thread<T: Send>() {}
fn is_shared_between_threads<T: Send + Sync>() {}

#[test]
fn what_a_caller_keeps_may_go_to_other_threads() {
    goes_to_another_thread::<Step<'static, Repository<'static>>>();
    is_shared_between_threads::<Repository<'static>>();
    is_shared_between_threads::<StaleRepository<'static>>();
    is_shared_between_threads::<TrustedTarget>();
    is_shared_between_threads::<ArtifactStream>();
    is_shared_between_threads::<ota_trust::Error>();
}

#[test]
fn junk_signatures_do_not_use_up_what_a_stored_floor_needs() {
    let mut repo = Repo::with(|repo| {
        repo.keys.insert("timestamp", Authority::new(&["absent", "timestamp"], 1));
    });
    let old = repo.clone();
    // One of the two keys has signed. The mirror adds junk, which a download may carry.
    repo.tamper("timestamp", |envelope| {
        let signatures = envelope["signatures"].as_array_mut().unwrap();
        signatures.retain(|signature| signature["keyid"] == "timestamp");
        let good = signatures[0]["sig"].clone();
        for i in 0..200 {
            signatures.push(serde_json::json!({"keyid": format!("junk-{i}"), "sig": good}));
        }
    });
    repo.release();
    repo.release();
    let mut device = Device::new(&repo);
    device.limits.max_timestamp_length = 1 << 20;
    device.limits.max_signature_bytes = 20 * 1024;
    device.refresh(&repo);
    assert_refused(&device.refusal(&old), "verify.rollback", Remedy::AnotherMirror);
    device.refresh(&repo);
}
