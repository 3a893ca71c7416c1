//! Mix-and-match attacks: files that are genuine, but not those that the parent lists (§5.5.2, §5.5.4, §5.6.2,
//! §5.6.4). The same matrix for every role that a parent lists.

use ota_trust::primitives::{HashesError, Remedy, Version};
use ota_trust::update::UpdateError;
use ota_trust::verify::VerifyError;
use serde_json::{Value, json};

use crate::world::*;

const ROLES: [&str; 3] = ["snapshot", "targets", "delegated"];

fn file_of(role: &str) -> String {
    format!("1.{role}.json")
}

/// A repository with a delegated role, and in `listing` what parents list.
fn repo(listing: Listing) -> Repo {
    Repo::with(|repo| {
        repo.listing = listing;
        repo.delegate("targets", Delegation::new("delegated", &["*"]));
        repo.add_target("delegated", "file", b"content");
    })
}

/// Refreshes, and searches where the delegated role is meant. Returns the refusal, after checking that the
/// role's file was the last request and is not stored.
fn refusal(repo: &Repo, role: &str) -> UpdateError {
    let mut device = Device::new(repo);
    let error = match device.try_refresh(repo) {
        Err(ended) => ended.refusal(),
        Ok(trusted) => {
            assert_eq!(role, "delegated");
            device.find(repo, trusted, "file").map(|_| ()).unwrap_err().refusal()
        }
    };
    assert_eq!(device.requested().last(), Some(&file_of(role).as_str()));
    let stored: &[&str] = match role {
        "snapshot" => &["timestamp.json"],
        "targets" => &["timestamp.json", "1.snapshot.json"],
        _ => &["timestamp.json", "1.snapshot.json", "1.targets.json"],
    };
    assert_stored(&device, repo, stored);
    error
}

/// What `role`'s parent lists of it, to be edited.
fn edit_listing(repo: &mut Repo, role: &str, edit: impl Fn(&mut Value) + 'static) {
    let parent = if role == "snapshot" { "timestamp" } else { "snapshot" };
    let name = format!("{role}.json");
    repo.edit(parent, move |signed| edit(&mut signed["meta"][&name]));
    repo.publish();
}

#[test]
fn honest_lengths_and_hashes_pass() {
    let repo = repo(Listing::VersionLengthAndHashes);
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&repo);
    assert!(device.find(&repo, trusted, "file").unwrap().target.is_ok());
    let files = ["timestamp.json", "1.snapshot.json", "1.targets.json", "1.delegated.json"];
    assert_stored(&device, &repo, &files);
}

#[test]
fn a_genuine_file_of_another_version_is_refused() {
    for role in ROLES {
        let mut repo = repo(Listing::Version);
        // Version 2 of the file, under the name of version 1.
        let mut other = repo.clone();
        match role {
            "snapshot" => other.snapshot.version = 2,
            role => other.bump(role),
        }
        other.publish();
        repo.served.insert(file_of(role), other.file(&format!("2.{role}.json")));
        let error = refusal(&repo, role);
        assert_refused(&error, "verify.version-not-listed", Remedy::AnotherMirror);
        let UpdateError::Verify(VerifyError::VersionNotListed { role: named, listed, found }) =
            error
        else {
            panic!("{error:?}")
        };
        assert_eq!((named.as_str(), listed), (role, Version::ONE));
        assert_eq!(found.get(), 2);
    }
}

#[test]
fn cve_2026_6967_a_listed_length_is_exact_for_every_role() {
    for role in ROLES {
        for change in [-1_i64, 1] {
            let mut repo = repo(Listing::VersionLengthAndHashes);
            edit_listing(&mut repo, role, move |listed| {
                listed["length"] = json!(listed["length"].as_i64().unwrap() + change);
                listed.as_object_mut().unwrap().remove("hashes");
            });
            let length = repo.file(&file_of(role)).len() as u64;
            let error = refusal(&repo, role);
            assert_refused(&error, "verify.length", Remedy::AnotherMirror);
            let listed = length.checked_add_signed(change).unwrap();
            let UpdateError::Verify(VerifyError::Length { role: named, listed: l, length: found }) =
                error
            else {
                panic!("{error:?}")
            };
            assert_eq!((named.as_str(), l, found), (role, listed, length));
        }
    }
}

#[test]
fn cve_2026_6967_listed_hashes_are_checked_for_every_role() {
    for role in ROLES {
        // A genuine file, signed and of the listed version and length, that is not the listed one.
        for (algorithm, digits) in [("sha256", 64), ("sha512", 128)] {
            let mut repo = repo(Listing::VersionLengthAndHashes);
            edit_listing(&mut repo, role, move |listed| {
                listed["hashes"][algorithm] = json!("0".repeat(digits));
            });
            let error = refusal(&repo, role);
            assert_refused(&error, "verify.hash", Remedy::AnotherMirror);
            let UpdateError::Verify(VerifyError::Hash { role: named, reason }) = error else {
                panic!("{error:?}")
            };
            assert_eq!(named.as_str(), role);
            let HashesError::Mismatch { listed, actual } = reason else { panic!("{reason:?}") };
            assert_eq!(listed.to_string(), "0".repeat(digits));
            let bytes = repo.file(&file_of(role));
            let expected = if digits == 64 { sha256_hex(&bytes) } else { sha512_hex(&bytes) };
            assert_eq!(actual.to_string(), expected);
        }
    }
}

#[test]
fn hashes_that_cannot_vouch_refuse_the_file_that_lists_them() {
    for role in ROLES {
        for hashes in [
            json!({}),
            json!({"md5": "00"}),
            json!({"sha256": "00"}),
            json!({"sha256": "AB".repeat(32)}),
            json!({"sha256": 1}),
            json!(null),
        ] {
            let mut repo = repo(Listing::Version);
            let bad = hashes.clone();
            edit_listing(&mut repo, role, move |listed| listed["hashes"] = bad.clone());
            let mut device = Device::new(&repo);
            let error = device.refusal(&repo);
            let code = if hashes.is_object() && hashes["sha256"] != json!(1) {
                "metadata.hashes"
            } else {
                "metadata.json"
            };
            assert_refused(&error, code, Remedy::AnotherMirror);
        }
    }
}

#[test]
fn cve_2026_6967_delegated_role_expiry_and_that_of_every_role() {
    for role in ROLES {
        let mut repo = repo(Listing::Version);
        repo.edit(role, |signed| signed["expires"] = json!(START));
        repo.publish();
        let error = refusal(&repo, role);
        assert_refused(&error, "verify.expired", Remedy::AnotherMirror);
        let UpdateError::Verify(VerifyError::Expired { role: named, expires, start }) = error
        else {
            panic!("{error:?}")
        };
        assert_eq!((named.as_str(), expires), (role, start));
        assert_eq!(start.to_string(), START);
    }
}

#[test]
fn a_file_of_another_role_is_refused_although_the_keys_are_the_same() {
    // All roles share one key; the type of a file still tells them apart.
    let mut repo = Repo::with(|repo| {
        for role in ["timestamp", "snapshot", "targets"] {
            repo.keys.insert(role, Authority::new(&["shared"], 1));
        }
        repo.role("targets").signers = vec![Signer::new("shared")];
    });
    repo.served.insert("1.snapshot.json".into(), repo.file("1.targets.json"));
    let error = Device::new(&repo).refusal(&repo);
    assert_refused(&error, "metadata.type", Remedy::AnotherMirror);
}
