//! One decision, one permit.
use ota_trust::eligibility::Eligible;
use ota_trust::permit::{InstallState, WritePermit};
use ota_trust::release::TrustedRelease;

fn twice(release: &TrustedRelease, eligible: Eligible, state: &InstallState) {
    let _ = WritePermit::new(release, eligible, state);
    let _ = WritePermit::new(release, eligible, state);
}

fn main() {}
