//! Which versions would be a rollback.

use super::{Result, VerifyError};
use crate::metadata::RoleType;
use crate::primitives::{RoleName, Version};

/// The lowest versions that are no rollback, as a device has kept them (TUF §5.4.3, §5.5.5).
///
/// `None`: nothing is known, and any version will do. A [`Context`](super::Context) carries them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Floors {
    /// Of the timestamp.
    pub timestamp: Option<Version>,
    /// Of the snapshot: also of the one that a timestamp names.
    pub snapshot: Option<Version>,
    /// Of the top-level targets, as a snapshot lists them.
    pub targets: Option<Version>,
}

impl Floors {
    pub(super) fn check_timestamp(&self, found: Version) -> Result<()> {
        not_older(RoleType::Timestamp, self.timestamp, found)
    }

    pub(super) fn check_snapshot(&self, found: Version) -> Result<()> {
        not_older(RoleType::Snapshot, self.snapshot, found)
    }

    pub(super) fn check_targets(&self, found: Version) -> Result<()> {
        not_older(RoleType::Targets, self.targets, found)
    }
}

fn not_older(role: RoleType, floor: Option<Version>, found: Version) -> Result<()> {
    match floor {
        Some(trusted) if found < trusted => {
            let role = match role {
                RoleType::Targets => RoleName::targets(),
                role => role.into(),
            };
            Err(VerifyError::Rollback { role, trusted, found })
        }
        _ => Ok(()),
    }
}
