//! Thresholds of signatures, on the root, on top-level roles and on delegated ones (§5.3.4, §5.4.2, §5.5.3,
//! §5.6.3).

use ota_trust::key::KeyId;
use ota_trust::primitives::Remedy;
use ota_trust::update::UpdateError;
use ota_trust::verify::NotCounted;
use serde_json::{Value, json};

use crate::world::*;

/// The roles on which every test of this module is run.
const ROLES: [&str; 5] = ["root", "timestamp", "snapshot", "targets", "delegated"];

/// A repository in which, from its second root on, `role` has this authority, and whose files of that role
/// are signed by `signers`.
pub(crate) fn repo_with(role: &'static str, authority: &Authority, signers: &[Signer]) -> Repo {
    let mut repo = Repo::new();
    let mut signers = signers.to_vec();
    match role {
        "delegated" => {
            let edge = Delegation { authority: authority.clone(), ..Delegation::new(role, &["*"]) };
            repo.delegate("targets", edge);
            repo.add_target(role, "file", b"content");
        }
        "root" => signers.push(Signer::new("root")),
        _ => (),
    }
    repo.tamper(role, move |envelope| *envelope = sign(envelope["signed"].clone(), &signers));
    repo.next_root(|repo| {
        if role != "delegated" {
            repo.keys.insert(role, authority.clone());
        }
    });
    repo.publish();
    repo
}

/// A cycle and, if it succeeds, the search for the target of the delegated role.
pub(crate) fn verdict(repo: &Repo, role: &str) -> Result<(), UpdateError> {
    let mut device = Device::new(repo);
    let trusted = device.try_refresh(repo).map_err(Ended::refusal)?;
    if role == "delegated" {
        let lookup = device.find(repo, trusted, "file").map_err(Ended::refusal)?;
        assert_eq!(lookup.target.unwrap().length(), 7);
    }
    Ok(())
}

#[test]
fn cve_2020_15093_one_key_under_two_ids_counts_once() {
    let (a, b) = (Signer::new("a"), Signer::new("b"));
    let alias = a.alias("other-name");
    let authority = Authority { keys: vec![a.clone(), alias.clone(), b.clone()], threshold: 2 };
    for role in ROLES {
        let repo = repo_with(role, &authority, &[a.clone(), alias.clone()]);
        let error = verdict(&repo, role).unwrap_err();
        assert_refused(&error, "verify.signatures", Remedy::AnotherMirror);
        let shortfall = shortfall(error);
        assert_eq!((shortfall.role.as_str(), shortfall.need), (role, 2));
        let delegator = if role == "delegated" { "targets" } else { "root" };
        assert_eq!(shortfall.delegator.as_str(), delegator);
        assert_eq!(shortfall.have.len(), 1);
        let mut why: Vec<_> = shortfall.rest.iter().map(|(id, why)| (id.as_str(), *why)).collect();
        why.sort_by_key(|(id, _)| *id);
        assert_eq!(why, [("b", NotCounted::NotSigned), ("other-name", NotCounted::SameKey)]);

        let repo = repo_with(role, &authority, &[a.clone(), alias.clone(), b.clone()]);
        assert_eq!(verdict(&repo, role), Ok(()), "{role}");
    }
}

#[test]
fn cve_2020_15093_one_key_in_two_spellings_counts_once() {
    // The same key, its hexadecimal once in capitals.
    for role in ROLES {
        let a = Signer::new("a");
        let authority = Authority { keys: vec![a.clone(), a.alias("A")], threshold: 2 };
        let mut repo = repo_with(role, &authority, &authority.keys);
        let (lister, pointer) = match role {
            "delegated" => ("targets", "/delegations/keys/A/keyval/public"),
            _ => ("root", "/keys/A/keyval/public"),
        };
        repo.edit(lister, move |signed| {
            if let Some(public) = signed.pointer_mut(pointer) {
                *public = json!(public.as_str().unwrap().to_uppercase());
            }
        });
        repo.publish_all();
        assert_eq!(shortfall(verdict(&repo, role).unwrap_err()).have.len(), 1, "{role}");
    }
}

#[test]
fn go_tuf_370_junk_beside_enough_good_signatures_takes_nothing_away() {
    let authority = Authority::new(&["a", "b", "c"], 2);
    for role in ROLES {
        let mut repo = repo_with(role, &authority, &Authority::new(&["b", "c"], 2).keys);
        repo.tamper(role, |envelope| {
            let signatures = envelope["signatures"].as_array_mut().unwrap();
            signatures.insert(0, json!({"keyid": "a", "sig": "00".repeat(64)}));
            signatures.insert(0, json!({"keyid": "unknown", "sig": "11".repeat(64)}));
            signatures.insert(0, json!({"keyid": "short", "sig": "", "junk": [null]}));
            signatures.push(json!({"keyid": "", "sig": "not hexadecimal"}));
        });
        repo.publish_all();
        assert_eq!(verdict(&repo, role), Ok(()), "{role}");
    }
}

