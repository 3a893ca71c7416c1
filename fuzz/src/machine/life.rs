//! Repositories and a device, and what is checked after each cycle.

use std::collections::{BTreeMap, BTreeSet};

use ota_trust::primitives::{Limits, StartTime, TargetPath, Version};
use ota_trust::update::{Anchor, ChainName, StoredItem, Update};
use ota_trust::verify::Freshness;

use super::Choices;
use super::damage;
use super::device::{Answer, Device, Ended, LEDGER, Store};
use super::ledger::{self, Ledger};
use super::model::{self, Ids, Terms};
use super::repository::{BASE_LENGTH, PATH, Repository, Rotation, Style, time};
use super::roles::document::Header;
use super::truth::Facts;

/// The first day.
const FIRST: u64 = 20_000;
const ATTEMPTS: u32 = 2;
const ROTATIONS: u32 = 4;

/// The names that firmware gives its chain.
const CHAINS: [&str; 2] = ["default", "next"];
/// The name that firmware brings along after the others cannot go on.
const LAST_CHAIN: &str = "last";

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
    /// White space and signatures of nobody around what was signed.
    Padded {
        spaces: usize,
        signatures: usize,
    },
}

/// What the firmware has of a chain.
#[derive(Clone, Debug)]
pub struct Firmware {
    /// The version of the provisioned root.
    pub anchor: u64,
    pub at_least: Option<u64>,
}

impl Firmware {
    const FIRST: Self = Self { anchor: 1, at_least: None };
}

/// What there is of a chain, but for the storage.
#[derive(Clone, Debug, Default)]
struct Memories {
    backups: Vec<Store>,
    /// What cycles have accepted for good.
    ever: Facts,
    /// The storage has gone back to an earlier ledger, which nobody can see.
    has_gone_back: bool,
    /// The caller knows that something was lost, or that nothing was there.
    is_told: bool,
}

pub struct Life {
    pub repository: Repository,
    pub device: Device,
    pub firmware: Firmware,
    chain: &'static str,
    /// Another repository, and what its firmware has.
    elsewhere: Option<(Repository, Firmware)>,
    memories: Memories,
    /// The other chains that are stored.
    others: BTreeMap<&'static str, (Store, Memories)>,
    /// What each ledger that was ever written stands for, and when it was.
    written: BTreeMap<Vec<u8>, (usize, Facts)>,
    pub limits: Limits,
    /// A copy of the ledger that can be neither read nor written any more.
    pub dead: Option<StoredItem>,
    /// For the next cycle.
    pub faults: Vec<Fault>,
    pub forged: BTreeMap<String, Vec<u8>>,
    pub impostor: Option<Repository>,
    has_met_a_fork: bool,
    pub acknowledges: bool,
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

/// The end of a cycle, from either of the two types that there are.
macro_rules! outcome {
    ($trusted:expr) => {
        Outcome {
            root: $trusted.root().bytes().to_vec(),
            snapshot: $trusted.snapshot().bytes().to_vec(),
            targets: $trusted.targets().bytes().to_vec(),
            is_durable: $trusted.is_durable(),
            found: None,
        }
    };
}

pub fn limits() -> Limits {
    let mut limits = Limits::default();
    (limits.max_attempts, limits.max_root_rotations) = (ATTEMPTS, ROTATIONS);
    limits
}

impl Life {
    pub fn new(style: Style) -> Self {
        Self {
            repository: Repository::new(style, FIRST),
            device: Device::default(),
            firmware: Firmware::FIRST,
            chain: CHAINS[0],
            elsewhere: None,
            memories: Memories::default(),
            others: BTreeMap::new(),
            written: BTreeMap::new(),
            limits: limits(),
            dead: None,
            faults: Vec::new(),
            forged: BTreeMap::new(),
            impostor: None,
            has_met_a_fork: false,
            acknowledges: false,
        }
    }

    pub fn pass(&mut self, days: u64) {
        self.repository.today += days;
        if let Some((other, _)) = &mut self.elsewhere {
            other.today += days;
        }
    }

    /// An item of the storage becomes what it was after an earlier cycle.
    pub fn restore(&mut self, backup: usize, item: &StoredItem) {
        let backups = &self.memories.backups;
        let backup = backups.get(backup % backups.len().max(1));
        if let Some(bytes) = backup.and_then(|store| store.get(item)) {
            let before = self.device.store.insert(item.clone(), bytes.clone());
            let is_ledger = LEDGER.contains(item);
            self.memories.has_gone_back |= is_ledger && before.as_ref() != Some(bytes);
        }
    }

