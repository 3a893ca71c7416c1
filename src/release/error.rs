//! Why a release is not trusted.

use super::{Product, ReleaseVersion};
use crate::artifact::ArtifactError;
use crate::json::RecordError;
use crate::primitives::{Remedy, TargetPath};

/// A refusal of a release, in the order of the checks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// `targets` lists the manifest itself: there is no release authority of its own.
    #[error("{path}: listed by `targets` itself, delegated to nobody")]
    NotDelegated {
        /// The path of the manifest.
        path: TargetPath,
    },
    /// The target is no manifest by its path.
    #[error("{path} is not the path of a release manifest")]
    Path {
        /// The path.
        path: TargetPath,
    },
    /// The bytes are not those that the metadata lists.
    #[error("the manifest: {0}")]
    Bytes(#[from] ArtifactError),
    /// The manifest is not well-formed.
    #[error("the manifest: {0}")]
    Manifest(#[from] RecordError),
    /// The manifest says that it is another one's: one team speaks for another.
    #[error("{path} holds a manifest of {product} {version}")]
    OtherRelease {
        /// Where it lies.
        path: TargetPath,
        /// The product that it names.
        product: Product,
        /// The version that it names.
        version: ReleaseVersion,
    },
}

impl ReleaseError {
    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotDelegated { .. } => "release.not-delegated",
            Self::Path { .. } => "release.path",
            Self::Bytes(e) => e.code(),
            Self::Manifest(e) => e.code(),
            Self::OtherRelease { .. } => "release.other-release",
        }
    }

    /// What helps.
    #[must_use]
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::Bytes(e) => e.remedy(),
            _ => Remedy::Operator,
        }
    }
}
