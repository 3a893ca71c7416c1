//! Attestation can only restrict: the best of signals is not the device's eligibility.
use ota_trust::attestation::AttestationSignal;
use ota_trust::permit::{InstallState, WritePermit};
use ota_trust::release::TrustedRelease;

fn mistaken(release: &TrustedRelease, state: &InstallState) {
    let _ = WritePermit::new(release, AttestationSignal::Affirming, state);
}

fn main() {}
