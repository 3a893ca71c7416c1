//! TUF repositories to measure clients with.
//!
//! Every repository is made from its [`Workload`] alone: fixed keys, fixed times, fixed contents.
//! So the bytes are the same on every machine, and figures can be compared. Nothing here knows any
//! client; the files are plain TUF 1.0, as python-tuf would sign them.
//!
//! ```text
//! <root>/<name>/
//!     root.json              the provisioned root, version 1
//!     metadata/              what the repository serves: N.root.json, timestamp.json, 1.snapshot.json …
//!     targets/               the artifact, where there is one, under its name with the digest in front
//!     lookup.txt             targets to look up, a line each: path and listed length
//!     publish/layout.txt     for publishers: `flat`, or `bins` and the number of bits
//!     publish/keys.txt       role, seed and public half of its key; that of all bins is `bin`
//!     publish/targets.txt    every target: path, length and SHA-256
//!     generator              which version of this crate made the folder
//! ```

mod artifact;
mod document;
mod fleet;
mod key;
mod layout;
mod lookup;
mod publish;
mod repository;
mod workload;

use std::io;
use std::path::{Path, PathBuf};
use std::{fs, process};

pub use workload::{Layout, Roots, Style, WORKLOADS, Workload};

/// To be raised with every change that makes other bytes: folders of another version are made anew.
const VERSION: &str = "3\n";

/// The file with the version, in the folder of a repository.
const STAMP: &str = "generator";

/// The folder of the workload's repository, which is made if it is not there whole.
///
/// # Panics
///
/// If the file system refuses: there is nothing to measure then.
#[must_use]
pub fn ready(root: &Path, workload: &Workload) -> PathBuf {
    let folder = root.join(workload.name);
    make(&folder, workload).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    folder
}

/// Makes the folder beside its place and moves it there at the end, so that it is whole or missing.
fn make(folder: &Path, workload: &Workload) -> io::Result<()> {
    if is_current(folder) {
        return Ok(());
    }
    let unfinished = folder.with_file_name(format!(".{}.{}", workload.name, process::id()));
    fs::create_dir_all(&unfinished)?;
    repository::write(&unfinished, workload)?;
    fs::write(unfinished.join(STAMP), VERSION)?;
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::rename(&unfinished, folder)
}

fn is_current(folder: &Path) -> bool {
    fs::read_to_string(folder.join(STAMP)).is_ok_and(|version| version == VERSION)
}
