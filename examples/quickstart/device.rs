//! A device in memory: what it stores, and how it answers the update machine.

use std::collections::BTreeMap;
use std::io;

use ota_trust::Error;
use ota_trust::artifact::VerifiedArtifact;
use ota_trust::primitives::{Limits, StartTime, TargetPath};
use ota_trust::update::{
    Change, Fetched, FileRequest, Io, Loaded, Lookup, Repository, RunError, Step, StoredItem,
    Update,
};
use ota_trust::verify::{TrustedTarget, VouchedTarget};

use crate::Result;
use crate::source::Source;
use crate::tell::Event;

/// The largest artifact that the device takes.
const MAX_ARTIFACT: u64 = 1 << 30;

/// A device: its provisioned root, its clock and its storage.
#[derive(Clone)]
pub struct Device {
    root: Vec<u8>,
    start: StartTime,
    stored: BTreeMap<StoredItem, Vec<u8>>,
}

type Found<'a> = Lookup<Repository<'a>, TrustedTarget>;

impl Device {
    /// A new device, which has stored nothing yet.
    pub fn new(root: Vec<u8>, start: StartTime) -> Self {
        Self { root, start, stored: BTreeMap::new() }
    }

    /// The same device as it left the factory.
    pub fn as_new(&self) -> Self {
        Self::new(self.root.clone(), self.start)
    }

    /// The clock goes on.
    pub fn set_time(&mut self, start: StartTime) {
        self.start = start;
    }

    /// The time, as it knows it.
    pub fn start(&self) -> StartTime {
        self.start
    }

    /// One update cycle.
    pub fn refresh(
        &mut self,
        source: &Source,
        tell: &mut dyn FnMut(&Event<'_>),
    ) -> Result<Repository<'static>> {
        let mut limits = Limits::default();
        // There is no other mirror to ask.
        limits.max_attempts = 1;
        let step = Update::begin(self.root.clone(), self.start, limits).map_err(Error::from)?;
        self.drive(step, source, tell)
    }

    /// Looks a target up.
    pub fn find(
        &mut self,
        repository: Repository<'static>,
        path: &TargetPath,
        source: &Source,
        tell: &mut dyn FnMut(&Event<'_>),
    ) -> Result<Found<'static>> {
        self.drive(repository.find(path).map_err(Error::from)?, source, tell)
    }

    /// Looks a target up, and who vouches for it.
    pub fn find_vouched(
        &mut self,
        repository: Repository<'static>,
        path: &TargetPath,
        source: &Source,
    ) -> Result<Lookup<Repository<'static>, VouchedTarget>> {
        self.drive(repository.find_vouched(path).map_err(Error::from)?, source, &mut |_| ())
    }

    fn drive<D>(
        &mut self,
        step: Step<'_, D>,
        source: &Source,
        tell: &mut dyn FnMut(&Event<'_>),
    ) -> Result<D> {
        step.run(&mut Online { stored: &mut self.stored, source, tell }).map_err(
            |error| match error {
                RunError::Update(refusal) => Error::from(refusal).into(),
                other => other.into(),
            },
        )
    }
}

/// What the device keeps, and where it downloads from.
struct Online<'r> {
    stored: &'r mut BTreeMap<StoredItem, Vec<u8>>,
    source: &'r Source,
    tell: &'r mut dyn FnMut(&Event<'_>),
}

impl Io for Online<'_> {
    type Error = io::Error;

    fn load(&mut self, item: &StoredItem) -> Loaded<io::Error> {
        Ok(self.stored.get(item).cloned()).into()
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<io::Error> {
        let answer = self.source.metadata(&request.file.name());
        if let Ok(answer) = &answer {
            (self.tell)(&Event::Asked { file: request.file, there: answer.is_some() });
        }
        answer.into()
    }

    fn store(&mut self, changes: &[Change<'_>]) -> io::Result<()> {
        for change in changes {
            (self.tell)(&Event::Stores(change));
            match *change {
                Change::Write { item, bytes } => {
                    self.stored.insert(item.clone(), bytes.to_vec());
                }
                Change::Remove { item } => {
                    self.stored.remove(item);
                }
            }
        }
        Ok(())
    }
}

/// Streams the artifact through its check, as if into the inactive slot.
pub fn install(target: &TrustedTarget, source: &Source) -> Result<VerifiedArtifact> {
    for name in target.download_paths() {
        if let Some(bytes) = source.target(&name)? {
            return Ok(check(target, &bytes)?);
        }
    }
    Err(format!("{}: the repository has no such file", target.path()).into())
}

/// The check itself, in chunks as they come from a network.
pub fn check(target: &TrustedTarget, bytes: &[u8]) -> Result<VerifiedArtifact, Error> {
    let mut stream = target.stream(MAX_ARTIFACT)?;
    for chunk in bytes.chunks(4096) {
        stream.update(chunk)?;
    }
    Ok(stream.finish()?)
}
