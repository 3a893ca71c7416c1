//! `Eligible` comes from a decision and from nowhere else.
use ota_trust::eligibility::Eligible;
use ota_trust::primitives::UtcTime;
use ota_trust::release::{Channel, TrustedRelease};

fn forged(release: &TrustedRelease, channel: Channel, not_after: UtcTime) -> Eligible {
    let (manifest, snapshot) = (release.digest(), release.vouched().snapshot());
    Eligible { manifest, snapshot, channel, not_after, durable: true }
}

fn main() {}
