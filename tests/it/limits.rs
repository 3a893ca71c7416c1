//! Each limit at its edge: what is exactly at it passes, and one more is refused.

use ota_trust::primitives::{Limits, Remedy};
use ota_trust::update::{NotFound, UpdateError};
use ota_trust::verify::VerifyError;
use serde_json::{Value, json};

use crate::world::*;

/// A repository with a target in a delegated role, two root versions, and a long `role`.
fn repo() -> Repo {
    let mut repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("role", &["*"]));
        repo.add_target("role", "file", b"content");
    });
    repo.next_root(|_| ());
    repo
}

/// `role`'s files are by far the longest.
fn padded(role: &'static str) -> Repo {
    let mut repo = repo();
    repo.edit(role, |signed| signed["x-pad"] = json!("x".repeat(5000)));
    repo.publish();
    repo.next_root(|_| ());
    repo
}

/// A cycle and a search under these limits.
fn verdict(repo: &Repo, set: impl FnOnce(&mut Limits)) -> Result<(), UpdateError> {
    let mut device = Device::new(repo);
    set(&mut device.limits);
    let trusted = device.try_refresh(repo).map_err(Ended::refusal)?;
    let lookup = device.find(repo, trusted, "file").map_err(Ended::refusal)?;
    assert!(lookup.target.is_ok());
    Ok(())
}

#[test]
fn max_lengths_of_files() {
    type Set = fn(&mut Limits, u64);
    let cases: [(&str, &str, Set); 5] = [
        ("root", "3.root.json", |limits, n| limits.max_root_length = n),
        ("timestamp", "timestamp.json", |limits, n| limits.max_timestamp_length = n),
        ("snapshot", "1.snapshot.json", |limits, n| limits.max_snapshot_length = n),
        ("targets", "1.targets.json", |limits, n| limits.max_targets_length = n),
        ("role", "1.role.json", |limits, n| limits.max_targets_length = n),
    ];
    for (role, file, set) in cases {
        let repo = padded(role);
        let length = repo.file(file).len() as u64;
        assert_eq!(verdict(&repo, |limits| set(limits, length)), Ok(()));
        let error = verdict(&repo, |limits| set(limits, length - 1)).unwrap_err();
        assert_refused(&error, "verify.too-long", Remedy::Operator);
        let UpdateError::Verify(VerifyError::TooLong { role: named, limit, length: found }) = error
        else {
            panic!("{error:?}")
        };
        assert_eq!((named.as_str(), limit, found), (role, length - 1, length));
    }
}

#[test]
fn a_listed_length_over_the_limit_is_refused_before_any_request() {
    for (role, last) in [("snapshot", "timestamp.json"), ("targets", "1.snapshot.json")] {
        let mut repo = padded(role);
        repo.listing = Listing::VersionLengthAndHashes;
        repo.publish();
        let length = repo.file(&format!("1.{role}.json")).len() as u64;
        let mut device = Device::new(&repo);
        (device.limits.max_snapshot_length, device.limits.max_targets_length) = (length, length);
        device.refresh(&repo);
        let mut device = Device::new(&repo);
        (device.limits.max_snapshot_length, device.limits.max_targets_length) =
            if role == "snapshot" { (length - 1, length) } else { (length, length - 1) };
        let error = device.refusal(&repo);
        assert_refused(&error, "verify.too-long", Remedy::Operator);
        assert_eq!(device.requested().last(), Some(&last));
    }
}

#[test]
fn max_root_rotations() {
    let mut repo = repo();
    repo.next_root(|_| ());
    for (limit, version, more) in [(0, 1, true), (1, 2, true), (2, 3, true), (3, 3, false)] {
        let mut device = Device::new(&repo);
        device.limits.max_root_rotations = limit;
        let trusted = device.refresh(&repo);
        assert_eq!(trusted.root().version().get(), version);
        assert_eq!(trusted.may_have_more_roots(), more, "{limit}");
        let asked = device.requested().iter().filter(|name| name.ends_with("root.json")).count();
        assert_eq!(asked, limit as usize);
    }
}

