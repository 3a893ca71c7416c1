//! Why an edit is refused.

use alloc::boxed::Box;

use crate::key::KeyId;
use crate::primitives::{Remedy, RoleName, TargetPath};

/// An edit that no sealed file could come of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DraftError {
    /// A field that has a method of its own cannot be set by its name.
    #[error("the field `{0}` is not set by its name")]
    KnownField(Box<str>),
    /// Another key is listed under the id.
    #[error("another key has the id {0}")]
    KeyConflict(KeyId),
    /// The role has no key with the id.
    #[error("{role} has no key with the id {key_id}")]
    NoSuchKey {
        /// The role.
        role: RoleName,
        /// The id.
        key_id: KeyId,
    },
    /// The role has the key already.
    #[error("{role} has a key with the id {key_id} already")]
    HasKey {
        /// The role.
        role: RoleName,
        /// The id.
        key_id: KeyId,
    },
    /// The role would have fewer keys than have to sign.
    #[error("{role}: {keys} keys cannot meet a threshold of {threshold}")]
    Threshold {
        /// The role.
        role: RoleName,
        /// How many keys it would have.
        keys: usize,
        /// How many have to sign; 0 is no threshold.
        threshold: u64,
    },
    /// A role of that name is delegated already.
    #[error("{0} is delegated already")]
    DuplicateRole(RoleName),
    /// No such role is delegated here.
    #[error("{0} is not delegated here")]
    NotDelegated(RoleName),
    /// Succinct bins and other delegations do not go together in one role.
    #[error("succinct bins are the only delegation of a role")]
    SuccinctAlone,
    /// The role delegates already, so what it lists cannot be moved into bins.
    #[error("{0} delegates already")]
    HasDelegations(RoleName),
    /// The number of bins is 2 to the power of 1 up to 14.
    #[error("2 to the power of {0} bins are too few or too many")]
    Bins(u32),
    /// Only timestamp and snapshot are recovered by new keys alone.
    #[error("{0} is neither timestamp nor snapshot")]
    NotOnline(RoleName),
    /// `custom` is no object.
    #[error("`custom` is a JSON object")]
    Custom,
    /// No digest is given for a target.
    #[error("a target has at least one digest")]
    NoDigest,
    /// The role is published, but its file has not been loaded.
    #[error("{0}: load its file before editing it")]
    NotLoaded(RoleName),
    /// There is no such role, neither published nor drafted.
    #[error("{0}: there is no such role")]
    NoSuchRole(RoleName),
    /// A role of that name is there already.
    #[error("{0}: there is such a role already")]
    RoleExists(RoleName),
    /// No role may speak for the path.
    #[error("no role may speak for {0}")]
    NobodySpeaksFor(TargetPath),
    /// No role that a search comes to lists the target.
    #[error("no role lists {path}")]
    NoSuchTarget {
        /// The path.
        path: TargetPath,
    },
}

impl DraftError {
    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KnownField(_) => "draft.known-field",
            Self::KeyConflict(_) => "draft.key-conflict",
            Self::NoSuchKey { .. } => "draft.no-such-key",
            Self::HasKey { .. } => "draft.has-key",
            Self::Threshold { .. } => "draft.threshold",
            Self::DuplicateRole(_) => "draft.duplicate-role",
            Self::NotDelegated(_) => "draft.not-delegated",
            Self::SuccinctAlone => "draft.succinct-alone",
            Self::HasDelegations(_) => "draft.has-delegations",
            Self::Bins(_) => "draft.bins",
            Self::NotOnline(_) => "draft.not-online",
            Self::Custom => "draft.custom",
            Self::NoDigest => "draft.no-digest",
            Self::NotLoaded(_) => "draft.not-loaded",
            Self::NoSuchRole(_) => "draft.no-such-role",
            Self::RoleExists(_) => "draft.role-exists",
            Self::NobodySpeaksFor(_) => "draft.nobody-speaks-for",
            Self::NoSuchTarget { .. } => "draft.no-such-target",
        }
    }

    /// What helps: the edit is wrong, or what it stands on.
    #[must_use]
    pub const fn remedy(&self) -> Remedy {
        Remedy::FixCaller
    }
}
