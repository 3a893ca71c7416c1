//! A plan that a device has looked at, together with all that stops it.

use super::ratchets::Ratchets;
use super::{FoundBrake, PlannedRelease, Stage, TrustedBrake, TrustedPlan};
use crate::primitives::UtcTime;
use crate::release::{ManifestDigest, Product};

/// What a device makes of a plan and a brake, before it is stored.
#[derive(Clone, Debug)]
#[must_use = "store the ratchets, then say so"]
pub struct Sighting {
    live: LivePlan,
    changed: bool,
}

/// A plan that is current for this device: nothing newer was seen, and what was ever withdrawn is
/// known. Had only from a [`Sighting`].
#[derive(Clone, Debug)]
pub struct LivePlan {
    plan: TrustedPlan,
    brake: FoundBrake,
    ratchets: Ratchets,
    durable: bool,
}

impl Sighting {
    pub(super) fn new(live: LivePlan, changed: bool) -> Self {
        Self { live, changed }
    }

    /// What to store, before anything else is done.
    #[must_use]
    pub fn ratchets(&self) -> &Ratchets {
        &self.live.ratchets
    }

    /// Whether that differs from what was stored.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.changed
    }

    /// It has been stored.
    #[must_use]
    pub fn stored(self) -> LivePlan {
        self.live
    }

    /// It could not be stored: the plan can be looked at, and permits nothing.
    #[must_use]
    pub fn not_stored(self) -> LivePlan {
        LivePlan { durable: !self.changed, ..self.live }
    }
}

impl LivePlan {
    pub(super) fn new(plan: TrustedPlan, brake: FoundBrake, ratchets: Ratchets) -> Self {
        Self { plan, brake, ratchets, durable: true }
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
        self.durable
    }

    /// What the plan says of a release, and the stage that counts: what was ever withdrawn is, and
    /// what the brake pauses is paused, whatever the plan says.
    #[must_use]
    pub fn release(&self, manifest: ManifestDigest) -> Option<(&PlannedRelease, Stage)> {
        let planned = self.plan.release(manifest)?;
        Some((planned, self.stage(planned)))
    }

    fn stage(&self, planned: &PlannedRelease) -> Stage {
        let manifest = planned.manifest();
        if self.ratchets.is_withdrawn(manifest) {
            return Stage::Withdrawn;
        }
        let braked = self.brake().is_some_and(|brake| brake.pauses(manifest));
        match planned.stage().active() {
            Some(active) if braked => Stage::Paused(active),
            _ => planned.stage(),
        }
    }
}
