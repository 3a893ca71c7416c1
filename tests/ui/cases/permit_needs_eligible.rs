//! A genuine release is not one that this device may have.
use ota_trust::installation::{InstallState, Running};
use ota_trust::permit::WritePermit;
use ota_trust::release::TrustedRelease;

fn skipped(release: &TrustedRelease, state: &InstallState, running: &Running<'_>) {
    let _ = WritePermit::new(release, state, running, running.slot);
}

fn main() {}