#[test]
fn cve_2023_33957_max_visited_roles() {
    // targets → r1 → r2 → r3, which lists the file.
    let repo = Repo::with(|repo| {
        for (from, to) in [("targets", "r1"), ("r1", "r2"), ("r2", "r3")] {
            repo.delegate(from, Delegation::new(to, &["*"]));
        }
        repo.add_target("r3", "file", b"");
    });
    assert_eq!(verdict(&repo, |limits| limits.max_visited_roles = 4), Ok(()));
    let mut device = Device::new(&repo);
    device.limits.max_visited_roles = 3;
    let trusted = device.refresh(&repo);
    let lookup = device.find(&repo, trusted, "file").unwrap();
    let answer = lookup.target.unwrap_err();
    assert_eq!(answer, NotFound::TooManyRoles { limit: 3 });
    assert_eq!((answer.code(), answer.remedy()), ("search.too-many-roles", Remedy::Operator));
    assert_eq!(device.requested(), ["1.r1.json", "1.r2.json"]);

    // A search that has seen everything when the limit is reached has an answer.
    let device_limit = |limit| {
        let mut device = Device::new(&repo);
        device.limits.max_visited_roles = limit;
        let trusted = device.refresh(&repo);
        device.find(&repo, trusted, "dir/other").unwrap().target.unwrap_err()
    };
    assert_eq!(visited(&device_limit(1)), ["targets"]);
}

/// `max_…` of lists: at `limit` it passes, below it is refused.
fn assert_list_limit(repo: &Repo, what: &str, limit: u32, set: impl Fn(&mut Limits, u32)) {
    assert_eq!(verdict(repo, |limits| set(limits, limit)), Ok(()), "{what}");
    let error = verdict(repo, |limits| set(limits, limit - 1)).unwrap_err();
    assert_refused(&error, "metadata.too-many", Remedy::AnotherMirror);
    let message = error.report().to_string();
    assert!(message.contains(&format!("more than {} {what}", limit - 1)), "{message}");
}

#[test]
fn max_delegations() {
    let mut repo = repo();
    for number in 0..4 {
        repo.delegate("targets", Delegation::new(&format!("r{number}"), &["x/*"]));
    }
    repo.publish();
    assert_list_limit(&repo, "delegations", 5, |limits, n| limits.max_delegations = n);
}

#[test]
fn max_paths() {
    let mut repo = repo();
    let edge = Delegation::new("r", &["a", "b", "c", "d"]);
    repo.delegate("targets", edge.clone());
    repo.publish();
    verdict(&repo, |limits| limits.max_paths = 5).unwrap();
    let least = (1..6).find(|&n| verdict(&repo, |limits| limits.max_paths = n).is_ok());
    assert!(matches!(least, Some(4 | 5)), "four in one role, five in all: {least:?}");
    let error = verdict(&repo, |limits| limits.max_paths = least.unwrap() - 1).unwrap_err();
    assert_refused(&error, "metadata.too-many", Remedy::AnotherMirror);
}

#[test]
fn cve_2023_33958_max_keys() {
    let mut repo = repo();
    // Of a root: four keys of four roles, and two that nobody names.
    repo.edit("root", |signed| {
        signed["keys"]["x"] = Signer::new("x").public();
        signed["keys"]["y"] = Signer::new("y").public();
    });
    repo.next_root(|_| ());
    assert_list_limit(&repo, "keys", 6, |limits, n| limits.max_keys = n);

    let mut repo = self::repo();
    repo.edit("targets", |signed| {
        for id in ["a", "b", "c", "d", "e"] {
            signed["delegations"]["keys"][id] = Signer::new(id).public();
        }
    });
    repo.publish();
    assert_list_limit(&repo, "keys", 6, |limits, n| limits.max_keys = n);
}

