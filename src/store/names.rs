//! Which files of the folder are whose. The names of items are [`StoredItem::file_name`].

use std::format;
use std::path::{Path, PathBuf};
use std::string::String;
use std::vec::Vec;

use super::{Result, disk};
use crate::primitives::{Version, file_name_part};
use crate::update::{ChainName, StoredItem};

/// What the lock of the folder is held on.
pub(super) const LOCK: &str = "lock";

/// Where an item is written before it is renamed: what the name begins with, and ends with.
pub(super) const TEMPORARY: (&str, &str) = ("write", ".tmp");

/// Whether a write may have left a file of this name. (Earlier versions wrote all to `write.tmp`.)
pub(super) fn is_temporary(name: &str) -> bool {
    let number = name.strip_prefix(TEMPORARY.0).and_then(|name| name.strip_suffix(TEMPORARY.1));
    number.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
}

/// The folder of a chain that has a name of its own.
pub(super) fn of_chain(chain: &ChainName) -> String {
    format!("{CHAIN}{}", file_name_part(chain.as_str()))
}

/// What the folder of a chain begins with.
const CHAIN: &str = "chain.";

/// The folders of all chains that have a name of their own.
pub(super) fn chains(folder: &Path) -> Result<Vec<PathBuf>> {
    let names = disk::list(folder)?.into_iter().filter(|name| name.starts_with(CHAIN));
    Ok(names.map(|name| folder.join(name)).filter(|folder| folder.is_dir()).collect())
}

/// Whether a file of this name is the store's.
pub(super) fn is_item(name: &str) -> bool {
    is_metadata(name) || super::state::is_item(name)
}

/// Whether a file of this name is an item of a chain.
pub(super) fn is_metadata(name: &str) -> bool {
    matches!(name, "ledger.1" | "ledger.2" | "timestamp.json" | "snapshot.json")
        || root_version(name).is_some()
        || is_role(name)
}

/// Whether a file of this name is that of a role.
pub(super) fn is_role(name: &str) -> bool {
    name.starts_with("role.") && name.strip_suffix(".json").is_some()
}

/// The version of the root that has this file name.
pub(super) fn root_version(name: &str) -> Option<Version> {
    let digits = name.strip_suffix(".root.json")?;
    let version = Version::new(digits.parse().ok()?).ok()?;
    // Not `01` or `+1`, which parse too.
    (StoredItem::Root(version).file_name() == name).then_some(version)
}
