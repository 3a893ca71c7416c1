//! The device's side: its storage, and the driver of the update machine.

use std::fs;
use std::path::{Path, PathBuf};

use ota_trust::primitives::Limits;
use ota_trust::store::FsStore;
use ota_trust::update::{Change, Step, StoredItem};

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
    pub fn drive<D>(&self, mut step: Step<'_, D>, mirror: &Mirror) -> Result<D> {
        loop {
            step = match step {
                Step::Load(load) => {
                    let bytes = self.store.read(load.item())?;
                    load.loaded(bytes)?
                }
                Step::Fetch(fetch) => {
                    match mirror.get_bytes(&fetch.file().name(), fetch.max_length()) {
                        Ok(Some(bytes)) => fetch.received(bytes)?,
                        Ok(None) => fetch.not_found()?,
                        Err(error) => {
                            eprintln!("{}: {error}", fetch.file());
                            fetch.failed()?
                        }
                    }
                }
                Step::Persist(persist) => {
                    let changes = persist.changes();
                    let stored = self.store.apply(changes.iter().copied()).map_err(Into::into);
                    match stored.and_then(|()| self.show(&changes)) {
                        Ok(()) => persist.done()?,
                        Err(error) => {
                            eprintln!("{}: {error}", self.view.display());
                            persist.failed()?
                        }
                    }
                }
                Step::Done(done) => return Ok(done),
            };
        }
    }

    /// Brings the view up to date.
    fn show(&self, changes: &[Change<'_>]) -> Result<()> {
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