    /// Newer firmware has run for a while, and has written the ledger.
    pub fn newer_firmware(&mut self, choices: &mut Choices<'_>) {
        if let Some(copy) = self.newest_copy() {
            self.rewrite(&copy, |bytes| ledger::as_newer_firmware(bytes, choices));
        }
    }

    /// The copy of the ledger that was written last.
    fn newest_copy(&self) -> Option<StoredItem> {
        let written = |copy: &StoredItem| {
            Some(self.written.get(self.device.store.get(copy)?).map_or(0, |(number, _)| *number))
        };
        LEDGER.into_iter().filter(|copy| written(copy).is_some()).max_by_key(written)
    }

    /// Other firmware writes a copy of the ledger, and all that it knows is still in it.
    fn rewrite(&mut self, copy: &StoredItem, edit: impl FnOnce(&[u8]) -> Vec<u8>) {
        let Some(bytes) = self.device.store.get_mut(copy) else { return };
        let after = edit(bytes);
        if let Some(known) = self.written.get(bytes).cloned() {
            self.written.entry(after.clone()).or_insert(known);
        }
        *bytes = after;
    }

    /// The slot is switched to firmware of another repository, of another name for its chain, or both.
    pub fn switch(&mut self, repository: bool, chain: bool, shares_root: bool) {
        if repository {
            let other = || (self.repository.other(shares_root), Firmware::FIRST);
            let other = self.elsewhere.take().unwrap_or_else(other);
            let here = std::mem::replace(&mut self.repository, other.0);
            self.elsewhere = Some((here, std::mem::replace(&mut self.firmware, other.1)));
        }
        if chain {
            let next = CHAINS.into_iter().find(|name| *name != self.chain);
            self.enter_chain(next.unwrap_or_default());
        }
    }

    fn enter_chain(&mut self, name: &'static str) {
        let (store, memories) = self.others.remove(name).unwrap_or_default();
        let store = std::mem::replace(&mut self.device.store, store);
        let memories = std::mem::replace(&mut self.memories, memories);
        self.others.insert(std::mem::replace(&mut self.chain, name), (store, memories));
    }

    /// No firmware is to use the chain any more.
    pub fn end_chain(&mut self) {
        let name = ChainName::new(self.chain).expect("a name");
        let ended = Update::ended_ledger(name);
        assert_eq!(ended, ledger::ended(self.chain));
        for copy in LEDGER {
            self.device.store.insert(copy, ended.clone());
        }
    }

    /// One cycle and one search, and what must hold after them. Faults last for one cycle.
    pub fn cycle(&mut self, cycle: Cycle) {
        if let Some(dead) = &self.dead {
            self.device.broken.insert(dead.clone());
            self.device.unreadable.insert(dead.clone());
        }
        let terms = self.terms(cycle);
        let before = self.device.store.clone();
        let predicted = {
            let Self { repository, faults, forged, impostor, .. } = &*self;
            let repository = impostor.as_ref().unwrap_or(repository);
            let mut serve = |name: &str| serve(repository, faults, forged, name, 1);
            model::predict(&before, &mut serve, &terms)
        };
        // One failed download is made good by the next attempt.
        let is_clear = |fault: &Fault| !fault.only_once || matches!(fault.fraud, Fraud::Failed);
        let is_clear = self.faults.iter().all(is_clear);
        let fails_once = self.faults.iter().any(|fault| fault.only_once);
        let is_powered = self.device.power_left.is_none();

        self.device.begin_run();
        let result = self.run(cycle, &terms);
        if let Some(impostor) = &self.impostor {
            self.repository.signed.extend(impostor.signed.iter().cloned());
            self.has_met_a_fork = true;
        }
        self.check_stored(&before, &terms);
        self.check_requests(&before, &terms, &result);
        if is_powered && is_clear && !fails_once {
            self.check_predicted(&predicted, &result);
        }
        if let Err(Ended::PowerCut) = &result {
            assert!(!is_powered);
        }
        self.check_facts(&before, &terms, result.as_ref().ok());
        if let Ok(outcome) = &result {
            self.check_trusted(outcome, &before, &terms);
        }
        // What was given up never comes back.
        for copy in LEDGER.iter().filter(|copy| terms.gives_up && terms.unreadable.contains(copy)) {
            if self.device.store.get(copy) == before.get(copy) {
                self.device.store.remove(copy);
            }
        }
        self.forget();
        self.memories.backups.push(self.device.store.clone());
    }

