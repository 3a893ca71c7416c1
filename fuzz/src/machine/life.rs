//! A repository and a device, and what is checked after each cycle.

use std::collections::BTreeMap;

use ota_trust::primitives::{Limits, StartTime, TargetPath};
use ota_trust::update::{Repository as Trusted, StaleRepository, StoredItem, Update};
use ota_trust::verify::Freshness;

use super::Choices;
use super::damage;
use super::device::{Answer, Device, Ended, Store};
use super::ledger;
use super::model::{self, Chain, Terms, Verdict};
use super::repository::{BASE_LENGTH, PATH, Repository, Rotation, Style, time};
use super::roles::document::Header;
use super::signing::sha256;

/// The first day.
const FIRST: u64 = 20_000;
const ATTEMPTS: u32 = 2;
const ROTATIONS: u32 = 4;

/// How a cycle begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cycle {
    Online,
    Offline {
        staleness: u64,
    },
    Clockless,
    /// The clock is off by so many days; those from 128 are in the past.
    WrongClock {
        days: u64,
    },
}

/// What a mirror does with the files of a role.
#[derive(Clone, Debug)]
pub struct Fault {
    pub role: &'static str,
    pub fraud: Fraud,
    /// The first answer only; then the mirror mends its ways.
    pub only_once: bool,
}

#[derive(Clone, Debug)]
pub enum Fraud {
    /// A file of the role that was right once.
    Old(usize),
    Damaged {
        at: usize,
        mask: u8,
    },
    Cut(usize),
    Longer(usize),
    Absent,
    Failed,
    /// The current file of another role.
    Swapped(&'static str),
}

pub struct Life {
    pub repository: Repository,
    pub device: Device,
    /// The version of the provisioned root.
    pub anchor: u64,
    /// For the next cycle.
    pub faults: Vec<Fault>,
    pub forged: BTreeMap<String, Vec<u8>>,
    backups: Vec<Store>,
}

/// What a cycle came to trust.
struct Outcome {
    root: Vec<u8>,
    snapshot: Vec<u8>,
    targets: Vec<u8>,
    is_durable: bool,
    /// How long the target is, if the search was not refused.
    found: Option<u64>,
}

impl Life {
    pub fn new(style: Style) -> Self {
        Self {
            repository: Repository::new(style, FIRST),
            device: Device::default(),
            anchor: 1,
            faults: Vec::new(),
            forged: BTreeMap::new(),
            backups: Vec::new(),
        }
    }

    /// An item of the storage becomes what it was after an earlier cycle.
    pub fn restore(&mut self, backup: usize, item: &StoredItem) {
        let backup = self.backups.get(backup % self.backups.len().max(1));
        if let Some(bytes) = backup.and_then(|store| store.get(item)) {
            self.device.store.insert(item.clone(), bytes.clone());
        }
    }

    /// Newer firmware has run for a while, and has written the ledger.
    pub fn newer_firmware(&mut self, choices: &mut Choices<'_>) {
        if let Some(ledger) = self.device.store.get_mut(&StoredItem::Ledger) {
            *ledger = ledger::as_newer_firmware(ledger, choices);
        }
    }

