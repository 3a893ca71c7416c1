//! The proof that there is no such target.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::{AuthorityEdge, SnapshotId};
use crate::primitives::{RoleName, TargetPath, UtcTime, few};

/// No role that may speak for a path lists it, in one state of one repository.
///
/// Only a search that has seen every such role makes one ([`update`](crate::update)): a download
/// that failed, or a role that was refused, proves nothing of the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlisted {
    path: TargetPath,
    snapshot: SnapshotId,
    fresh_until: UtcTime,
    visited: Box<[RoleName]>,
    authorities: Box<[AuthorityEdge]>,
}

impl Unlisted {
    /// The caller has visited these, and all that they delegate the path to; those that `targets` itself
    /// delegates it to by these edges.
    pub(crate) fn new(
        path: TargetPath,
        snapshot: SnapshotId,
        fresh_until: UtcTime,
        visited: Vec<RoleName>,
        authorities: Vec<AuthorityEdge>,
    ) -> Self {
        let (visited, authorities) = (visited.into(), authorities.into());
        Self { path, snapshot, fresh_until, visited, authorities }
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &TargetPath {
        &self.path
    }

    /// The state of the repository.
    #[must_use]
    pub fn snapshot(&self) -> SnapshotId {
        self.snapshot
    }

    /// When the first ends of all metadata that says so.
    #[must_use]
    pub fn fresh_until(&self) -> UtcTime {
        self.fresh_until
    }

    /// The roles that were visited, in order.
    #[must_use]
    pub fn visited(&self) -> &[RoleName] {
        &self.visited
    }

    /// The edges by which `targets` delegates the path: whose word it is that it is not listed.
    #[must_use]
    pub fn authorities(&self) -> &[AuthorityEdge] {
        &self.authorities
    }
}

impl fmt::Display for Unlisted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no role that may speak for the target lists it; visited")?;
        few(&self.visited, f, |role, f| write!(f, " {role:?}"))
    }
}
