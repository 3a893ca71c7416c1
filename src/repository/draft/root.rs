//! The root: who signs for the top-level roles.

use alloc::collections::BTreeMap;

use super::fields::{remove_field, set_field};
use super::role::RoleDraft;
use super::{DraftError, Result};
use crate::json::{Json, Object};
use crate::key::{KeyId, NamedKey};
use crate::metadata::RoleType;
use crate::primitives::RoleName;

/// The next root.
///
/// Keys that no role names any more are left out when it is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootDraft {
    consistent_snapshot: bool,
    keys: Object,
    roles: BTreeMap<RoleType, RoleDraft>,
    /// Roles such as `mirrors`, which mean nothing here.
    other_roles: Object,
    rest: Object,
}

const TOP_LEVEL: [RoleType; 4] =
    [RoleType::Root, RoleType::Timestamp, RoleType::Snapshot, RoleType::Targets];
const OWN: [&str; 3] = ["consistent_snapshot", "keys", "roles"];

impl RootDraft {
    /// A root without keys, with consistent snapshots.
    pub(in crate::repository) fn new() -> Self {
        Self {
            consistent_snapshot: true,
            keys: Object::default(),
            roles: TOP_LEVEL.into_iter().map(|role| (role, RoleDraft::default())).collect(),
            other_roles: Object::default(),
            rest: Object::default(),
        }
    }

    /// As `signed`, which is in published form, says.
    pub(in crate::repository) fn of(signed: &str) -> Self {
        let mut rest = Object::of(signed);
        let consistent = rest.take("consistent_snapshot");
        let keys = rest.take_object("keys");
        let mut other_roles = rest.take_object("roles");
        let mut role = |role: RoleType| {
            let draft = other_roles.take(role.name()).as_ref().map(RoleDraft::of);
            (role, draft.unwrap_or_default())
        };
        let roles = TOP_LEVEL.into_iter().map(&mut role).collect();
        let consistent_snapshot = consistent.is_some_and(|value| value.as_str() == "true");
        Self { consistent_snapshot, keys, roles, other_roles, rest }
    }

    /// Whether file names carry versions, and targets' names digests (§6.2).
    #[must_use]
    pub fn consistent_snapshot(&self) -> bool {
        self.consistent_snapshot
    }

    /// Sets [`consistent_snapshot`](Self::consistent_snapshot). Every file then has another name,
    /// so all roles have to be loaded when it changes.
    pub fn set_consistent_snapshot(&mut self, consistent: bool) {
        self.consistent_snapshot = consistent;
    }

    /// The ids of a role's keys.
    #[must_use]
    pub fn key_ids(&self, role: RoleType) -> &[KeyId] {
        self.roles.get(&role).map(|role| &*role.key_ids).unwrap_or_default()
    }

    /// How many of a role's keys have to sign.
    #[must_use]
    pub fn threshold(&self, role: RoleType) -> u64 {
        self.roles.get(&role).map(|role| role.threshold).unwrap_or_default()
    }

    /// Gives a role these keys and no other.
    pub fn set_keys(&mut self, role: RoleType, keys: &[NamedKey], threshold: u64) -> Result<()> {
        self.edit(role, |draft, name, listed| draft.set(name, keys, threshold, listed))
    }

    /// Gives a role one key more.
    pub fn add_key(&mut self, role: RoleType, key: &NamedKey) -> Result<()> {
        self.edit(role, |draft, name, listed| draft.add(name, key, listed))
    }

    /// Takes a key from a role, under whatever ids it is listed. The threshold has to stay attainable: lower it before, or replace
    /// the key.
    pub fn remove_key(&mut self, role: RoleType, key_id: &KeyId) -> Result<()> {
        self.edit(role, |draft, name, listed| draft.remove(name, key_id, listed))
    }

    /// Puts one key in the place of another.
    pub fn replace_key(&mut self, role: RoleType, old: &KeyId, new: &NamedKey) -> Result<()> {
        self.edit(role, |draft, name, listed| draft.replace(name, old, new, listed))
    }

    /// Sets how many of a role's keys have to sign.
    pub fn set_threshold(&mut self, role: RoleType, threshold: u64) -> Result<()> {
        self.edit(role, |draft, name, _| draft.set_threshold(name, threshold))
    }

    /// A field that this crate does not know.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Json> {
        self.rest.get(name)
    }

    /// Takes a field away that this crate does not know.
    pub fn remove_field(&mut self, name: &str) -> Option<Json> {
        remove_field(&mut self.rest, name)
    }

    /// Sets a field that this crate does not know.
    pub fn set_field(&mut self, name: &str, value: Json) -> Result<()> {
        set_field(&mut self.rest, &OWN, name, value)
    }

    /// The fields of the `signed` part, but for the header.
    pub(in crate::repository) fn fields(&self) -> Object {
        let mut roles = self.other_roles.clone();
        let mut keys = self.keys.clone();
        for (role, draft) in &self.roles {
            roles.set(role.name(), draft.to_json());
        }
        let used = |id: &str| {
            self.roles.values().any(|role| role.key_ids.iter().any(|known| known.as_str() == id))
        };
        keys.retain(used);
        let mut fields = self.rest.clone();
        let consistent = if self.consistent_snapshot { "true" } else { "false" };
        fields.set("consistent_snapshot", Json::published(consistent));
        fields.set("keys", keys.to_json());
        fields.set("roles", roles.to_json());
        fields
    }

    fn edit(
        &mut self,
        role: RoleType,
        edit: impl FnOnce(&mut RoleDraft, &RoleName, &mut Object) -> Result<()>,
    ) -> Result<()> {
        let name = RoleName::from(role);
        // All four are there from the start.
        let draft = self.roles.get_mut(&role).ok_or(DraftError::NoSuchRole(name.clone()))?;
        edit(draft, &name, &mut self.keys)
    }
}
