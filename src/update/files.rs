//! The files of a cycle: as the repository names them, and as a device keeps them.

use alloc::format;
use alloc::string::String;
use core::fmt;

use super::LedgerCopy;
use crate::metadata::RoleType;
use crate::primitives::{RoleName, Version, file_name_part};

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
        format!("{self}")
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
    /// One copy of what the device has learnt: its floors, and its chain.
    Ledger(LedgerCopy),
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

    /// A name for the file in which a device keeps it, fit for any file system.
    ///
    /// No two items have names that differ in nothing but case. A name has at most 210 bytes, begins
    /// with a lower-case letter or a digit, and has no others than those, `-`, `_`, `.`, `%`, `~` and
    /// capitals: no separator, nothing that Windows reserves, no dot at an end. What the name of an
    /// item is never changes; `FsStore` keeps its files under it.
    ///
    /// ```
    /// use ota_trust::primitives::RoleName;
    /// use ota_trust::update::StoredItem;
    ///
    /// assert_eq!(StoredItem::Timestamp.file_name(), "timestamp.json");
    /// let role = StoredItem::Role(RoleName::delegated("../Con")?);
    /// assert_eq!(role.file_name(), "role.%2E%2E%2F%43on.json");
    /// # Ok::<(), ota_trust::primitives::RoleNameError>(())
    /// ```
    #[must_use]
    pub fn file_name(&self) -> String {
        match self {
            Self::Root(version) => format!("{version}.root.json"),
            Self::Ledger(LedgerCopy::First) => "ledger.1".into(),
            Self::Ledger(LedgerCopy::Second) => "ledger.2".into(),
            Self::Timestamp => "timestamp.json".into(),
            Self::Snapshot => "snapshot.json".into(),
            Self::Role(name) => format!("role.{}.json", file_name_part(name.as_str())),
        }
    }
}
