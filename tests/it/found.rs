//! Attacks on floors, chains, bindings and the stored form, as hostile readers have found them.

use ota_trust::primitives::Limits;
use ota_trust::update::{Loss, Repository, Step, StoredItem, Update};

use crate::world::*;

const ONLINE: [&str; 2] = ["timestamp", "snapshot"];

fn losses(repository: &Repository<'_>) -> Vec<Loss> {
    repository.losses().collect()
}

/// The cycle is refused, or says that floors were lost.
fn is_refused_or_told(device: &mut Device, mirror: &dyn Mirror) -> bool {
    match device.try_refresh(mirror) {
        Err(Ended::Refused(_)) => true,
        Err(Ended::PowerCut) => panic!(),
        Ok(repository) => !losses(&repository).is_empty(),
    }
}

// 1. Floors.

/// Versions 1, 2, … of timestamp, snapshot and targets: `all[n - 1]`.
fn history(mut repo: Repo, count: usize) -> Vec<Repo> {
    let mut all = vec![repo.clone()];
    for _ in 1..count {
        repo.bump("targets");
        repo.release();
        all.push(repo.clone());
    }
    all
}

/// What the thief of the key "root", which the honest root 2 takes away, makes of root 2: the honest key alone can
/// go on from it, so that the honest root 3 follows. A key more for the timestamp goes with that one.
fn fork_below_root_3(first: &Repo) -> Repo {
    let mut fork = first.clone();
    fork.tamper("root", |envelope| {
        let signatures = envelope["signatures"].as_array_mut().unwrap();
        signatures.retain(|signature| signature["keyid"] != "root2");
    });
    fork.next_root(|repo| {
        repo.keys.insert("root", Authority::new(&["evil", "root2"], 1));
        repo.keys.insert("timestamp", Authority::new(&["timestamp", "evil-t"], 1));
    });
    fork
}

/// The root key "root" is replaced in root 2. No root takes an online key away.
fn root_key_replaced(repo: &mut Repo) {
    repo.next_root(|repo| drop(repo.keys.insert("root", Authority::new(&["root2"], 1))));
    repo.next_root(|_| ());
}

/// The new slot ships root 3, and `FsStore::provision` leaves no older one.
fn new_slot(device: &mut Device, repo: &Repo) {
    device.anchor = repo.file("3.root.json");
    device.store.retain(|item, _| !matches!(item, StoredItem::Root(_)));
    device.refresh(repo);
}

#[test]
fn floors_a_thief_of_old_root_keys_ends_floors_by_a_fork_below_the_recorded_root() {
    let first = Repo::new();
    let mut repo = history(first.clone(), 3).pop().unwrap();
    let mut device = Device::refreshed(&repo);
    root_key_replaced(&mut repo);
    new_slot(&mut device, &repo);
    // The old slot is started again. A mirror without any key is refused.
    device.anchor = first.file("1.root.json");
    let mut evil = first.clone();
    for root in ["2.root.json", "3.root.json"] {
        evil.served.insert(root.into(), repo.file(root));
    }
    assert!(is_refused_or_told(&mut device.clone(), &evil));
    // The thief has "root", and no key that counts by now.
    evil.served.insert("2.root.json".into(), fork_below_root_3(&first).file("2.root.json"));
    assert!(is_refused_or_told(&mut device, &evil), "timestamp, snapshot and targets 1 after 3");
}

#[test]
fn floors_a_thief_of_old_root_keys_and_a_timestamp_key_rolls_targets_back() {
    // There were timestamps since, as every day. The floors of snapshot and targets are of root 1.
    let first = Repo::new();
    let mut repo = history(first.clone(), 3).pop().unwrap();
    let mut device = Device::refreshed(&repo);
    root_key_replaced(&mut repo);
    repo.timestamp.version += 1;
    repo.publish();
    new_slot(&mut device, &repo);
    device.refresh(&repo);
    device.anchor = first.file("1.root.json");
    let mut evil = first.clone();
    evil.timestamp.version = 10;
    evil.publish();
    for root in ["2.root.json", "3.root.json"] {
        evil.served.insert(root.into(), repo.file(root));
    }
    assert!(is_refused_or_told(&mut device.clone(), &evil));
    evil.served.insert("2.root.json".into(), fork_below_root_3(&first).file("2.root.json"));
    assert!(is_refused_or_told(&mut device, &evil), "snapshot and targets 1 after 3");
}

