//! The permit to install.

use super::write::not_expired;
use super::{Activation, Evidence, InstallState, PermitError, PermitRecord, Slot};
use crate::primitives::{StartTime, UtcTime};
use crate::release::{Channel, ManifestDigest, Product, ReleaseVersion, TrustedRelease};
use crate::verify::SnapshotId;

/// This device may install this release, all of whose bytes are verified, until a stated time.
///
/// The answer to the question that this crate is for. There is one way to it: a release that its
/// authority vouches for, a plan that lets it out (or a policy that asks for none), a device that is
/// eligible, and every component verified; all of one state of one repository.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "`activate` it, or keep a `PermitRecord`"]
pub struct InstallPermit {
    product: Product,
    version: ReleaseVersion,
    manifest: ManifestDigest,
    rollback_index: u64,
    snapshot: SnapshotId,
    channel: Channel,
    not_after: UtcTime,
    evidence: Evidence,
}

impl InstallPermit {
    pub(super) fn new(
        release: &TrustedRelease,
        channel: Channel,
        not_after: UtcTime,
        evidence: Evidence,
    ) -> Self {
        Self {
            product: release.product().clone(),
            version: release.version().clone(),
            manifest: release.digest(),
            rollback_index: release.rollback_index(),
            snapshot: release.vouched().snapshot(),
            channel,
            not_after,
            evidence,
        }
    }

    /// The product.
    #[must_use]
    pub fn product(&self) -> &Product {
        &self.product
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> &ReleaseVersion {
        &self.version
    }

    /// The release.
    #[must_use]
    pub fn manifest(&self) -> ManifestDigest {
        self.manifest
    }

    /// The rollback index, which counts once the release has booted.
    #[must_use]
    pub fn rollback_index(&self) -> u64 {
        self.rollback_index
    }

    /// The state of the repository that all proofs are of.
    #[must_use]
    pub fn snapshot(&self) -> SnapshotId {
        self.snapshot
    }

    /// The channel that the device follows once the release has booted.
    #[must_use]
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// Until when it holds.
    #[must_use]
    pub fn not_after(&self) -> UtcTime {
        self.not_after
    }

    /// How it is known that the components are right: by the weakest of them.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        self.evidence
    }

    /// For another process, or for after a restart.
    #[must_use]
    pub fn record(&self) -> PermitRecord {
        PermitRecord::new(self.product.clone(), self.version.clone(), self.manifest, self.not_after)
    }

    /// What has to be stored before the boot loader is told to start `slot`, where the components
    /// were written, instead of `running`.
    pub fn activate(
        self,
        state: &InstallState,
        slot: &Slot,
        running: &Slot,
        now: StartTime,
    ) -> Result<Activation, PermitError> {
        not_expired(self.not_after, now)?;
        state.activate(&self, slot, running).map(Activation::new)
    }
}
