//! The permit to write into the inactive slot.

use alloc::vec::Vec;

use super::component::{Whose, streams};
use super::{ComponentStream, DeltaStream, InstallPermit, PermitError};
use crate::artifact::{ArtifactError, Evidence, ReadBack};
use crate::eligibility::Eligible;
use crate::installation::{InstallState, Running, Slot, Steps, Tell};
use crate::primitives::{NewerState, StartTime, UtcTime};
use crate::release::{Channel, Component, ComponentId, ManifestDigest, Product, TrustedRelease};
use crate::verify::VouchedTarget;

/// A release that is trusted, and that this device may have now: its components may be streamed into
/// a slot that does not run. Nothing may be started.
///
/// Take the steps of [`before_writing`](Self::before_writing) before the first byte is written: until all
/// of it is there, the slot must not start.
#[derive(Debug)]
#[must_use = "components are checked through it"]
pub struct WritePermit {
    release: TrustedRelease,
    slot: Slot,
    channel: Channel,
    not_after: UtcTime,
    listed: Option<Vec<ManifestDigest>>,
    /// The weakest evidence that is taken.
    least: Evidence,
    verified: Vec<(ComponentId, Evidence)>,
}

impl WritePermit {
    /// Puts the proofs together: of one release, in one state of the repository, for a device whose
    /// floor is no higher. A device whose last installation is still pending gets none: the slot that it
    /// waits in could be the one that is written over. It is
    /// [given up](InstallState::give_up) first, or started.
    #[allow(clippy::needless_pass_by_value, reason = "the proof is used up")]
    pub fn new(
        release: &TrustedRelease,
        eligible: Eligible,
        state: &InstallState,
        running: &Running<'_>,
        slot: &Slot,
    ) -> Result<Self, PermitError> {
        may_install(state, release.product())?;
        not_running(slot, running)?;
        let (expected, found) = (release.digest(), eligible.manifest());
        if expected != found {
            return Err(PermitError::OtherRelease { expected, found });
        }
        if release.vouched().snapshot() != eligible.snapshot() {
            return Err(PermitError::OtherSnapshot);
        }
        if !eligible.is_durable() {
            return Err(PermitError::NotDurable);
        }
        above_floor(release.rollback_index(), state, running)?;
        Ok(Self {
            release: release.clone(),
            slot: slot.clone(),
            channel: eligible.channel().clone(),
            not_after: eligible.not_after(),
            listed: eligible.listed().map(Into::into),
            least: eligible.evidence(),
            verified: Vec::new(),
        })
    }

    /// What the boot loader is told before the first byte is written: to keep what runs, and not to start
    /// the slot. Where it cannot be told so, nothing is written.
    pub fn before_writing(&self, running: &Running<'_>) -> Steps {
        let (keep, forbid) = (running.slot.clone(), self.slot.clone());
        Steps::none().tell(Tell::Keep(keep)).tell(Tell::Forbid(forbid))
    }

    /// The slot that may be written.
    #[must_use]
    pub fn slot(&self) -> &Slot {
        &self.slot
    }

    /// The release.
    #[must_use]
    pub fn release(&self) -> &TrustedRelease {
        &self.release
    }

    /// Until when it holds.
    #[must_use]
    pub fn not_after(&self) -> UtcTime {
        self.not_after
    }

    /// Starts to check a component that is fetched whole. A component that is longer than
    /// `max_length`, the device's own limit, is refused before any byte.
    pub fn stream(
        &self,
        id: &ComponentId,
        target: &VouchedTarget,
        max_length: u64,
    ) -> Result<ComponentStream, PermitError> {
        let component = self.component(id, "in full")?;
        if component.full() != Some(target.target().path()) {
            return Err(other_target(id, target));
        }
        self.require_vouched(id, target)?;
        streams::full(self.whose(id), target.target(), component.content(), max_length)
    }

    /// Starts to check one of a component's deltas: the one that lies where `target` does.
    pub fn stream_delta(
        &self,
        id: &ComponentId,
        target: &VouchedTarget,
        max_length: u64,
    ) -> Result<DeltaStream, PermitError> {
        let component = self.component(id, "as a delta")?;
        let path = target.target().path();
        let delta = component.deltas().iter().find(|delta| delta.path() == path);
        let delta = delta.ok_or_else(|| other_target(id, target))?;
        self.require_vouched(id, target)?;
        streams::delta(self.whose(id), target.target(), delta, component.content(), max_length)
    }

    /// Starts to read a component back from the slot, whoever wrote it there: after a restart, or
    /// before an installation that trusts no cache.
    pub fn read_back(&self, id: &ComponentId) -> Result<ReadBack, PermitError> {
        let content = self.component(id, "to read back")?.content();
        Ok(ReadBack::new(content.length, &content.hashes))
    }