#[test]
fn floors_the_first_copy_of_the_ledger_alone_is_taken_for_whole_after_the_second_is_lost() {
    let all = history(Repo::new(), 3);
    // The mirror withholds the snapshot: what the device has accepted is timestamp 3.
    let mut withheld = all[2].clone();
    withheld.unreachable.insert("3.snapshot.json".into());
    let mut device = Device::new(&all[0]);
    device.refusal(&withheld);
    assert!(device.store.contains_key(&StoredItem::Timestamp));
    assert_eq!(device.ledger_lines("floor").len(), 2);
    device.store.remove(&StoredItem::Ledger(device.newest_copy()));
    assert!(is_refused_or_told(&mut device, &all[0]), "timestamp 1 after 3, and no loss is told");
}

#[test]
fn floors_do_not_end_when_firmware_falls_back_to_a_build_that_knows_fewer_schemes() {
    // The timestamp has two keys, one of them of a scheme that only the newer firmware can verify: built with
    // another feature (`ecdsa`, `rsa`), or of a later version.
    let mut repo = Repo::new();
    repo.edit("root", |signed| {
        signed["keys"]["new"] =
            serde_json::json!({"keytype": "new", "scheme": "new", "keyval": {"public": "00"}});
        signed["roles"]["timestamp"]["keyids"].as_array_mut().unwrap().push("new".into());
    });
    repo.publish_all();
    let all = history(repo, 3);
    let mut device = Device::refreshed(&all[2]);
    assert!(is_refused_or_told(&mut device.clone(), &all[0]));
    // The newer firmware has found nothing else, and knows what the key is.
    let fingerprint = Signer::new("new").fingerprint();
    assert_eq!(device.ledger().matches(" -:").count(), 3, "one in each floor");
    device.edit_ledger(|lines| lines.replace(" -:", &format!(" {fingerprint}:")));
    assert!(
        is_refused_or_told(&mut device, &all[0]),
        "all three 1 after 3, by a mirror without any key"
    );
}

/// A read error of one copy, and nothing can be written there either.
fn fails(device: &mut Device, copy: usize) {
    device.unreadable = [LEDGER[copy].clone()].into();
    device.broken = [LEDGER[copy].clone()].into();
}

fn works(device: &mut Device) {
    device.unreadable.clear();
    device.broken.clear();
}

fn acknowledge(device: &mut Device, mirror: &dyn Mirror, repository: Repository<'static>) {
    let step = repository.acknowledge_losses().unwrap();
    device.drive(mirror, step).unwrap();
}

/// A device that has seen releases 1 and 2, of which one copy of the ledger is far behind; then the other one
/// cannot be read for the cycle that `meanwhile` makes; then both can.
fn flapping(all: &[Repo], meanwhile: impl FnOnce(&mut Device)) -> Device {
    let mut device = Device::refreshed(&all[0]);
    let newest = usize::from(StoredItem::Ledger(device.newest_copy()) == LEDGER[1]);
    fails(&mut device, 1 - newest);
    let repository = device.refresh(&all[1]);
    assert_eq!(losses(&repository), [Loss::LedgerCopy]);
    acknowledge(&mut device, &all[1], repository);
    fails(&mut device, newest);
    meanwhile(&mut device);
    works(&mut device);
    device
}

