//! The files of a cycle: as the repository names them, and as a device keeps them.

use alloc::string::String;
use core::fmt;

use crate::metadata::RoleType;
use crate::primitives::{RoleName, Version};

/// A metadata file of the repository.
///
/// It displays as the file's name, percent-encoded: append it to the base URL of the metadata as it
/// is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    role: RoleName,
    version: Option<Version>,
}

impl RemoteFile {
    /// A root: always with its version (§5.3.3).
    pub(crate) fn root(version: Version) -> Self {
        Self { role: RoleType::Root.into(), version: Some(version) }
    }

    /// The timestamp: never with a version (§5.4.1).
    pub(crate) fn timestamp() -> Self {
        Self { role: RoleType::Timestamp.into(), version: None }
    }

    /// Another file: with its version if snapshots are consistent (§5.5.1, §5.6.1).
    pub(crate) fn versioned(role: RoleName, version: Version, consistent: bool) -> Self {
        Self { role, version: consistent.then_some(version) }
    }

    /// The role whose file it is.
    #[must_use]
    pub fn role(&self) -> &RoleName {
        &self.role
    }

    /// The version in its name, if it has one.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// The name, percent-encoded.
    #[must_use]
    pub fn name(&self) -> String {
        alloc::format!("{self}")
    }
}

impl fmt::Display for RemoteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(version) = self.version {
            write!(f, "{version}.")?;
        }
        write!(f, "{}.json", self.role.file_stem())
    }
}

/// Something that a device keeps between cycles.
///
/// Roots, ledger, timestamp and snapshot are *floors*: what they rule out stays ruled out, so
/// losing one loses protection. Roles are *caches*: losing one costs a download.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoredItem {
    /// The root of one version. A device keeps the provisioned one and every one since.
    Root(Version),
    /// Under which root the stored timestamp and snapshot were trusted.
    Ledger,
    /// The trusted timestamp.
    Timestamp,
    /// The trusted snapshot.
    Snapshot,
    /// The file of `targets`, or of a delegated role.
    Role(RoleName),
}

impl StoredItem {
    /// Whether losing it loses protection.
    #[must_use]
    pub fn is_floor(&self) -> bool {
        !matches!(self, Self::Role(_))
    }
}