    /// One cycle and one search, and what must hold after them. Faults last for one cycle.
    pub fn cycle(&mut self, cycle: Cycle) {
        let terms = self.terms(cycle);
        let predicted = model::predict(&self.device.store, &self.repository, &terms);
        // One failed download is made good by the next attempt.
        let is_harmless = |fault: &Fault| fault.only_once && matches!(fault.fraud, Fraud::Failed);
        let disturbed = !self.faults.iter().all(is_harmless)
            || !self.forged.is_empty()
            || self.device.power_left.is_some();
        let before = self.device.store.clone();
        self.device.begin_run();
        let result = self.run(cycle, &terms);

        self.check_stored(&before);
        let searched = ATTEMPTS as usize;
        let most = (ROTATIONS + 1 + 3) * ATTEMPTS;
        assert!(self.device.requests.len() <= most as usize + searched, "too many requests");
        match &result {
            Ok(outcome) => self.check_trusted(outcome, &before, &terms),
            Err(Ended::PowerCut) => assert!(disturbed),
            Err(Ended::Refused(_)) => {}
        }
        let of_root = self.faults.iter().find(|fault| fault.role == "root");
        if of_root.is_some_and(|fault| matches!(fault.fraud, Fraud::Failed) && !fault.only_once) {
            assert!(result.is_err(), "a failed download is not the end of the roots");
        }
        if !disturbed && predicted != Verdict::Open {
            let succeeds = predicted == Verdict::Succeeds;
            let verdict = result.as_ref().map(|_| ()).map_err(Ended::code);
            assert_eq!(verdict.is_ok(), succeeds, "{predicted:?}, found {verdict:?}");
        }
        self.faults.clear();
        self.forged.clear();
        self.device.power_left = None;
        self.device.broken = None;
        self.backups.push(self.device.store.clone());
    }

    /// All becomes honest, and is believed, at the latest when the keys that may be stolen are
    /// gone.
    pub fn ends_well(&mut self) {
        self.faults.clear();
        self.forged.clear();
        self.device.power_left = None;
        self.device.broken = None;
        // Older firmware stores nothing beside what newer firmware has written.
        if model::ledger_of(&self.device.store).is_newer {
            let ledger = self.device.store.get_mut(&StoredItem::Ledger).expect("a ledger");
            *ledger = ledger::taken_back(ledger);
        }
        self.repository.rotate("root", Rotation::One, false);
        self.repository.release(&["targets", "team"]);
        // Each takes some of the roots.
        for _ in 0..=self.repository.roots.len() / ROTATIONS as usize {
            self.cycle(Cycle::Online);
        }
        let verdict =
            model::predict(&self.device.store, &self.repository, &self.terms(Cycle::Online));
        if verdict != Verdict::Succeeds {
            self.repository.rotate("timestamp", Rotation::Both, true);
            self.repository.rotate("snapshot", Rotation::Both, true);
            let terms = self.terms(Cycle::Online);
            let verdict = model::predict(&self.device.store, &self.repository, &terms);
            assert_eq!(verdict, Verdict::Succeeds, "nothing stolen is left");
        }
        self.cycle(Cycle::Online);
        for role in ["timestamp", "snapshot", "targets", "team"] {
            let stored = self.device.store.get(&model::item(role)).expect("all is stored");
            assert!(model::same_signed(stored, self.repository.current(role)), "{role}");
        }
        let before = self.device.store.clone();
        self.cycle(Cycle::Online);
        assert!(self.device.store == before);
        let chain = Chain::expected(&self.repository, &before, self.anchor);
        let reuses = self.repository.style.digests || !model::is_mixed(&before, &chain);
        // The next root and the timestamp; `targets` and `team` too, if it is not sure whose they
        // are.
        assert_eq!(self.device.requests.len(), if reuses { 2 } else { 4 });
    }

    fn terms(&self, cycle: Cycle) -> Terms {
        let (today, broken) = (self.repository.today, &self.device.broken);
        let (now, staleness) = match cycle {
            Cycle::Online | Cycle::Clockless => (today, 0),
            Cycle::Offline { staleness } => (today, staleness),
            Cycle::WrongClock { days } if days < 128 => (today + days, 0),
            Cycle::WrongClock { days } => (today - (days - 128), 0),
        };
        Terms {
            anchor: self.anchor,
            max_rotations: ROTATIONS.into(),
            can_remove: !["timestamp", "snapshot"].map(|r| Some(model::item(r))).contains(broken),
            day: now,
            now: time(now).to_string(),
            stale_now: time(now - staleness).to_string(),
        }
    }

