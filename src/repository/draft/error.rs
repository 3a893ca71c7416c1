//! Why an edit is refused.

use crate::key::KeyId;
use crate::primitives::{Quoted, RoleName, TargetPath, refusals};

refusals!(
    Signing,
    /// An edit that no sealed file could come of.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum DraftError {
        /// A field that has a method of its own cannot be set by its name.
        #[refusal("draft.known-field", FixCaller)]
        #[error("the field {0} is not set by its name")]
        KnownField(Quoted),
        /// Another key is listed under the id.
        #[refusal("draft.key-conflict", FixCaller)]
        #[error("another key has the id {0}")]
        KeyConflict(KeyId),
        /// The role has no key with the id.
        #[refusal("draft.no-such-key", FixCaller)]
        #[error("{role} has no key with the id {key_id}")]
        NoSuchKey {
            /// The role.
            role: RoleName,
            /// The id.
            key_id: KeyId,
        },
        /// The role has the key already.
        #[refusal("draft.has-key", FixCaller)]
        #[error("{role} has a key with the id {key_id} already")]
        HasKey {
            /// The role.
            role: RoleName,
            /// The id.
            key_id: KeyId,
        },
        /// The role would have fewer keys than have to sign.
        #[refusal("draft.threshold", FixCaller)]
        #[error("{role}: {keys} keys cannot meet a threshold of {threshold}")]
        Threshold {
            /// The role.
            role: RoleName,
            /// How many keys it would have.
            keys: usize,
            /// How many have to sign; 0 is not a threshold.
            threshold: u64,
        },
        /// A role of that name is delegated already.
        #[refusal("draft.duplicate-role", FixCaller)]
        #[error("{0} is delegated already")]
        DuplicateRole(RoleName),
        /// No such role is delegated here.
        #[refusal("draft.not-delegated", FixCaller)]
        #[error("{0} is not delegated here")]
        NotDelegated(RoleName),
        /// Succinct bins and other delegations do not go together in one role.
        #[refusal("draft.succinct-alone", FixCaller)]
        #[error("succinct bins are the only delegation of a role")]
        SuccinctAlone,
        /// The role delegates already, so what it lists cannot be moved into bins.
        #[refusal("draft.has-delegations", FixCaller)]
        #[error("{0} delegates already")]
        HasDelegations(RoleName),
        /// The number of bins is 2 to the power of 1 up to 14.
        #[refusal("draft.bins", FixCaller)]
        #[error("2 to the power of {0} bins are too few or too many")]
        Bins(u32),
        /// Only timestamp and snapshot are recovered by new keys alone.
        #[refusal("draft.not-online", FixCaller)]
        #[error("{0} is neither timestamp nor snapshot")]
        NotOnline(RoleName),
        /// `custom` is not a JSON object.
        #[refusal("draft.custom", FixCaller)]
        #[error("`custom` is a JSON object")]
        Custom,
        /// No digest is given for a target.
        #[refusal("draft.no-digest", FixCaller)]
        #[error("a target has at least one digest")]
        NoDigest,
        /// The role is published, but its file has not been loaded.
        #[refusal("draft.not-loaded", FixCaller)]
        #[error("{0}: load its file before editing it")]
        NotLoaded(RoleName),
        /// There is no such role, neither published nor drafted.
        #[refusal("draft.no-such-role", FixCaller)]
        #[error("{0}: there is no such role")]
        NoSuchRole(RoleName),
        /// A role of that name is there already.
        #[refusal("draft.role-exists", FixCaller)]
        #[error("{0}: there is such a role already")]
        RoleExists(RoleName),
        /// No role may speak for the path.
        #[refusal("draft.nobody-speaks-for", FixCaller)]
        #[error("no role may speak for {0}")]
        NobodySpeaksFor(TargetPath),
        /// No role that a search comes to lists the target.
        #[refusal("draft.no-such-target", FixCaller)]
        #[error("no role lists {path}")]
        NoSuchTarget {
            /// The path.
            path: TargetPath,
        },
    }
);
