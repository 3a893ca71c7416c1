//! File names of stored items: one for each, also where a file system folds case or limits length.

use core::fmt::Write as _;
use std::format;
use std::string::String;

use crate::primitives::{Digest, Version, sha256};
use crate::update::StoredItem;

/// What the lock of the folder is held on.
pub(super) const LOCK: &str = "lock";

/// Where an item is written before it is renamed: what the name begins with, and ends with.
pub(super) const TEMPORARY: (&str, &str) = ("write", ".tmp");

/// Whether a write may have left a file of this name. (Earlier versions wrote all to `write.tmp`.)
pub(super) fn is_temporary(name: &str) -> bool {
    let number = name.strip_prefix(TEMPORARY.0).and_then(|name| name.strip_suffix(TEMPORARY.1));
    number.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
}

/// Most file systems take 255 bytes; some of them are for the rest of the name.
const LONGEST_ENCODED: usize = 200;

/// The file name of an item.
pub(super) fn of(item: &StoredItem) -> String {
    match item {
        StoredItem::Root(version) => format!("{version}.root.json"),
        StoredItem::Ledger => "ledger".into(),
        StoredItem::Timestamp => "timestamp.json".into(),
        StoredItem::Snapshot => "snapshot.json".into(),
        StoredItem::Role(name) => format!("role.{}.json", encode(name.as_str())),
    }
}

/// Whether a file of this name is the store's.
pub(super) fn is_item(name: &str) -> bool {
    matches!(name, "ledger" | "timestamp.json" | "snapshot.json")
        || super::state::is_item(name)
        || root_version(name).is_some()
        || (name.starts_with("role.") && name.strip_suffix(".json").is_some())
}

/// The version of the root that has this file name.
pub(super) fn root_version(name: &str) -> Option<Version> {
    let digits = name.strip_suffix(".root.json")?;
    let version = Version::new(digits.parse().ok()?).ok()?;
    // Not `01` or `+1`, which parse too.
    (of(&StoredItem::Root(version)) == name).then_some(version)
}

/// Lower-case letters, digits, `-` and `_` stand for themselves, every other byte is `%XX`;
/// capitals are encoded, so two names never differ only in case. A name that grows too long becomes
/// its digest, behind a `~` that no encoded name has.
pub(super) fn encode(name: &str) -> String {
    let mut out = String::new();
    for &byte in name.as_bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => out.push(char::from(byte)),
            // Writing to a string does not fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    if out.len() > LONGEST_ENCODED {
        return format!("~{}", Digest::Sha256(sha256(name.as_bytes())));
    }
    out
}
