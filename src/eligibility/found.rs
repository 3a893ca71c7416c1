//! What was found of a release that a plan has.

use super::Reason;
use crate::primitives::Limits;
use crate::release::{ManifestDigest, ReleaseError, TrustedRelease};
use crate::rollout::PlannedRelease;
use crate::verify::VouchedTarget;

/// What was found where the manifest of a planned release lies.
///
/// A manifest that this firmware cannot read may be meant for others, and one that no mirror serves is
/// no reason to refuse what they do serve. So neither refuses the catalog: the trace says what is wrong
/// with it, and the other releases are decided about. What is not found at all, or not listed, need not
/// be given: the [`Catalog`](super::Catalog) knows what the plan has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "nearly all are releases")]
pub enum FoundRelease {
    /// A release.
    Release(TrustedRelease),
    /// Something else, or something that this firmware cannot read.
    Refused {
        /// The release that it should be, by the plan.
        manifest: ManifestDigest,
        /// What is wrong with it.
        refusal: ReleaseError,
    },
}

impl FoundRelease {
    /// Reads a planned release, as [`TrustedRelease::read`] does.
    #[must_use]
    pub fn read(
        planned: &PlannedRelease,
        vouched: VouchedTarget,
        bytes: &[u8],
        limits: &Limits,
    ) -> Self {
        match TrustedRelease::read(vouched, bytes, limits) {
            Ok(release) => Self::Release(release),
            Err(refusal) => Self::Refused { manifest: planned.manifest(), refusal },
        }
    }
}

impl From<TrustedRelease> for FoundRelease {
    fn from(release: TrustedRelease) -> Self {
        Self::Release(release)
    }
}

/// Why there is no release.
pub(super) fn reason(refusal: &ReleaseError) -> Reason {
    match refusal {
        // What was served is not what is listed: as good as nothing.
        ReleaseError::Bytes(_) => Reason::NotFound,
        other => Reason::Unreadable { code: other.code() },
    }
}
