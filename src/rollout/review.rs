//! What people should think about before they sign a plan.

use alloc::vec::Vec;
use core::fmt;

use super::{BasisPoints, ExposureStep, Gate, Plan, PlannedRelease, Stage};
use crate::primitives::UtcTime;
use crate::release::{Channel, ReleaseVersion};

/// Something that is not wrong by itself, and that nobody should sign unseen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanWarning {
    /// A limited release comes to the whole channel by time alone: no step waits for people.
    Ungated {
        /// The release.
        version: ReleaseVersion,
        /// The channel.
        channel: Channel,
    },
    /// A limited release does not say when its rollout has to stop.
    NoHaltCriteria {
        /// The release.
        version: ReleaseVersion,
    },
    /// A step waited for people, and now it is gone, or its time alone opens it.
    GateRemoved {
        /// The release.
        version: ReleaseVersion,
        /// The channel.
        channel: Channel,
        /// When the step began.
        from: UtcTime,
    },
    /// A gate is opened, and the step behind it waits for nobody, either because it has no gate or because
    /// its gate was opened before: what is due by now begins at once.
    OpensMore {
        /// The release.
        version: ReleaseVersion,
        /// The channel.
        channel: Channel,
        /// When the step of that gate begins.
        from: UtcTime,
    },
    /// A release becomes stable while a step of its exposure waits for people.
    GateSkipped {
        /// The release.
        version: ReleaseVersion,
    },
    /// The plan does not say how long a timestamp lives, and a step follows so soon that a device which
    /// is kept from new metadata goes on to it.
    FollowsTooSoon {
        /// The release.
        version: ReleaseVersion,
        /// The channel.
        channel: Channel,
        /// When the step begins.
        from: UtcTime,
    },
    /// Timestamps live longer than the plan says: a device that is kept from new metadata is ahead by the
    /// difference.
    TimestampLivesLonger {
        /// What the plan says, in seconds.
        stated: u64,
        /// How long they live.
        lives: u64,
    },
    /// Timestamps live less long than the plan says: each step begins later by the difference.
    TimestampLivesShorter {
        /// What the plan says, in seconds.
        stated: u64,
        /// How long they live.
        lives: u64,
    },
}

impl Plan {
    /// What people should think about before they sign this plan in the place of `current`, for a
    /// repository whose timestamps live for so many seconds
    /// ([`Expiry::timestamp`](crate::repository::Expiry), with feature `repository`).
    ///
    /// ```
    /// use ota_trust::primitives::Limits;
    /// use ota_trust::rollout::{Plan, PlanWarning};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let plan = br#"{"schema": 1, "product": "lamp", "epoch": 1, "expires": "2027-01-01T00:00:00Z",
    ///     "releases": [{"manifest":
    ///         "6ca13d52ca70c883e0f0bb101e425a89e8624de51db2d2392593af6a84118090",
    ///         "version": "2.0.0", "stage": "limited", "exposure": {"stable": [
    ///             {"from": "2026-11-23T00:00:00Z", "basis_points": 10000}]}}]}"#;
    /// let warnings = Plan::parse(plan, &Limits::default())?.review(None, 86_400);
    /// let words: Vec<String> = warnings.iter().map(PlanWarning::to_string).collect();
    /// assert_eq!(words, [
    ///     "2.0.0 does not say when its rollout has to stop",
    ///     "2.0.0 comes to all of stable with no step that people open",
    /// ]);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn review(&self, current: Option<&Self>, timestamp_seconds: u64) -> Vec<PlanWarning> {
        let mut warnings = Vec::new();
        match self.timestamp_seconds() {
            Some(stated) if stated < timestamp_seconds => {
                let lives = timestamp_seconds;
                warnings.push(PlanWarning::TimestampLivesLonger { stated, lives });
            }
            Some(stated) if stated > timestamp_seconds => {
                let lives = timestamp_seconds;
                warnings.push(PlanWarning::TimestampLivesShorter { stated, lives });
            }
            _ => {}
        }
        for release in self.releases() {
            let before = current.and_then(|current| current.release(release.manifest()));
            if let Some(before) = before {
                gates(before, release, &mut warnings);
            }
            if release.stage() == Stage::Limited {
                let soon = self.timestamp_seconds().is_none().then_some(timestamp_seconds);
                limited(release, soon, &mut warnings);
            }
        }
        warnings
    }
}

