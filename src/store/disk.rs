//! The few operations on files that the store is made of.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;
use std::string::String;
use std::time::SystemTime;
use std::vec::Vec;

use super::lock::Claim;
use super::{Result, StoreError, StoreOperation};
use crate::primitives::stored::MAX_LENGTH;

pub(super) fn create_folder(folder: &Path) -> Result<()> {
    let create = || {
        if folder.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(folder)?;
        // Or else, after a power cut, the folder may not be there, whatever was synced inside of it.
        let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
        sync_folder(parent.unwrap_or(Path::new(".")))
    };
    create().map_err(|e| failed(StoreOperation::Open, folder, e))
}

/// The names in the folder; those that are not UTF-8 are none of the store's.
pub(super) fn list(folder: &Path) -> Result<Vec<String>> {
    let names = || {
        fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect::<io::Result<Vec<OsString>>>()
    };
    let names = names().map_err(|e| failed(StoreOperation::Open, folder, e))?;
    Ok(names.into_iter().filter_map(|name| name.into_string().ok()).collect())
}

/// Reads a file of at most `limit` bytes; `None` where there is none, or a longer one.
pub(super) fn read(folder: &Path, name: &str, limit: u64) -> Result<Option<Vec<u8>>> {
    let path = folder.join(name);
    let read = || {
        let file = File::open(&path)?;
        let metadata = file.metadata()?;
        let length = metadata.len();
        // What is no file fails below, whatever it says that its length is.
        if metadata.is_file() && length > limit {
            return Ok::<_, io::Error>(None);
        }
        let mut bytes = Vec::new();
        // All at once: a buffer that grows takes more than it holds.
        bytes.try_reserve_exact(usize::try_from(length).unwrap_or(usize::MAX))?;
        // It may have grown since.
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok((bytes.len() as u64 <= limit).then_some(bytes))
    };
    match read() {
        Ok(bytes) => Ok(bytes),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(failed(StoreOperation::Read, &path, e)),
    }
}

/// When a file was written, and how long it is; `None` where there is none, or something else.
pub(super) fn age_and_length(folder: &Path, name: &str) -> Result<Option<(SystemTime, u64)>> {
    let path = folder.join(name);
    let read = || {
        let metadata = fs::metadata(&path)?;
        Ok::<_, io::Error>(metadata.is_file().then_some((metadata.modified()?, metadata.len())))
    };
    match read() {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map_err(|e| failed(StoreOperation::Read, &path, e)),
    }
}

/// Reads a file of state; `None` where there is none. One that is too long is an error: nobody has
/// signed it, so it can be downloaded from nowhere.
pub(super) fn read_state(folder: &Path, name: &str) -> Result<Option<Vec<u8>>> {
    let limit = MAX_LENGTH;
    let bytes = read(folder, name, limit)?;
    if bytes.is_none()
        && let Ok(metadata) = fs::metadata(folder.join(name))
    {
        return Err(StoreError::TooLong { limit, length: metadata.len() });
    }
    Ok(bytes)
}

/// Puts a file in place of another, or none, in one step as seen after a power cut. What is longer than
/// `limit` could not be read again: it is refused, and the old one stays.
pub(super) fn replace(
    folder: &Path,
    name: &str,
    bytes: &[u8],
    limit: u64,
    claim: &Claim,
) -> Result<()> {
    let length = bytes.len() as u64;
    if length > limit {
        return Err(StoreError::TooLong { limit, length });
    }
    let (path, temporary) = (folder.join(name), folder.join(claim.temporary_name()));
    let replace = || {
        power::may_fail()?;
        let mut file = File::create_new(&temporary)?;
        power::write(&mut file, bytes)?;
        // Before the rename: or else the new name may be there and its bytes not.
        file.sync_all()?;
        power::may_fail()?;
        fs::rename(&temporary, &path)?;
        power::may_fail()?;
        sync_folder(folder)
    };
    replace().map_err(|e| {
        // A disk that is full should not be filled with what could not be written.
        if power::may_fail().is_ok() {
            let _ = fs::remove_file(&temporary);
        }
        failed(StoreOperation::Write, &path, e)
    })
}

/// Removes a file, if it is there.
pub(super) fn remove(folder: &Path, name: &str) -> Result<()> {
    let path = folder.join(name);
    let remove = || {
        power::may_fail()?;
        match fs::remove_file(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(e) => Err(e),
            Ok(()) => {
                power::may_fail()?;
                sync_folder(folder)
            }
        }
    };
    remove().map_err(|e| failed(StoreOperation::Remove, &path, e))
}

/// A rename or a removal is on the disk only when the folder is.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder cannot be opened to be synced; the file system orders its own journal.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

fn failed(operation: StoreOperation, path: &Path, source: io::Error) -> StoreError {
    StoreError::Io { operation, path: path.to_path_buf(), source }
}

/// Where the tests cut the power.
#[cfg(not(test))]
mod power {
    use std::fs::File;
    use std::io::{self, Write as _};

    #[allow(clippy::unnecessary_wraps, reason = "the tests' version fails")]
    pub(super) fn may_fail() -> io::Result<()> {
        Ok(())
    }

    pub(super) fn write(file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }
}

#[cfg(test)]
pub(super) use super::tests::power;
