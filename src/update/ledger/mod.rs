//! What a device has learnt, and must not forget: how far it has come.
//!
//! Floors are numbers. What a device has trusted stays a floor although the file that said so is lost,
//! can no longer be verified because a threshold has risen, or is signed under ids that the keys no
//! longer have. A number is raised when a file has passed all its checks, before the file is stored.
//!
//! A floor ends with its authority's keys, and with nothing else. Whoever had a key that is taken away
//! may have signed a version so high that no honest one ever exceeds it (§5.3.11). So a floor ends if
//! a root that is walked in a cycle, and is newer than the one under which the floor was raised, takes
//! a key from timestamp or snapshot; or if one of the keys that either had then is none of its keys by
//! the last root. That is a comparison, made anew in each cycle: no removal has to be made in time.
//!
//! The ledger also says which files were trusted. A snapshot that it knows is the baseline of §5.5.5
//! on its word, without a signature: it can only refuse. And it remembers the last root. After the
//! fallback to an older slot, whose firmware ships an older root, a mirror that withholds the roots
//! since is found out, and so is a chain that forks off.
//!
//! If all of it is lost, what is stored beside it is taken for what it is, signed by present keys,
//! once the walk to the last root is over; and the loss is told.
//!
//! [`lines`] has the form in which it is stored, [`copies`] why there are two of it. What newer
//! firmware adds stays as it is ([`stored`](crate::primitives::stored)). If it has added something
//! critical, nothing is stored and nothing is installed.

mod copies;
mod keys;
mod lines;
mod walk;

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

pub(super) use copies::Found;
pub use copies::LedgerCopy;
pub use lines::Loss;
pub(super) use walk::{Met, Walk};

use copies::{Outcome, Read, Turn};
use keys::{OnlineKeys, root_keys};
use lines::{File, Floor, LastRoot, Lines, Lost, Mark};

use crate::metadata::{MetaFile, RoleType, Root, Snapshot, Timestamp};
use crate::primitives::stored::{Line, Rewrite};
use crate::primitives::{Limits, RoleName, Sha256Digest, Version};
use crate::update::ChainName;
use crate::verify::{Floors, StoredFile, Trusted};

/// Provisioned roots that are remembered.
const MAX_ANCHORS: usize = 16;

/// The ledger of one device, for one chain.
#[derive(Debug)]
pub(super) struct Ledger {
    lines: Lines,
    /// `None` where newer firmware has written it, and this one must not write over it.
    rewrite: Option<Rewrite<Lines>>,
    turn: Turn,
    outcome: Outcome,
    /// The last root of the walk, and the keys that timestamp and snapshot have by it.
    present: Option<(Version, OnlineKeys)>,
    /// The files of both roles that were found in the storage.
    found: Vec<File>,
    /// There is something to write that does not wait for a file.
    is_changed: bool,
    /// What holds once that is written that has been given out last.
    pending: Option<(Option<Line<u64>>, Turn)>,
}

impl Ledger {
    /// What the storage has of both copies; `None` if it failed, so that nobody knows.
    pub(super) fn read(first: Found, second: Found, chain: &ChainName) -> Option<Self> {
        let mut ledger = Self::with(copies::newest(first, second)?);
        ledger.lines.chain.get_or_insert_with(|| Line::new(chain.clone()));
        match ledger.outcome {
            Outcome::Whole | Outcome::First | Outcome::Absent => {}
            Outcome::OneCopy => ledger.lost(Loss::LedgerCopy),
            Outcome::Lost => ledger.lost(Loss::Ledger),
        }
        Some(ledger)
    }

    /// The ledger that says that a chain has ended.
    pub(super) fn of_ended(chain: ChainName) -> Self {
        let Read { lines, rewrite, turn, outcome } = copies::nothing();
        let lines = Lines {
            chain: Some(Line::new(chain)),
            // No copy that is there is newer.
            generation: Some(Line::new(u64::MAX)),
            ended: Some(Line::default()),
            ..lines
        };
        Self::with(Read { lines, rewrite, turn, outcome })
    }

    fn with(read: Read) -> Self {
        let Read { lines, rewrite, turn, outcome } = read;
        let (present, found) = (None, Vec::new());
        let (is_changed, pending) = (false, None);
        Self { lines, rewrite, turn, outcome, present, found, is_changed, pending }
    }

    /// The chain whose ledger it is.
    pub(super) fn chain(&self) -> ChainName {
        self.lines.chain.as_ref().map(|line| (**line).clone()).unwrap_or_default()
    }

