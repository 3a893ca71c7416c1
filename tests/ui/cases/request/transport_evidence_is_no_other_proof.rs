//! A connection proves nothing but that it is the same one.
use ota_trust::eligibility::Eligible;
use ota_trust::identity::{CertifiedHandle, Handle};
use ota_trust::request::{ChannelBinding, TransportEvidence, VerifiedRequest};

fn more(evidence: TransportEvidence, binding: ChannelBinding) {
    let _: CertifiedHandle = evidence.clone().into();
    let _: Handle = evidence.clone().into();
    let _: VerifiedRequest = evidence.into();
    let _: Eligible = binding.into();
}

fn main() {}
