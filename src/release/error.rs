//! Why a release is not trusted.

use super::{Product, ReleaseVersion};
use crate::artifact::ArtifactError;
use crate::json::RecordError;
use crate::primitives::{TargetPath, refusals};

refusals!(
    Manifest,
    /// A refusal of a release, in the order of the checks.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum ReleaseError {
        /// `targets` lists the manifest itself: there is no release authority of its own.
        #[refusal("release.not-delegated", Operator)]
        #[error("{path}: listed by `targets` itself, delegated to nobody")]
        NotDelegated {
            /// The path of the manifest.
            path: TargetPath,
        },
        /// The target is no manifest by its path.
        #[refusal("release.path", Operator)]
        #[error("{path} is not the path of a release manifest")]
        Path {
            /// The path.
            path: TargetPath,
        },
        /// No digest binds the file of a role that vouches for it: whoever serves it could have put
        /// another in its place. Publish with digests.
        #[refusal("release.not-bound", Operator)]
        #[error("{path}: no digest binds a role that vouches for it")]
        NotBound {
            /// The path of the manifest.
            path: TargetPath,
        },
        /// The bytes are not those that the metadata lists.
        #[refusal(of 0)]
        #[error("the manifest is not the listed bytes")]
        Bytes(#[from] ArtifactError),
        /// The manifest is not well-formed.
        #[refusal(of 0, Operator)]
        #[error("the manifest is not well-formed")]
        Manifest(#[from] RecordError),
        /// The manifest says that it is another one's: one team speaks for another.
        #[refusal("release.other-release", Operator)]
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
);
