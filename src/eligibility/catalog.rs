//! The releases that a decision chooses among, each with what the plan says of it.

use alloc::vec::Vec;
use core::cmp::Reverse;

use super::{FoundRelease, Reason, found};
use crate::primitives::UtcTime;
use crate::release::{ManifestDigest, TrustedRelease};
use crate::rollout::{AuthorityKind, LivePlan, PlannedRelease, RolloutError, Stage};
use crate::verify::{Authority, SnapshotId};

/// Releases and the plan that lets them out, found to belong together: of one state of one
/// repository. A release whose authority shares a key with one of the plan is kept, and closed.
///
/// Made once for a repository's state; a server decides for any number of devices with it.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// The best first: by rollback index, then by version, then by digest.
    pub(super) candidates: Vec<Candidate>,
    /// What the plan has besides, in its order.
    pub(super) missing: Vec<Missing>,
    pub(super) plan: Option<PlanBounds>,
    /// Ascending.
    withdrawn: Vec<ManifestDigest>,
    snapshot: Option<SnapshotId>,
}

/// What holds for all that a plan lets out.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlanBounds {
    pub(super) fresh_until: UtcTime,
    pub(super) durable: bool,
    pub(super) minimum_index: u64,
    /// Later than this, no step begins: a device that is kept from new metadata stays where it is.
    pub(super) exposed_at_most: Option<UtcTime>,
    /// How many are known to have signed it.
    pub(super) approvals: u64,
}

/// One release, and what the plan says of it.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) release: TrustedRelease,
    pub(super) planned: Option<(PlannedRelease, Stage)>,
    /// The plan has another release in its place.
    pub(super) recalled: bool,
    /// Its authority has a key that is online.
    pub(super) signed_online: bool,
    /// Its authority has a key of this one.
    pub(super) shared: Option<AuthorityKind>,
}

/// A release of the plan that is not there, and why.
#[derive(Clone, Debug)]
pub(super) struct Missing {
    pub(super) planned: PlannedRelease,
    pub(super) stage: Stage,
    /// The plan has another release in its place.
    pub(super) recalled: bool,
    pub(super) reason: Reason,
}

impl Catalog {
    /// Puts what was found together with the plan of its product. Releases that the plan does not have
    /// are kept, and so is what the plan has and was not found, so that a trace can say so.
    pub fn new(
        live: &LivePlan,
        releases: impl IntoIterator<Item = impl Into<FoundRelease>>,
    ) -> Result<Self, RolloutError> {
        let vouched = live.plan().vouched();
        let authorities = [
            (AuthorityKind::Rollouts, Some(vouched.authority())),
            (AuthorityKind::Brake, live.brake().map(|brake| brake.vouched().authority())),
        ];
        let plan = PlanBounds {
            fresh_until: live.fresh_until(),
            durable: live.is_durable() && vouched.is_durable(),
            minimum_index: live.plan().minimum_index(),
            exposed_at_most: live.exposed_at_most(),
            approvals: vouched.approvals(),
        };
        let mut withdrawn: Vec<_> = live.ratchets().withdrawn().collect();
        withdrawn.sort_unstable();
        let (candidates, missing, snapshot) = (Vec::new(), Vec::new(), Some(vouched.snapshot()));
        let mut catalog = Self { candidates, missing, plan: Some(plan), withdrawn, snapshot };
        let mut refused = Vec::new();
        for release in releases {
            let release = match release.into() {
                FoundRelease::Release(release) => release,
                FoundRelease::Refused { manifest, refusal } => {
                    refused.push((manifest, found::reason(&refusal)));
                    continue;
                }
            };
            let is_shared = |(_, authority): &(_, Option<&Authority>)| {
                authority.and_then(|a| a.shared_key(release.vouched().authority())).is_some()
            };
            let shared = authorities.into_iter().find(is_shared).map(|(kind, _)| kind);
            // A plan binds manifests of its own product, whatever digests it lists, and what people who
            // sign a plan read of them is the version; what the caller describes is none.
            let may_be_planned = !release.is_described() && release.product() == live.product();
            let planned = live
                .release(release.digest())
                .filter(|(planned, _)| may_be_planned && planned.version() == release.version());
            let planned = planned.map(|(planned, stage)| (planned.clone(), stage));
            let recalled = may_be_planned && live.recalls(release.version());
            let signed_online = release.vouched().online_key().is_some();
            catalog.add(Candidate { release, planned, recalled, signed_online, shared })?;
        }
        for planned in live.plan().releases() {
            let Some((planned, stage)) = live.release(planned.manifest()) else { continue };
            if catalog.has(planned.manifest()) {
                continue;
            }
            let mut refused = refused.iter();
            let reason = refused.find(|(manifest, _)| *manifest == planned.manifest());
            let reason = reason.map_or(Reason::NotFound, |(_, reason)| *reason);
            let recalled = live.recalls(planned.version());
            catalog.missing.push(Missing { planned: planned.clone(), stage, recalled, reason });
        }
        Ok(catalog)
    }

