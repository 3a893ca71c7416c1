//! A device in memory: a storage and a transport, with a log and with faults.

use std::collections::BTreeMap;

use ota_trust::update::{Change, Fetched, FileRequest, Io, Loaded, Step, StoredItem, UpdateError};

/// What a repository answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    File(Vec<u8>),
    NotFound,
    Failed,
}

/// Why a cycle, or a search, ended without a result.
#[derive(Debug)]
pub enum Ended {
    Refused(UpdateError),
    PowerCut,
}

impl Ended {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(e) => e.code(),
            Self::PowerCut => "power cut",
        }
    }
}

impl From<UpdateError> for Ended {
    fn from(error: UpdateError) -> Self {
        Self::Refused(error)
    }
}

pub type Store = BTreeMap<StoredItem, Vec<u8>>;

/// What a device keeps, what can go wrong with it, and what happened in its last run.
#[derive(Clone, Debug, Default)]
pub struct Device {
    pub store: Store,
    /// The power fails after so many changes.
    pub power_left: Option<usize>,
    /// An item that cannot be written.
    pub broken: Option<StoredItem>,
    /// Names of the files requested, one for each attempt.
    pub requests: Vec<String>,
    /// What was verified, in order; whether or not it could be stored.
    pub verified: Vec<(StoredItem, Vec<u8>)>,
    /// A floor was verified and could not be stored.
    pub lost_a_floor: bool,
}

impl Device {
    /// Answers steps until the end. `serve` is asked for a file by its name and the number of the
    /// attempt.
    pub fn drive<D>(
        &mut self,
        serve: &mut dyn FnMut(&str, u32) -> Answer,
        step: Result<Step<'static, D>, UpdateError>,
    ) -> Result<D, Ended> {
        let mut powered = Powered { device: self, serve, is_on: true };
        let end = step?.run(&mut powered);
        if !powered.is_on {
            return Err(Ended::PowerCut);
        }
        end.map_err(|e| Ended::Refused(e.refusal().expect("the storage is readable").clone()))
    }

    /// Forgets what happened in the last run.
    pub fn begin_run(&mut self) {
        self.requests.clear();
        self.verified.clear();
        self.lost_a_floor = false;
    }

    /// Makes changes in order, as far as storage and power allow; whether all are made.
    fn apply(&mut self, changes: &[Change<'_>]) -> Result<bool, PowerCut> {
        let mut subject = None;
        if let Some(Change::Write { item, bytes }) = changes.last() {
            self.verified.push(((*item).clone(), bytes.to_vec()));
            subject = Some(*item);
        }
        for change in changes {
            let (Change::Write { item, .. } | Change::Remove { item }) = change;
            if self.broken.as_ref() == Some(*item) {
                self.lost_a_floor |= subject.is_some_and(StoredItem::is_floor);
                return Ok(false);
            }
            if let Some(left) = &mut self.power_left {
                *left = left.checked_sub(1).ok_or(PowerCut)?;
            }
            match change {
                Change::Write { item, bytes } => self.store.insert((*item).clone(), bytes.to_vec()),
                Change::Remove { item } => self.store.remove(*item),
            };
        }
        Ok(true)
    }
}

/// The power went in the middle of a change.
struct PowerCut;

/// A device for one run. Once its power is gone, nothing answers any more.
struct Powered<'d> {
    device: &'d mut Device,
    serve: &'d mut dyn FnMut(&str, u32) -> Answer,
    is_on: bool,
}

impl Io for Powered<'_> {
    type Error = ();

    fn load(&mut self, item: &StoredItem) -> Loaded<()> {
        if self.is_on { Ok(self.device.store.get(item).cloned()) } else { Err(()) }.into()
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<()> {
        if !self.is_on {
            return Fetched::Failed(());
        }
        let name = request.file.name();
        self.device.requests.push(name.clone());
        match (self.serve)(&name, request.attempt) {
            Answer::File(bytes) => Fetched::Received(bytes),
            Answer::NotFound => Fetched::NotFound,
            Answer::Failed => Fetched::Failed(()),
        }
    }

    fn store(&mut self, changes: &[Change<'_>]) -> Result<(), ()> {
        if !self.is_on {
            return Err(());
        }
        match self.device.apply(changes) {
            Ok(true) => Ok(()),
            Ok(false) => Err(()),
            Err(PowerCut) => {
                self.is_on = false;
                Err(())
            }
        }
    }
}