    fn run(&mut self, cycle: Cycle, terms: &Terms) -> Result<Outcome, Ended> {
        let Self { repository, device, faults, forged, .. } = self;
        let mut serve = |name: &str, attempt: u32| serve(repository, faults, forged, name, attempt);
        let mut limits = Limits::default();
        (limits.max_attempts, limits.max_root_rotations) = (ATTEMPTS, ROTATIONS);
        let anchor = repository.root(terms.anchor).to_vec();
        let now = time(terms.day);
        let path = TargetPath::new(PATH).expect("a path");
        if let Cycle::Offline { staleness } = cycle {
            let seconds = staleness * 86_400;
            let start = StartTime::Known(now);
            let step = Update::begin_offline(anchor, start, seconds, limits);
            let trusted: StaleRepository<'_> = device.drive(&mut serve, step)?;
            let mut outcome = Outcome {
                root: trusted.root().bytes().to_vec(),
                snapshot: trusted.snapshot().bytes().to_vec(),
                targets: trusted.targets().bytes().to_vec(),
                is_durable: trusted.is_durable(),
                found: None,
            };
            let lookup = device.drive(&mut serve, trusted.find(&path)).ok();
            let target = lookup.and_then(|lookup| lookup.target.ok());
            outcome.found = target.map(|target| target.accept_staleness().length());
            return Ok(outcome);
        }
        let start = match cycle {
            Cycle::Clockless => StartTime::NotBefore(now),
            _ => StartTime::Known(now),
        };
        let step = Update::begin(anchor, start, limits);
        let trusted: Trusted<'_> = device.drive(&mut serve, step)?;
        assert_eq!(trusted.freshness() == Freshness::Unproven, cycle == Cycle::Clockless);
        let mut outcome = Outcome {
            root: trusted.root().bytes().to_vec(),
            snapshot: trusted.snapshot().bytes().to_vec(),
            targets: trusted.targets().bytes().to_vec(),
            is_durable: trusted.is_durable(),
            found: None,
        };
        let lookup = device.drive(&mut serve, trusted.find(&path)).ok();
        outcome.found = lookup.and_then(|lookup| lookup.target.ok()).map(|target| target.length());
        Ok(outcome)
    }

    /// What was written says what was signed, and the ledger knows of the floors that were written.
    /// Where it may not be written, nothing is.
    fn check_stored(&self, before: &Store) {
        let [ledger_before, ledger_after] =
            [before, &self.device.store].map(|store| store.get(&StoredItem::Ledger));
        ledger::check_rewritten(ledger_before, ledger_after);
        if model::ledger_of(before).is_newer {
            assert!(self.device.store == *before, "written over what is newer");
        }
        let ledger = model::ledger_of(&self.device.store);
        let written = self.device.store.iter();
        for (item, bytes) in written.filter(|(item, bytes)| before.get(*item) != Some(*bytes)) {
            let role = match item {
                StoredItem::Ledger => continue,
                StoredItem::Timestamp => "timestamp",
                StoredItem::Snapshot => "snapshot",
                StoredItem::Root(_) | StoredItem::Role(_) => "",
            };
            let file = sha256(bytes);
            let is_entered = ledger.entries.iter().any(|e| e.role == role && e.file == file);
            assert!(role.is_empty() || is_entered, "the ledger does not know of the {role}");
            assert!(model::is_known(bytes, &self.repository), "{item:?} was never signed");
        }
    }

