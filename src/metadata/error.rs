//! Why a file is not the metadata that it should be.

use super::RoleType;
use crate::json::JsonError;
use crate::key::KeyId;
use crate::primitives::{HashesError, Quoted, RoleName, RoleNameError, TimeError, refusals};

refusals!(
    Manifest,
    /// A file that is not well-formed metadata.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum MetadataError {
        /// The file is not strict JSON of the expected shape.
        #[refusal("metadata.json", AnotherMirror)]
        #[error(transparent)]
        Json(#[from] JsonError),
        /// A required field is absent.
        #[refusal("metadata.missing-field", AnotherMirror)]
        #[error("the field `{field}` is missing")]
        MissingField {
            /// Its name.
            field: &'static str,
        },
        /// `_type` names another role.
        #[refusal("metadata.type", AnotherMirror)]
        #[error("`_type` is {found}, expected {expected}")]
        Type {
            /// The role whose file was asked for.
            expected: RoleType,
            /// What the file says it is.
            found: Quoted,
        },
        /// `spec_version` has another major version than 1.
        #[refusal("metadata.spec-version", AnotherMirror)]
        #[error("`spec_version` {found} is not of TUF 1")]
        SpecVersion {
            /// What the file says.
            found: Quoted,
        },
        /// A `version` of 0.
        #[refusal("metadata.version", AnotherMirror)]
        #[error("a `version` is at least 1")]
        Version,
        /// `expires` is not a valid time.
        #[refusal("metadata.expires", AnotherMirror)]
        #[error("`expires` is not a valid time")]
        Expires(#[source] TimeError),
        /// A `threshold` of 0.
        #[refusal("metadata.threshold", AnotherMirror)]
        #[error("a `threshold` is at least 1")]
        Threshold,
        /// A role lists a key id twice.
        #[refusal("metadata.duplicate-key-id", AnotherMirror)]
        #[error("a role lists the key id {0} twice")]
        DuplicateKeyId(KeyId),
        /// The file carries two signatures under one key id.
        #[refusal("metadata.duplicate-signature", AnotherMirror)]
        #[error("two signatures have the key id {0}")]
        DuplicateSignature(KeyId),
        /// A list is longer than the limits allow.
        #[refusal("metadata.too-many", AnotherMirror)]
        #[error("more than {limit} {what}")]
        TooMany {
            /// What there is too much of.
            what: &'static str,
            /// The limit.
            limit: u32,
        },
        /// The digests listed for a file cannot vouch for it.
        #[refusal("metadata.hashes", AnotherMirror)]
        #[error("`hashes` cannot vouch for a file")]
        Hashes(#[source] HashesError),
        /// A delegation gives a role a name that it may not have.
        #[refusal("metadata.role-name", AnotherMirror)]
        #[error(transparent)]
        RoleName(#[from] RoleNameError),
        /// Two delegations of one file have the same name.
        #[refusal("metadata.duplicate-role", AnotherMirror)]
        #[error("two delegations have the name {0}")]
        DuplicateRole(RoleName),
        /// A delegation has both or neither of `paths` and `path_hash_prefixes`.
        #[refusal("metadata.path-set", AnotherMirror)]
        #[error("the delegation to {0} has both or neither of `paths` and `path_hash_prefixes`")]
        PathSet(RoleName),
        /// `delegations` has both or neither of `roles` and `succinct_roles`.
        #[refusal("metadata.role-set", AnotherMirror)]
        #[error("`delegations` has both or neither of `roles` and `succinct_roles`")]
        RoleSet,
        /// The `bit_length` of succinct roles is not within 1 to 32.
        #[refusal("metadata.bit-length", AnotherMirror)]
        #[error("`bit_length` {0} is not within 1 to 32")]
        BitLength(u64),
    }
);

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
