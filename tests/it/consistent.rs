//! Consistent snapshots: on, off and absent (§5.3.12, §6.2), and what a target entry says.

use ota_trust::metadata::MetadataError;
use ota_trust::primitives::{HashesError, Remedy};
use ota_trust::update::UpdateError;
use ota_trust::verify::{TrustedTarget, VerifyError};
use serde_json::{Value, json};

use crate::world::*;

fn repo(consistent: Option<bool>) -> Repo {
    Repo::with(|repo| {
        repo.consistent = consistent;
        repo.delegate("targets", Delegation::new("role", &["*/*"]));
        repo.add_target("role", "dir/file", b"content");
    })
}

fn find(repo: &Repo, path: &str) -> Result<TrustedTarget, UpdateError> {
    let mut device = Device::new(repo);
    let trusted = device.refresh(repo);
    device.find(repo, trusted, path).map(|lookup| lookup.target.unwrap()).map_err(Ended::refusal)
}

#[test]
fn with_consistent_snapshots_names_carry_versions_and_digests() {
    let repo = repo(Some(true));
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&repo);
    assert!(trusted.root().consistent_snapshot());
    let lookup = device.find(&repo, trusted, "dir/file").unwrap();
    assert_eq!(device.requested(), ["1.role.json"]);
    let digest = sha256_hex(b"content");
    let paths: Vec<String> = lookup.target.unwrap().download_paths().collect();
    assert_eq!(paths, [format!("dir/{digest}.file")]);
}

#[test]
fn without_consistent_snapshots_only_roots_carry_versions() {
    for consistent in [Some(false), None] {
        let mut repo = repo(consistent);
        repo.next_root(|_| ());
        let mut device = Device::new(&repo);
        let trusted = device.refresh(&repo);
        assert!(!trusted.root().consistent_snapshot());
        let requests =
            ["2.root.json", "3.root.json", "timestamp.json", "snapshot.json", "targets.json"];
        assert_eq!(device.requested(), requests);
        let lookup = device.find(&repo, trusted, "dir/file").unwrap();
        assert_eq!(device.requested(), ["role.json"]);
        let paths: Vec<String> = lookup.target.unwrap().download_paths().collect();
        assert_eq!(paths, ["dir/file"]);
        let files = ["2.root.json", "timestamp.json", "snapshot.json", "targets.json", "role.json"];
        assert_stored(&device, &repo, &files);
    }
}

#[test]
fn the_last_root_decides() {
    let mut repo = repo(Some(false));
    let mut device = Device::refreshed(&repo);
    repo.next_root(|repo| repo.consistent = Some(true));
    repo.bump("targets");
    repo.release();
    device.refresh(&repo);
    let requests =
        ["2.root.json", "3.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json"];
    assert_eq!(device.requested(), requests);
}

#[test]
fn consistent_snapshot_is_a_boolean() {
    for value in [json!(null), json!("true"), json!(1)] {
        let mut repo = Repo::new();
        repo.edit("root", move |signed| signed["consistent_snapshot"] = value.clone());
        repo.next_root(|_| ());
        assert_refused(&Device::new(&repo).refusal(&repo), "metadata.json", Remedy::AnotherMirror);
    }
}

#[test]
fn one_download_path_for_each_listed_digest() {
    let mut repo = repo(Some(true));
    let (sha256, sha512) = (sha256_hex(b"content"), sha512_hex(b"content"));
    let hashes = json!({"sha256": sha256, "sha512": sha512, "blake3": "00"});
    repo.role("role").targets.get_mut("dir/file").unwrap()["hashes"] = hashes;
    repo.publish();
    let target = find(&repo, "dir/file").unwrap();
    let paths: Vec<String> = target.download_paths().collect();
    assert_eq!(paths, [format!("dir/{sha256}.file"), format!("dir/{sha512}.file")]);
    assert_eq!(target.hashes().check(b"content"), Ok(()));
    let wrong = target.hashes().check(b"Content");
    assert!(matches!(wrong, Err(HashesError::Mismatch { .. })));
    assert_eq!(target.snapshot_version().get(), 1);
}

/// Searches for a target with this entry.
fn with_entry(entry: Value) -> Result<TrustedTarget, UpdateError> {
    let mut repo = repo(Some(true));
    repo.role("role").targets.insert("dir/file".into(), entry);
    repo.publish();
    find(&repo, "dir/file")
}

#[test]
fn custom_is_passed_through_as_it_stands() {
    let mut entry = json!({"length": 7, "hashes": {"sha256": sha256_hex(b"content")}});
    assert_eq!(with_entry(entry.clone()).unwrap().custom(), None);
    entry["custom"] = json!({"b": [1, null, {"a": "\u{e9}\n"}], "a": {}});
    let target = with_entry(entry.clone()).unwrap();
    let custom: Value = serde_json::from_str(target.custom().unwrap()).unwrap();
    assert_eq!(custom, entry["custom"]);
    for not_an_object in [json!(null), json!([]), json!("x")] {
        entry["custom"] = not_an_object;
        assert_eq!(with_entry(entry.clone()).unwrap_err().code(), "metadata.json");
    }
}

#[test]
fn go_tuf_721_a_target_without_a_known_hash_is_refused() {
    for (hashes, code) in [
        (json!({}), "metadata.hashes"),
        (json!({"md5": "00", "SHA256": "00"}), "metadata.hashes"),
        (json!({"sha256": ""}), "metadata.hashes"),
        (json!({"sha256": "0".repeat(63)}), "metadata.hashes"),
        (json!({"sha256": "AB".repeat(32)}), "metadata.hashes"),
        (json!({"sha256": sha256_hex(b""), "sha512": "00"}), "metadata.hashes"),
        (json!({"sha256": null}), "metadata.json"),
        (json!(null), "metadata.json"),
    ] {
        let error = with_entry(json!({"length": 7, "hashes": hashes})).unwrap_err();
        assert_refused(&error, code, Remedy::AnotherMirror);
        let UpdateError::Verify(VerifyError::Malformed { role, .. }) = error else { panic!() };
        assert_eq!(role.as_str(), "role");
    }
    let error = with_entry(json!({"length": 7})).unwrap_err();
    let UpdateError::Verify(VerifyError::Malformed { reason, .. }) = error else { panic!() };
    assert_eq!(reason, MetadataError::MissingField { field: "hashes" });
}

#[test]
fn a_length_is_an_integer_of_64_bits() {
    let hashes = json!({"sha256": sha256_hex(b"content")});
    for length in [0, u64::from(u32::MAX) + 1, u64::MAX] {
        let target = with_entry(json!({"length": length, "hashes": hashes})).unwrap();
        assert_eq!(target.length(), length);
    }
    for length in [json!(-1), json!("7"), json!(null)] {
        let error = with_entry(json!({"length": length, "hashes": hashes})).unwrap_err();
        assert_refused(&error, "metadata.json", Remedy::AnotherMirror);
    }
    let error = with_entry(json!({"hashes": hashes})).unwrap_err();
    assert_refused(&error, "metadata.missing-field", Remedy::AnotherMirror);
}

#[test]
fn an_entry_that_cannot_vouch_does_not_hand_over_to_another_role() {
    let mut repo = repo(Some(true));
    repo.delegate("targets", Delegation::new("next", &["*/*"]));
    repo.add_target("next", "dir/file", b"other");
    repo.role("role").targets.insert("dir/file".into(), json!({"length": 7, "hashes": {}}));
    repo.publish();
    assert_refused(&find(&repo, "dir/file").unwrap_err(), "metadata.hashes", Remedy::AnotherMirror);
}
