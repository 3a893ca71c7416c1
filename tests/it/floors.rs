//! Ways to make a device forget what it has learnt, or never forget it.

use std::error::Error as _;

use ota_trust::artifact::ArtifactStream;
use ota_trust::primitives::{Limits, Remedy, RoleName, TargetPath};
use ota_trust::update::{Loss, Repository, StaleRepository, Step, StoredItem};
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

/// A repository that lists a vulnerable firmware, and two releases later, when it is fixed.
fn fixed(mut repo: Repo) -> (Repo, Repo) {
    repo.add_target("targets", "firmware", b"vulnerable");
    repo.publish();
    let old = repo.clone();
    for _ in 0..2 {
        repo.add_target("targets", "firmware", b"fixed");
        repo.bump("targets");
        repo.release();
    }
    (old, repo)
}

const ONLINE: [&str; 2] = ["timestamp", "snapshot"];

fn rename(repo: &mut Repo) {
    for role in ONLINE {
        for key in &mut repo.keys.get_mut(role).unwrap().keys {
            *key = key.alias(&format!("renamed-{}", key.id));
        }
    }
}

/// Two keys for each of timestamp and snapshot.
fn two_keys(repo: &mut Repo, threshold: u64) {
    for role in ONLINE {
        let keys = ["a", "b"].map(|key| format!("{role}-{key}"));
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        repo.keys.insert(role, Authority::new(&keys, threshold));
    }
}

#[test]
fn junk_under_the_id_that_a_key_will_have_takes_no_floor_away() {
    let (old, repo) = fixed(Repo::new());
    let mut replay = old;
    replay.next_root(rename);
    replay.publish();
    let mut served = repo.clone();
    for role in ONLINE {
        served.tamper(role, move |envelope| {
            let junk = serde_json::json!({"keyid": format!("renamed-{role}"), "sig": "00"});
            envelope["signatures"].as_array_mut().unwrap().push(junk);
        });
    }
    served.publish();
    let mut device = Device::refreshed(&served);
    assert_refused(&device.refusal(&replay), "verify.rollback", Remedy::AnotherMirror);
    let mut honest = repo;
    honest.next_root(rename);
    honest.release();
    device.refresh(&honest);
}

#[test]
fn the_id_of_a_key_that_stays_may_become_another_s() {
    let (old, repo) = fixed(Repo::new());
    let mut device = Device::refreshed(&repo);
    let change = |repo: &mut Repo| {
        for role in ONLINE {
            let keys = &mut repo.keys.get_mut(role).unwrap().keys;
            let kept = keys[0].alias(&format!("{role}-old"));
            *keys = vec![Signer::new(&format!("new {role}")).alias(role), kept];
        }
    };
    let mut replay = old;
    replay.next_root(change);
    for role in ONLINE {
        replay.tamper(role, move |envelope| {
            let old = format!("{role}-old");
            let signatures = envelope["signatures"].as_array_mut().unwrap();
            signatures.retain(|signature| signature["keyid"] == old.as_str());
        });
    }
    replay.publish();
    assert_refused(&device.refusal(&replay), "verify.rollback", Remedy::AnotherMirror);
    let mut honest = repo;
    honest.next_root(change);
    honest.release();
    device.refresh(&honest);
}

#[test]
fn a_threshold_that_falls_and_rises_takes_no_floor_away() {
    let mut repo = Repo::with(|repo| two_keys(repo, 2));
    repo.add_target("targets", "firmware", b"vulnerable");
    repo.publish();
    let mut replay = repo.clone();
    repo.next_root(|repo| two_keys(repo, 1));
    for role in ONLINE {
        repo.tamper(role, |envelope| envelope["signatures"].as_array_mut().unwrap().truncate(1));
    }
    for _ in 0..2 {
        repo.add_target("targets", "firmware", b"fixed");
        repo.bump("targets");
        repo.release();
    }
    let mut device = Device::refreshed(&repo);
    repo.next_root(|repo| two_keys(repo, 2));
    for root in ["2.root.json", "3.root.json"] {
        replay.served.insert(root.into(), repo.file(root));
    }
    assert_refused(&device.refusal(&replay), "verify.rollback", Remedy::AnotherMirror);
    repo.be_honest();
    repo.release();
    device.refresh(&repo);
}

#[test]
fn what_a_snapshot_lists_is_a_floor_although_a_threshold_has_risen() {
    // One key of each role has signed; by the next root it takes two, and no key was lost. Who has the
    // online keys rolls a delegated role back, and `targets`.
    for role in ["team", "targets"] {
        let mut repo = Repo::with(|repo| {
            two_keys(repo, 1);
            repo.delegate("targets", Delegation::new("team", &["*"]));
        });
        for online in ONLINE {
            repo.tamper(online, |envelope| {
                envelope["signatures"].as_array_mut().unwrap().truncate(1);
            });
        }
        let mut evil = repo.clone();
        repo.bump(role);
        repo.release();
        let mut device = Device::refreshed(&repo);
        for repo in [&mut repo, &mut evil] {
            repo.be_honest();
            repo.next_root(|repo| two_keys(repo, 2));
        }
        (evil.timestamp.version, evil.snapshot.version) = (9, 9);
        evil.publish();
        assert_refused(&device.refusal(&evil), "verify.rollback", Remedy::AnotherMirror);
        repo.timestamp.version = 9;
        repo.snapshot.version = 9;
        repo.release();
        device.refresh(&repo);
    }
}

