//! The next release while it is edited.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::checks::orphaned;
use super::derive::{ONLINE, Online, following};
use super::draft::{Header, RootDraft, TargetsDraft};
use super::gate::check_provenance;
use super::published::delegates;
use super::sealed::Sealed;
use super::{DraftError, Policy, Published, Result, SealError, Signing, TargetEntry};
use crate::json::{Json, Object};
use crate::metadata::{Match, RoleType, Targets};
use crate::primitives::{RoleName, TargetPath, UtcTime, Version};
use crate::verify::Authentic;

/// What the next release is to say.
///
/// Roles are opened for editing one by one. What is opened and left as it is, is not published
/// again; versions, the snapshot and the timestamp follow by themselves.
#[derive(Clone)]
pub struct Draft {
    pub(super) published: Published,
    root: Option<RootDraft>,
    roles: BTreeMap<RoleName, TargetsDraft>,
    /// Published anew although nothing in them changes.
    renewed: BTreeSet<RoleName>,
    /// Versions that do not follow the published ones.
    versions: BTreeMap<RoleName, Version>,
    /// Fields of snapshot and timestamp that this crate does not know.
    fields: BTreeMap<RoleName, Vec<(Box<str>, Json)>>,
    /// Envelopes with the provenance of targets, by path.
    provenance: BTreeMap<TargetPath, Vec<u8>>,
}

impl Draft {
    pub(super) fn new(published: Published) -> Self {
        Self {
            published,
            root: None,
            roles: BTreeMap::new(),
            renewed: BTreeSet::new(),
            versions: BTreeMap::new(),
            fields: BTreeMap::new(),
            provenance: BTreeMap::new(),
        }
    }

    /// The next root.
    pub fn root(&mut self) -> &mut RootDraft {
        let published = &self.published;
        self.root.get_or_insert_with(|| match &published.root {
            Some(root) => RootDraft::of(&root.document().signed_published()),
            None => RootDraft::new(),
        })
    }

    /// The top-level targets; the first, where there are none yet.
    pub fn targets(&mut self) -> core::result::Result<&mut TargetsDraft, DraftError> {
        let targets = RoleName::targets();
        if self.is_known(&targets) { self.role(&targets) } else { self.create_role(&targets) }
    }

    /// A role that is published and loaded, or drafted.
    pub fn role(&mut self, name: &RoleName) -> core::result::Result<&mut TargetsDraft, DraftError> {
        if !self.roles.contains_key(name) {
            let draft = match self.published.roles.get(name) {
                Some(file) => opened(file),
                None if self.is_known(name) => return Err(DraftError::NotLoaded(name.clone())),
                None => return Err(DraftError::NoSuchRole(name.clone())),
            };
            self.roles.insert(name.clone(), draft);
        }
        self.roles.get_mut(name).ok_or_else(|| DraftError::NoSuchRole(name.clone()))
    }

    /// A role that is new. Some role has to delegate to it before the draft is sealed.
    pub fn create_role(
        &mut self,
        name: &RoleName,
    ) -> core::result::Result<&mut TargetsDraft, DraftError> {
        if self.is_known(name) {
            return Err(DraftError::RoleExists(name.clone()));
        }
        Ok(self.roles.entry(name.clone()).or_default())
    }

    /// A role with a name that was given up: listed still, because devices refuse a snapshot that
    /// drops one, and delegated to by nobody. It begins empty, and its versions go on.
    ///
    /// Refused where a role at hand delegates to it. Whoever calls this says that no other does.
    pub fn recreate_role(
        &mut self,
        name: &RoleName,
    ) -> core::result::Result<&mut TargetsDraft, DraftError> {
        if self.roles.contains_key(name) || self.published.is_delegated(name) {
            return Err(DraftError::RoleExists(name.clone()));
        }
        Ok(self.roles.entry(name.clone()).or_default())
    }

    /// Publishes the next version of a role although nothing in it changes, so that it expires
    /// later: most often the timestamp.
    pub fn renew(&mut self, role: &RoleName) -> core::result::Result<(), DraftError> {
        match role.as_str() {
            "root" => drop(self.root()),
            "timestamp" | "snapshot" => {}
            _ => drop(self.role(role)?),
        }
        self.renewed.insert(role.clone());
        Ok(())
    }

