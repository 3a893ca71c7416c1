//! Why a plan or a brake is refused.

use crate::artifact::ArtifactError;
use crate::json::RecordError;
use crate::key::KeyFingerprint;
use crate::primitives::{NewerState, TargetPath, UtcTime, refusals};
use crate::release::Product;

refusals!(
    Eligibility,
    /// A refusal of a rollout plan or of a brake.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum RolloutError {
        /// `targets` lists the document itself: there is no authority of its own.
        #[refusal("rollout.not-delegated", Operator)]
        #[error("{path}: listed by `targets` itself, delegated to nobody")]
        NotDelegated {
            /// The path of the document.
            path: TargetPath,
        },
        /// No digest binds the file of a role that vouches for it: whoever serves it could have put
        /// another in its place. Publish with digests.
        #[refusal("rollout.not-bound", Operator)]
        #[error("{path}: no digest binds a role that vouches for it")]
        NotBound {
            /// The path of the document.
            path: TargetPath,
        },
        /// The bytes are not those that the metadata lists.
        #[refusal(of 0)]
        #[error("the plan or brake is not the listed bytes")]
        Bytes(#[from] ArtifactError),
        /// The document is not well-formed.
        #[refusal(of 0, Operator)]
        #[error("the plan or brake is not well-formed")]
        Document(#[from] RecordError),
        /// The document is another product's.
        #[refusal("rollout.other-product", Operator)]
        #[error("{path} is of {product}")]
        OtherProduct {
            /// Where it lies.
            path: TargetPath,
            /// The product that it names.
            product: Product,
        },
        /// Plan, brake or release are not of one state of one repository: mix and match.
        #[refusal("rollout.other-snapshot", Refresh)]
        #[error("documents of two states of a repository")]
        OtherSnapshot,
        /// Two authorities have a key in common, and so are one.
        #[refusal("rollout.shared-key", Operator)]
        #[error("the {} authorities share the key {key}", Pair(.between))]
        SharedKey {
            /// Which two.
            between: [AuthorityKind; 2],
            /// The key.
            key: KeyFingerprint,
        },
        /// A key that signs timestamps or snapshots signs plans or brakes, too: such a key is online, and
        /// whoever takes it would decide what devices install.
        #[refusal("rollout.online-key", Operator)]
        #[error("the {kind} authority has the online key {key}")]
        OnlineKey {
            /// Whose.
            kind: AuthorityKind,
            /// The key.
            key: KeyFingerprint,
        },
        /// The plan or brake is older than one that the device has seen: a rollback attack.
        #[refusal("rollout.epoch-rollback", Operator)]
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
        #[refusal("rollout.epoch-reused", Operator)]
        #[error("{kind}: two documents of epoch {epoch}")]
        EpochReused {
            /// Whose.
            kind: AuthorityKind,
            /// The epoch.
            epoch: u64,
        },
        /// The plan has expired.
        #[refusal("rollout.expired", Refresh)]
        #[error("the plan expired {expires}")]
        Expired {
            /// When.
            expires: UtcTime,
        },
        /// Where the proof looked that there is no brake, there never is one.
        #[refusal("rollout.not-the-brake", Operator)]
        #[error("no brake of {product} lies at {path}: that there is none proves nothing")]
        NotTheBrake {
            /// Where it looked.
            path: TargetPath,
            /// The product.
            product: Product,
        },
        /// The device has seen a brake, and now there is none. Whoever has no more use for a brake
        /// publishes an empty one; from a thief's, `targets` takes the key away.
        #[refusal("rollout.brake-missing", Operator)]
        #[error("there was a brake of epoch {seen}, and none is given")]
        BrakeMissing {
            /// The epoch of the brake that was seen.
            seen: u64,
        },
        /// The minimum index of the plan is below one that the device has seen.
        #[refusal("rollout.minimum-index", Operator)]
        #[error("the minimum index {found} is below {seen}")]
        MinimumIndex {
            /// What was seen.
            seen: u64,
            /// What is offered.
            found: u64,
        },
        /// More withdrawals of one authority than a device can remember, and none of them has ended.
        #[refusal("rollout.withdrawn-full", Operator)]
        #[error("more than {limit} withdrawals of one authority to remember")]
        WithdrawnFull {
            /// How many can be.
            limit: u32,
        },
        /// Newer firmware has written what the device remembers.
        #[refusal(of 0)]
        #[error("what the device remembers of rollouts was not looked at")]
        Newer(#[from] NewerState),
    }
);

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

impl AuthorityKind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Releases => "releases",
            Self::Rollouts => "rollouts",
            Self::Brake => "brake",
        }
    }
}

impl core::fmt::Display for AuthorityKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

struct Pair<'a>(&'a [AuthorityKind; 2]);

impl core::fmt::Display for Pair<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let [one, other] = self.0;
        write!(f, "{one} and {other}")
    }
}