    /// What was to happen in one cycle is over.
    fn forget(&mut self) {
        self.faults.clear();
        self.forged.clear();
        self.impostor = None;
        self.acknowledges = false;
        let device = &mut self.device;
        (device.power_left, device.gives_up) = (None, false);
        device.broken.clear();
        device.unreadable.clear();
    }

    /// All becomes honest, and is believed, at the latest when the keys that may be stolen are
    /// gone.
    pub fn ends_well(&mut self) {
        self.forget();
        self.limits = limits();
        // Older firmware stores nothing beside what newer firmware has written.
        for copy in LEDGER {
            self.rewrite(&copy, ledger::taken_back);
        }
        self.repository.rotate("root", Rotation::One, false);
        self.repository.release(&["targets", "team"]);
        self.catch_up();
        // The thief may have used the same version numbers.
        if !self.is_believed() || !self.is_current() {
            self.repository.rotate("timestamp", Rotation::Both, true);
            self.repository.rotate("snapshot", Rotation::Both, true);
            if self.needs_new_chain() {
                self.catch_up();
            }
            assert!(self.is_believed(), "nothing stolen is left");
        }
        assert!(self.last_cycle(), "a floor cannot be stored");
        if self.may_mix_up() && !self.is_current() {
            // It ends with the next version.
            self.repository.release(&["targets", "team"]);
            self.last_cycle();
        }
        assert!(self.is_current(), "what is stored is not what is published");
        let before = self.device.store.clone();
        self.last_cycle();
        assert!(self.device.store == before);
        let ledger = model::ledger_of(&before, &self.terms(Cycle::Online).unreadable, false);
        let is_mixed = ledger.is_some_and(|both| both.ledger.has("mixed"));
        let reuses = self.repository.style.digests || !is_mixed;
        // The next root and the timestamp; `targets` and `team` too, if it is not sure whose they
        // are.
        assert_eq!(self.device.requests.len(), if reuses { 2 } else { 4 });
    }

    /// Cycles until all roots are there, each of which takes some of them; with new firmware, if
    /// nothing else helps.
    fn catch_up(&mut self) {
        let cycles = self.repository.roots.len() / ROTATIONS as usize + 1;
        (0..cycles).for_each(|_| _ = self.last_cycle());
        if self.needs_new_chain() {
            self.enter_chain(LAST_CHAIN);
            (0..cycles).for_each(|_| _ = self.last_cycle());
        }
    }

    /// Whether the device has what the repository publishes.
    fn is_current(&self) -> bool {
        ["timestamp", "snapshot", "targets", "team"].into_iter().all(|role| {
            let stored = self.device.store.get(&model::item(role));
            stored.is_some_and(|stored| model::same_signed(stored, self.repository.current(role)))
        })
    }

    /// Whether a file of another repository with the same keys may pass for one of this: no digests are
    /// listed, and the device has lost the ledger, by which it would know that it has met both.
    fn may_mix_up(&self) -> bool {
        let has_met_others = self.elsewhere.is_some() || self.has_met_a_fork;
        !self.repository.style.digests && has_met_others
    }

    /// A cycle at the end of a life; whether it could store what it has learnt.
    fn last_cycle(&mut self) -> bool {
        self.device.gives_up = self.has_to_give_up();
        self.cycle(Cycle::Online);
        !self.device.lost_a_floor
    }

    /// What becomes of a cycle with the honest repository.
    fn honest(&self, gives_up: bool) -> model::Verdict<()> {
        let mut serve = |name: &str| self.repository.serve(name);
        let terms = Terms { gives_up, ..self.terms(Cycle::Online) };
        model::predict(&self.device.store, &mut serve, &terms).verdict
    }

    /// The storage fails for the ledger, for good.
    fn has_to_give_up(&self) -> bool {
        self.dead.is_some() && self.honest(false) == Err("update.unreadable-ledger")
    }

    fn is_believed(&self) -> bool {
        self.honest(self.has_to_give_up()).is_ok()
    }

