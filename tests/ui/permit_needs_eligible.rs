//! A genuine release is not one that this device may have.
use ota_trust::permit::WritePermit;
use ota_trust::release::TrustedRelease;

fn skipped(release: &TrustedRelease) {
    let _ = WritePermit::new(release);
}

fn main() {}
