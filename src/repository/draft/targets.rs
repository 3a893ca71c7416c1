//! A targets role: what it lists, and to whom it delegates.

use alloc::vec::Vec;

use super::delegations::DelegationsDraft;
use super::fields::{remove_field, set_field};
use super::role::RoleDraft;
use super::{Delegation, DraftError, Result, TargetEntry};
use crate::json::{Json, Object};
use crate::key::{KeyId, NamedKey};
use crate::metadata::{Match, PathSet};
use crate::primitives::{RoleName, TargetPath};

/// The next file of `targets`, or of a delegated role.
#[derive(Clone, Debug, Default)]
pub struct TargetsDraft {
    targets: Object,
    delegations: Option<DelegationsDraft>,
    rest: Object,
    /// Whether anything differs from what was published.
    changed: bool,
}

const OWN: [&str; 2] = ["targets", "delegations"];

impl TargetsDraft {
    /// As `signed`, which is in published form, says.
    pub(in crate::repository) fn of(signed: &str) -> Self {
        let (mut rest, targets) = Object::of_nested(signed, "targets");
        let delegations = rest.take("delegations").map(|value| DelegationsDraft::of(&value));
        Self { targets, delegations, rest, changed: false }
    }

    /// The number of targets listed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether no target is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// The paths listed, in the order of their code points.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.targets.keys()
    }

    pub(in crate::repository) fn lists(&self, path: &TargetPath) -> bool {
        self.targets.contains(path.as_str())
    }

    /// What is listed of a target; `None` also for an entry that vouches for nothing.
    #[must_use]
    pub fn get(&self, path: &TargetPath) -> Option<TargetEntry> {
        TargetEntry::read(self.targets.get(path.as_str())?)
    }

    /// Lists a target; an entry that was there is replaced as a whole.
    pub fn insert(&mut self, path: &TargetPath, entry: &TargetEntry) {
        self.adopt(path.as_str(), entry.to_json());
    }

    /// Lists a target no more. `false` if it was not listed.
    pub fn remove(&mut self, path: &TargetPath) -> bool {
        let listed = self.targets.take(path.as_str()).is_some();
        self.changed |= listed;
        listed
    }

    /// Delegates, after the delegations that there are. The role needs a file, too: see
    /// [`Draft::create_role`](crate::repository::Draft::create_role).
    pub fn delegate(&mut self, delegation: &Delegation) -> Result<()> {
        let was_there = self.delegations.is_some();
        let added = self.delegations.get_or_insert_default().add(delegation);
        if added.is_err() && !was_there {
            self.delegations = None;
        }
        self.changed |= added.is_ok();
        added
    }

    /// Delegates to a role no more. Its file stays listed in the snapshot, because devices refuse
    /// a snapshot that drops one.
    pub fn undelegate(&mut self, role: &RoleName) -> Result<()> {
        self.change(role, |delegations| delegations.remove(role))
    }

    /// Sets what a role may speak for.
    pub fn set_paths(&mut self, role: &RoleName, paths: PathSet) -> Result<()> {
        self.change(role, |delegations| delegations.set_paths(role, paths))
    }

    /// Sets whether a search that comes to a role ends there.
    pub fn set_terminating(&mut self, role: &RoleName, terminating: bool) -> Result<()> {
        self.change(role, |delegations| delegations.set_terminating(role, terminating))
    }

    /// Gives a delegated role these keys and no other.
    pub fn set_keys(&mut self, role: &RoleName, keys: &[NamedKey], threshold: u64) -> Result<()> {
        self.edit(role, |draft, listed| draft.set(role, keys, threshold, listed))
    }

    /// Gives a delegated role one key more.
    pub fn add_key(&mut self, role: &RoleName, key: &NamedKey) -> Result<()> {
        self.edit(role, |draft, listed| draft.add(role, key, listed))
    }

    /// Takes a key from a delegated role, under whatever ids it is listed. The threshold has to stay attainable.
    pub fn remove_key(&mut self, role: &RoleName, key_id: &KeyId) -> Result<()> {
        self.edit(role, |draft, listed| draft.remove(role, key_id, listed))
    }

    /// Puts one key in the place of another.
    pub fn replace_key(&mut self, role: &RoleName, old: &KeyId, new: &NamedKey) -> Result<()> {
        self.edit(role, |draft, listed| draft.replace(role, old, new, listed))
    }

    /// Sets how many of a delegated role's keys have to sign.
    pub fn set_threshold(&mut self, role: &RoleName, threshold: u64) -> Result<()> {
        self.edit(role, |draft, _| draft.set_threshold(role, threshold))
    }

    /// A field that this crate does not know.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Json> {
        self.rest.get(name)
    }

    /// Takes a field away that this crate does not know.
    pub fn remove_field(&mut self, name: &str) -> Option<Json> {
        self.changed |= self.rest.contains(name);
        remove_field(&mut self.rest, name)
    }

    /// Sets a field that this crate does not know.
    pub fn set_field(&mut self, name: &str, value: Json) -> Result<()> {
        set_field(&mut self.rest, &OWN, name, value)?;
        self.changed = true;
        Ok(())
    }

    /// What is listed, which can be large.
    pub(in crate::repository) fn listed(&self) -> &Object {
        &self.targets
    }

    /// The fields of the `signed` part, but for the header and what is listed.
    pub(in crate::repository) fn fields(&self) -> Object {
        let mut fields = self.rest.clone();
        if let Some(delegations) = &self.delegations {
            fields.set("delegations", delegations.to_json());
        }
        fields
    }

    /// Whether anything differs from what was published.
    pub(in crate::repository) fn is_changed(&self) -> bool {
        self.changed
    }

    /// The roles to which this one delegates that may speak for `path`, in the order of a search.
    pub(in crate::repository) fn matches(&self, path: &TargetPath) -> Vec<Match> {
        self.delegations.as_ref().map(|all| all.matches(path)).unwrap_or_default()
    }

    /// Whether this role says who signs for `role`.
    pub(in crate::repository) fn delegates(&self, role: &RoleName) -> bool {
        self.delegations.as_ref().is_some_and(|delegations| delegations.names(role))
    }

    /// Puts delegations in the place of those that there are.
    pub(in crate::repository) fn set_delegations(&mut self, delegations: DelegationsDraft) {
        self.changed = true;
        self.delegations = Some(delegations);
    }

    pub(in crate::repository) fn has_delegations(&self) -> bool {
        self.delegations.as_ref().is_some_and(|delegations| !delegations.is_empty())
    }

    /// All targets, out of this role.
    pub(in crate::repository) fn take_targets(&mut self) -> Object {
        self.changed = true;
        core::mem::take(&mut self.targets)
    }

    /// Lists a target as another role listed it.
    pub(in crate::repository) fn adopt(&mut self, path: &str, entry: Json) {
        self.changed |= self.targets.get(path) != Some(&entry);
        self.targets.set(path, entry);
    }

    /// Makes a change in what is delegated; one that is refused is none.
    fn change(
        &mut self,
        role: &RoleName,
        change: impl FnOnce(&mut DelegationsDraft) -> Result<()>,
    ) -> Result<()> {
        let delegations = self.delegations.as_mut();
        change(delegations.ok_or_else(|| DraftError::NotDelegated(role.clone()))?)?;
        self.changed = true;
        Ok(())
    }

    fn edit(
        &mut self,
        role: &RoleName,
        edit: impl FnOnce(&mut RoleDraft, &mut Object) -> Result<()>,
    ) -> Result<()> {
        self.change(role, |delegations| delegations.edit(role, edit))
    }
}