    /// The chain has ended, or what was followed is not of this repository: a thief's, who had the root
    /// keys or met a device that had lost what it knew; or another repository's.
    fn needs_new_chain(&self) -> bool {
        let Some(both) = self.ledger() else { return false };
        let honest = |version| self.repository.root(version);
        let is_other = both
            .ledger
            .root()
            .is_some_and(|known| model::mark_of(honest(known.mark.version)) != known.mark);
        let stored = |version| self.device.store.get(&model::root_item(version));
        let mut last = honest(self.firmware.anchor);
        let stranger = (self.firmware.anchor + 1..).map_while(|version| {
            last = stored(version).filter(|root| model::follows(last, root))?;
            Some((version, last))
        });
        let mut stranger =
            stranger.filter(|(version, root)| !model::same_signed(root, honest(*version)));
        let is_other = is_other || stranger.next().is_some();
        let anchor = model::mark_of(self.repository.root(self.firmware.anchor));
        let contradicts = |mark: &ledger::Mark| mark.version == anchor.version && *mark != anchor;
        let may_be =
            is_other || both.ledger.has("ended") || both.ledger.anchors().iter().any(contradicts);
        may_be && !self.is_believed()
    }

    fn ledger(&self) -> Option<ledger::Both> {
        let terms = self.terms(Cycle::Online);
        model::ledger_of(&self.device.store, &terms.unreadable, self.has_to_give_up())
    }

    fn terms(&self, cycle: Cycle) -> Terms {
        let today = self.repository.today;
        let (now, staleness) = match cycle {
            Cycle::Online | Cycle::Clockless => (today, 0),
            Cycle::Offline { staleness } => (today, staleness),
            Cycle::WrongClock { days } if days < 128 => (today + days, 0),
            Cycle::WrongClock { days } => (today - (days - 128), 0),
        };
        let mut unreadable = self.device.unreadable.clone();
        unreadable.extend(self.dead.iter().cloned());
        Terms {
            anchor: self.repository.root(self.firmware.anchor).to_vec(),
            chain: self.chain,
            at_least: self.firmware.at_least,
            unreadable,
            gives_up: self.device.gives_up,
            max_rotations: self.limits.max_root_rotations.into(),
            max_timestamp: self.limits.max_timestamp_length,
            max_snapshot: self.limits.max_snapshot_length,
            day: now,
            now: time(now).to_string(),
            stale_now: time(now - staleness).to_string(),
            acknowledges: self.acknowledges,
        }
    }

    fn run(&mut self, cycle: Cycle, terms: &Terms) -> Result<Outcome, Ended> {
        let Self { repository, device, faults, forged, impostor, limits, memories, .. } = self;
        let repository = impostor.as_ref().unwrap_or(repository);
        let mut serve = |name: &str, attempt: u32| serve(repository, faults, forged, name, attempt);
        let mut anchor = Anchor::new(terms.anchor.clone());
        if terms.chain != CHAINS[0] {
            anchor = anchor.in_chain(ChainName::new(terms.chain).expect("a name"));
        }
        if let Some(version) = terms.at_least {
            anchor = anchor.at_least(Version::new(version).expect("a version"));
        }
        let now = time(terms.day);
        let path = TargetPath::new(PATH).expect("a path");
        if let Cycle::Offline { staleness } = cycle {
            let seconds = staleness * 86_400;
            let start = StartTime::Known(now);
            let step = Update::begin_offline(anchor, start, seconds, limits.clone());
            let mut trusted = device.drive(&mut serve, step)?;
            let mut outcome = outcome!(trusted);
            memories.is_told = trusted.losses().count() > 0 || trusted.began_empty();
            if terms.acknowledges {
                trusted = device.drive(&mut serve, trusted.acknowledge_losses())?;
                outcome.is_durable = trusted.is_durable();
                assert_eq!(trusted.losses().count(), 0);
            }
            let lookup = device.drive(&mut serve, trusted.find(&path)).ok();
            let target = lookup.and_then(|lookup| lookup.target.ok());
            outcome.found = target.map(|target| target.accept_staleness().length());
            return Ok(outcome);
        }
        let start = match cycle {
            Cycle::Clockless => StartTime::NotBefore(now),
            _ => StartTime::Known(now),
        };
        let step = Update::begin(anchor, start, limits.clone());
        let mut trusted = device.drive(&mut serve, step)?;
        assert_eq!(trusted.freshness() == Freshness::Unproven, cycle == Cycle::Clockless);
        let mut outcome = outcome!(trusted);
        memories.is_told = trusted.losses().count() > 0 || trusted.began_empty();
        if terms.acknowledges {
            trusted = device.drive(&mut serve, trusted.acknowledge_losses())?;
            outcome.is_durable = trusted.is_durable();
            assert_eq!(trusted.losses().count(), 0);
        }
        let lookup = device.drive(&mut serve, trusted.find(&path)).ok();
        outcome.found = lookup.and_then(|lookup| lookup.target.ok()).map(|target| target.length());
        Ok(outcome)
    }

