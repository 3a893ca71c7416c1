//! Who may use a folder: one open store, and its clones.

use std::format;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::string::String;
use std::sync::atomic::{AtomicU64, Ordering};

use fs4::{FileExt, TryLockError};

use super::{Result, StoreError, StoreOperation, disk, names};

/// The claim of an open store to its folder; the last clone gives it up.
#[derive(Debug)]
pub(super) struct Claim {
    /// Locked for as long as it is open; the operating system unlocks it, also when a process dies.
    _lock: Option<File>,
    /// How many temporary files have been named.
    written: AtomicU64,
}

impl Claim {
    /// Locks the folder, or says that another store has it.
    pub(super) fn exclusive(folder: &Path) -> Result<Self> {
        let path = folder.join(names::LOCK);
        let failed = |source| {
            let (operation, path) = (StoreOperation::Open, path.clone());
            StoreError::Io { operation, path, source }
        };
        // Never removed: whoever opened it before the removal would hold a lock that nobody meets.
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(failed)?;
        match FileExt::try_lock(&file) {
            Ok(()) => Ok(Self { _lock: Some(file), written: AtomicU64::new(0) }),
            Err(TryLockError::WouldBlock) => {
                Err(StoreError::InUse { folder: folder.to_path_buf() })
            }
            Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => {
                Err(StoreError::NoLocks { folder: folder.to_path_buf() })
            }
            Err(TryLockError::Error(e)) => Err(failed(e)),
        }
    }

    /// The caller vouches for it that nobody else uses the folder.
    pub(super) fn assumed() -> Self {
        Self { _lock: None, written: AtomicU64::new(0) }
    }

    /// A name for a temporary file that no other write of this store has.
    pub(super) fn temporary_name(&self) -> String {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        format!("{}{number}{}", names::TEMPORARY.0, names::TEMPORARY.1)
    }
}

/// Removes what interrupted writes have left. Only under a claim: or else they may be under way.
pub(super) fn sweep(folder: &Path) -> Result<()> {
    let folders = names::chains(folder)?.into_iter().chain([folder.to_path_buf()]);
    folders.into_iter().try_for_each(|folder| {
        let names = disk::list(&folder)?;
        let left = names.iter().filter(|name| names::is_temporary(name));
        left.into_iter().try_for_each(|name| disk::remove(&folder, name))
    })
}
