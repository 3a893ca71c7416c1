//! The permit to install.

use alloc::vec::Vec;

use super::write::{above_floor, may_install, not_expired, not_running};
use super::{PermitError, PermitRecord};
use crate::artifact::Evidence;
use crate::installation::{InstallState, InstalledRelease, Running, Slot, Steps};
use crate::primitives::{NewerState, StartTime, UtcTime};
use crate::release::{Channel, ManifestDigest, Product, ReleaseVersion, TrustedRelease};
use crate::rollout::{Ratchets, Report};
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
    slot: Slot,
    channel: Channel,
    not_after: UtcTime,
    /// What the plan has, if there was one.
    listed: Option<Vec<ManifestDigest>>,
    evidence: Evidence,
}

impl InstallPermit {
    pub(super) fn new(
        release: &TrustedRelease,
        slot: Slot,
        channel: Channel,
        not_after: UtcTime,
        listed: Option<Vec<ManifestDigest>>,
        evidence: Evidence,
    ) -> Self {
        Self {
            product: release.product().clone(),
            version: release.version().clone(),
            manifest: release.digest(),
            rollback_index: release.rollback_index(),
            snapshot: release.vouched().snapshot(),
            slot,
            channel,
            not_after,
            listed,
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

    /// The slot that the components are in.
    #[must_use]
    pub fn slot(&self) -> &Slot {
        &self.slot
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

    /// The report that this device has accepted the release. Sign and send it before the release is
    /// activated: what does not come back can only be missed if it was announced.
    pub fn accepted(&self) -> Report {
        Report::accepted(self.product.clone(), self.manifest)
    }

    /// For another process, or for after a restart.
    #[must_use]
    pub fn record(&self) -> PermitRecord {
        PermitRecord {
            product: self.product.clone(),
            version: self.version.clone(),
            manifest: self.manifest,
            slot: self.slot.clone(),
            not_after: self.not_after,
        }
    }

    /// The steps by which the release is started: a record that is stored, then the boot loader, then
    /// that it was told. After them the device is restarted.
    ///
    /// What the device has learned since the permit was made counts: what was withdrawn or paused is
    /// refused, and so is an index below its floor. `ratchets` are those that are stored, by the latest
    /// plan and brake; those of a product without plans are new.
    pub fn activate(
        self,
        state: &InstallState,
        running: &Running<'_>,
        ratchets: &Ratchets,
        now: StartTime,
    ) -> Result<Steps, PermitError> {
        not_expired(self.not_after, now)?;
        may_install(state, &self.product)?;
        not_running(&self.slot, running)?;
        above_floor(self.rollback_index, state, running)?;
        let release = (self.manifest, self.rollback_index);
        may_start(release, ratchets, &self.product, self.listed.is_some())?;
        let release = InstalledRelease {
            slot: self.slot,
            manifest: self.manifest,
            version: self.version,
            rollback_index: self.rollback_index,
            channel: self.channel,
        };
        Ok(state.activate(release, running, &self.listed.unwrap_or_default()))
    }
}

/// Whether a release, with its index, may be started by what is remembered of plans and brakes. If it was
/// decided for by a plan, one must be remembered.
pub(super) fn may_start(
    (manifest, index): (ManifestDigest, u64),
    ratchets: &Ratchets,
    product: &Product,
    by_plan: bool,
) -> Result<(), PermitError> {
    if ratchets.product() != product {
        let (expected, found) = (product.clone(), ratchets.product().clone());
        return Err(PermitError::OtherProduct { expected, found });
    }
    if ratchets.is_newer() {
        return Err(NewerState.into());
    }
    let has_seen = !by_plan || ratchets.plan_epoch().is_some();
    if !has_seen || !ratchets.is_stored() {
        return Err(PermitError::NotDurable);
    }
    if ratchets.is_withdrawn(manifest) {
        return Err(PermitError::Withdrawn { manifest });
    }
    if ratchets.is_paused(manifest) {
        return Err(PermitError::Paused { manifest });
    }
    let floor = ratchets.minimum_index();
    if index < floor { Err(PermitError::BelowFloor { index, floor }) } else { Ok(()) }
}
