//! The device's side: its storage, and how it answers the update machine.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ota_trust::ErrorReport;
use ota_trust::metadata::signed_digest;
use ota_trust::primitives::{Limits, RoleName};
use ota_trust::store::FsStore;
use ota_trust::update::{Change, Fetched, FileRequest, Io, Loaded, Repository, Step, StoredItem};

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
        self.store
            .assume_provisioned_root()?
            .ok_or_else(|| "no root is trusted yet: use `init`".into())
    }

    /// Removes what is stored of roles that are gone.
    pub fn tidy(&self, repository: &Repository<'_>) -> Result<()> {
        Ok(self.store.remove_unneeded(repository.snapshot(), u64::MAX)?)
    }

    /// Tells a failure of the disk.
    fn report(&self, done: io::Result<()>) -> io::Result<()> {
        done.inspect_err(|error| {
            eprintln!("{}: {}", self.view.display(), ErrorReport::of(error));
        })
    }

    /// Answers the machine's steps until it is done.
    pub fn drive<D>(&self, step: Step<'_, D>, mirror: &Mirror) -> Result<D> {
        Ok(step.run(&mut Online { device: self, mirror })?)
    }

    /// Mends the view where it does not say what is trusted: a file is gone, cannot be read, or was
    /// changed. Files that only carry other signatures or white space stay as they came.
    pub fn mend(&self, repository: &Repository<'_>, roles: &[RoleName]) -> Result<()> {
        self.mend_file(&StoredItem::Root(repository.root().version()), repository.root().bytes())?;
        let roles = roles.iter().cloned().chain([RoleName::targets()]).map(StoredItem::Role);
        for item in [StoredItem::Timestamp, StoredItem::Snapshot].into_iter().chain(roles) {
            if let Some(bytes) = self.store.read(&item)? {
                self.mend_file(&item, &bytes)?;
            }
        }
        Ok(())
    }

    fn mend_file(&self, item: &StoredItem, trusted: &[u8]) -> Result<()> {
        let Some(name) = plain_name(item) else { return Ok(()) };
        let path = self.view.join(name);
        let says = |bytes: &[u8]| signed_digest(bytes, &self.limits).ok();
        let shown = fs::read(&path).ok().and_then(|bytes| says(&bytes));
        if shown.is_none() || shown != says(trusted) {
            fs::write(path, trusted)?;
        }
        Ok(())
    }

    /// Brings the view up to date.
    fn show(&self, item: &StoredItem, bytes: &[u8]) -> io::Result<()> {
        match plain_name(item) {
            Some(name) => fs::write(self.view.join(name), bytes),
            None => Ok(()),
        }
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

    fn received(&mut self, item: &StoredItem, bytes: &[u8]) {
        // The view is mended at the end of the cycle, or that fails.
        let _ = self.device.report(self.device.show(item, bytes));
    }

    fn store(&mut self, changes: &[Change<'_>]) -> io::Result<()> {
        self.device.report(self.device.store.apply(changes).map_err(io::Error::other))
    }
}

/// The name under which the view shows an item; the ledger is nobody else's concern.
fn plain_name(item: &StoredItem) -> Option<String> {
    match item {
        StoredItem::Root(_) => Some("root.json".into()),
        StoredItem::Timestamp => Some("timestamp.json".into()),
        StoredItem::Snapshot => Some("snapshot.json".into()),
        StoredItem::Role(role) => Some(format!("{}.json", role.file_stem())),
        StoredItem::Ledger(_) => None,
    }
}
