//! Why a release is not offered: for programs, and for whoever asks "why not me, and when?"

use core::fmt;

use crate::attestation::AttestationSignal;
use crate::primitives::{UtcTime, reasons};
use crate::rollout::{AuthorityKind, BasisPoints};
use crate::verify::Freshness;

reasons!(
    Eligibility,
    /// Why a release is not offered to a device, in the order of the checks: the first that fails.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum Reason {
        /// The policy does not take metadata of this freshness.
        #[reason("reason.freshness")]
        Freshness(Freshness),
        /// The plan, or metadata that vouches for it or for the release, has expired: a new cycle helps.
        #[reason("reason.expired")]
        Expired {
            /// When the first of them did.
            at: UtcTime,
        },
        /// The policy asks for a rollout plan, and there is none.
        #[reason("reason.no-plan")]
        NoPlan,
        /// Fewer keys have signed the plan than the policy asks for, or than have been counted.
        #[reason("reason.plan-approvals")]
        PlanApprovals {
            /// How many are known to have.
            found: u64,
            /// How many the policy asks for.
            asked: u64,
        },
        /// Fewer keys have signed the release than the policy asks for, or than have been counted.
        #[reason("reason.release-approvals")]
        ReleaseApprovals {
            /// How many are known to have.
            found: u64,
            /// How many the policy asks for.
            asked: u64,
        },
        /// Nobody knows the device.
        #[reason("reason.not-enrolled")]
        NotEnrolled,
        /// The device was revoked.
        #[reason("reason.revoked")]
        Revoked,
        /// The device was retired.
        #[reason("reason.retired")]
        Retired,
        /// The device has to answer a challenge.
        #[reason("reason.challenged")]
        Challenged,
        /// The device is set apart.
        #[reason("reason.quarantined")]
        Quarantined,
        /// It is a release of another product.
        #[reason("reason.other-product")]
        OtherProduct,
        /// It is for other hardware.
        #[reason("reason.other-hardware")]
        OtherHardware,
        /// The plan does not have it: it was never approved, or has changed since.
        #[reason("reason.not-in-plan")]
        NotInPlan,
        /// The plan says something of it that this firmware does not know.
        #[reason("reason.unknown-stage")]
        UnknownStage,
        /// A key that signs timestamps or snapshots signs for its authority, too: whoever takes the keys that
        /// are online could release.
        #[reason("reason.online-key")]
        OnlineKey,
        /// Its authority has a key of another one, so that one person could be both.
        #[reason("reason.shared-key")]
        SharedKey {
            /// The other authority.
            with: AuthorityKind,
        },
        /// The plan has it, and no manifest was found where it should lie.
        #[reason("reason.not-found")]
        NotFound,
        /// The plan has it, and this firmware cannot read its manifest, or does not believe it.
        #[reason("reason.unreadable")]
        Unreadable {
            /// The code of the refusal.
            code: &'static str,
        },
        /// It is a draft.
        #[reason("reason.draft")]
        Draft,
        /// It is being validated, by other devices.
        #[reason("reason.validation")]
        Validation,
        /// It is paused.
        #[reason("reason.paused")]
        Paused,
        /// It was withdrawn for good.
        #[reason("reason.withdrawn")]
        Withdrawn,
        /// It was superseded.
        #[reason("reason.superseded")]
        Superseded,
        /// The plan recalls it: another release takes its place.
        #[reason("reason.recalled")]
        Recalled,
        /// The plan does not offer it to devices of the version that runs.
        #[reason("reason.blocked-source")]
        BlockedSource,
        /// The device is not entitled to the channel.
        #[reason("reason.not-entitled")]
        NotEntitled,
        /// It is not meant for the channel.
        #[reason("reason.other-channel")]
        OtherChannel,
        /// It runs already: this manifest, or any of this version.
        #[reason("reason.running")]
        Running,
        /// It is older than what runs, and nobody has told the device to switch its channel.
        #[reason("reason.older-version")]
        OlderVersion,
        /// Its rollback index is below the floor.
        #[reason("reason.below-floor")]
        BelowFloor {
            /// Its index.
            index: u64,
            /// The floor.
            floor: u64,
        },
        /// Its rollback index is below the one that the plan offers nothing below.
        #[reason("reason.below-minimum")]
        BelowMinimum {
            /// Its index.
            index: u64,
            /// What the plan says.
            minimum: u64,
        },
        /// Its rollback index is so far above the floor that it would use up the series.
        #[reason("reason.index-jump")]
        IndexJump {
            /// Its index.
            index: u64,
            /// The highest that the policy takes now.
            most: u64,
        },
        /// An older version than its barrier runs: another release has to come first.
        #[reason("reason.barrier")]
        Barrier,
        /// Only deltas lead to a component of it, and the device holds the source of none.
        #[reason("reason.no-source")]
        NoSource,
        /// It has failed to boot too often.
        #[reason("reason.failed-boots")]
        FailedBoots {
            /// How often.
            boots: u32,
        },
        /// Attestation restricts the device.
        #[reason("reason.attestation")]
        Attestation(AttestationSignal),
        /// It is offered to nobody on this channel yet.
        #[reason("reason.not-exposed")]
        NotExposed {
            /// When it is, if the plan says so.
            until: Option<UtcTime>,
        },
        /// The device is not in the part of the fleet that it is offered to.
        #[reason("reason.not-in-cohort")]
        NotInCohort {
            /// How large that part is.
            exposure: BasisPoints,
            /// When the device will be in it, if the plan says so.
            until: Option<UtcTime>,
        },
        /// It is offered to a part of the fleet, and the device has no place in any part.
        #[reason("reason.no-seed")]
        NoSeed {
            /// When it is offered to all, if the plan says so.
            until: Option<UtcTime>,
        },
        /// The maintenance window is closed.
        #[reason("reason.window")]
        Window {
            /// When it opens, if the time is known.
            until: Option<UtcTime>,
        },
        /// The quota is used up.
        #[reason("reason.quota")]
        Quota {
            /// Until when.
            until: UtcTime,
        },
    }
);

