//! The client; `Store` says what it keeps between cycles.

use std::fs::File;
use std::io::Read;
use std::time::{SystemTime, UNIX_EPOCH};

use harness::{CHUNK, Folder, Result, limits};
use ota_trust::primitives::{Limits, StartTime, TargetPath, UtcTime};
use ota_trust::update::{Change, Repository, Step, StoredItem, Update};
use ota_trust::verify::TrustedTarget;

/// What a device keeps.
pub trait Store: Sized {
    /// A store with nothing in it.
    fn empty() -> Result<Self>;
    fn read(&self, item: &StoredItem) -> Result<Option<Vec<u8>>>;
    fn apply(&self, changes: Vec<Change<'_>>) -> Result<()>;
}

pub struct Client<S> {
    folder: &'static Folder,
    store: S,
    /// Absent only while a search has it.
    repository: Option<Repository<'static>>,
    found: Option<TrustedTarget>,
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
        let store = S::empty()?;
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let start = StartTime::Known(UtcTime::from_unix(seconds.try_into()?)?);
        let repository = drive(Update::begin(&folder.root[..], start, limits())?, folder, &store)?;
        Ok(Self { folder, store, repository: Some(repository), found: None })
    }

    fn find(&mut self, path: &str) -> Result<Option<u64>> {
        let repository = self.repository.take().ok_or("an earlier search failed")?;
        let lookup = drive(repository.find(&TargetPath::new(path)?)?, self.folder, &self.store)?;
        self.repository = Some(lookup.repository);
        self.found = lookup.target.ok();
        Ok(self.found.as_ref().map(TrustedTarget::length))
    }

    fn artifact(&mut self, _: &str) -> Result<()> {
        let target = self.found.as_ref().ok_or("nothing was looked up")?;
        let name = target.download_paths().next().ok_or("no name")?;
        let mut stream = target.stream(limits::LENGTH)?;
        let mut file = File::open(self.folder.targets.join(name))?;
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

/// Answers the machine's steps until it is done.
fn drive<D>(mut step: Step<'static, D>, folder: &Folder, store: &impl Store) -> Result<D> {
    loop {
        step = match step {
            Step::Load(load) => {
                let bytes = store.read(load.item())?;
                load.loaded(bytes)?
            }
            Step::Fetch(fetch) => {
                match folder.metadata(&fetch.file().name(), fetch.max_length())? {
                    Some(bytes) => fetch.received(bytes)?,
                    None => fetch.not_found()?,
                }
            }
            Step::Persist(persist) => {
                store.apply(persist.changes())?;
                persist.done()?
            }
            Step::Done(done) => return Ok(done),
        };
    }
}