#[test]
fn floors_a_stale_copy_of_a_higher_generation_comes_back_and_tells_nothing() {
    let all = history(Repo::new(), 4);
    // The cycle does not come to its end, so nobody is told anything. Timestamp 4 was accepted and stored.
    let mut withheld = all[3].clone();
    withheld.unreachable.insert("4.snapshot.json".into());
    let mut device = flapping(&all, |device| drop(device.refusal(&withheld)));
    assert_eq!(device.store[&StoredItem::Timestamp], withheld.file("timestamp.json"));
    assert!(is_refused_or_told(&mut device, &all[1]), "timestamp 2 after 4, and no loss is told");
}

#[test]
fn floors_a_stale_copy_of_a_higher_generation_takes_a_durable_timestamp_away() {
    let all = history(Repo::new(), 2);
    let mut daily = all[1].clone();
    daily.timestamp.version = 9;
    daily.publish();
    let mut device = flapping(&all, |device| {
        let repository = device.refresh(&daily);
        assert!(repository.is_durable());
        // That one step may have been lost before, not that this one will be.
        assert!(losses(&repository).contains(&Loss::LedgerCopy));
        acknowledge(device, &daily, repository);
    });
    assert!(is_refused_or_told(&mut device, &all[1]), "timestamp 2 after 9, and no loss is told");
}

#[test]
fn floors_a_stale_copy_of_a_higher_generation_is_told_as_a_lost_snapshot() {
    let all = history(Repo::new(), 4);
    let mut device = flapping(&all, |device| assert!(device.refresh(&all[3]).is_durable()));
    match device.try_refresh(&all[1]) {
        Err(_) => {}
        Ok(repository) => {
            let told = losses(&repository);
            let version = repository.targets().version().get();
            assert!(
                told.iter().any(|loss| *loss != Loss::Snapshot),
                "targets {version} after 4: {told:?}"
            );
        }
    }
}

#[test]
fn floors_a_repository_of_an_earlier_cycle_acknowledges_later_floors_away() {
    let mut repo = Repo::new();
    let mut device = Device::refreshed(&repo);
    device.store.remove(&StoredItem::Ledger(device.newest_copy()));
    // The operator is shown the loss, and takes a while.
    let shown = device.refresh(&repo);
    assert_eq!(losses(&shown), [Loss::LedgerCopy]);
    let old = repo.clone();
    repo.timestamp.version += 1;
    repo.publish();
    assert!(device.refresh(&repo).is_durable());
    acknowledge(&mut device, &repo, shown);
    assert!(is_refused_or_told(&mut device, &old), "timestamp 1 after 2");
}

#[test]
fn floors_a_thief_s_snapshot_of_a_known_number_is_a_baseline_for_ever() {
    // One online key, for both roles. Root 2 adds another one, which is stolen; root 3 takes it away, and the
    // device learns of that by firmware that ships root 3.
    let online = |repo: &mut Repo, keys: &[&str]| {
        for role in ONLINE {
            repo.keys.insert(role, Authority::new(keys, 1));
        }
    };
    let mut repo = Repo::with(|repo| {
        online(repo, &["o1"]);
        repo.delegate("targets", Delegation::new("team", &["*"]));
    });
    let mut device = Device::refreshed(&repo);
    repo.next_root(|repo| online(repo, &["o1", "o2"]));
    let mut evil = repo.clone();
    for role in ONLINE {
        evil.tamper(role, |envelope| {
            let signatures = envelope["signatures"].as_array_mut().unwrap();
            signatures.retain(|signature| signature["keyid"] == "o2");
        });
    }
    evil.edit("snapshot", |signed| signed["meta"]["team.json"]["version"] = u64::MAX.into());
    evil.edit("timestamp", |signed| {
        signed["meta"]["snapshot.json"]["length"] = 0.into();
    });
    // The same number of the snapshot, and a timestamp that says that it is another file.
    evil.listing = Listing::Version;
    evil.timestamp.version = 2;
    evil.publish();
    let length = evil.file("1.snapshot.json").len();
    evil.edit("timestamp", move |signed| {
        signed["meta"]["snapshot.json"]["length"] = length.into();
    });
    evil.publish();
    device.refresh(&evil);
    assert_eq!(device.store[&StoredItem::Snapshot], evil.file("1.snapshot.json"));

    repo.next_root(|repo| online(repo, &["o1"]));
    repo.release();
    // Who walks through root 3 recovers.
    device.clone().refresh(&repo);
    // Who begins with it does not.
    device.anchor = repo.file("3.root.json");
    for _ in 0..3 {
        device.refresh(&repo);
        repo.release();
    }
}