    /// What was written says what was signed, and the ledger knows of the files that were written.
    /// Where it may not be written, nothing is.
    fn check_stored(&self, before: &Store, terms: &Terms) {
        let after = &self.device.store;
        let [copies_before, copies_after] =
            [before, after].map(|store| LEDGER.map(|copy| store.get(&copy)));
        let known = model::ledger_of(before, &terms.unreadable, terms.gives_up);
        let known = known.map(|both| both.ledger);
        ledger::check_rewritten(known.as_ref(), copies_before, copies_after);
        if !terms.gives_up {
            ledger::check_newer(copies_before, copies_after);
        }
        if known.is_none_or(|ledger| ledger.is_newer || ledger.has("ended")) {
            assert!(after == before, "written over what must stay");
        }
        let mut entered = BTreeSet::new();
        for (item, bytes) in &self.device.written {
            let role = match item {
                StoredItem::Ledger(_) => {
                    if let ledger::Copy::Found(ledger) = ledger::read(Some(bytes)) {
                        entered = ledger.of("file").map(|line| line.fields.clone()).collect();
                    }
                    continue;
                }
                StoredItem::Timestamp => "timestamp",
                StoredItem::Snapshot => "snapshot",
                StoredItem::Root(_) | StoredItem::Role(_) => "",
            };
            assert!(self.is_known(bytes), "{item:?} was never signed");
            let digest = model::read(bytes).map(|file| model::digest(&file)).unwrap_or_default();
            let is_entered = entered.contains(&vec![role.to_owned(), digest]);
            assert!(role.is_empty() || is_entered, "the ledger does not know of the {role}");
        }
    }

    /// Whether a repository, or a thief, signed what this file says.
    fn is_known(&self, bytes: &[u8]) -> bool {
        let elsewhere = self.elsewhere.iter().map(|(repository, _)| repository);
        model::read(bytes).is_some_and(|file| {
            elsewhere.chain([&self.repository]).any(|all| all.signed.contains(file.message()))
        })
    }

    fn check_requests(&self, before: &Store, terms: &Terms, result: &Result<Outcome, Ended>) {
        let ledger = model::ledger_of(before, &terms.unreadable, terms.gives_up);
        let known = ledger.and_then(|both| both.ledger.root()).map_or(0, |root| root.mark.version);
        let most = (u64::from(ROTATIONS) + known + 1 + 4) * u64::from(ATTEMPTS);
        assert!(self.device.requests.len() as u64 <= most, "too many requests");
        let of_root = self.faults.iter().find(|fault| fault.role == "root");
        let fails = of_root.is_some_and(|f| matches!(f.fraud, Fraud::Failed) && !f.only_once);
        if fails && self.device.requests.iter().any(|name| name.ends_with(".root.json")) {
            assert!(result.is_err(), "a failed download is not the end of the roots");
        }
    }

    fn check_predicted(&self, predicted: &model::Prediction, result: &Result<Outcome, Ended>) {
        let verdict = result.as_ref().map(|_| ()).map_err(Ended::code);
        let is_it = match (predicted.verdict, verdict) {
            // The same, where it was so at each attempt.
            (Err(""), Err(_)) | (Err("verify.expired"), Err("update.expired-everywhere")) => true,
            (expected, verdict) => expected == verdict,
        };
        assert!(is_it, "expected {:?}, found {verdict:?}", predicted.verdict);
        if !self.device.broken.is_empty() {
            return;
        }
        // Any higher generation will do.
        let text = |mut ledger: Ledger| {
            ledger.lines.retain(|line| line.word != "generation");
            String::from_utf8(ledger::write(&ledger)).expect("a ledger is text")
        };
        let is_ledger = |(item, _): &&(StoredItem, _)| LEDGER.contains(item);
        let written = self.device.written.iter().rfind(is_ledger);
        let written = written.and_then(|(copy, bytes)| match ledger::read(Some(bytes)) {
            ledger::Copy::Found(ledger) => Some((copy.clone(), text(ledger))),
            _ => None,
        });
        let expected = predicted.written.as_ref();
        let expected = expected.map(|(copy, ledger)| (LEDGER[*copy].clone(), text(ledger.clone())));
        assert!(written == expected, "the ledger is\n{written:#?}\nexpected\n{expected:#?}");
    }

