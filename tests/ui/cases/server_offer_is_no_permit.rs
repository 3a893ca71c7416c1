//! What a server offers is a hint: the device decides.
use ota_trust::eligibility::Undecided;
use ota_trust::installation::{InstallState, Running};
use ota_trust::permit::WritePermit;
use ota_trust::release::TrustedRelease;

fn mistaken(release: &TrustedRelease, offer: Undecided, state: &InstallState, running: &Running<'_>) {
    let _ = WritePermit::new(release, offer, state, running, running.slot);
}

fn main() {}
