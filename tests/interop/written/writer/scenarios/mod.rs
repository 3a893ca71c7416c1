//! The scenarios. Which clients read what is measured: ../../README.md has the table.

mod bins;
mod delegations;
mod files;
mod flat;
mod recoveries;
mod rotations;

use std::path::Path;

use crate::keys::{Key, ed25519};
use crate::publisher::Publisher;
use crate::tree::Scenario;

const EVERYONE: [&str; 4] = ["python-tuf", "tough", "sigstore-tuf", "tuf_client"];
const ALL_BUT_TOUGH: [&str; 3] = ["python-tuf", "sigstore-tuf", "tuf_client"];
/// Of the others, python-tuf alone reads succinct bins.
const SUCCINCT: [&str; 2] = ["python-tuf", "tuf_client"];

/// Writes them into `out`, each when it is made: they need not all be in memory.
pub fn write(out: &Path) {
    let kinds: [&[fn() -> Scenario]; 6] =
        [flat::ALL, files::ALL, delegations::ALL, bins::ALL, rotations::ALL, recoveries::ALL];
    for scenario in kinds.into_iter().flatten() {
        scenario().write(out);
    }
}

/// A key for each top-level role, of the role's name.
fn one_key_each() -> Publisher {
    let [root, timestamp, snapshot, targets] =
        ["root", "timestamp", "snapshot", "targets"].map(|name| [ed25519(name)]);
    Publisher::new([(&root, 1), (&timestamp, 1), (&snapshot, 1), (&targets, 1)])
}

/// `NAME 1`, `NAME 2` and so on.
fn numbered(name: &str, count: usize) -> Vec<Key> {
    (1..=count).map(|number| ed25519(&format!("{name} {number}"))).collect()
}