    /// The roots that a cycle has gone through, from the provisioned one.
    fn walk(&self, terms: &Terms) -> Vec<Vec<u8>> {
        let mut walk = vec![terms.anchor.clone()];
        walk.extend(self.device.followed().into_iter().map(<[u8]>::to_vec));
        for (before, after) in walk.iter().zip(walk.iter().skip(1)) {
            assert!(model::follows(before, after), "a root that does not follow");
        }
        walk
    }

    /// What the device must not have forgotten: what the last ledger stands for that can be read.
    fn remembered(&self, before: &Store, terms: &Terms, walk: &[Vec<u8>]) -> Facts {
        let copies = LEDGER.iter().filter(|copy| !terms.unreadable.contains(copy));
        let known = copies.filter_map(|copy| {
            let bytes = before.get(copy)?;
            let (number, facts) = self.written.get(bytes)?;
            let ledger::Copy::Found(ledger) = ledger::read(Some(bytes)) else { return None };
            // Which is the newer one, a storage that has gone back knows no better than the device.
            let generation = ledger.generation().filter(|_| self.memories.has_gone_back);
            Some(((generation, *number), facts))
        });
        if let Some((_, facts)) = known.max_by_key(|(order, _)| *order) {
            return facts.clone();
        }
        // What is signed by present keys is all that is left.
        let last = walk.last().expect("a root");
        let mut facts = Facts::default();
        for (role, limit) in [("timestamp", terms.max_timestamp), ("snapshot", terms.max_snapshot)]
        {
            let item = model::item(role);
            let bytes = before.get(&item).filter(|_| !terms.unreadable.contains(&item));
            let bytes = bytes.filter(|bytes| bytes.len() as u64 <= limit);
            if let Some(bytes) = bytes.filter(|b| model::is_signed(b, role, last, Ids::Any)) {
                facts.learn(role, bytes, last);
            }
        }
        facts
    }

    /// Ground truth: whatever is stored, what was accepted once is not rolled back, unless a key was
    /// lost by the rule, or the loss is told.
    fn check_facts(&mut self, before: &Store, terms: &Terms, outcome: Option<&Outcome>) {
        if is_newer(before, terms) {
            return;
        }
        let walk = self.walk(terms);
        let mut facts = self.remembered(before, terms, &walk);
        let memories = &mut self.memories;
        let is_told = std::mem::take(&mut memories.is_told);
        let is_told = is_told || is_beginning(before, terms, outcome.is_some());
        if is_told || memories.has_gone_back {
            memories.ever = Facts::default();
        }
        if self.device.has_last_root {
            assert!(facts.goes_on(&walk), "another chain than the one that was followed");
            facts.end(&walk);
            memories.ever.end(&walk);
        }
        let mut learnt = facts.clone();
        if let Some(outcome) = outcome {
            assert!(walk.last() == Some(&outcome.root), "the last root of the walk");
            let mut now = Facts::default();
            let timestamp = self.device.timestamp(before).expect("a timestamp is trusted");
            now.learn("timestamp", &timestamp, &outcome.root);
            now.learn("snapshot", &outcome.snapshot, &outcome.root);
            facts.check(&now);
            terms.at_least_facts(&walk).check(&now);
            memories.ever.check(&now);
            assert!(memories.ever.goes_on(&walk), "another chain, and nothing is told");
            if outcome.is_durable {
                learnt.add(&now);
                memories.ever.add(&learnt);
                memories.has_gone_back = false;
            }
        }
        let written = self.device.written.iter().filter(|(item, _)| LEDGER.contains(item));
        let mut written = written.map(|(_, bytes)| bytes.clone()).peekable();
        if self.device.has_last_root {
            facts.go_on(&walk);
            learnt.go_on(&walk);
        }
        if written.peek().is_some() {
            memories.ever.go_on(&walk);
        }
        while let Some(bytes) = written.next() {
            // What one that is not the last stands for has not been accepted for good.
            let facts = if written.peek().is_none() { &learnt } else { &facts };
            let order = self.written.values().map(|(order, _)| *order).max().unwrap_or_default();
            self.written.insert(bytes, (order + 1, facts.clone()));
        }
    }

