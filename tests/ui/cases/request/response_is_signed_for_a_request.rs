//! A server signs nothing for whom it has not verified.
use ota_trust::key::Signer;
use ota_trust::primitives::UtcTime;
use ota_trust::request::{ReceivedRequest, ResponseDraft};

fn oracle(received: &ReceivedRequest<'_>, signer: &dyn Signer, now: UtcTime) {
    let _ = ResponseDraft::new(200).sign(received, signer, now);
}

fn main() {}
