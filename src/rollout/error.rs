//! Why a plan or a brake is refused.

use crate::artifact::ArtifactError;
use crate::json::RecordError;
use crate::key::KeyFingerprint;
use crate::primitives::{Remedy, TargetPath, UtcTime};
use crate::release::Product;

/// A refusal of a rollout plan or of a brake.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RolloutError {
    /// `targets` lists the document itself: there is no authority of its own.
    #[error("{path}: listed by `targets` itself, delegated to nobody")]
    NotDelegated {
        /// The path of the document.
        path: TargetPath,
    },
    /// The bytes are not those that the metadata lists.
    #[error("the plan or brake: {0}")]
    Bytes(#[from] ArtifactError),
    /// The document is not well-formed.
    #[error("the plan or brake: {0}")]
    Document(#[from] RecordError),
    /// The document is another product's.
    #[error("{path} is of {product}")]
    OtherProduct {
        /// Where it lies.
        path: TargetPath,
        /// The product that it names.
        product: Product,
    },
    /// Plan, brake or release are not of one state of one repository: mix and match.
    #[error("documents of two states of a repository")]
    OtherSnapshot,
    /// Two authorities have a key in common, and so are one.
    #[error("the {} authorities share the key {key}", Pair(.between))]
    SharedKey {
        /// Which two.
        between: [AuthorityKind; 2],
        /// The key.
        key: KeyFingerprint,
    },
    /// The plan or brake is older than one that the device has seen: a rollback attack.
    #[error("{kind}: epoch {found} is older than {seen}")]
    EpochRollback {
        /// Whose.
        kind: AuthorityKind,
        /// What was seen.
        seen: u64,
        /// What is offered.
        found: u64,
    },
    /// There are two plans or brakes of one epoch.
    #[error("{kind}: two documents of epoch {epoch}")]
    EpochReused {
        /// Whose.
        kind: AuthorityKind,
        /// The epoch.
        epoch: u64,
    },
    /// The plan has expired.
    #[error("the plan expired {expires}")]
    Expired {
        /// When.
        expires: UtcTime,
    },
    /// Where the proof looked that there is no brake, there never is one.
    #[error("no brake of {product} lies at {path}: that there is none proves nothing")]
    NotTheBrake {
        /// Where it looked.
        path: TargetPath,
        /// The product.
        product: Product,
    },
    /// The device has seen a brake, and now there is none. Whoever has no more use for a brake
    /// publishes an empty one.
    #[error("there was a brake of epoch {seen}, and none is given")]
    BrakeMissing {
        /// The epoch of the brake that was seen.
        seen: u64,
    },
    /// More withdrawals of one authority than a device can remember, and none of them has ended.
    #[error("more than {limit} withdrawals of one authority to remember")]
    WithdrawnFull {
        /// How many can be.
        limit: u32,
    },
}

/// An authority of a repository, by what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorityKind {
    /// Release manifests and their components.
    Releases,
    /// Rollout plans.
    Rollouts,
    /// Brakes.
    Brake,
}

impl core::fmt::Display for AuthorityKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Releases => "releases",
            Self::Rollouts => "rollouts",
            Self::Brake => "brake",
        })
    }
}

struct Pair<'a>(&'a [AuthorityKind; 2]);

impl core::fmt::Display for Pair<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let [one, other] = self.0;
        write!(f, "{one} and {other}")
    }
}

impl RolloutError {
    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotDelegated { .. } => "rollout.not-delegated",
            Self::Bytes(e) => e.code(),
            Self::Document(e) => e.code(),
            Self::OtherProduct { .. } => "rollout.other-product",
            Self::OtherSnapshot => "rollout.other-snapshot",
            Self::SharedKey { .. } => "rollout.shared-key",
            Self::EpochRollback { .. } => "rollout.epoch-rollback",
            Self::EpochReused { .. } => "rollout.epoch-reused",
            Self::Expired { .. } => "rollout.expired",
            Self::NotTheBrake { .. } => "rollout.not-the-brake",
            Self::BrakeMissing { .. } => "rollout.brake-missing",
            Self::WithdrawnFull { .. } => "rollout.withdrawn-full",
        }
    }

    /// What helps.
    #[must_use]
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::Bytes(e) => e.remedy(),
            Self::OtherSnapshot | Self::Expired { .. } => Remedy::Refresh,
            _ => Remedy::Operator,
        }
    }
}
