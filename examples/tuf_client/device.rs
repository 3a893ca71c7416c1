//! The device's side: its storage, and how it answers the update machine.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ota_trust::ErrorReport;
use ota_trust::primitives::Limits;
use ota_trust::store::FsStore;
use ota_trust::update::{Change, Fetched, FileRequest, Io, Loaded, Step, StoredItem};

use crate::Result;
use crate::http::Mirror;

/// The storage, and a view of it under plain names.
pub struct Device {
    store: FsStore,
    view: PathBuf,
    limits: Limits,
}

impl Device {
    pub fn open(metadata_dir: &Path) -> Result<Self> {
        let mut limits = Limits::default();
        // A person is waiting: no retries.
        limits.max_attempts = 1;
        let store = FsStore::open(metadata_dir.join(".ota-trust"), &limits)?;
        Ok(Self { store, view: metadata_dir.to_path_buf(), limits })
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Trusts a root as the start of the chain.
    pub fn provision(&self, root: &[u8]) -> Result<()> {
        self.store.provision(root)?;
        fs::write(self.view.join("root.json"), root)?;
        Ok(())
    }

    pub fn anchor(&self) -> Result<Vec<u8>> {
        self.store.anchor()?.ok_or_else(|| "no root is trusted yet: use `init`".into())
    }

    /// Answers the machine's steps until it is done.
    pub fn drive<D>(&self, step: Step<'_, D>, mirror: &Mirror) -> Result<D> {
        Ok(step.run(&mut Online { device: self, mirror })?)
    }

    /// Brings the view up to date.
    fn show(&self, changes: &[Change<'_>]) -> io::Result<()> {
        for change in changes {
            match change {
                Change::Write { item, bytes } => {
                    if let Some(name) = plain_name(item) {
                        fs::write(self.view.join(name), bytes)?;
                    }
                }
                Change::Remove { item } => {
                    if let Some(name) = plain_name(item)
                        && self.view.join(&name).exists()
                    {
                        fs::remove_file(self.view.join(name))?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The device, and where it downloads from.
struct Online<'r> {
    device: &'r Device,
    mirror: &'r Mirror,
}

impl Io for Online<'_> {
    type Error = io::Error;

    fn load(&mut self, item: &StoredItem) -> Loaded<io::Error> {
        self.device.store.read(item).map_err(io::Error::other).into()
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<io::Error> {
        let answer = self.mirror.get_bytes(&request.file.name(), request.max_length);
        let attempt = request.attempt;
        answer.inspect_err(|error| eprintln!("{}, attempt {attempt}: {error}", request.file)).into()
    }

    fn store(&mut self, changes: &[Change<'_>]) -> io::Result<()> {
        let Device { store, view, .. } = self.device;
        let stored = store.apply(changes).map_err(io::Error::other);
        let stored = stored.and_then(|()| self.device.show(changes));
        stored.inspect_err(|error| eprintln!("{}: {}", view.display(), ErrorReport::of(error)))
    }
}

/// The name under which the view shows an item; the ledger is nobody else's concern.
fn plain_name(item: &StoredItem) -> Option<String> {
    match item {
        StoredItem::Root(_) => Some("root.json".into()),
        StoredItem::Timestamp => Some("timestamp.json".into()),
        StoredItem::Snapshot => Some("snapshot.json".into()),
        StoredItem::Role(role) => Some(format!("{}.json", role.file_stem())),
        StoredItem::Ledger => None,
    }
}
