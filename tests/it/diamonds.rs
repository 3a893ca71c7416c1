//! A role that several roles delegate to: each edge has keys of its own (python-tuf#2978).

use ota_trust::primitives::{Remedy, RoleName};
use ota_trust::verify::NotCounted;

use crate::world::*;

/// targets → left and right; both → shared, with a key of their own each.
fn diamond(signed_by: &[&str]) -> Repo {
    Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("left", &["l/*"]));
        repo.delegate("targets", Delegation::new("right", &["r/*"]));
        repo.delegate("left", Delegation::new("shared", &["*/*"]).signed_by(&["by-left"], 1));
        repo.delegate("right", Delegation::new("shared", &["*/*"]).signed_by(&["by-right"], 1));
        repo.role("shared").signers = signed_by.iter().map(|key| Signer::new(key)).collect();
        repo.add_target("shared", "l/file", b"left");
        repo.add_target("shared", "r/file", b"right");
    })
}

#[test]
fn python_tuf_2978_a_role_is_verified_by_each_edge() {
    let repo = diamond(&["by-left", "by-right"]);
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&repo);
    let lookup = device.find(&repo, trusted, "l/file").unwrap();
    assert_eq!(device.requested(), ["1.left.json", "1.shared.json"]);
    let chain = |target: ota_trust::verify::TrustedTarget| -> Vec<String> {
        target.vouched_by().iter().map(|role| role.as_str().to_owned()).collect()
    };
    assert_eq!(chain(lookup.target.unwrap()), ["targets", "left", "shared"]);
    let lookup = device.find(&repo, lookup.repository, "r/file").unwrap();
    assert_eq!(device.requested(), ["1.right.json"], "the shared role is at hand");
    assert_eq!(chain(lookup.target.unwrap()), ["targets", "right", "shared"]);
}

#[test]
fn python_tuf_2978_a_role_in_memory_is_not_believed_for_another_edge() {
    let repo = diamond(&["by-left"]);
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&repo);
    let lookup = device.find(&repo, trusted, "l/file").unwrap();
    assert!(lookup.target.is_ok());
    let error = device.find(&repo, lookup.repository, "r/file").unwrap_err().refusal();
    assert_refused(&error, "verify.signatures", Remedy::AnotherMirror);
    let shortfall = shortfall(error);
    assert_eq!((shortfall.role.as_str(), shortfall.delegator.as_str()), ("shared", "right"));
    let why: Vec<_> = shortfall.rest.iter().map(|(id, why)| (id.as_str(), *why)).collect();
    assert_eq!(why, [("by-right", NotCounted::NotSigned)]);
    // It is asked for anew: a mirror may have left the signature out of the first copy.
    assert_eq!(device.requested(), ["1.right.json", "1.shared.json"]);
}

#[test]
fn python_tuf_2978_a_stored_role_is_not_believed_for_another_edge() {
    let repo = diamond(&["by-left"]);
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&repo);
    assert!(device.find(&repo, trusted, "l/file").unwrap().target.is_ok());
    assert!(device.store.contains_key(&item("shared")));

    let trusted = device.refresh(&repo);
    let error = device.find(&repo, trusted, "r/file").unwrap_err().refusal();
    assert_eq!(shortfall(error).delegator.as_str(), "right");
    assert_eq!(device.requested(), ["1.right.json", "1.shared.json"]);
}

#[test]
fn a_diamond_within_one_search_is_visited_once() {
    let repo = Repo::with(|repo| {
        for side in ["left", "right"] {
            repo.delegate("targets", Delegation::new(side, &["*"]));
            repo.delegate(side, Delegation::new("shared", &["*"]));
        }
        repo.delegate("right", Delegation::new("last", &["*"]));
        repo.add_target("last", "file", b"");
    });
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&repo);
    let lookup = device.find(&repo, trusted, "file").unwrap();
    let requests = ["1.left.json", "1.shared.json", "1.right.json", "1.last.json"];
    assert_eq!(device.requested(), requests);
    let chain = lookup.target.unwrap();
    let chain: Vec<&str> = chain.vouched_by().iter().map(RoleName::as_str).collect();
    assert_eq!(chain, ["targets", "right", "last"]);
}
