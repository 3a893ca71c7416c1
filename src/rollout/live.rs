//! A plan that a device has looked at, together with all that stops it.

use super::ratchets::Ratchets;
use super::{FoundBrake, PlannedRelease, Stage, TrustedBrake, TrustedPlan};
use crate::primitives::{Unstored, UtcTime};
use crate::release::{ManifestDigest, Product, ReleaseVersion};

/// A plan that is current for this device: nothing newer was seen, and what was ever withdrawn is
/// known. Had only from [`Ratchets::observe`].
#[derive(Clone, Debug)]
pub struct LivePlan {
    plan: TrustedPlan,
    brake: FoundBrake,
    ratchets: Ratchets,
}

impl Unstored<LivePlan> {
    /// What is to be remembered, to look at: [`to_store`](Self::to_store) has the bytes.
    #[must_use]
    pub fn ratchets(&self) -> &Ratchets {
        self.then().ratchets()
    }

    /// It could not be stored: the plan can be looked at, and permits nothing.
    #[must_use]
    pub fn not_stored(self) -> LivePlan {
        let (live, has_changed) = self.into_then();
        if !has_changed {
            return live;
        }
        LivePlan { ratchets: live.ratchets.not_stored(), ..live }
    }
}

impl LivePlan {
    pub(super) fn new(plan: TrustedPlan, brake: FoundBrake, ratchets: Ratchets) -> Self {
        Self { plan, brake, ratchets }
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &TrustedPlan {
        &self.plan
    }

    /// The brake, if there is one.
    #[must_use]
    pub fn brake(&self) -> Option<&TrustedBrake> {
        self.brake.brake()
    }

    /// When the first ends of the plan, and of all metadata that vouches for it and for the brake, or
    /// for there being none.
    #[must_use]
    pub fn fresh_until(&self) -> UtcTime {
        let plan = self.plan.expires().min(self.plan.vouched().fresh_until());
        plan.min(self.brake.fresh_until())
    }

    /// The latest time at which exposure is taken: when the timestamp can have been signed at the
    /// latest, by what the plan says of how long one lives. `None` where it does not say.
    pub(crate) fn exposed_at_most(&self) -> Option<UtcTime> {
        let seconds = self.plan.timestamp_seconds()?;
        Some(self.plan.vouched().timestamp_expires().saturating_sub(seconds))
    }

    /// The product.
    #[must_use]
    pub fn product(&self) -> &Product {
        self.plan.product()
    }

    /// What the device remembers now.
    #[must_use]
    pub fn ratchets(&self) -> &Ratchets {
        &self.ratchets
    }

    /// Whether what was learned from it is stored.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.ratchets.is_stored()
    }

    /// What the plan says of a release, and the stage that counts: what was ever withdrawn is, and
    /// what was paused and not let go is paused, whatever the plan says.
    #[must_use]
    pub fn release(&self, manifest: ManifestDigest) -> Option<(&PlannedRelease, Stage)> {
        let planned = self.plan.release(manifest)?;
        Some((planned, self.stage(planned)))
    }

    /// Whether a version is recalled: by a release that the plan offers to somebody, or of which it says
    /// what this version does not know. That something else stops this release reopens nothing.
    pub(crate) fn recalls(&self, version: &ReleaseVersion) -> bool {
        self.plan.releases().iter().any(|planned| {
            let stage = planned.stage();
            let recalls = stage.active().is_some() || stage == Stage::Unknown;
            recalls && planned.recalls().contains(version)
        })
    }

    fn stage(&self, planned: &PlannedRelease) -> Stage {
        let manifest = planned.manifest();
        if self.ratchets.is_withdrawn(manifest) {
            return Stage::Withdrawn;
        }
        match planned.stage().active() {
            Some(active) if self.ratchets.is_paused(manifest) => Stage::Paused(active),
            _ => planned.stage(),
        }
    }
}
