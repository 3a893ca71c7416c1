//! The checks of one release against one device, in their order.

use super::catalog::{Candidate, Missing, PlanBounds};
use super::window::open_until;
use super::{Cohort, DeviceFacts, DeviceTrust, EnrolmentStatus, Policy, Reason};
use crate::attestation::{AttestationSignal, GateVerdict};
use crate::primitives::{StartTime, UtcTime};
use crate::release::{ManifestDigest, ReleaseVersion};
use crate::rollout::{BasisPoints, Bucket, PlannedRelease, Privilege, Stage};
use crate::verify::Freshness;

/// All that a check sees besides the release.
pub(super) struct Checks<'d> {
    pub(super) policy: &'d Policy,
    pub(super) facts: &'d DeviceFacts<'d>,
    /// What attestation says now.
    pub(super) signal: AttestationSignal,
    /// What the gate makes of that, and when it ends if the gate is open only because of it.
    pub(super) gate: (GateVerdict, Option<UtcTime>),
    pub(super) now: StartTime,
    pub(super) plan: Option<PlanBounds>,
}

/// A release has passed every check.
#[derive(Clone, Copy)]
pub(super) struct Passed {
    /// But for the cohort, which the device decides.
    pub(super) if_within: Option<BasisPoints>,
    /// Until when it would: the first that ends of the maintenance window and of the grants without
    /// which it would not.
    pub(super) until: Option<UtcTime>,
}

type Check<T = ()> = Result<T, Reason>;

