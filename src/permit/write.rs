//! The permit to write into the inactive slot.

use super::component::{Whose, streams};
use super::{
    ComponentStream, DeltaStream, Evidence, InstallPermit, InstallState, PermitError,
    VerifiedComponent,
};
use crate::artifact::{ArtifactError, ReadBack};
use crate::eligibility::Eligible;
use crate::primitives::{StartTime, UtcTime};
use crate::release::{Channel, Component, ComponentId, TrustedRelease};
use crate::verify::VouchedTarget;

/// A release that is trusted, and that this device may have now: its components may be streamed into
/// the *inactive* slot. Nothing may be started.
#[derive(Debug)]
#[must_use = "components are checked through it"]
pub struct WritePermit {
    release: TrustedRelease,
    channel: Channel,
    not_after: UtcTime,
}

impl WritePermit {
    /// Puts the two proofs together: of one release, in one state of the repository. A device whose
    /// last installation still waits for its boot gets none: the slot that it waits in is the one that
    /// would be written over.
    #[allow(clippy::needless_pass_by_value, reason = "the proof is used up")]
    pub fn new(
        release: &TrustedRelease,
        eligible: Eligible,
        state: &InstallState,
    ) -> Result<Self, PermitError> {
        state.may_install(release.product())?;
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
        let (channel, not_after) = (eligible.channel().clone(), eligible.not_after());
        Ok(Self { release: release.clone(), channel, not_after })
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

    /// A component that was read back: what [`read_back`](Self::read_back) was given, to the end.
    pub fn stored(
        &self,
        id: &ComponentId,
        read_back: ReadBack,
    ) -> Result<VerifiedComponent, PermitError> {
        let content = self.component(id, "to read back")?.content();
        let bytes = |reason| PermitError::Bytes { id: id.clone(), reason };
        let stored = read_back.finish().map_err(bytes)?;
        if stored.length() != content.length || *stored.hashes() != content.hashes {
            return Err(PermitError::Mismatch { id: id.clone() });
        }
        Ok(VerifiedComponent::new(self.whose(id), Evidence::ReadBack))
    }

    /// All components of this release are verified, and it is not too late: it may be installed.
    pub fn install(
        self,
        components: impl IntoIterator<Item = VerifiedComponent>,
        now: StartTime,
    ) -> Result<InstallPermit, PermitError> {
        let mut verified = alloc::vec::Vec::new();
        for component in components {
            let (expected, found) = (self.release.digest(), component.whose().manifest);
            if expected != found {
                return Err(PermitError::OtherRelease { expected, found });
            }
            verified.push(component);
        }
        let mut evidence = Evidence::ReadBack;
        for component in self.release.components() {
            let of = |verified: &&VerifiedComponent| verified.whose().id == *component.id();
            // Where both were made, the stronger counts.
            let best = verified.iter().filter(of).map(VerifiedComponent::evidence).max();
            let id = || component.id().clone();
            evidence = evidence.min(best.ok_or_else(|| PermitError::Missing { id: id() })?);
        }
        not_expired(self.not_after, now)?;
        let Self { release, channel, not_after } = self;
        Ok(InstallPermit::new(&release, channel, not_after, evidence))
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
        Whose { manifest: self.release.digest(), id: id.clone() }
    }
}

fn other_target(id: &ComponentId, target: &VouchedTarget) -> PermitError {
    PermitError::OtherTarget { id: id.clone(), found: target.target().path().clone() }
}

/// Whether it is not yet too late; where the clock is not believed, not provably too late.
pub(super) fn not_expired(not_after: UtcTime, now: StartTime) -> Result<(), PermitError> {
    if now.time() >= not_after { Err(PermitError::Expired { not_after }) } else { Ok(()) }
}

/// A refusal of a component's bytes.
pub(super) fn bytes(id: &ComponentId) -> impl Fn(ArtifactError) -> PermitError + '_ {
    |reason| PermitError::Bytes { id: id.clone(), reason }
}
