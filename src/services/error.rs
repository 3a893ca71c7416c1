//! Why the keys of a service are not believed.

use super::Purpose;
use crate::artifact::ArtifactError;
use crate::json::RecordError;
use crate::primitives::{TargetPath, UtcTime, refusals};

refusals!(
    Manifest,
    /// A refusal of a list of service keys, in the order of the checks.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum ServiceError {
        /// `targets` lists the document itself: there is no authority for services.
        #[refusal("services.not-delegated", Operator)]
        #[error("{path}: listed by `targets` itself, delegated to nobody")]
        NotDelegated {
            /// The path of the document.
            path: TargetPath,
        },
        /// No digest binds the file of a role that vouches for it: whoever serves it could have put
        /// another in its place. Publish with digests.
        #[refusal("services.not-bound", Operator)]
        #[error("{path}: no digest binds a role that vouches for it")]
        NotBound {
            /// The path of the document.
            path: TargetPath,
        },
        /// The bytes are not those that the metadata lists.
        #[refusal(of 0)]
        #[error("the service keys are not the listed bytes")]
        Bytes(#[from] ArtifactError),
        /// The document is not well-formed.
        #[refusal(of 0, Operator)]
        #[error("the service keys are not well-formed")]
        Document(#[from] RecordError),
        /// The document declares another purpose than its path.
        #[refusal("services.other-purpose", Operator)]
        #[error("{path} holds keys for {found}")]
        OtherPurpose {
            /// Where it lies.
            path: TargetPath,
            /// What it declares.
            found: Purpose,
        },
        /// The list has expired.
        #[refusal("services.expired", Refresh)]
        #[error("the keys for {purpose} expired {expires}")]
        Expired {
            /// Their purpose.
            purpose: Purpose,
            /// When.
            expires: UtcTime,
        },
    }
);
