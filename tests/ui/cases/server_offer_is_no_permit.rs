//! What a server offers is a hint: the device decides.
use ota_trust::eligibility::Undecided;
use ota_trust::permit::{InstallState, WritePermit};
use ota_trust::release::TrustedRelease;

fn mistaken(release: &TrustedRelease, offer: Undecided, state: &InstallState) {
    let _ = WritePermit::new(release, offer, state);
}

fn main() {}
