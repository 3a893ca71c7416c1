//! What a device remembers of a product's rollouts, and what it makes of the next plan.

use alloc::vec::Vec;

use super::latch::{Latch, Withdrawn};
use super::pauses::{Pause, Pauses};
use super::ratchet::{Loss, Ratchet};
use super::{AuthorityKind, FoundBrake, LivePlan, RolloutError, TrustedBrake, TrustedPlan};
use crate::primitives::stored::{Line, lines};
use crate::primitives::{Kept, Limits, NewerState, StartTime, StoredState, Unstored};
use crate::release::{ManifestDigest, Product};
use crate::verify::{Unlisted, VouchedTarget};

/// The epochs, the withdrawals and the pauses of one product that a device has seen.
///
/// A device keeps it for each product, and hands it every plan: what is older than it has seen is
/// refused, what was withdrawn once stays so, and what was paused stays so until another plan lets it
/// go. A loss is a loss of protection against a mirror that replays what was published since the stored
/// snapshot was lost too, and of nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ratchets {
    product: Line<Product>,
    plan: Option<Line<Ratchet>>,
    brake: Option<Line<Ratchet>>,
    /// The minimum index of the plan that was seen last.
    minimum: Option<Line<u64>>,
    withdrawn: Latch,
    pauses: Pauses,
    kept: Kept<Lines>,
}

lines!(
    "rollouts",
    1,
    /// What is stored of them.
    struct Lines {
        product: Option<Line<Product>>,
        plan: Option<Line<Ratchet>>,
        brake: Option<Line<Ratchet>>,
        minimum: Option<Line<u64>>,
        withdrawn: Vec<Line<Withdrawn>>,
        paused: Vec<Line<Pause>>,
    }
);

impl Ratchets {
    /// Those of a device that has seen nothing yet.
    #[must_use]
    pub fn new(product: Product) -> Self {
        let (plan, brake, minimum) = (None, None, None);
        let (withdrawn, pauses) = Default::default();
        let product = Line::new(product);
        Self { product, plan, brake, minimum, withdrawn, pauses, kept: Kept::new() }
    }

    /// Reads what was stored for this product: what [`Unstored::to_store`] gave. `None` stands for a
    /// storage that has nothing.
    #[must_use]
    pub fn load(stored: Option<&[u8]>, product: &Product) -> StoredState<Self> {
        StoredState::read(stored, |lines: Lines, kept| {
            let Lines { product: of, plan, brake, minimum, withdrawn, paused } = lines;
            let (withdrawn, pauses) = (Latch(withdrawn), Pauses(paused));
            // Of a later form, nothing may be known.
            let of = of.or_else(|| kept.is_newer().then(|| Line::new(product.clone())))?;
            let is_ours = *of == *product;
            let is_whole = withdrawn.is_well_formed() && pauses.is_well_formed();
            let may_count = is_ours && (is_whole || kept.is_newer());
            let read = Self { product: of, plan, brake, minimum, withdrawn, pauses, kept };
            may_count.then_some(read)
        })
    }

    /// The product.
    #[must_use]
    pub fn product(&self) -> &Product {
        &self.product
    }

    /// Whether a release was withdrawn.
    #[must_use]
    pub fn is_withdrawn(&self, manifest: ManifestDigest) -> bool {
        self.withdrawn.contains(manifest)
    }

    /// The releases that were withdrawn.
    pub fn withdrawn(&self) -> impl Iterator<Item = ManifestDigest> {
        self.withdrawn.0.iter().map(|withdrawn| withdrawn.manifest)
    }

    /// Whether a release is paused: by what was observed last, or by what was seen earlier and has not
    /// been let go by another plan.
    #[must_use]
    pub fn is_paused(&self, manifest: ManifestDigest) -> bool {
        self.pauses.contains(manifest)
    }

    /// The epoch of the plan that was seen last.
    #[must_use]
    pub fn plan_epoch(&self) -> Option<u64> {
        self.plan.as_ref().map(|ratchet| ratchet.epoch)
    }

    /// The epoch of the brake that was seen last.
    #[must_use]
    pub fn brake_epoch(&self) -> Option<u64> {
        self.brake.as_ref().map(|ratchet| ratchet.epoch)
    }

    /// Below which rollback index plans offer nothing.
    #[must_use]
    pub fn minimum_index(&self) -> u64 {
        self.minimum.as_ref().map_or(0, |minimum| **minimum)
    }

    /// Whether the storage has all of it, as far as the caller has said so.
    #[must_use]
    pub fn is_stored(&self) -> bool {
        self.kept.is_stored()
    }

