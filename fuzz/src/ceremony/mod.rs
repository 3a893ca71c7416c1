//! Documents of a signing ceremony, from wherever they come.
//!
//! A coordinator's request, on the signer's side ([`requests`]), and a signer's response, on the
//! coordinator's ([`responses`]).

pub mod requests;
pub mod responses;

use std::sync::LazyLock;

use ota_trust::key::{Ed25519Signer, NamedKey, Signer};
use ota_trust::metadata::RoleType;
use ota_trust::primitives::{RoleName, TargetPath, UtcTime};
use ota_trust::repository::ceremony::SigningRequest;
use ota_trust::repository::{Policy, Published, Signing, TargetEntry};

/// When the ceremony takes place.
fn now() -> UtcTime {
    UtcTime::parse("2027-01-01T00:00:00Z").expect("a time")
}

fn key(seed: u8) -> Ed25519Signer {
    Ed25519Signer::from_seed(&[seed; 32])
}

fn public(seed: u8) -> NamedKey {
    key(seed).public_key().clone()
}

/// Those of whom two sign for targets; the third is listed under an id of another kind.
const SIGNERS: [u8; 3] = [1, 2, 3];

/// A targets role that waits for signatures, and the request for them.
static WAITING: LazyLock<(Signing, SigningRequest)> = LazyLock::new(|| {
    let mut draft = Published::nothing().draft();
    let keys = SIGNERS.map(public);
    let root = draft.root();
    root.set_keys(RoleType::Root, &[public(4)], 1).expect("keys");
    root.set_keys(RoleType::Targets, &keys, 2).expect("keys");
    root.set_keys(RoleType::Snapshot, &[public(5)], 1).expect("keys");
    root.set_keys(RoleType::Timestamp, &[public(5)], 1).expect("keys");
    let path = TargetPath::new("a").expect("a path");
    draft.targets().expect("targets").insert(&path, &TargetEntry::of(b"a"));
    let signing = draft.seal(now(), &Policy::default()).expect("a sealed draft");
    let request = signing.request(&RoleName::targets(), now().saturating_add(100));
    (signing, request.expect("a request"))
});
