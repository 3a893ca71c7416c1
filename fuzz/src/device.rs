//! A device in memory: a storage and a transport, with a log and with faults.

use std::collections::{BTreeMap, BTreeSet};

use ota_trust::update::{
    Change, Fetched, FileRequest, Io, LedgerCopy, Loaded, Step, StoredItem, UpdateError,
};

/// Both copies of the ledger.
pub const LEDGER: [StoredItem; 2] =
    [StoredItem::Ledger(LedgerCopy::First), StoredItem::Ledger(LedgerCopy::Second)];

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
    /// Items that cannot be written.
    pub broken: BTreeSet<StoredItem>,
    /// Items that cannot be read.
    pub unreadable: BTreeSet<StoredItem>,
    /// What cannot be read is given up.
    pub gives_up: bool,
    /// Names of the files requested, one for each attempt.
    pub requests: Vec<String>,
    /// Roots that were offered by storage or mirrors, by the version that was asked for; no bytes where
    /// there was none.
    pub offered: Vec<(u64, Vec<u8>)>,
    /// The walk through the roots has ended well.
    pub has_last_root: bool,
    /// What was verified, in order; whether or not it could be stored.
    pub verified: Vec<(StoredItem, Vec<u8>)>,
    /// What was written, in order.
    pub written: Vec<(StoredItem, Vec<u8>)>,
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
        end.map_err(|e| Ended::Refused(e.refusal().clone()))
    }

    /// Forgets what happened in the last run.
    pub fn begin_run(&mut self) {
        self.requests.clear();
        self.offered.clear();
        self.has_last_root = false;
        self.verified.clear();
        self.written.clear();
        self.lost_a_floor = false;
    }

    /// The timestamp that is trusted at the end of a run: the one just verified, or else the one that
    /// was stored before.
    pub fn timestamp(&self, before: &Store) -> Option<Vec<u8>> {
        let mut verified = self.verified.iter().rev();
        let verified = verified.find(|(item, _)| *item == StoredItem::Timestamp);
        verified.map(|(_, bytes)| bytes).or_else(|| before.get(&StoredItem::Timestamp)).cloned()
    }

    /// The roots after the provisioned one that a run has followed: it asks for the next one after
    /// each.
    pub fn followed(&self) -> Vec<&[u8]> {
        let asked = self.offered.iter().map(|(version, _)| *version).max().unwrap_or_default();
        let of = |version| self.offered.iter().rfind(|(of, _)| *of == version);
        let first = self.offered.first().map_or(asked, |(version, _)| *version);
        (first..asked).filter_map(of).map(|(_, bytes)| &**bytes).collect()
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
            if self.broken.contains(*item) {
                self.lost_a_floor |= subject.is_none_or(StoredItem::is_floor);
                return Ok(false);
            }
            if let Some(left) = &mut self.power_left {
                *left = left.checked_sub(1).ok_or(PowerCut)?;
            }
            match change {
                Change::Write { item, bytes } => {
                    self.written.push(((*item).clone(), bytes.to_vec()));
                    self.store.insert((*item).clone(), bytes.to_vec());
                }
                Change::Remove { item } => drop(self.store.remove(*item)),
            }
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
        let device = &mut *self.device;
        let is_readable = self.is_on && !device.unreadable.contains(item);
        let bytes = device.store.get(item).filter(|_| is_readable).cloned();
        match item {
            StoredItem::Root(version) => {
                device.offered.push((version.get(), bytes.clone().unwrap_or_default()));
            }
            StoredItem::Timestamp => device.has_last_root = true,
            _ => {}
        }
        match bytes {
            Some(bytes) => Loaded::Found(bytes),
            None if is_readable => Loaded::Nothing,
            None if device.gives_up => Loaded::AssumedLost,
            None => Loaded::Unreadable(()),
        }
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<()> {
        if !self.is_on {
            return Fetched::Failed(());
        }
        let name = request.file.name();
        self.device.requests.push(name.clone());
        let answer = (self.serve)(&name, request.attempt);
        if let (Some(version), true) = (request.file.version(), name.ends_with(".root.json")) {
            let bytes = if let Answer::File(bytes) = &answer { bytes.clone() } else { Vec::new() };
            self.device.offered.push((version.get(), bytes));
        }
        match answer {
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