/// What has become of the gates that were closed.
fn gates(before: &PlannedRelease, now: &PlannedRelease, warnings: &mut Vec<PlanWarning>) {
    let waits = |step: &&ExposureStep| step.gate == Some(Gate::Closed);
    let mut waiting = before.exposure().channels().flat_map(|(_, steps)| steps);
    let becomes_stable = before.stage() != Stage::Stable && now.stage() == Stage::Stable;
    if becomes_stable && waiting.any(|step| waits(&step)) {
        warnings.push(PlanWarning::GateSkipped { version: now.version().clone() });
        return;
    }
    for (channel, steps) in before.exposure().channels() {
        for from in steps.iter().filter(waits).map(|step| step.from) {
            let (version, channel) = (now.version().clone(), channel.clone());
            let mut still = now.exposure().steps(&channel).iter();
            let gate = still.find(|step| step.from == from).and_then(|step| step.gate);
            match gate {
                Some(Gate::Closed) => {}
                Some(Gate::Opened) if still.next().is_none_or(|next| !next.is_open()) => {}
                Some(Gate::Opened) => {
                    warnings.push(PlanWarning::OpensMore { version, channel, from });
                }
                None => warnings.push(PlanWarning::GateRemoved { version, channel, from }),
            }
        }
    }
}

fn limited(release: &PlannedRelease, soon: Option<u64>, warnings: &mut Vec<PlanWarning>) {
    let version = || release.version().clone();
    if release.halt().is_none() {
        warnings.push(PlanWarning::NoHaltCriteria { version: version() });
    }
    for (channel, steps) in release.exposure().channels() {
        let reaches_all = steps.last().is_some_and(|step| step.exposure == BasisPoints::ALL);
        if reaches_all && steps.iter().all(|step| step.gate.is_none()) {
            let (version, channel) = (version(), channel.clone());
            warnings.push(PlanWarning::Ungated { version, channel });
        }
        let Some(lives) = soon else { continue };
        let pairs = steps.iter().zip(steps.iter().skip(1));
        let too_soon = |(before, step): &(&ExposureStep, &ExposureStep)| {
            step.gate.is_none() && before.from.seconds_to(step.from) < u128::from(lives)
        };
        for (_, step) in pairs.filter(too_soon) {
            let (version, channel) = (version(), channel.clone());
            warnings.push(PlanWarning::FollowsTooSoon { version, channel, from: step.from });
        }
    }
}

impl fmt::Display for PlanWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ungated { version, channel } => {
                write!(f, "{version} comes to all of {channel} with no step that people open")
            }
            Self::NoHaltCriteria { version } => {
                write!(f, "{version} does not say when its rollout has to stop")
            }
            Self::GateRemoved { version, channel, from } => {
                write!(f, "{version}: the step of {channel} from {from} no longer waits for people")
            }
            Self::OpensMore { version, channel, from } => write!(
                f,
                "{version}: with the gate of {channel} from {from}, what is due behind it begins, too"
            ),
            Self::GateSkipped { version } => {
                write!(f, "{version} becomes stable, and a step still waits for people")
            }
            Self::FollowsTooSoon { version, channel, from } => write!(
                f,
                "{version}: the step of {channel} from {from} follows sooner than a timestamp lives"
            ),
            Self::TimestampLivesLonger { stated, lives }
            | Self::TimestampLivesShorter { stated, lives } => {
                write!(f, "timestamps live {lives} s, and the plan says {stated} s")
            }
        }
    }
}
