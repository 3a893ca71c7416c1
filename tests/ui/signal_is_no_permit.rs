//! Attestation can only restrict: the best of signals is not the device's eligibility.
use ota_trust::attestation::AttestationSignal;
use ota_trust::permit::WritePermit;
use ota_trust::release::TrustedRelease;

fn mistaken(release: &TrustedRelease) {
    let _ = WritePermit::new(release, AttestationSignal::Affirming);
}

fn main() {}