    /// Whether the chain must not be used any more.
    pub(super) fn is_ended(&self) -> bool {
        self.lines.ended.is_some()
    }

    fn generation(&self) -> u64 {
        self.lines.generation.as_ref().map_or(0, |line| **line)
    }

    /// Whether floors can be entered.
    pub(super) fn is_writable(&self) -> bool {
        self.rewrite.is_some()
    }

    /// Whether there was nothing at all: a first start, or a chain that is new here.
    pub(super) fn is_new(&self) -> bool {
        self.outcome == Outcome::Absent && self.lines.lost.is_empty()
    }

    /// Whether there is something to write that does not wait for a file.
    pub(super) fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// The last root that was recorded.
    fn recorded(&self) -> Option<&LastRoot> {
        self.lines.root.as_deref()
    }

    /// Whether a stored role file may be used, given what the snapshot lists of it.
    ///
    /// A listed digest says all. Without one, version and signatures would fit another
    /// repository's file as well, if the two share the role's keys.
    pub(super) fn may_reuse(&self, listed: &MetaFile) -> bool {
        listed.hashes.is_some() || self.lines.mixed.is_none()
    }

    /// The walk is over. Floors end whose keys are gone, and the last root is recorded. Whether any
    /// ended.
    pub(super) fn settle(&mut self, walk: &Walk, last: &Trusted<'_, Root>) -> bool {
        let keys = OnlineKeys::of(last);
        let stands = |floor: &Floor| {
            walk.took_key().is_none_or(|taken| taken <= floor.root) && floor.keys.are_all_in(&keys)
        };
        let before = self.lines.floor.len();
        self.lines.floor.retain(|floor| stands(floor));
        let has_ended = self.lines.floor.len() < before;
        self.keep_highest();
        let is_floor = |role| self.lines.floor.iter().any(|floor| floor.role == role);
        let stand = [RoleType::Timestamp, RoleType::Snapshot].map(|role| (role, is_floor(role)));
        self.lines.file.retain(|file| stand.contains(&(file.role, true)));
        if !stand.contains(&(RoleType::Snapshot, true)) {
            self.lines.baseline.clear();
        }
        self.is_changed |= has_ended;
        if let Some(firmware) = walk.floor().filter(|floor| stands(floor)) {
            self.raise_to(firmware.clone());
        }
        self.present = Some((last.version(), keys));
        self.record(walk, last);
        has_ended
    }

    /// Each copy may have had a floor of a role, and both stand.
    fn keep_highest(&mut self) {
        let mut kept: Vec<Floor> = Vec::new();
        for floor in &self.lines.floor {
            match kept.iter_mut().find(|known| known.role == floor.role) {
                Some(known) if known.version < floor.version => *known = (**floor).clone(),
                Some(_) => {}
                None => kept.push((**floor).clone()),
            }
        }
        self.lines.floor.retain(|floor| {
            let at = kept.iter().position(|known| known == &**floor);
            at.map(|at| kept.swap_remove(at)).is_some()
        });
    }

    /// The last root, and the one from which the walk began.
    fn record(&mut self, walk: &Walk, last: &Trusted<'_, Root>) {
        if !walk.is_same() {
            // Numbers hold, and so does what the snapshot lists. But by keys and a version alone, the
            // files could be another repository's: none is what this one says now.
            self.lines.mixed.get_or_insert_default();
            for file in self.lines.file.drain(..).filter(|file| file.role == RoleType::Snapshot) {
                self.lines.baseline.push(Line::new(file.digest));
            }
            self.is_changed = true;
        }
        let mark = Mark::of(last);
        if self.recorded().is_none_or(|recorded| recorded.mark != mark) {
            let keys = root_keys(last);
            let root = LastRoot { mark, threshold: last.role(RoleType::Root).threshold(), keys };
            self.lines.root = Some(match self.lines.root.take() {
                Some(line) => line.with(root),
                None => Line::new(root),
            });
            self.is_changed = true;
        }
        let anchors = &mut self.lines.anchor;
        if !anchors.iter().any(|known| **known == walk.anchor()) {
            // One of the same version is of a chain that this one has taken over from.
            anchors.retain(|known| known.version != walk.anchor().version);
            anchors.push(Line::new(walk.anchor()));
            anchors.drain(..anchors.len().saturating_sub(MAX_ANCHORS));
            self.is_changed = true;
        }
    }

