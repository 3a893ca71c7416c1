//! What a decision is.

use alloc::vec::Vec;

use super::{Reason, Wait};
use crate::artifact::Evidence;
use crate::primitives::UtcTime;
use crate::release::{Channel, ManifestDigest};
use crate::rollout::BasisPoints;
use crate::verify::SnapshotId;

/// What a device is to do now.
#[derive(Debug)]
#[must_use]
pub enum Decision {
    /// Install a release.
    Offer(Offer),
    /// Ask again: at this time, or at the next poll where no time is known.
    Hold(Wait),
    /// Nothing.
    None,
}

/// An offer of a release.
#[derive(Debug)]
pub enum Offer {
    /// The device has decided: here is its part of the proof.
    Eligible(Eligible),
    /// A server has decided all but the cohort, if there is one to decide. What it says is a hint: the
    /// device decides by itself, from the same documents.
    Undecided(Undecided),
}

/// What a server can say of a device whose place in rollouts it does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// The best first: each is offered to the device if it is within this share.
    pub limited: Vec<(ManifestDigest, BasisPoints)>,
    /// What is offered if it is within none of them.
    pub otherwise: Option<ManifestDigest>,
}

/// Proof that this device may install this release now, by all that layer 5 knows.
///
/// Had only from [`decide`](super::decide()), and used up by
/// [`WritePermit::new`](crate::permit::WritePermit::new). It says nothing of any bytes.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a `WritePermit` is made of it"]
pub struct Eligible {
    pub(super) manifest: ManifestDigest,
    pub(super) snapshot: SnapshotId,
    pub(super) channel: Channel,
    pub(super) not_after: UtcTime,
    pub(super) durable: bool,
    pub(super) listed: Option<Vec<ManifestDigest>>,
    pub(super) evidence: Evidence,
}

impl Eligible {
    /// The release.
    #[must_use]
    pub fn manifest(&self) -> ManifestDigest {
        self.manifest
    }

    /// The state of the repository that was decided from.
    #[must_use]
    pub fn snapshot(&self) -> SnapshotId {
        self.snapshot
    }

    /// The channel that the device follows from then on.
    #[must_use]
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// Until when it holds: the policy's time, the plan's and the metadata's, the end of the
    /// maintenance window, and that of the attestation result and of each grant without which the
    /// release would not be offered.
    #[must_use]
    pub fn not_after(&self) -> UtcTime {
        self.not_after
    }

    /// The releases that the plan has, if there is one.
    pub(crate) fn listed(&self) -> Option<&[ManifestDigest]> {
        self.listed.as_deref()
    }

    /// What has to be known of each component before the release is installed.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        self.evidence
    }

    /// Whether all that was learned on the way is stored. If not, there is no permit.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.durable
    }
}

/// A decision, and why.
#[derive(Debug)]
#[must_use]
pub struct Decided {
    /// What to do.
    pub decision: Decision,
    /// What was found of each release, the best first; then of those that the plan has and that were
    /// not found, or cannot be read.
    pub trace: Vec<Finding>,
    /// What runs was withdrawn, as far as the facts say what runs. It stays until something is offered in
    /// its place: tell whoever owns the device, and the vendor.
    pub runs_withdrawn: bool,
}

/// What was found of one release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The release.
    pub manifest: ManifestDigest,
    /// The answer.
    pub answer: Answer,
    /// Its authority has a key that signs timestamps or snapshots, too
    /// ([`VouchedTarget::online_key`](crate::verify::VouchedTarget::online_key)). Where there is a plan,
    /// the release is refused for it; a policy without rollouts is told: whoever takes the keys that are
    /// online could release.
    pub signed_online: bool,
}

/// Whether a release is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is the one.
    Offered,
    /// It is, if the device is within this share.
    IfWithin(BasisPoints),
    /// It would be, if there were none better: offered, or running already.
    Worse,
    /// It is not.
    Refused(Reason),
}

impl core::fmt::Display for Answer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Offered => f.write_str("offered"),
            Self::IfWithin(share) => write!(f, "offered if the device is within {share}"),
            Self::Worse => f.write_str("a better release is offered, or runs"),
            Self::Refused(reason) => reason.fmt(f),
        }
    }
}

impl Decided {
    /// The proof, where the device has decided for a release.
    #[must_use]
    pub fn into_eligible(self) -> Option<Eligible> {
        match self.decision {
            Decision::Offer(Offer::Eligible(eligible)) => Some(eligible),
            _ => None,
        }
    }

    /// Why a release is not offered.
    #[must_use]
    pub fn reason(&self, manifest: ManifestDigest) -> Option<Reason> {
        let finding = self.trace.iter().find(|finding| finding.manifest == manifest)?;
        match finding.answer {
            Answer::Refused(reason) => Some(reason),
            _ => None,
        }
    }
}
