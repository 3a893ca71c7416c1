//! Attestation can only restrict: the best of signals is not the device's eligibility.
use ota_trust::attestation::AttestationSignal;
use ota_trust::installation::{InstallState, Running};
use ota_trust::permit::WritePermit;
use ota_trust::release::TrustedRelease;

fn mistaken(release: &TrustedRelease, state: &InstallState, running: &Running<'_>) {
    let _ = WritePermit::new(release, AttestationSignal::Affirming, state, running, running.slot);
}

fn main() {}
