//! One decision, one permit.
use ota_trust::eligibility::Eligible;
use ota_trust::permit::WritePermit;
use ota_trust::release::TrustedRelease;

fn twice(release: &TrustedRelease, eligible: Eligible) {
    let _ = WritePermit::new(release, eligible);
    let _ = WritePermit::new(release, eligible);
}

fn main() {}