    /// Renews each role, of those that are loaded, that expires before `until`. One that nobody
    /// delegates to any more is left as it is: nobody signs for it, and nobody comes to it.
    pub fn renew_expiring(&mut self, until: UtcTime) {
        let published = self.published.clone();
        let of_roles = published.roles.iter().map(|(name, file)| (name.clone(), file.expires()));
        let root = published.root.iter().map(|file| (RoleType::Root, file.expires()));
        let snapshot = published.snapshot.iter().map(|file| (RoleType::Snapshot, file.expires()));
        let timestamp =
            published.timestamp.iter().map(|file| (RoleType::Timestamp, file.expires()));
        let top_level = root.chain(snapshot).chain(timestamp);
        for (role, expires) in of_roles.chain(top_level.map(|(role, at)| (role.into(), at))) {
            let is_delegated = || {
                role.is_targets()
                    || !published.roles.contains_key(&role)
                    || !self.delegators(&role).is_empty()
            };
            if expires < until && is_delegated() {
                // Cannot be refused: all of these are at hand.
                let _ = self.renew(&role);
            }
        }
    }

    /// Gives the next file of a role this version instead of the one that follows: for a repository
    /// whose record was lost. Devices refuse versions that are not newer than what they have.
    pub fn set_version(
        &mut self,
        role: &RoleName,
        version: Version,
    ) -> core::result::Result<(), DraftError> {
        self.renew(role)?;
        self.versions.insert(role.clone(), version);
        Ok(())
    }

    /// Sets a field of the next snapshot or timestamp that this crate does not know.
    pub fn set_online_field(
        &mut self,
        role: RoleType,
        name: &str,
        value: Json,
    ) -> core::result::Result<(), DraftError> {
        let known = ONLINE.contains(&name);
        if known || matches!(role, RoleType::Root | RoleType::Targets) {
            return Err(DraftError::KnownField(name.into()));
        }
        self.fields.entry(role.into()).or_default().push((name.into(), value));
        self.renewed.insert(role.into());
        Ok(())
    }

    /// Lists a target where devices find it: in the first role on the way that lists it already, or
    /// else in the last, down the first delegation that matches, and so on. Returns that role.
    ///
    /// Where no delegation matches, that is `targets` itself. Devices take no manifest, plan or brake
    /// that `targets` lists, so look at what comes back.
    pub fn insert_target(
        &mut self,
        path: &TargetPath,
        entry: &TargetEntry,
    ) -> core::result::Result<RoleName, DraftError> {
        let role = self.role_for(path)?;
        self.role(&role)?.insert(path, entry);
        Ok(role)
    }

    /// Lists a target no more: in none of the roles that a search for it may come to, so that no
    /// older entry comes to light. All of these have to be at hand. Returns those that listed it.
    pub fn remove_target(
        &mut self,
        path: &TargetPath,
    ) -> core::result::Result<Vec<RoleName>, DraftError> {
        let (mut stack, mut seen) = (vec![RoleName::targets()], BTreeSet::new());
        let mut listed = Vec::new();
        while let Some(role) = stack.pop() {
            if seen.insert(role.clone()) {
                let (lists, matches) = self.look_into(&role, path)?;
                listed.extend(lists.then(|| role.clone()));
                if matches.last().is_some_and(|last| last.terminating) {
                    stack.clear();
                }
                stack.extend(matches.into_iter().rev().map(|found| found.name));
            }
        }
        if listed.is_empty() {
            return Err(DraftError::NoSuchTarget { path: path.clone() });
        }
        for role in &listed {
            self.role(role)?.remove(path);
        }
        Ok(listed)
    }

    /// Gives the provenance of a target: a DSSE envelope, which is verified when the draft is
    /// sealed ([`Policy::require_provenance`]). It is not published.
    pub fn attach_provenance(&mut self, path: &TargetPath, envelope: &[u8]) {
        self.provenance.insert(path.clone(), envelope.to_vec());
    }

    /// The role that [`insert_target`](Self::insert_target) lists a target in.
    pub fn role_for(&self, path: &TargetPath) -> core::result::Result<RoleName, DraftError> {
        let mut role = RoleName::targets();
        // Each role once: a circle of delegations ends nowhere.
        let mut seen = BTreeSet::new();
        while seen.insert(role.clone()) {
            let (lists, matches) = self.look_into(&role, path)?;
            match matches.into_iter().next() {
                Some(next) if !lists => role = next.name,
                _ => return Ok(role),
            }
        }
        Err(DraftError::NobodySpeaksFor(path.clone()))
    }

