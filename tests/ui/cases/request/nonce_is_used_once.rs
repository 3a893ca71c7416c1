//! A nonce that two requests had would let the answer to one of them pass for the other's.
use ota_trust::identity::DeviceIdentity;
use ota_trust::request::{Nonce, RequestDraft, Validity};

fn twice(draft: RequestDraft, identity: &DeviceIdentity, validity: Validity, nonce: Nonce) {
    let _ = draft.clone().sign(identity, validity, nonce);
    let _ = draft.sign(identity, validity, nonce);
}

fn main() {}
