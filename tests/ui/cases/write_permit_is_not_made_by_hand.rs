//! `WritePermit` comes from a release and an `Eligible`, and from nowhere else.
use ota_trust::permit::WritePermit;
use ota_trust::primitives::UtcTime;
use ota_trust::release::{Channel, TrustedRelease};

fn forged(release: TrustedRelease, channel: Channel, not_after: UtcTime) -> WritePermit {
    WritePermit { release, channel, not_after }
}

fn main() {}
