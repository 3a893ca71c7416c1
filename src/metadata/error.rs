//! Why a file is not the metadata that it should be.

use alloc::boxed::Box;

use super::RoleType;
use crate::json::JsonError;
use crate::key::KeyId;
use crate::primitives::{HashesError, RoleName, RoleNameError, TimeError};

/// A file that is not well-formed metadata.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The file is not strict JSON of the expected shape.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A required field is absent.
    #[error("the field `{field}` is missing")]
    MissingField {
        /// Its name.
        field: &'static str,
    },
    /// `_type` names another role.
    #[error("`_type` is {found:?}, expected {expected}")]
    Type {
        /// The role whose file was asked for.
        expected: RoleType,
        /// What the file says it is.
        found: Box<str>,
    },
    /// `spec_version` has another major version than 1.
    #[error("`spec_version` {found:?} is not of TUF 1")]
    SpecVersion {
        /// What the file says.
        found: Box<str>,
    },
    /// A `version` of 0.
    #[error("a `version` is at least 1")]
    Version,
    /// `expires` is no time.
    #[error("`expires`: {0}")]
    Expires(TimeError),
    /// A `threshold` of 0.
    #[error("a `threshold` is at least 1")]
    Threshold,
    /// A role lists a key id twice.
    #[error("a role lists the key id {0} twice")]
    DuplicateKeyId(KeyId),
    /// The file carries two signatures under one key id.
    #[error("two signatures have the key id {0}")]
    DuplicateSignature(KeyId),
    /// A list is longer than the limits allow.
    #[error("more than {limit} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: u32,
    },
    /// The digests listed for a file cannot vouch for it.
    #[error("`hashes`: {0}")]
    Hashes(HashesError),
    /// A delegation gives a role a name that it may not have.
    #[error(transparent)]
    RoleName(#[from] RoleNameError),
    /// Two delegations of one file have the same name.
    #[error("two delegations have the name {0}")]
    DuplicateRole(RoleName),
    /// A delegation has both or neither of `paths` and `path_hash_prefixes`.
    #[error("the delegation to {0} has both or neither of `paths` and `path_hash_prefixes`")]
    PathSet(RoleName),
    /// `delegations` has both or neither of `roles` and `succinct_roles`.
    #[error("`delegations` has both or neither of `roles` and `succinct_roles`")]
    RoleSet,
    /// The `bit_length` of succinct roles is not within 1 to 32.
    #[error("`bit_length` {0} is not within 1 to 32")]
    BitLength(u64),
}

impl From<TimeError> for MetadataError {
    fn from(reason: TimeError) -> Self {
        Self::Expires(reason)
    }
}

impl From<HashesError> for MetadataError {
    fn from(reason: HashesError) -> Self {
        Self::Hashes(reason)
    }
}

impl MetadataError {
    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json(_) => "metadata.json",
            Self::MissingField { .. } => "metadata.missing-field",
            Self::Type { .. } => "metadata.type",
            Self::SpecVersion { .. } => "metadata.spec-version",
            Self::Version => "metadata.version",
            Self::Expires(_) => "metadata.expires",
            Self::Threshold => "metadata.threshold",
            Self::DuplicateKeyId(_) => "metadata.duplicate-key-id",
            Self::DuplicateSignature(_) => "metadata.duplicate-signature",
            Self::TooMany { .. } => "metadata.too-many",
            Self::Hashes(_) => "metadata.hashes",
            Self::RoleName(_) => "metadata.role-name",
            Self::DuplicateRole(_) => "metadata.duplicate-role",
            Self::PathSet(_) => "metadata.path-set",
            Self::RoleSet => "metadata.role-set",
            Self::BitLength(_) => "metadata.bit-length",
        }
    }
}
