//! The top-level roles, and what authorises a role.

use alloc::vec::Vec;
use core::fmt;

use super::{MetadataError, Result, room};
use crate::json::Reader;
use crate::key::KeyId;
use crate::primitives::{Limits, RoleName};

/// The four kinds of metadata. A delegated role's file is of the kind `Targets`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleType {
    /// Names the keys of the four top-level roles.
    Root,
    /// Names the current snapshot.
    Timestamp,
    /// Names the versions of all targets files.
    Snapshot,
    /// Names targets, and delegates.
    Targets,
}

impl RoleType {
    /// The name in `_type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Timestamp => "timestamp",
            Self::Snapshot => "snapshot",
            Self::Targets => "targets",
        }
    }
}

impl fmt::Display for RoleType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<RoleType> for RoleName {
    fn from(role: RoleType) -> Self {
        Self::top_level(role.name())
    }
}

/// The keys that may sign for a role, and how many of them must (TUF §4.3, `ROLE`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleKeys {
    pub(super) key_ids: Vec<KeyId>,
    pub(super) threshold: u64,
}

impl RoleKeys {
    /// The ids of the keys, no id twice.
    #[must_use]
    pub fn key_ids(&self) -> &[KeyId] {
        &self.key_ids
    }

    /// How many distinct keys must have signed: at least 1, and perhaps more than there are.
    #[must_use]
    pub fn threshold(&self) -> u64 {
        self.threshold
    }

    /// From the two fields, `keyids` in the order of the file.
    pub(super) fn new(key_ids: Vec<KeyId>, threshold: u64) -> Result<Self> {
        if threshold == 0 {
            return Err(MetadataError::Threshold);
        }
        Ok(Self { key_ids, threshold })
    }
}

/// Reads `keyids`.
pub(super) fn read_key_ids(r: &mut Reader<'_>, limits: &Limits) -> Result<Vec<KeyId>> {
    let mut ids: Vec<KeyId> = Vec::new();
    r.array(|r| {
        room(&ids, limits.max_key_ids, "key ids in a role")?;
        let id = KeyId::new(&r.text()?.decode());
        if ids.contains(&id) {
            return Err(MetadataError::DuplicateKeyId(id));
        }
        ids.push(id);
        Ok(())
    })?;
    Ok(ids)
}
