//! A genuine release is not one that this device may have.
use ota_trust::permit::{InstallState, WritePermit};
use ota_trust::release::TrustedRelease;

fn skipped(release: &TrustedRelease, state: &InstallState) {
    let _ = WritePermit::new(release, state);
}

fn main() {}
