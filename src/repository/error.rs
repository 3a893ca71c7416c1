//! Why something cannot be published.

use alloc::boxed::Box;

use crate::key::{KeyFingerprint, SigningError};
use crate::metadata::MetadataError;
use crate::primitives::{Remedy, RoleName, UtcTime, Version};
use crate::provenance::ProvenanceError;
use crate::verify::VerifyError;

/// What cannot be sealed, because no device would take it or nobody could sign for it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// A device could not read the file, or it is over the limits.
    #[error(transparent)]
    Unreadable(#[from] VerifyError),
    /// The bytes are not compact and sorted.
    #[error("{role}: not in the form in which files are published")]
    Form {
        /// The role.
        role: RoleName,
    },
    /// A text is not in Unicode's normal form C: clients would disagree about it.
    #[error("{role}: {text:?} is not in normal form C")]
    NotNormalised {
        /// The role.
        role: RoleName,
        /// The text.
        text: Box<str>,
    },
    /// The version does not follow the published one: devices would take the file for a rollback.
    #[error("{role}: version {version} does not follow what is published ({published:?})")]
    Version {
        /// The role.
        role: RoleName,
        /// The version that is published, if any is.
        published: Option<Version>,
        /// The version of the file.
        version: Version,
    },
    /// There is no version after the published one.
    #[error("{role}: there is no further version")]
    VersionExhausted {
        /// The role.
        role: RoleName,
    },
    /// The file would have expired.
    #[error("{role}: expires {expires}, which is past")]
    Expired {
        /// The role.
        role: RoleName,
        /// When it expires.
        expires: UtcTime,
    },
    /// More keys have to sign than there are.
    #[error(
        "{role}: {delegator} asks for {threshold} signatures, but there are {keys} usable keys"
    )]
    Unattainable {
        /// The role that nobody could sign for.
        role: RoleName,
        /// The role that says so.
        delegator: RoleName,
        /// How many distinct keys can be used.
        keys: usize,
        /// How many have to sign.
        threshold: u64,
    },
    /// Roles that are to be apart have a key in common.
    #[error("{} and {} share the key {key}", roles.0, roles.1)]
    SharedKey {
        /// The two roles.
        roles: Box<(RoleName, RoleName)>,
        /// The key.
        key: KeyFingerprint,
    },
    /// A role lists a path that no search for it comes to there: it is outside of the delegation,
    /// or behind one that ends the search.
    #[error("{role} may not speak for {path:?}")]
    PathOutside {
        /// The role.
        role: RoleName,
        /// The path.
        path: Box<str>,
    },
    /// A role lists what is no target path.
    #[error("{role}: {path:?} is no target path")]
    NoPath {
        /// The role.
        role: RoleName,
        /// The text.
        path: Box<str>,
    },
    /// An entry that devices refuse when they look it up.
    #[error("{role}: the entry of {path:?}: {reason}")]
    Entry {
        /// The role.
        role: RoleName,
        /// The path.
        path: Box<str>,
        /// What is wrong with it.
        reason: MetadataError,
    },
    /// More bins than devices take delegations.
    #[error("{role}: two to the power of {bits} bins are too many")]
    Bins {
        /// The role that delegates to them.
        role: RoleName,
        /// The bits.
        bits: u32,
    },
    /// Without versions in the names, the file would be taken for a root.
    #[error("{role}: its file would be taken for a root")]
    FileName {
        /// The role.
        role: RoleName,
    },
    /// No role that is at hand delegates to this one.
    #[error("{role}: no role at hand delegates to it")]
    NotDelegated {
        /// The role.
        role: RoleName,
    },
    /// A role is delegated to, but has no file.
    #[error("{role}: is delegated to, but has no file")]
    NoFile {
        /// The role.
        role: RoleName,
    },
    /// The file of a role has to be at hand, because who signs for it or what it may speak for
    /// changes.
    #[error("{role}: what is delegated to it changes, so load its file")]
    NotLoaded {
        /// The role.
        role: RoleName,
    },
    /// A target that is new or changed has not the provenance that the policy asks for.
    #[error("{path}: {reason}")]
    Provenance {
        /// The path of the target.
        path: Box<str>,
        /// What is wrong with its provenance.
        reason: Box<ProvenanceError>,
    },
    /// Nothing changes.
    #[error("nothing changes")]
    Nothing,
    /// A signer failed.
    #[error("{role}: {reason}")]
    Signing {
        /// The role.
        role: RoleName,
        /// What failed.
        reason: SigningError,
    },
}

impl SealError {
    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(reason) => reason.code(),
            Self::Form { .. } => "seal.form",
            Self::NotNormalised { .. } => "seal.not-normalised",
            Self::Version { .. } => "seal.version",
            Self::VersionExhausted { .. } => "seal.version-exhausted",
            Self::Expired { .. } => "seal.expired",
            Self::Unattainable { .. } => "seal.unattainable",
            Self::SharedKey { .. } => "seal.shared-key",
            Self::PathOutside { .. } => "seal.path-outside",
            Self::NoPath { .. } => "seal.no-path",
            Self::Entry { reason, .. } => reason.code(),
            Self::Bins { .. } => "seal.bins",
            Self::FileName { .. } => "seal.file-name",
            Self::NotDelegated { .. } => "seal.not-delegated",
            Self::NoFile { .. } => "seal.no-file",
            Self::NotLoaded { .. } => "seal.not-loaded",
            Self::Provenance { reason, .. } => reason.code(),
            Self::Nothing => "seal.nothing",
            Self::Signing { .. } => "seal.signing",
        }
    }

    /// What helps.
    #[must_use]
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::Signing { .. } => Remedy::Retry,
            Self::VersionExhausted { .. } => Remedy::Operator,
            _ => Remedy::FixCaller,
        }
    }
}