    /// Whether newer firmware has written it, so that nothing may be installed now.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        self.kept.is_newer()
    }

    /// Looks at the product's plan and brake: both of one state of the repository, of authorities that
    /// share no key, not older than what was seen, and not expired.
    ///
    /// What comes of it has to be stored before anything is decided by the plan. The caller goes on
    /// with [`LivePlan::ratchets`], which remember whether they were.
    pub fn observe(
        &self,
        plan: TrustedPlan,
        brake: FoundBrake,
        now: StartTime,
        limits: &Limits,
    ) -> Result<Unstored<LivePlan>, RolloutError> {
        self.check_documents(&plan, &brake, now)?;
        let mut next = self.clone();
        let kind = AuthorityKind::Rollouts;
        let authority = plan.vouched().authority();
        let (ratchet, loss) =
            Ratchet::after(self.plan.as_deref(), kind, plan.epoch(), plan.digest(), authority)?;
        next.plan = Some(renewed(self.plan.as_ref(), ratchet));
        if loss == Loss::Authority {
            next.withdrawn.end(kind);
        }
        let (minimum, seen) = (plan.minimum_index(), self.minimum_index());
        // Whoever counts epochs anew by what they have delegated further and taken back would else have
        // withdrawals forgotten under a high minimum, and then lower it.
        if minimum < seen && loss != Loss::Authority {
            return Err(RolloutError::MinimumIndex { seen, found: minimum });
        }
        if minimum != seen {
            next.minimum = Some(match next.minimum.take() {
                Some(line) => line.with(minimum),
                None => Line::new(minimum),
            });
        }
        match &brake {
            FoundBrake::Brake(brake) => next.observe_brake(brake)?,
            FoundBrake::Unlisted(absence) => next.observe_absence(absence)?,
        }
        // Last: what both withdraw is the plan's, and the brake may let it go.
        let withdrawn: Vec<_> = plan.all_withdrawn().collect();
        next.withdrawn.add(kind, &withdrawn);
        let by_brake = brake.brake().into_iter().flat_map(|brake| brake.withdrawn());
        let said: Vec<_> = withdrawn.iter().chain(by_brake).copied().collect();
        for by in [AuthorityKind::Rollouts, AuthorityKind::Brake] {
            next.withdrawn.fit(by, limits.max_withdrawn, minimum, &said)?;
        }
        next.pauses.observe(&plan, &brake, limits);
        let has_changed = next != *self || !self.is_stored();
        let bytes = next.to_bytes().ok_or(NewerState)?;
        next.kept.set_stored();
        Ok(Unstored::new(bytes, has_changed, LivePlan::new(plan, brake, next)))
    }

    fn observe_brake(&mut self, brake: &TrustedBrake) -> Result<(), RolloutError> {
        let kind = AuthorityKind::Brake;
        let authority = brake.vouched().authority();
        let (ratchet, loss) =
            Ratchet::after(self.brake.as_deref(), kind, brake.epoch(), brake.digest(), authority)?;
        self.brake = Some(renewed(self.brake.as_ref(), ratchet));
        if loss == Loss::Authority {
            self.withdrawn.end(kind);
        }
        self.withdrawn.add(kind, brake.withdrawn());
        Ok(())
    }

    fn observe_absence(&mut self, absence: &Unlisted) -> Result<(), RolloutError> {
        let Some(seen) = &self.brake else { return Ok(()) };
        if !seen.ends_with(absence) {
            return Err(RolloutError::BrakeMissing { seen: seen.epoch });
        }
        self.brake = None;
        self.withdrawn.end(AuthorityKind::Brake);
        Ok(())
    }

    /// The bytes as they are stored; `None` where newer firmware has written them.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        self.kept.write(&self.lines())
    }

    /// The same, while the storage does not have it.
    pub(super) fn not_stored(mut self) -> Self {
        self.kept.set_changed();
        self
    }

    fn lines(&self) -> Lines {
        Lines {
            product: Some(self.product.clone()),
            plan: self.plan.clone(),
            brake: self.brake.clone(),
            minimum: self.minimum.clone(),
            withdrawn: self.withdrawn.0.clone(),
            paused: self.pauses.0.clone(),
        }
    }

    fn check_documents(
        &self,
        plan: &TrustedPlan,
        brake: &FoundBrake,
        now: StartTime,
    ) -> Result<(), RolloutError> {
        if *plan.product() != *self.product {
            let (path, product) = (self.product.plan_path(), plan.product().clone());
            return Err(RolloutError::OtherProduct { path, product });
        }
        if brake.snapshot() != plan.vouched().snapshot() {
            return Err(RolloutError::OtherSnapshot);
        }
        require_offline(AuthorityKind::Rollouts, plan.vouched())?;
        match brake {
            FoundBrake::Brake(brake) => self.check_brake(plan, brake)?,
            FoundBrake::Unlisted(unlisted) => {
                let (path, product) = (unlisted.path(), self.product());
                if *path != product.brake_path() {
                    let (path, product) = (path.clone(), product.clone());
                    return Err(RolloutError::NotTheBrake { path, product });
                }
            }
        }
        if plan.expires() <= now.time() {
            return Err(RolloutError::Expired { expires: plan.expires() });
        }
        Ok(())
    }

    fn check_brake(&self, plan: &TrustedPlan, brake: &TrustedBrake) -> Result<(), RolloutError> {
        if *brake.product() != *self.product {
            let (path, product) = (self.product.brake_path(), brake.product().clone());
            return Err(RolloutError::OtherProduct { path, product });
        }
        require_offline(AuthorityKind::Brake, brake.vouched())?;
        let rollouts = plan.vouched().authority();
        match brake.vouched().authority().shared_key(rollouts) {
            Some(key) => {
                let between = [AuthorityKind::Rollouts, AuthorityKind::Brake];
                Err(RolloutError::SharedKey { between, key })
            }
            None => Ok(()),
        }
    }
}

/// Who holds the keys that are online decides nothing: they are taken more easily than any other.
fn require_offline(kind: AuthorityKind, vouched: &VouchedTarget) -> Result<(), RolloutError> {
    match vouched.online_key() {
        Some(key) => Err(RolloutError::OnlineKey { kind, key }),
        None => Ok(()),
    }
}

/// What newer firmware has added to the line of an epoch stays with it.
fn renewed(line: Option<&Line<Ratchet>>, ratchet: Ratchet) -> Line<Ratchet> {
    match line {
        Some(line) => line.clone().with(ratchet),
        None => Line::new(ratchet),
    }
}