    /// Releases of a repository that has no rollout plans. Only a policy
    /// [without rollouts](super::Policy::without_rollouts) chooses among them.
    ///
    /// That there is no plan is for the caller to know: a plan that could not be fetched or read may
    /// still exist. Where there may be one, ask for the proof that it is
    /// [not listed](crate::update::NotFound::into_unlisted).
    pub fn without_rollouts(
        releases: impl IntoIterator<Item = TrustedRelease>,
    ) -> Result<Self, RolloutError> {
        let (candidates, missing, withdrawn) = Default::default();
        let mut catalog = Self { candidates, missing, plan: None, withdrawn, snapshot: None };
        for release in releases {
            let signed_online = release.vouched().online_key().is_some();
            let (planned, recalled, shared) = (None, false, None);
            catalog.add(Candidate { release, planned, recalled, signed_online, shared })?;
        }
        Ok(catalog)
    }

    /// The releases, the best first.
    #[must_use]
    pub fn releases(&self) -> impl ExactSizeIterator<Item = &TrustedRelease> {
        self.candidates.iter().map(|candidate| &candidate.release)
    }

    /// All that the plan has, found or not.
    pub(super) fn listed(&self) -> Vec<ManifestDigest> {
        let found = self.candidates.iter().filter(|candidate| candidate.planned.is_some());
        let missing = self.missing.iter().map(|missing| missing.planned.manifest());
        found.map(|candidate| candidate.release.digest()).chain(missing).collect()
    }

    fn has(&self, manifest: ManifestDigest) -> bool {
        self.candidates.iter().any(|candidate| candidate.release.digest() == manifest)
    }

    /// Whether a release was withdrawn, in the catalog or not.
    pub(super) fn has_withdrawn(&self, manifest: ManifestDigest) -> bool {
        self.withdrawn.binary_search(&manifest).is_ok()
    }

    fn add(&mut self, candidate: Candidate) -> Result<(), RolloutError> {
        let snapshot = candidate.release.vouched().snapshot();
        if *self.snapshot.get_or_insert(snapshot) != snapshot {
            return Err(RolloutError::OtherSnapshot);
        }
        match self.candidates.binary_search_by(|known| known.order().cmp(&candidate.order())) {
            // The same release twice is one: the finding that proves less, whichever came first.
            Ok(at) => {
                let known = self.candidates.get_mut(at);
                if let Some(known) = known.filter(|known| known.doubt() < candidate.doubt()) {
                    *known = candidate;
                }
            }
            Err(at) => self.candidates.insert(at, candidate),
        }
        Ok(())
    }
}

impl Candidate {
    /// When the first ends of the metadata that vouches for the release, the plan, and its metadata.
    pub(super) fn fresh_until(&self, plan: Option<PlanBounds>) -> UtcTime {
        let own = self.release.vouched().fresh_until();
        plan.map_or(own, |plan| own.min(plan.fresh_until))
    }

    /// What is not proven of how the release was found; more is greater.
    fn doubt(&self) -> impl Ord + use<> {
        let vouched = self.release.vouched();
        let fresh = (vouched.freshness() as u8, Reverse(vouched.fresh_until()));
        (!vouched.is_durable(), fresh, Reverse(vouched.approvals()))
    }

    /// A higher index first: it is what mends something. Nothing of this depends on the order in
    /// which releases were given.
    fn order(&self) -> impl Ord + '_ {
        let release = &self.release;
        (Reverse(release.rollback_index()), Reverse(release.version()), release.digest())
    }
}
