//! The repository as it is published now.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::Draft;
use crate::metadata::{Document, RoleType, Root, Snapshot, Targets, Timestamp};
use crate::primitives::{Limits, RoleName, Version};
use crate::update::RemoteFile;
use crate::verify::{
    Authentic, Edge, Trusted, VerifyError, anchor, confirm_snapshot, confirm_targets,
    signed_targets, stored_snapshot, stored_timestamp,
};

/// A repository as it is published: what the next release starts from.
///
/// It holds the root, the timestamp and the snapshot, and those targets roles that were loaded:
/// only what is to be edited has to be, with the roles that delegate to it. All is verified as a
/// device would, but for expiry: a repository that has lapsed can be published anew. To clone it is
/// cheap.
#[derive(Clone)]
pub struct Published {
    pub(super) limits: Limits,
    pub(super) root: Option<Arc<Trusted<'static, Root>>>,
    pub(super) timestamp: Option<Arc<Authentic<'static, Timestamp>>>,
    pub(super) snapshot: Option<Arc<Authentic<'static, Snapshot>>>,
    pub(super) roles: BTreeMap<RoleName, Arc<Authentic<'static, Targets>>>,
    /// Those of them that delegate: few, where there are many.
    delegators: BTreeSet<RoleName>,
}

impl Published {
    /// Nothing is published yet.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            limits: Limits::default(),
            root: None,
            timestamp: None,
            snapshot: None,
            roles: BTreeMap::new(),
            delegators: BTreeSet::new(),
        }
    }

    /// Opens a repository by its latest root, its timestamp and its snapshot.
    ///
    /// The root is the publisher's own copy: it is believed as a device believes its anchor.
    pub fn open(
        root: Vec<u8>,
        timestamp: Vec<u8>,
        snapshot: Vec<u8>,
        limits: &Limits,
    ) -> Result<Self, VerifyError> {
        let root = anchor(root, limits)?;
        let timestamp = stored_timestamp(&root, timestamp, limits)?;
        let snapshot = stored_snapshot(&root, snapshot, limits)?;
        let listed = timestamp.document().signed().snapshot();
        confirm_snapshot(&snapshot, listed)?;
        Ok(Self {
            limits: limits.clone(),
            root: Some(Arc::new(root)),
            timestamp: Some(Arc::new(timestamp)),
            snapshot: Some(Arc::new(snapshot)),
            roles: BTreeMap::new(),
            delegators: BTreeSet::new(),
        })
    }

    /// Opens a repository of which only the root is published so far.
    pub fn open_root(root: Vec<u8>, limits: &Limits) -> Result<Self, VerifyError> {
        let root = Some(Arc::new(anchor(root, limits)?));
        Ok(Self { limits: limits.clone(), root, ..Self::nothing() })
    }

    /// Loads the file of `targets`, or of a delegated role whose delegator is loaded.
    pub fn load(&mut self, role: &RoleName, bytes: Vec<u8>) -> Result<(), VerifyError> {
        let not_listed = || VerifyError::NotInSnapshot { role: role.clone() };
        let snapshot = self.snapshot.as_ref().ok_or_else(not_listed)?;
        let listed = snapshot.document().meta(role).ok_or_else(not_listed)?;
        let file = signed_targets(&self.edges(role), role, bytes, &self.limits)?;
        confirm_targets(role, &file, &listed, None)?;
        self.insert(role.clone(), file);
        Ok(())
    }

    /// The name under which the file of a role is published, if it is.
    #[must_use]
    pub fn file_name(&self, role: &RoleName) -> Option<String> {
        let consistent = self.root.as_ref()?.consistent_snapshot();
        let listed = self.snapshot.as_ref()?.document().meta(role)?;
        Some(RemoteFile::versioned(role.clone(), listed.version, consistent).name())
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Option<&Trusted<'static, Root>> {
        self.root.as_deref()
    }

    /// The timestamp.
    #[must_use]
    pub fn timestamp(&self) -> Option<&Authentic<'static, Timestamp>> {
        self.timestamp.as_deref()
    }

    /// The snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Option<&Authentic<'static, Snapshot>> {
        self.snapshot.as_deref()
    }

    /// The file of a targets role, if it is loaded.
    #[must_use]
    pub fn role(&self, role: &RoleName) -> Option<&Authentic<'static, Targets>> {
        self.roles.get(role).map(|file| &**file)
    }

    /// The targets roles that are loaded.
    pub fn loaded(&self) -> impl Iterator<Item = &RoleName> {
        self.roles.keys()
    }

    /// Starts the next release.
    #[must_use]
    pub fn draft(&self) -> Draft {
        Draft::new(self.clone())
    }

    /// The version that is published of a role.
    #[must_use]
    pub fn version(&self, role: &RoleName) -> Option<Version> {
        match role.as_str() {
            "root" => self.root.as_ref().map(|root| root.version()),
            "timestamp" => self.timestamp.as_ref().map(|file| file.version()),
            "snapshot" => self.snapshot.as_ref().map(|file| file.version()),
            _ => self.snapshot.as_ref()?.document().meta(role).map(|listed| listed.version),
        }
    }

    /// The roles that say who signs for `role`.
    fn edges<'p>(&'p self, role: &RoleName) -> Vec<Edge<'p>> {
        let root = self.root.as_ref().filter(|_| role.is_targets());
        let root = root.map(|root| Edge::Root(root.document()));
        let others = self.delegators().filter(|(_, document)| delegates(document, role));
        root.into_iter().chain(others.map(|(name, file)| Edge::Targets(name, file))).collect()
    }

    /// A file that was verified.
    pub(super) fn insert(&mut self, role: RoleName, file: Authentic<'static, Targets>) {
        if file.document().delegations().is_some() {
            self.delegators.insert(role.clone());
        } else {
            self.delegators.remove(&role);
        }
        self.roles.insert(role, Arc::new(file));
    }

    /// Whether a role is `targets`, or some role at hand delegates to it.
    pub(super) fn is_delegated(&self, role: &RoleName) -> bool {
        role.is_targets() || self.delegators().any(|(_, document)| delegates(document, role))
    }

    /// The roles at hand that delegate.
    pub(super) fn delegators(
        &self,
    ) -> impl Iterator<Item = (&RoleName, &Document<'static, Targets>)> {
        self.delegators.iter().filter_map(|name| Some((name, self.roles.get(name)?.document())))
    }

    pub(super) fn documents(
        &self,
    ) -> impl Iterator<Item = (&RoleName, &Document<'static, Targets>)> {
        self.roles.iter().map(|(name, file)| (name, file.document()))
    }
}

/// Whether a file says who signs for `role`.
pub(super) fn delegates(document: &Document<'_, Targets>, role: &RoleName) -> bool {
    document.delegations().is_some_and(|delegations| delegations.keys_of(role).is_some())
}

impl fmt::Debug for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = |role: RoleType| self.version(&role.into());
        f.debug_struct("Published")
            .field("root", &version(RoleType::Root))
            .field("timestamp", &version(RoleType::Timestamp))
            .field("snapshot", &version(RoleType::Snapshot))
            .field("loaded", &self.roles.keys())
            .finish_non_exhaustive()
    }
}