impl Checks<'_> {
    // Called in one place, for each release: without the word it is now inlined and now not, as code
    // elsewhere changes, and a decision costs up to a fifth more.
    #[inline]
    pub(super) fn check(&self, candidate: &Candidate) -> Check<Passed> {
        self.metadata(candidate)?;
        self.device()?;
        self.hardware(candidate)?;
        let planned = self.state(candidate)?;
        self.channel(candidate)?;
        self.versions(candidate)?;
        let healing = self.attestation(candidate, planned)?;
        let (if_within, skipping) = self.rollout(candidate, planned)?;
        let pace = self.pace(candidate, planned)?;
        Ok(Passed { if_within, until: [healing, skipping, pace].into_iter().flatten().min() })
    }

    /// Whether the device could install it under another plan, at another time.
    pub(super) fn may_ever(&self, candidate: &Candidate) -> bool {
        let has_plan = self.plan.is_some() || !self.policy.rollouts;
        has_plan
            && !matches!(candidate.planned, Some((_, Stage::Withdrawn)))
            && self.device().map_or_else(|reason| reason.wait().is_some(), |()| true)
            && self.hardware(candidate).is_ok()
            && self.channel(candidate).is_ok()
            && self.versions(candidate).is_ok()
    }

    /// What the policy asks of the metadata itself.
    fn metadata(&self, candidate: &Candidate) -> Check {
        let freshness = candidate.release.vouched().freshness();
        let accepted = match freshness {
            Freshness::Proven => true,
            Freshness::Unproven => self.policy.accept_unproven_freshness,
            Freshness::Stale => self.policy.accept_stale,
        };
        require(accepted, Reason::Freshness(freshness))?;
        let at = candidate.fresh_until(self.plan);
        require(self.now.time() < at, Reason::Expired { at })?;
        require(self.plan.is_some() || !self.policy.rollouts, Reason::NoPlan)?;
        if let Some(PlanBounds { approvals: found, .. }) = self.plan {
            let asked = self.policy.plan_approvals;
            require(found >= asked, Reason::PlanApprovals { found, asked })?;
        }
        let (found, asked) =
            (candidate.release.vouched().approvals(), self.policy.release_approvals);
        require(found >= asked, Reason::ReleaseApprovals { found, asked })
    }

    /// Enrolment and trust.
    fn device(&self) -> Check {
        match self.facts.enrolment {
            EnrolmentStatus::Enrolled => {}
            EnrolmentStatus::Unknown => return Err(Reason::NotEnrolled),
            EnrolmentStatus::Revoked => return Err(Reason::Revoked),
            EnrolmentStatus::Retired => return Err(Reason::Retired),
        }
        match self.facts.trust {
            DeviceTrust::Trusted => Ok(()),
            DeviceTrust::Challenged => Err(Reason::Challenged),
            DeviceTrust::Quarantined => Err(Reason::Quarantined),
        }
    }

    fn hardware(&self, candidate: &Candidate) -> Check {
        require(*candidate.release.product() == self.facts.product, Reason::OtherProduct)?;
        let fits = has(candidate.release.hardware_ids(), &self.facts.hardware_id);
        require(fits, Reason::OtherHardware)
    }

    /// How far the plan lets the release go; `None` where there is no plan.
    fn state<'c>(&self, candidate: &'c Candidate) -> Check<Option<(&'c PlannedRelease, Stage)>> {
        if self.plan.is_none() {
            return Ok(None);
        }
        let (planned, stage) = candidate.planned.as_ref().ok_or(Reason::NotInPlan)?;
        require(!candidate.signed_online, Reason::OnlineKey)?;
        if let Some(with) = candidate.shared {
            return Err(Reason::SharedKey { with });
        }
        self.stage(*stage)?;
        require(!candidate.recalled, Reason::Recalled)?;
        let sources = planned.sources();
        let admits = || sources.admit(&self.facts.version) || self.repairs(candidate);
        require(sources.are_all() || admits(), Reason::BlockedSource)?;
        Ok(Some((planned, *stage)))
    }

    fn stage(&self, stage: Stage) -> Check {
        match stage {
            Stage::Draft => Err(Reason::Draft),
            Stage::Validation => require(self.facts.validates, Reason::Validation),
            Stage::Limited | Stage::Stable => Ok(()),
            Stage::Paused(_) => Err(Reason::Paused),
            Stage::Withdrawn => Err(Reason::Withdrawn),
            Stage::Superseded => Err(Reason::Superseded),
            Stage::Unknown => Err(Reason::UnknownStage),
        }
    }

    /// Why a release of the plan that is not there is not offered.
    pub(super) fn missing(&self, missing: &Missing) -> Reason {
        let plan_ends = self.plan.map(|plan| plan.fresh_until);
        let check = || {
            if let Some(at) = plan_ends {
                require(self.now.time() < at, Reason::Expired { at })?;
            }
            self.device()?;
            self.stage(missing.stage)?;
            require(!missing.recalled, Reason::Recalled)?;
            require(!self.runs(missing), Reason::Running)
        };
        check().err().unwrap_or(missing.reason)
    }

    /// Whether what is not there could be something to wait for: a newer version, what takes the place of the
    /// one that runs, or any where a device that switches its channel does not run what its new channel has already.
    pub(super) fn may_ever_be(&self, missing: &Missing, runs: bool) -> bool {
        let (facts, version) = (self.facts, missing.planned.version());
        missing.reason == Reason::NotFound
            && missing.stage != Stage::Withdrawn
            && self.device().map_or_else(|reason| reason.wait().is_some(), |()| true)
            && !self.runs(missing)
            && (*version > facts.version
                || missing.planned.recalls().contains(&facts.version)
                || (!runs && *facts.target_channel() != facts.channel))
    }

    /// Whether this is what runs, and the plan has it on the channel that is followed, paused or not.
    pub(super) fn holds_its_place(&self, candidate: &Candidate) -> bool {
        self.is_it(candidate.release.digest(), candidate.release.version())
            && self.hardware(candidate).is_ok()
            && self.channel(candidate).is_ok()
            && match (self.plan, &candidate.planned) {
                (None, _) => true,
                (Some(_), planned) => planned.as_ref().is_some_and(|(_, s)| s.active().is_some()),
            }
    }

    /// Whether this is what runs, and the plan has it: on which channel, only its manifest could say.
    pub(super) fn has_place(&self, missing: &Missing) -> bool {
        self.runs(missing) && missing.stage.active().is_some()
    }

    /// Whether a release is of an older version than what runs.
    pub(super) fn is_older(&self, candidate: &Candidate) -> bool {
        *candidate.release.version() < self.facts.version
    }

    #[inline]
    fn is_it(&self, manifest: ManifestDigest, version: &ReleaseVersion) -> bool {
        self.facts.running == Some(manifest) || *version == self.facts.version
    }

    fn runs(&self, missing: &Missing) -> bool {
        self.is_it(missing.planned.manifest(), missing.planned.version())
    }

    fn channel(&self, candidate: &Candidate) -> Check {
        let channel = self.facts.target_channel();
        require(has(&self.facts.entitled, channel), Reason::NotEntitled)?;
        require(has(candidate.release.channels(), channel), Reason::OtherChannel)
    }

    /// Whether the plan has this release take the place of the version that runs.
    pub(super) fn is_recalled_by(&self, candidate: &Candidate) -> bool {
        let planned = candidate.planned.as_ref();
        planned.is_some_and(|(planned, _)| planned.recalls().contains(&self.facts.version))
    }

    /// Whether this release is what runs, and is damaged. (What runs from the factory has no manifest:
    /// then its version says which it is.)
    fn repairs(&self, candidate: &Candidate) -> bool {
        let (facts, release) = (self.facts, &candidate.release);
        facts.repair
            && match facts.running {
                Some(running) => running == release.digest(),
                None => *release.version() == facts.version,
            }
    }

    /// Versions, floors and barriers. A switch of the channel, a recall and a repair let a version stay or
    /// fall, never an index.
    #[inline]
    fn versions(&self, candidate: &Candidate) -> Check {
        let (facts, release) = (self.facts, &candidate.release);
        let repairs = || facts.repair && self.repairs(candidate);
        let runs = self.is_it(release.digest(), release.version());
        require(!runs || repairs(), Reason::Running)?;
        let newer = *release.version() > facts.version;
        let switches = || *facts.target_channel() != facts.channel;
        let may_be_older = || switches() || repairs() || self.is_recalled_by(candidate);
        require(newer || may_be_older(), Reason::OlderVersion)?;
        let (index, floor) = (release.rollback_index(), facts.floor.index());
        require(index >= floor, Reason::BelowFloor { index, floor })?;
        let minimum = self.plan.map_or(0, |plan| plan.minimum_index);
        require(index >= minimum, Reason::BelowMinimum { index, minimum })?;
        let most = floor.saturating_add(self.policy.max_index_step);
        require(index <= most, Reason::IndexJump { index, most })?;
        let above = release.minimum_version().is_none_or(|barrier| facts.version >= *barrier);
        require(above, Reason::Barrier)?;
        let mut components = release.components().iter();
        let can_be_made = components.all(|component| component.can_be_made_from(&facts.sources));
        require(can_be_made, Reason::NoSource)?;
        let failed = facts.failed_boots.iter().filter(|(failed, _)| *failed == release.digest());
        let boots = failed.map(|(_, boots)| *boots).max().unwrap_or(0);
        let most = self.policy.max_failed_boots;
        require(most == 0 || boots < most, Reason::FailedBoots { boots })
    }

    /// The gate can only restrict; a plan may leave a security fix open to devices that it
    /// restricts. The time is the end of the signal, or of the grant, without which it were shut.
    fn attestation(
        &self,
        candidate: &Candidate,
        planned: Option<(&PlannedRelease, Stage)>,
    ) -> Check<Option<UtcTime>> {
        let by_signal = match self.gate {
            (GateVerdict::Open, None) => return Ok(None),
            (GateVerdict::Open, ends) => ends,
            (GateVerdict::Restricted, _) => None,
        };
        // Either will do.
        let granted = self.granted_until(Privilege::BypassAttestation, candidate, planned);
        by_signal.max(granted).map(Some).ok_or(Reason::Attestation(self.signal))
    }

    /// The cohort, and until when a grant puts the device into it that is not in it.
    fn rollout(
        &self,
        candidate: &Candidate,
        planned: Option<(&PlannedRelease, Stage)>,
    ) -> Check<(Option<BasisPoints>, Option<UtcTime>)> {
        let Some((release, Stage::Limited)) = planned else { return Ok((None, None)) };
        let waves = self.waves(candidate, release);
        if waves == Ok(None) {
            return Ok((None, None));
        }
        match self.granted_until(Privilege::SkipWaves, candidate, planned) {
            Some(until) => Ok((None, Some(until))),
            None => waves.map(|share| (share, None)),
        }
    }

    /// The cohort, granted nothing: `Some` share where only the device can say.
    fn waves(&self, candidate: &Candidate, release: &PlannedRelease) -> Check<Option<BasisPoints>> {
        let channel = self.facts.target_channel();
        let at_most = self.plan.and_then(|plan| plan.exposed_at_most);
        let now = at_most.map_or(self.now.time(), |at_most| self.now.time().min(at_most));
        let steps = release.exposure();
        // What is due already waits for a later timestamp, and nobody knows for how long.
        let begins = |from: Option<UtcTime>| from.filter(|from| *from > self.now.time());
        let exposure = steps.at(channel, now);
        if exposure == BasisPoints::ALL {
            return Ok(None);
        }
        if exposure == BasisPoints::NONE {
            let until = begins(steps.reaches_share(channel, BasisPoints::SOME));
            return Err(Reason::NotExposed { until });
        }
        match self.facts.cohort {
            Cohort::DecidedByDevice => Ok(Some(exposure)),
            Cohort::None => Err(Reason::NoSeed { until: begins(steps.reaches_all(channel)) }),
            Cohort::Device { secret, fleet } => {
                let manifest = candidate.release.digest();
                let bucket = Bucket::of(manifest, &secret.rollout_seed(fleet, manifest));
                let until = begins(steps.reaches(channel, bucket));
                let within = bucket.is_within(exposure);
                require(within, Reason::NotInCohort { exposure, until }).map(|()| None)
            }
        }
    }

    /// The maintenance window and the quota, and until when they, or a grant, let the device.
    fn pace(
        &self,
        candidate: &Candidate,
        planned: Option<(&PlannedRelease, Stage)>,
    ) -> Check<Option<UtcTime>> {
        let ordinary = self.ordinary_pace();
        if ordinary == Ok(None) {
            return ordinary;
        }
        match self.granted_until(Privilege::OwnPace, candidate, planned) {
            // An open window may close after the grant ends.
            Some(until) => Ok(ordinary.unwrap_or(None).max(Some(until))),
            None => ordinary,
        }
    }

    /// The maintenance window, until when it is open, and the quota.
    fn ordinary_pace(&self) -> Check<Option<UtcTime>> {
        let windows = &self.policy.windows;
        let closes = if windows.is_empty() {
            None
        } else {
            let open = open_until(windows, self.facts.utc_offset, self.now);
            Some(open.map_err(|until| Reason::Window { until })?)
        };
        match self.facts.quota_until {
            Some(until) if self.now.time() < until => Err(Reason::Quota { until }),
            _ => Ok(closes),
        }
    }

    /// Until when the release has a privilege that it has now.
    fn granted_until(
        &self,
        privilege: Privilege,
        candidate: &Candidate,
        planned: Option<(&PlannedRelease, Stage)>,
    ) -> Option<UtcTime> {
        planned?.0.granted_until(privilege, candidate.release.manifest(), self.now)
    }
}

// `contains` is now inlined and now not, as code elsewhere changes: see `Checks::check`.
#[inline]
#[allow(clippy::manual_contains, reason = "it costs a tenth of a decision")]
fn has<T: PartialEq>(all: &[T], one: &T) -> bool {
    all.iter().any(|known| known == one)
}

fn require(holds: bool, reason: Reason) -> Check {
    if holds { Ok(()) } else { Err(reason) }
}
