//! `InstallPermit` comes from a `WritePermit` and all components, and from nowhere else.
use ota_trust::artifact::Evidence;
use ota_trust::permit::InstallPermit;
use ota_trust::primitives::UtcTime;
use ota_trust::release::TrustedRelease;

fn forged(release: &TrustedRelease, not_after: UtcTime) -> InstallPermit {
    InstallPermit {
        product: release.product().clone(),
        version: release.version().clone(),
        manifest: release.digest(),
        rollback_index: release.rollback_index(),
        snapshot: release.vouched().snapshot(),
        channel: release.channels()[0].clone(),
        not_after,
        evidence: Evidence::ReadBack,
    }
}

fn main() {}
