//! The top-level roles, and what authorises a role.

use alloc::vec::Vec;
use core::fmt;

use super::{MetadataError, Result, required, room};
use crate::json::{self, Reader, Text};
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

    /// The same keys, with another threshold.
    pub(crate) fn with_threshold(self, threshold: u64) -> Self {
        Self { threshold, ..self }
    }

    /// From the two fields: where `keyids` stands, and a threshold, both checked before.
    pub(super) fn checked(file: &str, key_ids: u32, threshold: u64) -> Self {
        let mut ids = Vec::new();
        json::texts(file, key_ids, |_, id| ids.push(KeyId::new(&id.decode())));
        Self { key_ids: ids, threshold }
    }
}

/// The fields of a role as they are found, in whatever order.
#[derive(Default)]
pub(super) struct RoleFields {
    key_ids: Option<u32>,
    threshold: Option<u64>,
}

impl RoleFields {
    /// Reads the value if `key` is one of the two; `false` leaves it to the caller.
    pub(super) fn take(
        &mut self,
        key: &Text<'_>,
        r: &mut Reader<'_>,
        limits: &Limits,
    ) -> Result<bool> {
        if key.is("keyids") {
            self.key_ids = Some(r.position()?);
            check_key_ids(r, limits)?;
        } else if key.is("threshold") {
            self.threshold = Some(r.u64()?);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Where the key ids stand, and the threshold.
    pub(super) fn finish(self) -> Result<(u32, u64)> {
        let key_ids = required(self.key_ids, "keyids")?;
        match required(self.threshold, "threshold")? {
            0 => Err(MetadataError::Threshold),
            threshold => Ok((key_ids, threshold)),
        }
    }
}

/// Reads `keyids`; no id may stand twice.
fn check_key_ids(r: &mut Reader<'_>, limits: &Limits) -> Result<()> {
    let mut ids: Vec<u32> = Vec::new();
    r.array(|r| {
        room(&ids, limits.max_key_ids, "key ids in a role")?;
        ids.push(r.position()?);
        r.text()?;
        Ok::<_, MetadataError>(())
    })?;
    let file = r.source();
    json::sort(file, &mut ids).map_err(|twice| {
        MetadataError::DuplicateKeyId(KeyId::new(&json::text_at(file, twice).decode()))
    })
}
