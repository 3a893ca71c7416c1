//! `root.json` (TUF §4.3).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::header::{Header, HeaderFields};
use super::keys::KeyIndex;
use super::role::read_key_ids;
use super::{Document, MetadataError, Result, RoleKeys, RoleType, Signed, required};
use crate::json::Reader;
use crate::key::{Key, KeyId};
use crate::primitives::{Limits, UtcTime, Version};

/// Names the keys of the four top-level roles.
#[derive(Clone, Debug)]
pub struct Root {
    header: Header,
    consistent_snapshot: bool,
    keys: KeyIndex,
    root: RoleKeys,
    timestamp: RoleKeys,
    snapshot: RoleKeys,
    targets: RoleKeys,
}

impl Root {
    /// Whether files other than the timestamp carry their version, and targets their digest, in
    /// their names (§6.2). Absent reads as `false`.
    #[must_use]
    pub fn consistent_snapshot(&self) -> bool {
        self.consistent_snapshot
    }

    /// Who may sign for a top-level role.
    #[must_use]
    pub fn role(&self, role: RoleType) -> &RoleKeys {
        match role {
            RoleType::Root => &self.root,
            RoleType::Timestamp => &self.timestamp,
            RoleType::Snapshot => &self.snapshot,
            RoleType::Targets => &self.targets,
        }
    }
}

impl Document<'_, Root> {
    /// The key with the id `id`, if this root lists it.
    pub(crate) fn key(&self, id: &KeyId, limits: &Limits) -> Option<Key> {
        self.signed().keys.get(self.text(), id, limits)
    }
}

impl Signed for Root {
    fn read(r: &mut Reader<'_>, limits: &Limits) -> Result<Self> {
        let mut header = HeaderFields::default();
        let mut consistent_snapshot = false;
        let mut keys = None;
        let mut roles = None;
        r.object(|r, key| {
            if header.take(&key, r)? {
            } else if key.is("consistent_snapshot") {
                consistent_snapshot = r.boolean()?;
            } else if key.is("keys") {
                keys = Some(KeyIndex::read(r, limits)?);
            } else if key.is("roles") {
                roles = Some(read_roles(r, limits)?);
            } else {
                r.skip()?;
            }
            Ok::<_, MetadataError>(())
        })?;
        let header = header.finish(RoleType::Root)?;
        let mut roles = required(roles, "roles")?;
        let mut role = |role: RoleType| required(roles.remove(role.name()), role.name());
        Ok(Self {
            header,
            consistent_snapshot,
            keys: required(keys, "keys")?,
            root: role(RoleType::Root)?,
            timestamp: role(RoleType::Timestamp)?,
            snapshot: role(RoleType::Snapshot)?,
            targets: role(RoleType::Targets)?,
        })
    }

    fn version(&self) -> Version {
        self.header.version
    }

    fn expires(&self) -> UtcTime {
        self.header.expires
    }
}

const TOP_LEVEL: [RoleType; 4] =
    [RoleType::Root, RoleType::Timestamp, RoleType::Snapshot, RoleType::Targets];

/// Reads `roles`: the four that count. Others (`mirrors`) are passed over.
fn read_roles(r: &mut Reader<'_>, limits: &Limits) -> Result<BTreeMap<&'static str, RoleKeys>> {
    let mut roles = BTreeMap::new();
    r.object(|r, key| {
        match TOP_LEVEL.iter().find(|role| key.is(role.name())) {
            Some(role) => {
                roles.insert(role.name(), read_role(r, limits)?);
            }
            None => r.skip()?,
        }
        Ok::<_, MetadataError>(())
    })?;
    Ok(roles)
}

fn read_role(r: &mut Reader<'_>, limits: &Limits) -> Result<RoleKeys> {
    let mut key_ids: Option<Vec<KeyId>> = None;
    let mut threshold = None;
    r.object(|r, key| {
        if key.is("keyids") {
            key_ids = Some(read_key_ids(r, limits)?);
        } else if key.is("threshold") {
            threshold = Some(r.u64()?);
        } else {
            r.skip()?;
        }
        Ok::<_, MetadataError>(())
    })?;
    RoleKeys::new(required(key_ids, "keyids")?, required(threshold, "threshold")?)
}
