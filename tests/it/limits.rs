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
        assert_refused(&error, "verify.too-long", Remedy::AnotherMirror);
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
        assert_refused(&error, "verify.listed-too-long", Remedy::Operator);
        let UpdateError::Verify(VerifyError::ListedTooLong { role: named, limit, listed }) = error
        else {
            panic!("{error:?}")
        };
        assert_eq!((named.as_str(), limit, listed), (role, length - 1, length));
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

/// A repository in which any of three keys may sign for `role`, and of its file the first `bad`
/// signatures under their ids are of other keys.
fn first_bad(role: &'static str, bad: u64) -> Repo {
    let mut repo = padded(role);
    let keys = Authority::new(&["a", "b", "c"], 1);
    if role == "role" {
        repo.role("targets").delegations[0].authority = keys.clone();
    } else {
        repo.next_root(|repo| drop(repo.keys.insert(role, keys.clone())));
    }
    repo.tamper(role, move |envelope| {
        let signer = |(n, key): (u64, &Signer)| {
            if n < bad { Signer::new("x").alias(&key.id) } else { key.clone() }
        };
        let signers: Vec<Signer> = (0..).zip(&keys.keys).map(signer).collect();
        *envelope = sign(envelope["signed"].clone(), &signers);
    });
    repo.publish();
    repo
}

#[test]
fn cve_2020_6173_max_signature_bytes() {
    for role in ["timestamp", "snapshot", "targets", "role"] {
        for bad in 0..3_u64 {
            let repo = first_bad(role, bad);
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
fn max_verifications() {
    for role in ["timestamp", "snapshot", "targets", "role"] {
        for bad in 1..3_u32 {
            let repo = first_bad(role, bad.into());
            assert_eq!(verdict(&repo, |limits| limits.max_verifications = bad + 1), Ok(()));
            let error = verdict(&repo, |limits| limits.max_verifications = bad).unwrap_err();
            // Another mirror may serve it with fewer signatures.
            assert_refused(&error, "verify.verifications", Remedy::AnotherMirror);
        }
    }
    for limits in [Limits::default(), Limits::small()] {
        // A root is signed by the keys of two.
        assert!(limits.max_verifications >= 2 * limits.max_key_ids);
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

/// A mirror that pads each role, whose length nobody lists.
struct PadsRoles<'r>(&'r Repo, usize);

impl Mirror for PadsRoles<'_> {
    fn get(&self, name: &str, attempt: u32) -> Answer {
        match self.0.get(name, attempt) {
            Answer::File(mut bytes) if name.starts_with("1.role") => {
                bytes.resize(self.1, b' ');
                Answer::File(bytes)
            }
            other => other,
        }
    }
}

#[test]
fn max_repository_length_bounds_what_searches_hold() {
    let roles: Vec<String> = (0..8).map(|number| format!("role-{number}")).collect();
    let repo = Repo::with(|repo| {
        for role in &roles {
            repo.delegate("targets", Delegation::new(role, &["all/*", &format!("{role}/*")]));
            repo.add_target(role, &format!("{role}/file"), role.as_bytes());
        }
    });
    let mirror = PadsRoles(&repo, 30_000);
    let mut device = Device::new(&repo);
    device.limits.max_repository_length = 100_000;
    // One look-up that needs more than there is room for.
    let repository = device.refresh(&mirror);
    let error = device.find(&mirror, repository, "all/file").unwrap_err().refusal();
    assert_refused(&error, "update.too-much", Remedy::AnotherMirror);
    // An honest mirror serves the same; what a padded one has left is no longer than it has to be.
    let repository = device.refresh(&repo);
    assert!(device.find(&repo, repository, "all/file").unwrap().target.is_err());

    // Many look-ups that need little each: what earlier ones have come to makes room, and no answer is another.
    let mut device = Device::new(&repo);
    device.limits.max_repository_length = 100_000;
    let mut repository = device.refresh(&mirror);
    for role in roles.iter().chain(&roles) {
        let lookup = device.find(&mirror, repository, &format!("{role}/file")).unwrap();
        let target = lookup.target.unwrap();
        assert!(target.hashes().check(role.as_bytes()).is_ok());
        assert_eq!(lookup.repository.approvals(&target).unwrap().len(), 1);
        repository = lookup.repository;
    }

    // The top level counts as well.
    let mut device = Device::new(&repo);
    device.limits.max_repository_length = 1_000;
    assert_refused(&device.refusal(&repo), "update.too-much", Remedy::AnotherMirror);
}