#[test]
fn the_version_of_a_snapshot_is_a_floor_without_the_timestamp_that_named_it() {
    let mut repo = Repo::new();
    let old = repo.clone();
    repo.release();
    repo.release();
    let mut device = Device::refreshed(&repo);
    device.store.remove(&StoredItem::Timestamp);
    let before = device.store.clone();
    assert_refused(&device.refusal(&old), "verify.rollback", Remedy::AnotherMirror);
    device.store.remove(&StoredItem::Snapshot);
    assert_refused(&device.refusal(&old), "verify.rollback", Remedy::AnotherMirror);
    device.store = before;
    device.refresh(&repo);
    assert_stored(&device, &repo, &["timestamp.json", "3.snapshot.json", "1.targets.json"]);
}

#[test]
fn a_lost_ledger_and_a_lost_root_take_no_floor_away_that_present_keys_have_signed() {
    let (old, repo) = rotated();
    let mut device = Device::refreshed(&repo);
    device.lose_ledger();
    device.store.remove(&repo.item("2.root.json"));
    assert_refused(&device.refusal(&old), "verify.rollback", Remedy::AnotherMirror);
    // The loss is told until somebody knows of it.
    for _ in 0..2 {
        assert_eq!(losses(&device.refresh(&repo)), [Loss::Ledger]);
    }
    let repository = device.refresh(&repo);
    let step = repository.acknowledge_losses().unwrap();
    let repository = device.drive(&repo, step).unwrap();
    assert!(losses(&repository).is_empty() && repository.is_durable());
    assert!(losses(&device.refresh(&repo)).is_empty());
    assert_eq!(device.ledger_lines("lost"), [""; 0]);
}

fn losses(repository: &Repository<'_>) -> Vec<Loss> {
    repository.losses().collect()
}

#[test]
fn each_loss_is_told_and_no_other() {
    let (_, repo) = releases(Repo::new());
    let whole = Device::refreshed(&repo);
    assert!(losses(&whole.clone().refresh(&repo)).is_empty());
    let [first, second] = LEDGER;
    let (timestamp, snapshot) = (StoredItem::Timestamp, StoredItem::Snapshot);
    for (lost, expected) in [
        (vec![&first], &[Loss::LedgerCopy][..]),
        (vec![&second], &[Loss::LedgerCopy]),
        (vec![&first, &second], &[Loss::Ledger]),
        (vec![&timestamp], &[]),
        (vec![&snapshot], &[Loss::Snapshot]),
        // Nothing is left that tells.
        (vec![&first, &second, &timestamp, &snapshot], &[]),
    ] {
        for damaged in [false, true] {
            let mut device = whole.clone();
            for &item in &lost {
                if damaged {
                    device.store.insert(item.clone(), b"x".to_vec());
                } else {
                    device.store.remove(item);
                }
            }
            let repository = device.refresh(&repo);
            // What is damaged was there.
            let is_all = lost.len() == 4;
            let expected = if is_all && damaged { &[Loss::Ledger] } else { expected };
            assert_eq!(losses(&repository), expected, "{lost:?} {damaged}");
            assert_eq!(repository.began_empty(), is_all && !damaged);
        }
    }
}

#[test]
fn a_ledger_that_can_never_be_read_again_is_given_up_by_name() {
    let (old, repo) = releases(Repo::new());
    let mut device = Device::refreshed(&repo);
    device.unreadable.extend(LEDGER);
    let before = device.store.clone();
    for mirror in [&old, &repo] {
        assert_refused(&device.refusal(mirror), "update.unreadable-ledger", Remedy::Retry);
        assert!(device.requests.is_empty() && device.store == before);
    }
    device.gives_up = true;
    assert_refused(&device.refusal(&old), "verify.rollback", Remedy::AnotherMirror);
    assert_eq!(losses(&device.refresh(&repo)), [Loss::Ledger]);
}

#[test]
fn one_copy_that_cannot_be_read_is_not_written_either() {
    for fails in LEDGER {
        let (old, mut repo) = releases(Repo::new());
        let mut device = Device::refreshed(&repo);
        device.unreadable.insert(fails.clone());
        device.broken.insert(fails.clone());
        for _ in 0..3 {
            let trusted = device.refresh(&repo);
            assert!(trusted.is_durable());
            assert_eq!(losses(&trusted), [Loss::LedgerCopy]);
            assert_refused(&device.refusal(&old), "verify.rollback", Remedy::AnotherMirror);
            repo.release();
        }
    }
}

#[test]
fn a_key_that_was_kept_holds_what_both_keys_have_signed_until_it_goes_as_well() {
    // The ledger is lost; the poisoned files were signed by both keys, of which one was stolen.
    let mut repo = Repo::with(|repo| two_keys(repo, 1));
    let mut evil = repo.clone();
    (evil.timestamp.version, evil.snapshot.version) = (u64::MAX, u64::MAX);
    evil.publish();
    let mut device = Device::refreshed(&evil);
    let keep = |repo: &mut Repo, key: &str| {
        repo.next_root(|repo| {
            for role in ONLINE {
                repo.keys.insert(role, Authority::new(&[&format!("{role}-{key}")], 1));
            }
        });
        repo.publish();
    };
    keep(&mut repo, "b");
    let mut lost = device.clone();
    lost.lose_ledger();
    assert_refused(&lost.refusal(&repo), "verify.rollback", Remedy::AnotherMirror);
    keep(&mut repo, "c");
    lost.refresh(&repo);
    device.refresh(&repo);
    // Once the ledger knows, a later loss brings nothing back.
    let mut repo = Repo::with(|repo| two_keys(repo, 1));
    let mut device = Device::refreshed(&evil);
    keep(&mut repo, "b");
    repo.unreachable.insert("timestamp.json".into());
    assert_refused(&device.refusal(&repo), "update.transport", Remedy::Retry);
    repo.unreachable.clear();
    device.lose_ledger();
    device.refresh(&repo);
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