    fn check_trusted(&self, outcome: &Outcome, before: &Store, terms: &Terms) {
        let file = |bytes: &[u8]| model::read(bytes).expect("a file");
        let is_newer = is_newer(before, terms);
        assert_eq!(outcome.is_durable, !self.device.lost_a_floor && !is_newer);

        // Where nothing may be stored, nobody sees the timestamp.
        let timestamp = self.device.timestamp(before).filter(|_| !is_newer);
        let trusted = [
            ("root", &outcome.root, &terms.now),
            ("snapshot", &outcome.snapshot, &terms.stale_now),
            ("targets", &outcome.targets, &terms.now),
        ];
        let timestamps = timestamp.iter().map(|bytes| ("timestamp", bytes, &terms.stale_now));
        for (role, bytes, now) in trusted.into_iter().chain(timestamps) {
            assert!(self.is_known(bytes), "{role} was never signed");
            let file = model::authentic(bytes, role, &outcome.root).expect("signed by its keys");
            let header = Header::read(&file.signed, role).expect("a header");
            assert_eq!(header.check_not_expired(now), Ok(()), "{role}");
        }
        let (timestamp, snapshot) = (timestamp.map(|bytes| file(&bytes)), file(&outcome.snapshot));
        if let Some(timestamp) = &timestamp {
            assert_eq!(model::listed(timestamp, "snapshot"), Some(snapshot.version()));
        }
        let targets = file(&outcome.targets);
        assert_eq!(model::listed(&snapshot, "targets"), Some(targets.version()));
        if let Some(length) = outcome.found {
            let listed = model::listed(&snapshot, "team").map(|version| BASE_LENGTH + version);
            assert_eq!(Some(length), listed, "the target of the team's listed version");
        }
    }
}

/// Whether a device may have lost something and tells nobody: there was no ledger, which only a cycle
/// that ends well says; or one that was written once, and could be the first of all.
fn is_beginning(store: &Store, terms: &Terms, ends_well: bool) -> bool {
    let ledger = model::ledger_of(store, &terms.unreadable, terms.gives_up);
    ledger.is_some_and(|both| match both.state {
        ledger::State::Absent => !ends_well,
        ledger::State::Whole => both.ledger.generation() <= Some(1),
        _ => false,
    })
}

/// Whether newer firmware has written the ledger, so that nothing may be stored.
fn is_newer(store: &Store, terms: &Terms) -> bool {
    let ledger = model::ledger_of(store, &terms.unreadable, terms.gives_up);
    ledger.is_some_and(|both| both.ledger.is_newer)
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
        _ => honest(),
    };
    if let Answer::File(bytes) = &mut answer {
        match fault.fraud {
            Fraud::Damaged { at, mask } => damage(bytes, at, mask),
            Fraud::Cut(length) => bytes.truncate(length % (bytes.len() + 1)),
            Fraud::Longer(more) => bytes.extend(std::iter::repeat_n(b' ', more)),
            Fraud::Padded { spaces, signatures } => *bytes = padded(bytes, spaces, signatures),
            _ => {}
        }
    }
    answer
}

/// A file with what anybody can add to it.
fn padded(bytes: &[u8], spaces: usize, signatures: usize) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let Some(rest) = text.strip_prefix("{\"signatures\":[") else { return bytes.to_vec() };
    let of_nobody = |number| format!("{{\"keyid\":\"nobody {number}\",\"sig\":\"{number:02x}\"}},");
    let signatures: String = (0..signatures).map(of_nobody).collect();
    format!("{{{}\"signatures\":[{signatures}{rest}", " ".repeat(spaces)).into_bytes()
}

/// `3.root.json` is a file of `root`.
fn role_of(name: &str) -> &str {
    let stem = name.trim_end_matches(".json");
    stem.rsplit('.').next().unwrap_or(stem)
}
