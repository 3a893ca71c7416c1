//! What happens to keys: each is one call. `manual::ceremonies` has the procedures around them.

use alloc::vec::Vec;

use super::{Authority, Draft, DraftError, TargetsDraft};
use crate::key::{KeyId, NamedKey};
use crate::metadata::RoleType;
use crate::primitives::RoleName;

type Result<T> = core::result::Result<T, DraftError>;

impl Draft {
    /// Puts a new key in the place of an old one: planned rotation.
    ///
    /// While the old key can still sign, let it: the files are then signed by both, and devices see
    /// no gap, whether they know the new root yet or not.
    pub fn rotate_key(&mut self, role: &RoleName, old: &KeyId, new: &NamedKey) -> Result<()> {
        match top_level(role) {
            Some(kind) => self.root().replace_key(kind, old, new),
            None => self.of_delegators(role, |draft| draft.replace_key(role, old, new)),
        }
    }

    /// Takes a key away that is lost or stolen, with nothing in its place. The others still have to
    /// meet the threshold: otherwise lower it, or [`rotate_key`](Self::rotate_key).
    pub fn lose_key(&mut self, role: &RoleName, key: &KeyId) -> Result<()> {
        match top_level(role) {
            Some(kind) => self.root().remove_key(kind, key),
            None => self.of_delegators(role, |draft| draft.remove_key(role, key)),
        }
    }

    /// Gives a role one key more.
    pub fn add_key(&mut self, role: &RoleName, key: &NamedKey) -> Result<()> {
        match top_level(role) {
            Some(kind) => self.root().add_key(kind, key),
            None => self.of_delegators(role, |draft| draft.add_key(role, key)),
        }
    }

    /// Sets how many keys have to sign for a role.
    pub fn set_threshold(&mut self, role: &RoleName, threshold: u64) -> Result<()> {
        match top_level(role) {
            Some(kind) => self.root().set_threshold(kind, threshold),
            None => self.of_delegators(role, |draft| draft.set_threshold(role, threshold)),
        }
    }

    /// Recovers from a stolen timestamp or snapshot key, also where the thief has signed huge
    /// versions (fast-forward): the role gets these keys and no other, and both timestamp and
    /// snapshot are published anew.
    ///
    /// Devices drop what they have stored of both when a root takes a key from either, so the
    /// versions go on from the publisher's own record, not from the thief's. None of the new keys
    /// may be an old one.
    pub fn recover(&mut self, role: RoleType, keys: &[NamedKey], threshold: u64) -> Result<()> {
        let name = RoleName::from(role);
        if !matches!(role, RoleType::Timestamp | RoleType::Snapshot) {
            return Err(DraftError::NotOnline(name));
        }
        let kept = |key: &&NamedKey| self.has_key(role, key);
        if let Some(key) = keys.iter().find(kept) {
            return Err(DraftError::HasKey { role: name, key_id: key.id().clone() });
        }
        self.root().set_keys(role, keys, threshold)?;
        self.renew(&RoleType::Snapshot.into())?;
        self.renew(&RoleType::Timestamp.into())
    }

    /// Whether the published root gives the role that key, under whatever id.
    fn has_key(&self, role: RoleType, key: &NamedKey) -> bool {
        let Some(root) = self.published.root() else { return false };
        let authority = Authority::root(root.document(), role);
        authority.ids_of(key.key()).next().is_some()
    }

    /// Makes an edit in each role, of those that are at hand, that delegates to `role`.
    fn of_delegators(
        &mut self,
        role: &RoleName,
        mut edit: impl FnMut(&mut TargetsDraft) -> Result<()>,
    ) -> Result<()> {
        let delegators: Vec<RoleName> = self.delegators(role);
        if delegators.is_empty() {
            return Err(DraftError::NotDelegated(role.clone()));
        }
        // All or none: of several delegators one may refuse. One that has not that key has nothing
        // to change.
        let (mut edited, mut no_such_key) = (Vec::new(), None);
        for delegator in delegators {
            let mut draft = self.role(&delegator)?.clone();
            match edit(&mut draft) {
                Ok(()) => edited.push((delegator, draft)),
                Err(error @ DraftError::NoSuchKey { .. }) => no_such_key = Some(error),
                Err(error) => return Err(error),
            }
        }
        if let (Some(error), true) = (no_such_key, edited.is_empty()) {
            return Err(error);
        }
        for (delegator, draft) in edited {
            *self.role(&delegator)? = draft;
        }
        Ok(())
    }
}

fn top_level(role: &RoleName) -> Option<RoleType> {
    match role.as_str() {
        "root" => Some(RoleType::Root),
        "timestamp" => Some(RoleType::Timestamp),
        "snapshot" => Some(RoleType::Snapshot),
        "targets" => Some(RoleType::Targets),
        _ => None,
    }
}
