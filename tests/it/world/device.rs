//! The device: the loop over the steps, written by hand, with a log and with faults.

use std::collections::{BTreeMap, BTreeSet};

use ota_trust::primitives::{Limits, StartTime, TargetPath, UtcTime};
use ota_trust::update::{
    Anchor, ChainName, Change, LedgerCopy, Lookup, NotFound, Repository, StaleNotFound,
    StaleRepository, StaleTarget, Step, StoredItem, Update, UpdateError,
};
use ota_trust::verify::{TrustedTarget, VouchedTarget};

use super::check::name_of;
use super::json::sha256_hex;
use super::repo::Repo;

/// When cycles start unless a test says otherwise.
pub(crate) const START: &str = "2027-01-01T00:00:00Z";

/// Both copies of the ledger.
pub(crate) const LEDGER: [StoredItem; 2] =
    [StoredItem::Ledger(LedgerCopy::First), StoredItem::Ledger(LedgerCopy::Second)];

/// A clock that is believed.
pub(crate) fn at(time: &str) -> StartTime {
    StartTime::Known(UtcTime::parse(time).unwrap())
}

/// What a mirror answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    File(Vec<u8>),
    NotFound,
    Failed,
}

/// The roles that a search has visited that found nothing, although it has seen every role.
pub(crate) fn visited(answer: &NotFound) -> Vec<String> {
    let NotFound::NotListed(unlisted) = answer else { panic!("{answer}") };
    unlisted.visited().iter().map(|role| role.as_str().to_owned()).collect()
}

/// Whatever serves files.
pub(crate) trait Mirror {
    /// The answer to the `attempt`-th request of a file, counted from 1.
    fn get(&self, name: &str, attempt: u32) -> Answer;
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) name: String,
    pub(crate) max_length: u64,
    pub(crate) attempt: u32,
    /// The code of the refusal of the answer before.
    pub(crate) after: Option<&'static str>,
}

/// How a cycle can end without a result.
#[derive(Debug)]
pub(crate) enum Ended {
    Refused(UpdateError),
    PowerCut,
}

impl From<UpdateError> for Ended {
    fn from(error: UpdateError) -> Self {
        Self::Refused(error)
    }
}

impl Ended {
    pub(crate) fn refusal(self) -> UpdateError {
        match self {
            Self::Refused(error) => error,
            Self::PowerCut => panic!("the power was cut"),
        }
    }
}

/// A device, its storage, and what can go wrong with it.
#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) anchor: Vec<u8>,
    /// The name that the firmware gives its chain.
    pub(crate) chain: ChainName,
    pub(crate) limits: Limits,
    pub(crate) start: StartTime,
    pub(crate) store: BTreeMap<StoredItem, Vec<u8>>,
    /// Items that cannot be written.
    pub(crate) broken: BTreeSet<StoredItem>,
    /// Items that cannot be read.
    pub(crate) unreadable: BTreeSet<StoredItem>,
    /// What cannot be read is taken for lost.
    pub(crate) gives_up: bool,
    /// The power fails after so many changes of a run.
    pub(crate) power_cut_after: Option<usize>,
    /// The requests of the last run, in order.
    pub(crate) requests: Vec<Request>,
    /// The loads of the last run, in order.
    pub(crate) loads: Vec<StoredItem>,
    /// The changes of the last run that were made, in order.
    pub(crate) changes: Vec<String>,
}

impl Device {
    /// A device with the first root of a repository, one attempt for each file and an empty storage.
    pub(crate) fn new(repo: &Repo) -> Self {
        Self::provisioned(repo.file("1.root.json"), at(START))
    }

    /// A device with that root.
    pub(crate) fn provisioned(anchor: Vec<u8>, start: StartTime) -> Self {
        let mut limits = Limits::default();
        limits.max_attempts = 1;
        Self {
            anchor,
            chain: ChainName::default(),
            limits,
            start,
            store: BTreeMap::new(),
            broken: BTreeSet::new(),
            unreadable: BTreeSet::new(),
            gives_up: false,
            power_cut_after: None,
            requests: Vec::new(),
            loads: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// A device that has run one cycle.
    pub(crate) fn refreshed(repo: &Repo) -> Self {
        let mut device = Self::new(repo);
        device.refresh(repo);
        device
    }

    pub(crate) fn try_refresh(
        &mut self,
        mirror: &dyn Mirror,
    ) -> Result<Repository<'static>, Ended> {
        self.forget_log();
        let step = Update::begin(self.provision(), self.start, self.limits.clone())?;
        self.drive(mirror, step)
    }

    /// A cycle that must succeed.
    pub(crate) fn refresh(&mut self, mirror: &dyn Mirror) -> Repository<'static> {
        self.try_refresh(mirror).unwrap()
    }

