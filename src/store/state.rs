//! What a device keeps beside its metadata: the state that products and its identity have.

use std::format;
use std::string::String;
use std::vec::Vec;

use super::{FsStore, Result, disk};
use crate::identity::Fleet;
use crate::primitives::file_name_part;
use crate::primitives::stored::MAX_LENGTH;
use crate::release::Product;

/// An item of state. Each is written whole, over the one before.
///
/// All are floors: nothing may be installed where one could not be written. Their types say what a
/// loss means; it is never "begin at 0".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StateItem {
    /// [`Ratchets`](crate::rollout::Ratchets) of a product.
    Rollouts(Product),
    /// [`InstallState`](crate::installation::InstallState) of a product.
    Installation(Product),
    /// A [`PermitRecord`](crate::permit::PermitRecord) of a product.
    Permit(Product),
    /// [`IdentityState`](crate::identity::IdentityState) in a fleet.
    Identity(Fleet),
}

impl StateItem {
    pub(super) fn file_name(&self) -> String {
        let (kind, name) = match self {
            Self::Rollouts(product) => ("rollouts", product.as_str()),
            Self::Installation(product) => ("installation", product.as_str()),
            Self::Permit(product) => ("permit", product.as_str()),
            Self::Identity(fleet) => ("identity", fleet.as_str()),
        };
        format!("{kind}.{}", file_name_part(name))
    }
}

/// Whether a file of this name is an item of state, or says that one was stored.
pub(super) fn is_item(name: &str) -> bool {
    let kinds = ["rollouts.", "installation.", "permit.", "identity."];
    let name = name.strip_prefix(MARK).unwrap_or(name);
    kinds.iter().any(|kind| name.starts_with(kind))
}

/// What the name of the empty file begins with that says that an item was stored once.
const MARK: &str = "stored.";

fn mark_of(item: &StateItem) -> String {
    format!("{MARK}{}", item.file_name())
}

impl FsStore {
    /// Reads an item of state; `None` where there is none. One that is too long is an error, because
    /// it is no loss. Whether one that is not there is [lost](Self::has_stored) is another question.
    pub fn read_state(&self, item: &StateItem) -> Result<Option<Vec<u8>>> {
        disk::read_state(&self.folder, &item.file_name())
    }

    /// Writes an item of state: after a power cut the old one or the new one is there. What is too
    /// long to be read again is refused, and the old one stays.
    pub fn write_state(&self, item: &StateItem, bytes: &[u8]) -> Result<()> {
        let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_LENGTH);
        if fits && !self.has_stored(item)? {
            disk::replace(&self.folder, &mark_of(item), &[], 0, &self.claim)?;
        }
        disk::replace(&self.folder, &item.file_name(), bytes, MAX_LENGTH, &self.claim)
    }

    /// Whether an item of state has been written since the storage began, and has not been
    /// [removed](Self::remove_state). If it is not there all the same, it is lost, and its floors with it:
    /// tell the operator. (After a power cut in its very first write, too.)
    pub fn has_stored(&self, item: &StateItem) -> Result<bool> {
        Ok(disk::read(&self.folder, &mark_of(item), 0)?.is_some())
    }

    /// Removes an item of state, for good: that it is not there is no loss then.
    pub fn remove_state(&self, item: &StateItem) -> Result<()> {
        // The mark first: what is there without one is no loss when it is gone.
        disk::remove(&self.folder, &mark_of(item))?;
        disk::remove(&self.folder, &item.file_name())
    }
}