    /// A component was read back: what [`read_back`](Self::read_back) was given, to the end.
    pub fn stored(&mut self, id: &ComponentId, read_back: ReadBack) -> Result<(), PermitError> {
        let content = self.component(id, "to read back")?.content().clone();
        let stored = read_back.finish().map_err(bytes(id))?;
        if stored.length() != content.length || *stored.hashes() != content.hashes {
            return Err(PermitError::Mismatch { id: id.clone() });
        }
        self.verified(self.whose(id), Evidence::ReadBack)
    }

    /// Of the stream or the slot, a component is right.
    pub(super) fn verified(&mut self, whose: Whose, evidence: Evidence) -> Result<(), PermitError> {
        let (expected, found) = (self.release.digest(), whose.manifest);
        if expected != found {
            return Err(PermitError::OtherRelease { expected, found });
        }
        if self.release.vouched().snapshot() != whose.snapshot {
            return Err(PermitError::OtherSnapshot);
        }
        self.verified.push((whose.id, evidence));
        Ok(())
    }

    /// All components of this release are verified, and it is not too late: it may be installed.
    pub fn install(self, now: StartTime) -> Result<InstallPermit, PermitError> {
        let mut evidence = Evidence::ReadBack;
        for component in self.release.components() {
            let of = self.verified.iter().filter(|(id, _)| id == component.id());
            // Where both were made, the stronger counts.
            let best = of.map(|(_, evidence)| *evidence).max();
            let id = || component.id().clone();
            let best = best.ok_or_else(|| PermitError::Missing { id: id() })?;
            if best < self.least {
                return Err(PermitError::NotReadBack { id: id() });
            }
            evidence = evidence.min(best);
        }
        not_expired(self.not_after, now)?;
        let Self { release, slot, channel, not_after, listed, .. } = self;
        Ok(InstallPermit::new(&release, slot, channel, not_after, listed, evidence))
    }

    /// The same, with an earlier end.
    pub(super) fn until(self, not_after: UtcTime) -> Self {
        Self { not_after: self.not_after.min(not_after), ..self }
    }

    fn component(&self, id: &ComponentId, image: &'static str) -> Result<&Component, PermitError> {
        let found = self.release.component(id);
        found.ok_or_else(|| PermitError::NoSuchImage { id: id.clone(), image })
    }

    /// Of the same state of the repository, and listed below the same edge out of `targets`.
    fn require_vouched(&self, id: &ComponentId, target: &VouchedTarget) -> Result<(), PermitError> {
        let vouched = self.release.vouched();
        if target.snapshot() != vouched.snapshot() {
            return Err(PermitError::OtherSnapshot);
        }
        if !target.is_durable() {
            return Err(PermitError::NotDurable);
        }
        let edge = |vouched: &VouchedTarget| vouched.authority().edges().get(1).cloned();
        if edge(target) != edge(vouched) {
            return Err(PermitError::OtherAuthority { id: id.clone() });
        }
        Ok(())
    }

    fn whose(&self, id: &ComponentId) -> Whose {
        let (manifest, snapshot) = (self.release.digest(), self.release.vouched().snapshot());
        Whose { manifest, snapshot, id: id.clone() }
    }
}

fn other_target(id: &ComponentId, target: &VouchedTarget) -> PermitError {
    PermitError::OtherTarget { id: id.clone(), found: target.target().path().clone() }
}

/// Whether something of a product may be installed: the state is known, and nothing is pending.
pub(super) fn may_install(state: &InstallState, product: &Product) -> Result<(), PermitError> {
    if product != state.product() {
        let (expected, found) = (state.product().clone(), product.clone());
        return Err(PermitError::OtherProduct { expected, found });
    }
    if state.is_newer() {
        return Err(NewerState.into());
    }
    match state.pending() {
        Some(pending) => Err(PermitError::Pending { manifest: pending.release().manifest }),
        None => Ok(()),
    }
}

pub(super) fn not_running(slot: &Slot, running: &Running<'_>) -> Result<(), PermitError> {
    if slot == running.slot { Err(PermitError::SlotInUse { slot: slot.clone() }) } else { Ok(()) }
}

/// Whether an index is not below what the device has.
pub(super) fn above_floor(
    index: u64,
    state: &InstallState,
    running: &Running<'_>,
) -> Result<(), PermitError> {
    let floor = state.floor(running).index();
    if index < floor { Err(PermitError::BelowFloor { index, floor }) } else { Ok(()) }
}

/// Whether it is not yet too late; where the clock is not believed, not provably too late.
pub(super) fn not_expired(not_after: UtcTime, now: StartTime) -> Result<(), PermitError> {
    if now.time() >= not_after { Err(PermitError::Expired { not_after }) } else { Ok(()) }
}

/// A refusal of a component's bytes.
pub(super) fn bytes(id: &ComponentId) -> impl Fn(ArtifactError) -> PermitError + '_ {
    |reason| PermitError::Bytes { id: id.clone(), reason }
}