impl Reason {
    /// Whether it may pass by itself or by what others do, and when, if that is known: a device waits
    /// for it, and asks again.
    #[must_use]
    pub const fn wait(&self) -> Option<Wait> {
        match *self {
            // A new cycle, or a clock, may help: nothing is up to date because of it.
            Self::Freshness(_)
            | Self::Expired { .. }
            | Self::Challenged
            | Self::NotFound
            | Self::PlanApprovals { .. }
            | Self::ReleaseApprovals { .. }
            | Self::Draft
            | Self::Validation
            | Self::Paused
            | Self::Attestation(_) => Some(Wait { until: None }),
            Self::NotExposed { until }
            | Self::NotInCohort { until, .. }
            | Self::NoSeed { until }
            | Self::Window { until } => Some(Wait { until }),
            Self::Quota { until } => Some(Wait { until: Some(until) }),
            _ => None,
        }
    }
}

/// A reason that may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// When, if that is known.
    pub until: Option<UtcTime>,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Freshness(Freshness::Stale) => {
                "the metadata may be old, and the policy does not take that"
            }
            Self::Freshness(_) => "nobody knows the time, and the policy asks for fresh metadata",
            Self::Expired { at } => return write!(f, "the plan or the metadata expired {at}"),
            Self::NoPlan => "there is no rollout plan, and the policy asks for one",
            Self::PlanApprovals { found, asked } => {
                return write!(f, "{found} have approved the plan, the policy asks for {asked}");
            }
            Self::ReleaseApprovals { found, asked } => {
                return write!(f, "{found} have approved it, the policy asks for {asked}");
            }
            Self::NotEnrolled => "the device is not enrolled",
            Self::Revoked => "the device was revoked",
            Self::Retired => "the device was retired",
            Self::Challenged => "the device has to answer a challenge first",
            Self::Quarantined => "the device is set apart",
            Self::OtherProduct => "it is a release of another product",
            Self::OtherHardware => "it is for other hardware",
            Self::NotInPlan => "the rollout plan does not have this manifest",
            Self::UnknownStage => "the plan says something of it that this firmware does not know",
            Self::OnlineKey => "its authority has a key that signs timestamps or snapshots",
            Self::SharedKey { with } => {
                return write!(f, "its authority has a key of the {with} authority");
            }
            Self::NotFound => "no manifest of it was found",
            Self::Unreadable { code } => return write!(f, "its manifest is refused: {code}"),
            Self::Draft => "it is a draft",
            Self::Validation => "it is being validated by other devices",
            Self::Paused => "it is paused",
            Self::Withdrawn => "it was withdrawn for good",
            Self::Superseded => "it was superseded",
            Self::Recalled => "it is recalled: another release takes its place",
            Self::BlockedSource => "the plan does not offer it to the version that runs",
            Self::NotEntitled => "the device is not entitled to the channel",
            Self::OtherChannel => "it is not meant for the channel",
            Self::Running => "it runs already",
            Self::OlderVersion => {
                "a newer version runs, and no switch of the channel was asked for"
            }
            Self::BelowFloor { index, floor } => {
                return write!(
                    f,
                    "its rollback index is {index}, the device takes {floor} and above"
                );
            }
            Self::BelowMinimum { index, minimum } => {
                return write!(
                    f,
                    "its rollback index is {index}, the plan offers {minimum} and above"
                );
            }
            Self::IndexJump { index, most } => {
                return write!(
                    f,
                    "its rollback index is {index}, the device takes at most {most} now"
                );
            }
            Self::Barrier => "another release has to be installed first",
            Self::NoSource => "only deltas lead to it, from contents that the device does not hold",
            Self::FailedBoots { boots } => {
                return write!(f, "it has failed to boot {boots} times");
            }
            Self::Attestation(signal) => {
                return write!(f, "attestation of the device: {signal:?}");
            }
            Self::NotExposed { .. } => "it is offered to nobody on the channel yet",
            Self::NotInCohort { exposure, .. } => {
                write!(f, "it is offered to {exposure} of the devices, not to this one")?;
                return until(self.wait(), f);
            }
            Self::NoSeed { .. } => {
                "it is not offered to all yet, and the device has no place in a part"
            }
            Self::Window { .. } => "the maintenance window is closed",
            Self::Quota { .. } => "the quota is used up",
        };
        f.write_str(words)?;
        until(self.wait(), f)
    }
}

fn until(wait: Option<Wait>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match wait {
        Some(Wait { until: Some(until) }) => write!(f, " until {until}"),
        _ => Ok(()),
    }
}