    /// The storage has a timestamp or a snapshot, before which a ledger was written, and another one with it.
    pub(super) fn found_files(&mut self) {
        match self.outcome {
            Outcome::Absent => self.lost(Loss::Ledger),
            Outcome::First => self.lost(Loss::LedgerCopy),
            Outcome::Whole | Outcome::OneCopy | Outcome::Lost => {}
        }
    }

    /// Takes in what the storage has of timestamp and snapshot, after the walk. A file that the ledger
    /// does not know is passed over, unless the ledger, or the newer copy of it, may be lost. Then it
    /// becomes a floor if enough of the present keys have signed it.
    pub(super) fn meet(
        &mut self,
        root: &Trusted<'_, Root>,
        timestamp: Option<&StoredFile<'_, Timestamp>>,
        snapshot: Option<&StoredFile<'_, Snapshot>>,
        limits: &Limits,
    ) {
        let found = [
            timestamp.map(|file| (RoleType::Timestamp, file.signed_digest())),
            snapshot.map(|file| (RoleType::Snapshot, file.signed_digest())),
        ];
        let found = found.into_iter().flatten().map(|(role, digest)| File { role, digest });
        self.found = found.collect();
        if self.outcome != Outcome::Whole && self.lines.mixed.is_none() {
            let is_new = |role| !self.has_trusted(role);
            let timestamp = timestamp
                .filter(|file| is_new(RoleType::Timestamp) && file.is_signed(root, limits));
            let snapshot =
                snapshot.filter(|file| is_new(RoleType::Snapshot) && file.is_signed(root, limits));
            if let Some(file) = timestamp {
                self.trusted_timestamp(file.version(), file.named(), file.signed_digest());
            }
            if let Some(file) = snapshot {
                let targets = file.listed(&RoleName::targets());
                self.trusted_snapshot(file.version(), targets, file.signed_digest());
            }
        }
        let is_snapshot = |file: &Line<File>| file.role == RoleType::Snapshot;
        let Lines { file, baseline, .. } = &self.lines;
        if (file.iter().any(is_snapshot) || !baseline.is_empty()) && !self.has_baseline() {
            self.lines.file.retain(|file| !is_snapshot(file));
            self.lines.baseline.clear();
            self.lost(Loss::Snapshot);
        }
    }

    /// Whether the file of a role that was found in the storage has been trusted.
    pub(super) fn has_trusted(&self, role: RoleType) -> bool {
        let mut found = self.found.iter().filter(|file| file.role == role);
        found.any(|file| self.lines.file.iter().any(|known| **known == *file))
    }

    /// Whether the snapshot that was found in the storage is the baseline of §5.5.5.
    pub(super) fn has_baseline(&self) -> bool {
        let baseline = &self.lines.baseline;
        let mut found = self.found.iter().filter(|file| file.role == RoleType::Snapshot);
        self.has_trusted(RoleType::Snapshot)
            || found.any(|file| baseline.iter().any(|known| **known == file.digest))
    }

    /// The floors.
    pub(super) fn floors(&self) -> Floors {
        let of = |role| {
            let floors = self.lines.floor.iter().filter(|floor| floor.role == role);
            floors.map(|floor| floor.version).max()
        };
        let [timestamp, snapshot, targets] =
            [RoleType::Timestamp, RoleType::Snapshot, RoleType::Targets].map(of);
        Floors { timestamp, snapshot, targets }
    }

    /// A timestamp has passed all its checks.
    pub(super) fn trusted_timestamp(
        &mut self,
        version: Version,
        named: Version,
        digest: Sha256Digest,
    ) {
        self.raise(RoleType::Timestamp, version);
        self.raise(RoleType::Snapshot, named);
        self.enter(File { role: RoleType::Timestamp, digest }, version);
    }

    /// A snapshot has passed all its checks.
    pub(super) fn trusted_snapshot(
        &mut self,
        version: Version,
        targets: Option<Version>,
        digest: Sha256Digest,
    ) {
        self.raise(RoleType::Snapshot, version);
        if let Some(targets) = targets {
            self.raise(RoleType::Targets, targets);
        }
        self.enter(File { role: RoleType::Snapshot, digest }, version);
    }

    /// Raises a floor under the last root. The same number again stays on the word of the keys that
    /// have raised it.
    fn raise(&mut self, role: RoleType, version: Version) {
        if let Some((root, keys)) = self.present.clone() {
            self.raise_to(Floor { role, version, root, keys });
        }
    }

