//! ota-trust, with a device that stores what it trusts in a temporary folder, as the clients do
//! that cannot do without one. Each file is synced to the disk, which shows in wall time.

mod client;

use std::io;
use std::process::ExitCode;

use client::{Store, limits};
use harness::Result;
use ota_trust::store::FsStore;
use ota_trust::update::{Change, StoredItem};
use tempfile::TempDir;

struct Stored {
    store: FsStore,
    /// Removed with the client.
    _folder: TempDir,
}

impl Store for Stored {
    fn empty() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        Ok(Self { store: FsStore::open(folder.path(), &limits())?, _folder: folder })
    }

    fn read(&self, item: &StoredItem) -> io::Result<Option<Vec<u8>>> {
        self.store.read(item).map_err(io::Error::other)
    }

    fn apply(&self, changes: &[Change<'_>]) -> io::Result<()> {
        self.store.apply(changes.iter().copied()).map_err(io::Error::other)
    }
}

fn main() -> ExitCode {
    harness::main::<client::Client<Stored>>()
}