#[test]
fn floors_a_key_that_moves_to_the_other_role_is_not_seen_to_be_lost_by_newer_firmware() {
    // The offline copy of the snapshot key is safe; the timestamp had the same key, and lost it.
    let mut repo = Repo::with(|repo| {
        repo.keys.insert("timestamp", Authority::new(&["shared", "t"], 1));
        repo.keys.insert("snapshot", Authority::new(&["s", "t"], 2));
    });
    let mut evil = repo.clone();
    evil.timestamp.version = u64::MAX;
    evil.publish();
    let mut device = Device::refreshed(&evil);
    // Root 2 takes "t" from the timestamp. By itself it signs no snapshot.
    repo.next_root(|repo| drop(repo.keys.insert("timestamp", Authority::new(&["shared"], 1))));
    repo.publish();
    device.clone().refresh(&repo);
    device.anchor = repo.file("2.root.json");
    device.refresh(&repo);
}

#[test]
fn floors_a_first_ledger_that_could_not_be_written_at_once_is_no_loss() {
    let repo = Repo::new();
    let mut device = Device::new(&repo);
    // The first write of all fails, the second one does not, and then the power goes.
    let mut withheld = repo.clone();
    withheld.unreachable.insert("timestamp.json".into());
    device.broken.extend(LEDGER);
    device.refusal(&withheld);
    assert!(device.store.is_empty());
    device.broken.clear();
    let mut step =
        Update::begin(device.anchor.clone(), device.start, device.limits.clone()).unwrap();
    let mut writes = 0;
    loop {
        step = match step {
            Step::Load(load) => {
                let bytes = device.store.get(load.item()).cloned();
                load.loaded(bytes).unwrap()
            }
            Step::Fetch(fetch) => match repo.get(&fetch.file().name(), 1) {
                Answer::File(bytes) => fetch.received(bytes).unwrap(),
                _ => fetch.not_found().unwrap(),
            },
            Step::Persist(persist) => {
                writes += 1;
                if writes == 2 {
                    device.apply(&persist.changes()).unwrap();
                    break;
                }
                persist.failed().unwrap()
            }
            Step::Done(_) => break,
        };
    }
    assert_eq!(writes, 2, "one write that failed, and one that did not");
    assert_eq!(losses(&device.refresh(&repo)), [], "nothing was ever lost");
}

#[test]
fn floors_a_line_that_must_not_be_passed_over_is_dropped_after_one_read_error() {
    let mut repo = Repo::new();
    let mut device = Device::refreshed(&repo);
    device.edit_ledger(|lines| format!("{lines}!future x\n"));
    assert!(!device.clone().refresh(&repo).is_durable());
    let newest = usize::from(StoredItem::Ledger(device.newest_copy()) == LEDGER[1]);
    fails(&mut device, newest);
    repo.release();
    let _ = device.try_refresh(&repo);
    works(&mut device);
    assert!(!device.refresh(&repo).is_durable(), "the line is passed over");
}

#[test]
fn held_one_copy_that_is_far_behind_does_not_lower_the_floors_when_the_other_is_lost() {
    let all = history(Repo::new(), 5);
    let mut device = Device::refreshed(&all[0]);
    let newest = usize::from(StoredItem::Ledger(device.newest_copy()) == LEDGER[1]);
    fails(&mut device, 1 - newest);
    for repo in &all[1..] {
        device.refresh(repo);
    }
    works(&mut device);
    device.store.remove(&LEDGER[newest]);
    assert_refused(
        &device.refusal(&all[3]),
        "verify.rollback",
        ota_trust::primitives::Remedy::AnotherMirror,
    );
}

