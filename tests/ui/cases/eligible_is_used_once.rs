//! One decision, one permit.
use ota_trust::eligibility::Eligible;
use ota_trust::installation::{InstallState, Running};
use ota_trust::permit::WritePermit;
use ota_trust::release::TrustedRelease;

fn twice(release: &TrustedRelease, eligible: Eligible, state: &InstallState, running: &Running<'_>) {
    let _ = WritePermit::new(release, eligible, state, running, running.slot);
    let _ = WritePermit::new(release, eligible, state, running, running.slot);
}

fn main() {}
