//! `root.json` (TUF §4.3).

use alloc::collections::BTreeMap;

use super::header::{Header, HeaderFields};
use super::keys::KeyIndex;
use super::role::RoleFields;
use super::{Document, ListedKey, MetadataError, Result, RoleKeys, RoleType, Signed, required};
use crate::json::Reader;
use crate::key::KeyId;
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
    pub(crate) fn key(&self, id: &KeyId) -> Option<ListedKey<'_>> {
        self.signed().keys.get(self.text(), id)
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
    let mut fields = RoleFields::default();
    r.object(|r, key| {
        if fields.take(&key, r, limits)? {
        } else {
            r.skip()?;
        }
        Ok::<_, MetadataError>(())
    })?;
    let (key_ids, threshold) = fields.finish()?;
    Ok(RoleKeys::checked(r.source(), key_ids, threshold))
}