// 2. Chains.

// 3. Bindings.

/// `stable` speaks for `fw/*`; `apps` delegates to hash bins by the same key.
fn bins_with_the_key_of_a_sibling() -> Repo {
    Repo::with(|repo| {
        repo.delegate_bins("bin", 1, &["bin-0", "bin-1"]);
        let bins = repo.role("targets").succinct.take();
        repo.delegate("targets", Delegation::new("apps", &["apps/*"]));
        repo.delegate("targets", Delegation::new("stable", &["fw/*"]).signed_by(&["bin"], 1));
        repo.role("apps").succinct = bins;
        repo.add_target("stable", "fw/image", b"stable");
    })
}

#[test]
fn bindings_bins_that_are_seen_to_share_a_role_s_key_are_not_counted() {
    let repo = bins_with_the_key_of_a_sibling();
    let mut evil = repo.clone();
    evil.served.insert("1.stable.json".into(), repo.file("1.bin-0.json"));
    let mut device = Device::new(&repo);
    let repository = device.refresh(&evil).assume_roles_have_keys_of_their_own();
    // `apps` is visited: its delegations are seen.
    let repository = device.find(&evil, repository, "apps/x").unwrap().repository;
    let lookup = device.find(&evil, repository, "fw/image").unwrap();
    let proof = lookup.target.unwrap_err().into_unlisted();
    assert_eq!(proof.map(|_| ()).map_err(|e| e.code()), Err("search.not-proven"));
}

#[test]
fn bindings_a_governed_path_is_not_read_from_a_bin_that_is_seen_to_have_the_same_key() {
    let mut repo = bins_with_the_key_of_a_sibling();
    let bin = if sha256_hex(b"fw/image").as_bytes()[0] >= b'8' { "bin-1" } else { "bin-0" };
    repo.add_target(bin, "fw/image", b"of an app");
    repo.publish();
    let mut evil = repo.clone();
    evil.served.insert("1.stable.json".into(), repo.file(&format!("1.{bin}.json")));
    let mut device = Device::new(&repo);
    let repository = device.refresh(&evil).assume_roles_have_keys_of_their_own();
    let repository = device.find(&evil, repository, "apps/x").unwrap().repository;
    let path = ota_trust::primitives::TargetPath::new("fw/image").unwrap();
    let vouched = device.find_vouched(&evil, repository, &path).unwrap().target.unwrap();
    assert!(vouched.target().hashes().check(b"of an app").is_ok());
    assert!(!vouched.is_bound(), "a bin's file passes for that of `stable`");
}

#[test]
fn bindings_a_team_of_low_standing_does_not_unbind_the_role_of_another() {
    // `apps` names the public key of `stable`, for a role that is not there.
    let path = ota_trust::primitives::TargetPath::new("fw/image").unwrap();
    let mut repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("apps", &["apps/*"]));
        repo.delegate("targets", Delegation::new("stable", &["fw/*"]));
        repo.add_target("stable", "fw/image", b"stable");
    });
    let is_bound = |repo: &Repo| {
        let mut device = Device::new(repo);
        let repository = device.refresh(repo).assume_roles_have_keys_of_their_own();
        let repository = device.find(repo, repository, "apps/x").unwrap().repository;
        device.find_vouched(repo, repository, &path).unwrap().target.unwrap().is_bound()
    };
    assert!(is_bound(&repo));
    repo.edit("apps", |signed| {
        let key = Signer::new("stable");
        let role = serde_json::json!({"name": "none", "keyids": [key.id], "threshold": 1,
            "terminating": false, "paths": ["apps/none"]});
        signed["delegations"] =
            serde_json::json!({"keys": {key.id.as_str(): key.public()}, "roles": [role]});
    });
    repo.publish();
    assert!(is_bound(&repo), "no release is read from `stable` any more");
}