#[test]
fn cve_2023_33958_max_key_ids() {
    for (role, pointer) in
        [("root", "/roles/targets/keyids"), ("targets", "/delegations/roles/0/keyids")]
    {
        let mut repo = repo();
        repo.edit(role, move |signed| {
            let ids = signed.pointer_mut(pointer).unwrap().as_array_mut().unwrap();
            ids.extend(["a", "b", "c"].map(Value::from));
        });
        repo.next_root(|_| ());
        repo.publish();
        assert_list_limit(&repo, "key ids in a role", 4, |limits, n| limits.max_key_ids = n);
    }
}

#[test]
fn cve_2020_6173_max_signatures() {
    for role in ["root", "timestamp", "snapshot", "targets", "role"] {
        let mut repo = repo();
        repo.tamper(role, |envelope| {
            for id in ["a", "b", "c"] {
                envelope["signatures"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({"keyid": id, "sig": ""}));
            }
        });
        repo.next_root(|_| ());
        repo.publish();
        assert_list_limit(&repo, "signatures", 4, |limits, n| limits.max_signatures = n);
    }
}

#[test]
fn cve_2020_6173_max_signature_bytes() {
    for role in ["timestamp", "snapshot", "targets", "role"] {
        for bad in 0..3_u64 {
            let mut repo = padded(role);
            let keys = Authority::new(&["a", "b", "c"], 1);
            if role == "role" {
                repo.role("targets").delegations[0].authority = keys.clone();
            } else {
                repo.next_root(|repo| drop(repo.keys.insert(role, keys.clone())));
            }
            // The first `bad` signatures under ids of the role are of other keys.
            repo.tamper(role, move |envelope| {
                let signers: Vec<Signer> = (0_u64..)
                    .zip(&keys.keys)
                    .map(
                        |(n, key)| {
                            if n < bad { Signer::new("x").alias(&key.id) } else { key.clone() }
                        },
                    )
                    .collect();
                *envelope = sign(envelope["signed"].clone(), &signers);
            });
            repo.publish();
            let file =
                if role == "timestamp" { "timestamp.json" } else { &format!("1.{role}.json") };
            let envelope: Value = serde_json::from_slice(&repo.file(file)).unwrap();
            let work = canonical(&envelope["signed"]).len() as u64 * (bad + 1);
            assert_eq!(verdict(&repo, |limits| limits.max_signature_bytes = work), Ok(()));
            let error = verdict(&repo, |limits| limits.max_signature_bytes = work - 1).unwrap_err();
            assert_refused(&error, "verify.signature-work", Remedy::Operator);
        }
    }
}

#[test]
fn max_depth() {
    let nested = |levels: usize| {
        let mut repo = repo();
        repo.edit("timestamp", move |signed| {
            signed["x-deep"] = (1..levels).fold(json!([]), |inner, _| json!([inner]));
        });
        repo.publish();
        repo
    };
    // The envelope and `signed` are two levels.
    for (limit, deepest) in [(8, 8), (32, 32), (128, 128), (129, 128), (u32::MAX, 128)] {
        let set = |limits: &mut Limits| limits.max_depth = limit;
        assert_eq!(verdict(&nested(deepest - 2), set), Ok(()));
        let error = verdict(&nested(deepest - 1), set).unwrap_err();
        assert_refused(&error, "metadata.json", Remedy::AnotherMirror);
        let message = error.report().to_string();
        assert!(message.contains("nested too deep"), "{message}");
    }
}

#[test]
fn max_string() {
    for text in ["x".repeat(300), "\u{e9}".repeat(150), "\n".repeat(150)] {
        // 300 bytes each as received: "\n" is written as two.
        let mut repo = repo();
        repo.edit("timestamp", move |signed| signed["x-long"] = json!(text));
        repo.publish();
        assert_eq!(verdict(&repo, |limits| limits.max_string = 300), Ok(()));
        let error = verdict(&repo, |limits| limits.max_string = 299).unwrap_err();
        assert_refused(&error, "metadata.json", Remedy::AnotherMirror);
        let message = error.report().to_string();
        assert!(message.contains("too long"), "{message}");
    }
}

#[test]
fn small_devices_can_do_all_of_it() {
    assert_eq!(verdict(&repo(), |limits| *limits = Limits::small()), Ok(()));
}