    /// A cycle that must be refused.
    pub(crate) fn refusal(&mut self, mirror: &dyn Mirror) -> UpdateError {
        self.try_refresh(mirror).map(|_| ()).unwrap_err().refusal()
    }

    pub(crate) fn refresh_offline(
        &mut self,
        bundle: &dyn Mirror,
        max_staleness: u64,
    ) -> Result<StaleRepository<'static>, Ended> {
        self.forget_log();
        let (anchor, limits) = (self.provision(), self.limits.clone());
        let step = Update::begin_offline(anchor, self.start, max_staleness, limits)?;
        self.drive(bundle, step)
    }

    /// A cycle that goes by the storage alone.
    pub(crate) fn refresh_stored(
        &mut self,
        max_staleness: u64,
    ) -> Result<StaleRepository<'static>, UpdateError> {
        self.forget_log();
        let (anchor, limits) = (self.provision(), self.limits.clone());
        let step = Update::begin_stored(anchor, self.start, max_staleness, limits)?;
        self.drive(&Nobody, step).map_err(Ended::refusal)
    }

    pub(crate) fn find(
        &mut self,
        mirror: &dyn Mirror,
        repository: Repository<'static>,
        path: &str,
    ) -> Result<Lookup<Repository<'static>, TrustedTarget>, Ended> {
        self.forget_log();
        let step = repository.find(&TargetPath::new(path).unwrap())?;
        ended(self.drive(mirror, step)?)
    }

    pub(crate) fn find_vouched(
        &mut self,
        mirror: &dyn Mirror,
        repository: Repository<'static>,
        path: &TargetPath,
    ) -> Result<Lookup<Repository<'static>, VouchedTarget>, Ended> {
        self.forget_log();
        let step = repository.find_vouched(path)?;
        ended(self.drive(mirror, step)?)
    }

    pub(crate) fn find_offline(
        &mut self,
        bundle: &dyn Mirror,
        repository: StaleRepository<'static>,
        path: &str,
    ) -> Result<Lookup<StaleRepository<'static>, StaleTarget>, Ended> {
        self.forget_log();
        let step = repository.find(&TargetPath::new(path).unwrap())?;
        let Lookup { repository, target } = self.drive(bundle, step)?;
        let target = target.map_err(StaleNotFound::accept_staleness);
        ended(Lookup { repository, target })
    }

    #[cfg(feature = "repository")]
    pub(crate) fn find_vouched_offline(
        &mut self,
        bundle: &dyn Mirror,
        repository: StaleRepository<'static>,
        path: &TargetPath,
    ) -> Result<Lookup<StaleRepository<'static>, StaleTarget<VouchedTarget>>, Ended> {
        self.forget_log();
        let step = repository.find_vouched(path)?;
        let Lookup { repository, target } = self.drive(bundle, step)?;
        let target = target.map_err(StaleNotFound::accept_staleness);
        ended(Lookup { repository, target })
    }

    /// Other firmware has written the ledger: `edit` is given the lines before the checksum.
    pub(crate) fn edit_ledger(&mut self, edit: impl FnOnce(&str) -> String) {
        let ledger = self.ledger();
        let (lines, _) = ledger.split_at(ledger.rfind("sha256 ").unwrap());
        let lines = edit(lines);
        let checksum = sha256_hex(lines.as_bytes());
        let ledger = format!("{lines}sha256 {checksum}\n");
        self.store.insert(StoredItem::Ledger(self.newest_copy()), ledger.into_bytes());
    }

    /// The newer one of the two copies of the ledger.
    pub(crate) fn ledger(&self) -> String {
        let bytes = &self.store[&StoredItem::Ledger(self.newest_copy())];
        String::from_utf8(bytes.clone()).unwrap()
    }

    /// Which copy of the ledger was written last.
    pub(crate) fn newest_copy(&self) -> LedgerCopy {
        let generation = |copy: &LedgerCopy| {
            let bytes = self.store.get(&StoredItem::Ledger(*copy))?;
            let text = String::from_utf8_lossy(bytes);
            let line = text.lines().find_map(|line| line.strip_prefix("generation "))?;
            line.split(' ').next()?.parse::<u64>().ok()
        };
        let copies = [LedgerCopy::Second, LedgerCopy::First];
        copies.into_iter().max_by_key(generation).unwrap()
    }

    /// Both copies of the ledger are gone.
    pub(crate) fn lose_ledger(&mut self) {
        for copy in LEDGER {
            self.store.remove(&copy);
        }
    }

    /// The lines of the ledger with this first word, without it.
    pub(crate) fn ledger_lines(&self, word: &str) -> Vec<String> {
        let word = format!("{word} ");
        let ledger = self.ledger();
        ledger.lines().filter_map(|line| Some(line.strip_prefix(&word)?.to_owned())).collect()
    }

    fn provision(&self) -> Anchor<'static> {
        Anchor::new(self.anchor.clone()).in_chain(self.chain.clone())
    }

    /// The names of the last run's requests.
    pub(crate) fn requested(&self) -> Vec<&str> {
        self.requests.iter().map(|request| request.name.as_str()).collect()
    }

    fn forget_log(&mut self) {
        self.requests.clear();
        self.loads.clear();
        self.changes.clear();
    }

    pub(crate) fn drive<D>(
        &mut self,
        mirror: &dyn Mirror,
        mut step: Step<'static, D>,
    ) -> Result<D, Ended> {
        loop {
            step = match step {
                Step::Load(load) => {
                    let item = load.item().clone();
                    if self.unreadable.contains(&item) {
                        self.loads.push(item);
                        if self.gives_up { load.assume_lost()? } else { load.unreadable()? }
                    } else {
                        load.loaded(self.read(&item))?
                    }
                }
                Step::Fetch(fetch) => {
                    let request = Request {
                        name: fetch.file().name(),
                        max_length: fetch.max_length(),
                        attempt: fetch.attempt(),
                        after: fetch.refusal().map(UpdateError::code),
                    };
                    match self.ask(mirror, request) {
                        Answer::File(bytes) => fetch.received(bytes)?,
                        Answer::NotFound => fetch.not_found()?,
                        Answer::Failed => fetch.failed()?,
                    }
                }
                Step::Persist(persist) => match self.apply(&persist.changes())? {
                    Written::All => persist.done()?,
                    Written::Part => persist.failed()?,
                },
                Step::Done(done) => return Ok(done),
            };
        }
    }

    /// Reads an item, and logs that.
    pub(crate) fn read(&mut self, item: &StoredItem) -> Option<Vec<u8>> {
        self.loads.push(item.clone());
        self.store.get(item).cloned()
    }

    /// Asks a mirror, and logs that.
    pub(crate) fn ask(&mut self, mirror: &dyn Mirror, request: Request) -> Answer {
        let answer = mirror.get(&request.name, request.attempt);
        self.requests.push(request);
        answer
    }

    /// Makes the changes in order, as far as storage and power allow.
    pub(crate) fn apply(&mut self, changes: &[Change<'_>]) -> Result<Written, Ended> {
        for change in changes {
            let (Change::Write { item, .. } | Change::Remove { item }) = change;
            if self.broken.contains(*item) {
                return Ok(Written::Part);
            }
            if self.power_cut_after == Some(self.changes.len()) {
                return Err(Ended::PowerCut);
            }
            match change {
                Change::Write { item, bytes } => {
                    self.changes.push(format!("write {}", name_of(item)));
                    self.store.insert((*item).clone(), bytes.to_vec());
                }
                Change::Remove { item } => {
                    self.changes.push(format!("remove {}", name_of(item)));
                    self.store.remove(*item);
                }
            }
        }
        Ok(Written::All)
    }
}

/// A look-up that was refused is one that has ended, for most tests.
fn ended<R, T>(lookup: Lookup<R, T>) -> Result<Lookup<R, T>, Ended> {
    match lookup.target {
        Err(NotFound::Refused(error)) => Err(Ended::Refused(*error)),
        _ => Ok(lookup),
    }
}

/// Whom nobody must ask.
pub(crate) struct Nobody;

impl Mirror for Nobody {
    fn get(&self, name: &str, _: u32) -> Answer {
        panic!("{name} was asked for")
    }
}

/// What came of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    All,
    Part,
}