    fn check_trusted(&self, outcome: &Outcome, before: &Store, terms: &Terms) {
        let file = |bytes: &[u8]| model::read(bytes).expect("a file");
        let root = file(&outcome.root);
        let last = root.version();
        assert!(model::same_signed(&outcome.root, self.repository.root(last)));
        let is_newer = model::ledger_of(before).is_newer;
        assert_eq!(outcome.is_durable, !self.device.lost_a_floor && !is_newer);

        // The timestamp that is trusted is the one just verified, or else the one that was stored. Where
        // nothing may be stored, nobody sees it.
        let mut seen = before.clone();
        seen.extend(self.device.verified.iter().cloned());
        let timestamp = seen.get(&StoredItem::Timestamp).filter(|_| !is_newer);
        assert!(timestamp.is_some() || is_newer, "a timestamp is trusted");
        let trusted = [
            ("root", &outcome.root, &terms.now),
            ("snapshot", &outcome.snapshot, &terms.stale_now),
            ("targets", &outcome.targets, &terms.now),
        ];
        let timestamps = timestamp.map(|bytes| ("timestamp", bytes, &terms.stale_now));
        for (role, bytes, now) in trusted.into_iter().chain(timestamps) {
            assert!(model::is_known(bytes, &self.repository), "{role} was never signed");
            let file = model::authentic(bytes, role, &outcome.root).expect("signed by its keys");
            let header = Header::read(&file.signed, role).expect("a header");
            assert_eq!(header.check_not_expired(now), Ok(()), "{role}");
        }

        let (timestamp, snapshot) = (timestamp.map(|bytes| file(bytes)), file(&outcome.snapshot));
        if let Some(timestamp) = &timestamp {
            assert_eq!(model::listed(timestamp, "snapshot"), Some(snapshot.version()));
        }
        let targets = file(&outcome.targets);
        assert_eq!(model::listed(&snapshot, "targets"), Some(targets.version()));
        let fetched_after = model::stored_root(before, &self.repository, self.anchor);
        assert!(last >= fetched_after, "root rollback");
        let (repository, anchor) = (&self.repository, self.anchor);
        let chain = Chain { repository, anchor, fetched_after, last };
        assert!(!model::rolls_root_back(before, &chain), "root rollback");
        if let Some(floor) = model::baseline(before, &chain, "timestamp") {
            if let Some(timestamp) = &timestamp {
                assert!(timestamp.version() >= floor.version(), "timestamp rollback");
                assert!(model::keeps_snapshot(&floor, timestamp), "snapshot rollback");
            }
            assert!(model::listed(&floor, "snapshot") <= Some(snapshot.version()));
        }
        if let Some(floor) = model::baseline(before, &chain, "snapshot") {
            assert!(model::keeps_listing(&floor, &snapshot), "targets rollback");
        }
        if let Some(length) = outcome.found {
            let listed = model::listed(&snapshot, "team").map(|version| BASE_LENGTH + version);
            assert_eq!(Some(length), listed, "the target of the team's listed version");
        }
    }
}

/// What a mirror answers.
fn serve(
    repository: &Repository,
    faults: &[Fault],
    forged: &BTreeMap<String, Vec<u8>>,
    name: &str,
    attempt: u32,
) -> Answer {
    let honest = || match forged.get(name) {
        Some(file) => Answer::File(file.clone()),
        None => repository.serve(name),
    };
    let role = role_of(name);
    let fault = faults.iter().find(|f| f.role == role && !(f.only_once && attempt > 1));
    let Some(fault) = fault else { return honest() };
    let mut answer = match fault.fraud {
        Fraud::Old(number) => {
            let old: Vec<_> =
                repository.history.iter().filter(|(name, _)| role_of(name) == role).collect();
            Answer::File(old[number % old.len()].1.clone())
        }
        Fraud::Absent => Answer::NotFound,
        Fraud::Failed => Answer::Failed,
        Fraud::Swapped(role) => Answer::File(repository.current(role).to_vec()),
        Fraud::Damaged { .. } | Fraud::Cut(_) | Fraud::Longer(_) => honest(),
    };
    if let Answer::File(bytes) = &mut answer {
        match fault.fraud {
            Fraud::Damaged { at, mask } => damage(bytes, at, mask),
            Fraud::Cut(length) => bytes.truncate(length % (bytes.len() + 1)),
            Fraud::Longer(more) => bytes.extend(std::iter::repeat_n(b' ', more)),
            _ => {}
        }
    }
    answer
}

/// `3.root.json` is a file of `root`.
fn role_of(name: &str) -> &str {
    let stem = name.trim_end_matches(".json");
    stem.rsplit('.').next().unwrap_or(stem)
}
