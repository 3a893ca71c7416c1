//! Why the keys of a service are not believed.

use super::Purpose;
use crate::artifact::ArtifactError;
use crate::json::RecordError;
use crate::primitives::{Remedy, TargetPath, UtcTime};

/// A refusal of a list of service keys, in the order of the checks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// `targets` lists the document itself: there is no authority for services.
    #[error("{path}: listed by `targets` itself, delegated to nobody")]
    NotDelegated {
        /// The path of the document.
        path: TargetPath,
    },
    /// The bytes are not those that the metadata lists.
    #[error("the service keys: {0}")]
    Bytes(#[from] ArtifactError),
    /// The document is not well-formed.
    #[error("the service keys: {0}")]
    Document(#[from] RecordError),
    /// The document declares another purpose than its path.
    #[error("{path} holds keys for {found}")]
    OtherPurpose {
        /// Where it lies.
        path: TargetPath,
        /// What it declares.
        found: Purpose,
    },
    /// The list has expired.
    #[error("the keys for {purpose} expired {expires}")]
    Expired {
        /// Their purpose.
        purpose: Purpose,
        /// When.
        expires: UtcTime,
    },
}

impl ServiceError {
    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotDelegated { .. } => "services.not-delegated",
            Self::Bytes(e) => e.code(),
            Self::Document(e) => e.code(),
            Self::OtherPurpose { .. } => "services.other-purpose",
            Self::Expired { .. } => "services.expired",
        }
    }

    /// What helps.
    #[must_use]
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::Bytes(e) => e.remedy(),
            Self::Expired { .. } => Remedy::Refresh,
            _ => Remedy::Operator,
        }
    }
}