#[test]
fn each_reason_why_a_key_did_not_count_is_told() {
    let authority = Authority::new(&["absent", "bad", "good", "unlisted", "unusable"], 2);
    for role in ROLES {
        let present: Vec<Signer> =
            authority.keys.iter().filter(|key| key.id != "absent").cloned().collect();
        let mut repo = repo_with(role, &authority, &present);
        repo.tamper(role, |envelope| {
            for signature in envelope["signatures"].as_array_mut().unwrap() {
                if signature["keyid"] == "bad" {
                    signature["sig"] = json!("22".repeat(64));
                }
            }
        });
        let (lister, map) = match role {
            "delegated" => ("targets", "/delegations/keys"),
            _ => ("root", "/keys"),
        };
        repo.edit(lister, move |signed| {
            let Some(keys) = signed.pointer_mut(map) else { return };
            keys.as_object_mut().unwrap().remove("unlisted");
            if let Some(key) = keys.get_mut("unusable") {
                key["scheme"] = json!("rot13");
            }
        });
        repo.publish_all();
        let shortfall = shortfall(verdict(&repo, role).unwrap_err());
        let have: Vec<&str> = shortfall.have.iter().map(KeyId::as_str).collect();
        assert_eq!(have, ["good"], "{role}");
        let mut rest: Vec<(&str, String)> =
            shortfall.rest.iter().map(|(id, why)| (id.as_str(), format!("{why:?}"))).collect();
        rest.sort();
        let expected = [
            ("absent", "NotSigned"),
            ("bad", "BadSignature"),
            ("unlisted", "NotListed"),
            ("unusable", "Unusable(Unsupported)"),
        ];
        assert_eq!(rest, expected.map(|(id, why)| (id, why.to_owned())), "{role}");
    }
}

#[test]
fn cve_2026_6966_two_signatures_under_one_key_id_are_refused() {
    let authority = Authority::new(&["a", "b"], 1);
    for role in ROLES {
        let mut repo = repo_with(role, &authority, &authority.keys);
        repo.tamper(role, |envelope| {
            let signatures = envelope["signatures"].as_array_mut().unwrap();
            signatures.push(signatures[0].clone());
        });
        repo.publish_all();
        let error = verdict(&repo, role).unwrap_err();
        assert_refused(&error, "metadata.duplicate-signature", Remedy::AnotherMirror);
    }
}

#[test]
fn ghsa_3633_5h82_39pq_a_role_that_lists_a_key_id_twice_is_refused() {
    let key = Signer::new("a");
    let authority = Authority { keys: vec![key.clone(), key.clone()], threshold: 2 };
    for role in ROLES {
        let repo = repo_with(role, &authority, std::slice::from_ref(&key));
        let error = verdict(&repo, role).unwrap_err();
        assert_refused(&error, "metadata.duplicate-key-id", Remedy::AnotherMirror);
    }
}

/// Where the role that authorises `role` says so.
fn threshold_of(role: &'static str) -> (&'static str, String) {
    match role {
        "delegated" => ("targets", "/delegations/roles/0/threshold".to_owned()),
        role => ("root", format!("/roles/{role}/threshold")),
    }
}

fn verdict_with_threshold(role: &'static str, threshold: &Value) -> UpdateError {
    let authority = Authority::new(&["a"], 1);
    let mut repo = repo_with(role, &authority, &authority.keys);
    let (lister, pointer) = threshold_of(role);
    let threshold = threshold.clone();
    repo.edit(lister, move |signed| {
        if let Some(place) = signed.pointer_mut(&pointer) {
            *place = threshold.clone();
        }
    });
    repo.publish_all();
    verdict(&repo, role).unwrap_err()
}

#[test]
fn cve_2026_23992_thresholds_below_one_are_refused() {
    for role in ROLES {
        for (threshold, code) in [
            (json!(0), "metadata.threshold"),
            (json!(-1), "metadata.json"),
            (json!(1.0), "metadata.json"),
            (json!(0.5), "metadata.json"),
            (json!("1"), "metadata.json"),
            (json!(null), "metadata.json"),
            (json!(true), "metadata.json"),
        ] {
            let error = verdict_with_threshold(role, &threshold);
            assert_refused(&error, code, Remedy::AnotherMirror);
        }
    }
}

#[test]
fn cve_2026_23992_an_unattainable_threshold_is_reported_as_such() {
    for role in ROLES {
        for need in [2, u64::MAX] {
            let shortfall = shortfall(verdict_with_threshold(role, &json!(need)));
            assert_eq!((shortfall.need, shortfall.have.len()), (need, 1), "{role}");
        }
    }
}

#[test]
fn an_edit_after_signing_is_refused() {
    let authority = Authority::new(&["a"], 1);
    for role in ROLES {
        let mut repo = repo_with(role, &authority, &authority.keys);
        repo.tamper(role, |envelope| envelope["signed"]["x-unknown"] = json!(1));
        repo.publish_all();
        assert_eq!(verdict(&repo, role).unwrap_err().code(), "verify.signatures", "{role}");
    }
}