    fn raise_to(&mut self, raised: Floor) {
        let floors = &mut self.lines.floor;
        let known = floors.iter().position(|floor| floor.role == raised.role);
        let Some(at) = known else {
            floors.push(Line::new(raised));
            self.is_changed = true;
            return;
        };
        if floors.get(at).is_some_and(|floor| floor.version < raised.version) {
            let line = floors.remove(at).with(raised);
            floors.insert(at, line);
            self.is_changed = true;
        }
    }

    /// Adds a file that is about to be stored. The one that is in the storage now stays: it may be
    /// there still when this is read again.
    ///
    /// If it is another file than was known under that number, the number stands on the word of the
    /// present keys, too: what they say by this file must not outlive them.
    fn enter(&mut self, file: File, version: Version) {
        if !self.lines.file.iter().any(|known| **known == file) {
            let floors = self.lines.floor.iter_mut();
            let floor = floors.filter(|floor| floor.role == file.role && floor.version == version);
            for (floor, (root, keys)) in floor.zip(self.present.clone()) {
                floor.root = floor.root.max(root);
                floor.keys.join(keys);
            }
        }
        let (Lines { file: files, baseline, .. }, found) = (&mut self.lines, &self.found);
        files.retain(|known| known.role != file.role || found.contains(known) || **known == file);
        if file.role == RoleType::Snapshot {
            baseline.retain(|known| found.iter().any(|found| found.digest == **known));
        }
        if !files.iter().any(|known| **known == file) {
            files.push(Line::new(file));
        }
        self.is_changed = true;
    }

    fn lost(&mut self, loss: Loss) {
        let loss = Lost::from(loss);
        if !self.lines.lost.iter().any(|known| **known == loss) {
            self.lines.lost.push(Line::new(loss));
            self.is_changed = true;
        }
    }

    /// What has been lost, and not yet acknowledged.
    pub(super) fn losses(&self) -> impl Iterator<Item = Loss> {
        self.lines.lost.iter().filter_map(|lost| lost.known())
    }

    /// The caller knows of the losses that this ledger tells. Other cycles may have written the ledger
    /// since: `again` is what it is now. Where that is older, as where the newer copy can no longer be
    /// read, this one holds.
    ///
    /// Whoever knows that the ledger was lost knows it of each copy: one may be lost for good, and is
    /// missed at every reading.
    pub(super) fn acknowledge(&mut self, again: Self) {
        let told: Vec<Loss> = self.losses().collect();
        let is_known = |lost: &Lost| match lost.known() {
            Some(Loss::LedgerCopy) if told.contains(&Loss::Ledger) => true,
            Some(loss) => told.contains(&loss),
            None => false,
        };
        if again.generation() >= self.generation() {
            *self = again;
        } else if !again.is_writable() {
            self.rewrite = None;
        }
        let before = self.lines.lost.len();
        self.lines.lost.retain(|lost| !is_known(lost));
        self.is_changed |= self.lines.lost.len() < before;
    }

    /// The copies to write, in this order, and their bytes; none where the ledger must not be written.
    ///
    /// It is one of them in turn. Both are written if there is none yet: one alone could not be told from
    /// a copy of which the other is lost.
    pub(super) fn write(&mut self) -> Vec<(LedgerCopy, Vec<u8>)> {
        let Some(rewrite) = &self.rewrite else { return Vec::new() };
        let (mut lines, mut turn) = (self.lines.clone(), self.turn);
        let copies = if turn.begins() { 2 } else { 1 };
        let mut written = Vec::with_capacity(copies);
        for _ in 0..copies {
            lines.generation = Some(following(lines.generation.take(), turn.step()));
            written.push((turn.next(), rewrite.write(&lines)));
            turn.passes();
        }
        self.pending = Some((lines.generation, turn));
        written
    }

    /// What was to be stored last is, or is not. If it is not, the same copy is written next: the other
    /// one is whole.
    pub(super) fn written(&mut self, is_done: bool) {
        if let Some((generation, turn)) = self.pending.take().filter(|_| is_done) {
            self.lines.generation = generation;
            self.turn = turn;
            self.is_changed = false;
        }
    }
}

fn following(generation: Option<Line<u64>>, step: u64) -> Line<u64> {
    match generation {
        Some(line) => {
            let next = line.saturating_add(step);
            line.with(next)
        }
        None => Line::new(step),
    }
}