#[test]
fn bindings_an_honest_bin_may_list_what_it_does_not_speak_for() {
    // §5.6.7: what a role lists outside of its paths is not seen. It is no reason to refuse the file.
    let mut paths = (0..20).map(|i| format!("f{i}"));
    let is_first = |path: &String| sha256_hex(path.as_bytes()).as_bytes()[0] < b'8';
    let first = paths.by_ref().find(is_first).unwrap();
    let second = paths.find(|path| !is_first(path)).unwrap();
    let repo = Repo::with(|repo| {
        repo.delegate_bins("bin", 1, &["bin-0", "bin-1"]);
        repo.add_target("bin-0", &first, b"x");
        repo.add_target("bin-0", &second, b"left from before the bins were split");
        repo.add_target("bin-1", &second, b"x");
    });
    let mut device = Device::new(&repo);
    let repository = device.refresh(&repo);
    assert!(device.find(&repo, repository, &first).unwrap().target.is_ok());
}

/// The bytes of memory that this process has.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// `apps` is a team of low standing. It delegates to some roles with long names and many keys each.
#[cfg(target_os = "linux")]
#[test]
fn bindings_a_delegated_role_costs_no_more_memory_than_its_file_allows() {
    const KEYS: usize = 250;
    const ROLES: usize = 40;
    let mut repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("apps", &["apps/*"]));
        repo.delegate("targets", Delegation::new("stable", &["fw/*"]));
        repo.add_target("stable", "fw/image", b"stable");
    });
    repo.edit("apps", |signed| {
        let signers: Vec<Signer> = (0..KEYS).map(|n| Signer::new(&format!("k{n}"))).collect();
        let ids: Vec<&str> = signers.iter().map(|key| key.id.as_str()).collect();
        let keys: serde_json::Map<_, _> =
            signers.iter().map(|key| (key.id.clone(), key.public())).collect();
        let role = |n: usize| {
            let name = format!("{n}{}", "x".repeat(50_000));
            serde_json::json!({"name": name, "keyids": ids, "threshold": 1, "terminating": false, "paths": ["no"]})
        };
        let roles: Vec<_> = (0..ROLES).map(role).collect();
        signed["delegations"] = serde_json::json!({"keys": keys, "roles": roles});
    });
    repo.publish();
    let file = repo.file("1.apps.json").len();
    let mut device = Device::new(&repo);
    let repository = device.refresh(&repo);
    let repository = device.find(&repo, repository, "apps/x").unwrap().repository;
    let before = resident();
    let lookup = device.find(&repo, repository, "fw/image").unwrap();
    let grown = resident().saturating_sub(before);
    assert!(lookup.target.is_ok());
    assert!(grown <= Limits::MEMORY_FACTOR * file, "{grown} bytes for a file of {file}");
}

// 4. The stored form.

/// `shared` is delegated by `a` and by `b`, each with a key of its own, and signed by both.
fn diamond() -> Repo {
    Repo::with(|repo| {
        for (role, key) in [("a", "key-a"), ("b", "key-b")] {
            let path = format!("{role}/*");
            repo.delegate("targets", Delegation::new(role, &[&path]));
            repo.delegate(role, Delegation::new("shared", &[&path]).signed_by(&[key], 1));
        }
        repo.add_target("shared", "a/x", b"content");
        repo.add_target("shared", "b/x", b"content");
    })
}

#[test]
fn stored_form_a_mirror_that_pads_once_takes_the_signature_of_a_second_delegator_away() {
    let repo = diamond();
    let mut padded = repo.clone();
    let mut bytes = repo.file("1.shared.json");
    bytes.extend([b' '; 4000]);
    padded.served.insert("1.shared.json".into(), bytes);
    let mut device = Device::new(&repo);
    let repository = device.refresh(&padded);
    assert!(device.find(&padded, repository, "a/x").unwrap().target.is_ok());
    // From now on the mirror is honest.
    for _ in 0..3 {
        let repository = device.refresh(&repo);
        let lookup = device.find(&repo, repository, "a/x").unwrap();
        assert!(lookup.target.is_ok());
        let second = device.find(&repo, lookup.repository, "b/x");
        assert!(second.is_ok(), "{:?}", second.unwrap_err());
    }
}