    /// Whether a role lists a target, and to whom it delegates it.
    fn look_into(
        &self,
        role: &RoleName,
        path: &TargetPath,
    ) -> core::result::Result<(bool, Vec<Match>), DraftError> {
        if let Some(draft) = self.roles.get(role) {
            return Ok((draft.lists(path), draft.matches(path)));
        }
        match self.published.roles.get(role) {
            Some(file) => {
                let delegations = file.document().delegations();
                let matches = delegations.map(|all| all.matches(path)).unwrap_or_default();
                Ok((file.document().lists(path), matches))
            }
            None if self.is_known(role) => Err(DraftError::NotLoaded(role.clone())),
            None => Err(DraftError::NoSuchRole(role.clone())),
        }
    }

    /// Fixes the bytes of all that changed, at the time `now`, and says what has to be signed.
    ///
    /// Roles whose keys change although they themselves do not are published anew, for their new
    /// keys to sign.
    pub fn seal(self, now: UtcTime, policy: &Policy) -> Result<Signing> {
        let Self { published, root, roles, renewed, versions, fields, provenance } = self;
        let mut files: BTreeMap<RoleName, Sealed> = BTreeMap::new();
        let seal = |name: &RoleName, kind, fields, targets: Option<&Object>| {
            let version = match versions.get(name) {
                Some(version) => *version,
                None => following(name, published.version(name))?,
            };
            let header = Header { kind, version, expires: policy.expiry.of(name, now) };
            let file = header.write(fields, targets);
            Ok::<_, SealError>((name.clone(), Sealed::read(name.clone(), file, &policy.limits)?))
        };
        if let Some(root) = &root {
            let name = RoleName::from(RoleType::Root);
            let before = published.root.as_ref();
            let before = before.map(|root| RootDraft::of(&root.document().signed_published()));
            if before.is_none_or(|it| it.fields() != root.fields()) || renewed.contains(&name) {
                files.extend([seal(&name, RoleType::Root, root.fields(), None)?]);
            }
        }
        for (name, draft) in roles {
            let is_new = !published.roles.contains_key(&name);
            if is_new || draft.is_changed() || renewed.contains(&name) {
                files.extend([seal(
                    &name,
                    RoleType::Targets,
                    draft.fields(),
                    Some(draft.listed()),
                )?]);
            }
        }
        for name in orphaned(&published, &files, &policy.limits) {
            let draft = published.roles.get(&name).map(|file| opened(file));
            let draft = draft.ok_or_else(|| SealError::NotLoaded { role: name.clone() })?;
            files.extend([seal(&name, RoleType::Targets, draft.fields(), Some(draft.listed()))?]);
        }
        let renewed = renewed.into_iter().filter(is_online).collect();
        let online = Online { renewed, versions, fields };
        check_provenance(&published, &files, &provenance, policy)?;
        Signing::begin(published, files, online, now, policy)
    }

    /// The roles, of those that are at hand, that delegate to `role`.
    pub(super) fn delegators(&self, role: &RoleName) -> Vec<RoleName> {
        let drafted = self.roles.iter().filter(|(_, draft)| draft.delegates(role));
        let published = self.published.delegators().filter(|(name, document)| {
            !self.roles.contains_key(*name) && delegates(document, role)
        });
        let drafted = drafted.map(|(name, _)| name.clone());
        drafted.chain(published.map(|(name, _)| name.clone())).collect()
    }

    /// A role that was opened or created.
    pub(super) fn created(&mut self, name: &RoleName) -> Option<&mut TargetsDraft> {
        self.roles.get_mut(name)
    }

    /// Whether a role is published, loaded or not, or drafted.
    pub(super) fn is_known(&self, name: &RoleName) -> bool {
        self.roles.contains_key(name) || self.published.version(name).is_some()
    }
}

fn is_online(role: &RoleName) -> bool {
    matches!(role.as_str(), "snapshot" | "timestamp")
}

/// The file of a role as a draft.
fn opened(file: &Authentic<'_, Targets>) -> TargetsDraft {
    TargetsDraft::of(&file.document().signed_published())
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("published", &self.published)
            .field("root", &self.root.is_some())
            .field("roles", &self.roles.keys())
            .finish_non_exhaustive()
    }
}
