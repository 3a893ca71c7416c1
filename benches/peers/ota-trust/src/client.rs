//! The client; `Store` says what it keeps between cycles.

use std::fs::File;
use std::io::{self, Read};
use std::time::{SystemTime, UNIX_EPOCH};

use harness::{CHUNK, Folder, Result, limits};
use ota_trust::primitives::{Limits, StartTime, TargetPath, UtcTime};
use ota_trust::update::{Change, Fetched, FileRequest, Io, Loaded, Repository, StoredItem, Update};
use ota_trust::verify::TrustedTarget;

/// What a device keeps.
pub trait Store: Sized {
    /// A store with nothing in it.
    fn empty() -> Result<Self>;
    fn read(&self, item: &StoredItem) -> io::Result<Option<Vec<u8>>>;
    fn apply(&self, changes: &[Change<'_>]) -> io::Result<()>;
}

pub struct Client<S> {
    device: Device<S>,
    /// Absent only while a search has it.
    repository: Option<Repository<'static>>,
    found: Option<TrustedTarget>,
}

struct Device<S> {
    folder: &'static Folder,
    store: S,
}

impl<S: Store> Io for Device<S> {
    type Error = io::Error;

    fn load(&mut self, item: &StoredItem) -> Loaded<io::Error> {
        self.store.read(item).into()
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<io::Error> {
        self.folder.metadata(&request.file.name(), request.max_length).into()
    }

    fn store(&mut self, changes: &[Change<'_>]) -> io::Result<()> {
        self.store.apply(changes)
    }
}

pub fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_targets_length = limits::LENGTH;
    limits.max_snapshot_length = limits::LENGTH;
    limits.max_root_rotations = limits::ROOTS;
    limits
}

impl<S: Store> harness::Client for Client<S> {
    fn refresh(folder: &'static Folder) -> Result<Self> {
        let mut device = Device { folder, store: S::empty()? };
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let start = StartTime::Known(UtcTime::from_unix(seconds.try_into()?)?);
        let cycle = Update::begin(&folder.root[..], start, limits())?;
        let repository = cycle.run(&mut device)?;
        if !repository.is_durable() {
            return Err("what was verified could not be stored".into());
        }
        Ok(Self { device, repository: Some(repository), found: None })
    }

    fn find(&mut self, path: &str) -> Result<Option<u64>> {
        let repository = self.repository.take().ok_or("an earlier search failed")?;
        let lookup = repository.find(&TargetPath::new(path)?)?.run(&mut self.device)?;
        self.repository = Some(lookup.repository);
        self.found = lookup.target.ok();
        Ok(self.found.as_ref().map(TrustedTarget::length))
    }

    fn artifact(&mut self, _: &str) -> Result<()> {
        let target = self.found.as_ref().ok_or("nothing was looked up")?;
        let name = target.download_paths().next().ok_or("no name")?;
        let mut stream = target.stream(limits::LENGTH)?;
        let mut file = File::open(self.device.folder.targets.join(name))?;
        let mut chunk = vec![0; CHUNK];
        loop {
            match file.read(&mut chunk)? {
                0 => break,
                read => stream.update(&chunk[..read])?,
            }
        }
        stream.finish()?;
        Ok(())
    }
}
