//! What lies where a product's brake does.

use super::TrustedBrake;
use crate::primitives::UtcTime;
use crate::verify::{SnapshotId, Unlisted};

/// What a device has found where its product's brake lies: a brake, or the proof that there is none.
///
/// A download that failed is neither, so it cannot be taken for a product that nobody has stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "there is one in a cycle, and it is soon taken apart")]
pub enum FoundBrake {
    /// A brake.
    Brake(TrustedBrake),
    /// The metadata lists none: what a search for
    /// [`Product::brake_path`](crate::release::Product::brake_path) gave.
    Unlisted(Unlisted),
}

impl FoundBrake {
    /// The brake, if there is one.
    #[must_use]
    pub fn brake(&self) -> Option<&TrustedBrake> {
        match self {
            Self::Brake(brake) => Some(brake),
            Self::Unlisted(_) => None,
        }
    }

    /// When the first ends of all metadata that says so.
    #[must_use]
    pub fn fresh_until(&self) -> UtcTime {
        match self {
            Self::Brake(brake) => brake.vouched().fresh_until(),
            Self::Unlisted(unlisted) => unlisted.fresh_until(),
        }
    }

    /// The state of the repository.
    pub(super) fn snapshot(&self) -> SnapshotId {
        match self {
            Self::Brake(brake) => brake.vouched().snapshot(),
            Self::Unlisted(unlisted) => unlisted.snapshot(),
        }
    }
}

impl From<TrustedBrake> for FoundBrake {
    fn from(brake: TrustedBrake) -> Self {
        Self::Brake(brake)
    }
}

impl From<Unlisted> for FoundBrake {
    fn from(unlisted: Unlisted) -> Self {
        Self::Unlisted(unlisted)
    }
}