/// The file with these signatures alone: they are not signed themselves.
fn stripped(bytes: &[u8], kept: &[&str]) -> Vec<u8> {
    let mut envelope: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    let signatures = envelope["signatures"].as_array_mut().unwrap();
    signatures.retain(|signature| kept.contains(&signature["keyid"].as_str().unwrap()));
    render(&envelope, Form::Compact)
}

#[test]
fn stored_form_a_mirror_that_strips_a_signature_once_denies_a_second_delegator_for_ever() {
    let repo = diamond();
    let mut evil = repo.clone();
    evil.served.insert("1.shared.json".into(), stripped(&repo.file("1.shared.json"), &["key-a"]));
    let mut device = Device::new(&repo);
    let repository = device.refresh(&evil);
    assert!(device.find(&evil, repository, "a/x").unwrap().target.is_ok());
    for _ in 0..3 {
        let repository = device.refresh(&repo);
        let lookup = device.find(&repo, repository, "a/x").unwrap();
        let second = device.find(&repo, lookup.repository, "b/x");
        assert!(second.is_ok(), "{:?}", second.unwrap_err());
    }
}

#[test]
fn stored_form_a_publisher_that_indents_widely_needs_no_attacker() {
    let repo = diamond();
    let mut served = repo.clone();
    let value: serde_json::Value = serde_json::from_slice(&repo.file("1.shared.json")).unwrap();
    let text = serde_json::to_string_pretty(&value).unwrap().replace("  ", "        ");
    served.served.insert("1.shared.json".into(), text.into_bytes());
    let mut device = Device::new(&repo);
    for _ in 0..2 {
        let repository = device.refresh(&served);
        let lookup = device.find(&served, repository, "a/x").unwrap();
        let second = device.find(&served, lookup.repository, "b/x");
        assert!(second.is_ok(), "{:?}", second.unwrap_err());
    }
}

#[test]
fn held_stored_form_odd_text_is_accepted_again() {
    let odd = "a\"\\\n\t\u{1}\u{7f}\u{2028}é\u{10ffff}/";
    let repo = Repo::with(|repo| {
        for (role, keys) in &mut repo.keys {
            for key in &mut keys.keys {
                *key = key.alias(&format!("{odd}{role}"));
            }
        }
        repo.role("targets").signers = repo.keys["targets"].keys.clone();
        repo.delegate("targets", Delegation::new("role", &["*"]));
        repo.add_target("role", "x", b"x");
        for role in ["timestamp", "snapshot", "targets", "role"] {
            repo.edit(role, move |signed| {
                signed[odd] =
                    serde_json::json!([{}, [], "", odd, -5, u64::MAX, true, null, {"": 0}]);
            });
        }
    });
    let mut padded = repo.clone();
    for (name, bytes) in &mut padded.served {
        if name != "1.root.json" {
            let text = String::from_utf8(bytes.clone()).unwrap();
            let text = text.replace('/', "\\/").replace('é', "\\u00e9").replacen(
                '{',
                "{\"\\u0000\\\"\":[],",
                1,
            );
            *bytes = format!("{text}{}", " ".repeat(3000)).into_bytes();
        }
    }
    let mut device = Device::new(&repo);
    let repository = device.refresh(&padded);
    assert!(device.find(&padded, repository, "x").unwrap().target.is_ok());
    let repository = device.refresh(&padded);
    assert_eq!(device.requested(), ["2.root.json", "timestamp.json"]);
    assert_eq!(losses(&repository), []);
    assert!(device.find(&padded, repository, "x").unwrap().target.is_ok());
    assert_eq!(device.requested(), [""; 0]);
}
