//! What a device may believe, written naively over its storage and what is served: numbers below
//! which nothing may fall, and when they end.
//!
//! Nothing here asks the library.

use std::collections::BTreeSet;
use std::rc::Rc;

use ota_trust::primitives::{RoleName, Version};
use ota_trust::update::StoredItem;

use super::device::{Answer, LEDGER, Store};
use super::ledger::{self, Both, Copy, Floor, LastRoot, Ledger, Line, Mark, State};
use super::memory::{Memory, once};
use super::roles::document::{Authority, File, Header, MetaFile, keys};
use super::signing::sha256;
use super::truth::{Fact, Facts};

/// What a cycle is told.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The provisioned root.
    pub anchor: Vec<u8>,
    pub chain: &'static str,
    /// What the firmware knows of the timestamp.
    pub at_least: Option<u64>,
    /// Items that cannot be read.
    pub unreadable: BTreeSet<StoredItem>,
    /// What cannot be read is given up.
    pub gives_up: bool,
    pub max_rotations: u64,
    pub max_timestamp: u64,
    pub max_snapshot: u64,
    pub day: u64,
    /// The start of that day.
    pub now: String,
    /// `now`, less what a timestamp and a snapshot may be stale.
    pub stale_now: String,
    /// The caller takes note of all losses.
    pub acknowledges: bool,
}

impl Terms {
    /// What the firmware knows of the timestamp, if it still counts after a walk.
    pub fn at_least_facts(&self, walk: &[Vec<u8>]) -> Facts {
        let (root, keys) = (mark_of(&self.anchor).version, floor_keys(&self.anchor));
        let fact = self.at_least.map(|version| ("timestamp", Fact { version, root, keys }));
        let mut facts = Facts { floors: fact.into_iter().collect(), root: None };
        facts.end(walk);
        facts
    }
}

/// A refusal, by its code; no text where there are many ways to be wrong.
pub type Verdict<T> = Result<T, &'static str>;

/// What becomes of a cycle.
#[derive(Clone, Debug)]
pub struct Prediction {
    pub verdict: Verdict<()>,
    /// The ledger as it is written last, and to which copy; `None` where none is written.
    pub written: Option<(usize, Ledger)>,
}

/// The item of a role but the root.
pub fn item(role: &str) -> StoredItem {
    match role {
        "timestamp" => StoredItem::Timestamp,
        "snapshot" => StoredItem::Snapshot,
        "targets" => StoredItem::Role(RoleName::targets()),
        name => StoredItem::Role(RoleName::delegated(name).expect("a name")),
    }
}

pub fn root_item(version: u64) -> StoredItem {
    StoredItem::Root(Version::new(version).expect("a version"))
}

thread_local! {
    static READ: Memory<Option<Rc<File>>> = Memory::default();
    static KEYS: Memory<BTreeSet<String>> = Memory::default();
    static SIGNED: Memory<bool> = Memory::default();
}

pub fn read(bytes: &[u8]) -> Option<Rc<File>> {
    once(&READ, &[bytes], || File::read(bytes, u64::MAX).ok().map(Rc::new))
}

/// Whether signatures count under the ids that root gives the keys, or under any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    Theirs,
    Any,
}

/// Whether enough keys of this root's role have signed a file.
pub fn is_signed(bytes: &[u8], role: &str, root: &[u8], ids: Ids) -> bool {
    let check = || {
        let (file, root) = (read(bytes)?, read(root)?);
        let authority = Authority::read(&root.signed["roles"][role])?;
        let keys = keys(&root.signed["keys"])?;
        let require = match ids {
            Ids::Theirs => File::require,
            Ids::Any => File::require_stored,
        };
        require(&file, &authority, &keys).ok()
    };
    let any = [u8::from(ids == Ids::Any)];
    once(&SIGNED, &[bytes, role.as_bytes(), root, &any], || check().is_some())
}

/// A file of this role, if it is one and enough keys of the root's role have signed it.
pub fn authentic(bytes: &[u8], role: &str, root: &[u8]) -> Option<Rc<File>> {
    let file = of_role(bytes, role)?;
    is_signed(bytes, role, root, Ids::Theirs).then_some(file)
}

/// A file that has the form of one of this role.
pub fn of_role(bytes: &[u8], role: &str) -> Option<Rc<File>> {
    let file = read(bytes)?;
    Header::read(&file.signed, role)?;
    match role {
        "timestamp" => drop(listing(&file, "snapshot")?),
        "snapshot" => {
            let entries = file.signed.get("meta")?.as_object()?;
            entries.values().all(|entry| MetaFile::read(entry).is_some()).then_some(())?;
        }
        _ => {}
    }
    Some(file)
}

/// Whether a root may follow another.
pub fn follows(before: &[u8], next: &[u8]) -> bool {
    let version = |bytes| read(bytes).map(|file| file.version());
    let is_root = authentic(next, "root", before).and(authentic(next, "root", next)).is_some();
    is_root && version(before).map(|version| version + 1) == version(next)
}

/// What the ledger says of a root.
pub fn mark_of(root: &[u8]) -> Mark {
    let root = read(root);
    let version = root.as_ref().map_or(0, |root| root.version());
    Mark { version, digest: root.map_or_else(String::new, |root| digest(&root)) }
}

/// What the ledger calls a file.
pub fn digest(file: &File) -> String {
    sha256(file.message().as_bytes())
}

/// Fingerprints of a role's keys in a root.
pub fn role_keys(root: &[u8], role: &str) -> BTreeSet<String> {
    let work_out = || {
        let root = read(root)?;
        let ids = Authority::read(&root.signed["roles"][role])?.ids;
        let keys = ids.iter().filter_map(|id| {
            let public = root.signed["keys"][id]["keyval"]["public"].as_str()?;
            Some(sha256(&[b"ed25519\0".to_vec(), hex::decode(public).ok()?].concat()))
        });
        Some(keys.collect())
    };
    once(&KEYS, &[root, role.as_bytes()], || work_out().unwrap_or_default())
}

/// The keys on whose word floors are: those of timestamp and of snapshot, each by its role, by what it
/// decodes to, and by how it is written.
pub fn floor_keys(root: &[u8]) -> BTreeSet<String> {
    let Some(file) = read(root) else { return BTreeSet::new() };
    let of = |role: &str| {
        let ids = Authority::read(&file.signed["roles"][role]).map(|role| role.ids);
        let key = |id: &String| {
            let listed = &file.signed["keys"][id];
            let public = hex::decode(listed["keyval"]["public"].as_str()?).ok()?;
            let decoded = sha256(&[b"ed25519\0".to_vec(), public].concat());
            Some(format!("{role} {decoded}:{}", sha256(listed.to_string().as_bytes())))
        };
        ids.iter().flatten().filter_map(key).collect::<BTreeSet<String>>()
    };
    &of("timestamp") | &of("snapshot")
}

/// Whether a root takes a key from timestamp or from snapshot.
pub fn takes_key(before: &[u8], after: &[u8]) -> bool {
    let loses = |role| !role_keys(before, role).is_subset(&role_keys(after, role));
    loses("timestamp") || loses("snapshot")
}

/// Whether what was said under the root of this version, when timestamp and snapshot had these keys,
/// still counts after a walk. What was taken up to the recorded root was settled when that was recorded.
pub fn stands(version: u64, keys: &BTreeSet<String>, walk: &[Vec<u8>], recorded: u64) -> bool {
    let mut steps = walk.iter().zip(walk.iter().skip(1));
    let is_newer = |root: &Vec<u8>| mark_of(root).version > version.max(recorded);
    let last = walk.last().map(|root| floor_keys(root)).unwrap_or_default();
    !steps.any(|(before, after)| is_newer(after) && takes_key(before, after))
        && keys.is_subset(&last)
}

/// How many of these keys have signed a root, of those that it or the one before lists for roots.
fn signed_by(root: &[u8], before: Option<&[u8]>, keys: &BTreeSet<String>) -> u64 {
    let authorities: Vec<&[u8]> = before.into_iter().chain([root]).collect();
    let signs = |key: &&String| {
        authorities.iter().any(|authority| {
            let alone = read(authority).and_then(|authority| {
                let role = Authority::read(&authority.signed["roles"]["root"])?;
                let listed = super::roles::document::keys(&authority.signed["keys"])?;
                Some((role, listed))
            });
            let (Some((role, listed)), Some(file)) = (alone, read(root)) else { return false };
            role.ids.iter().any(|id| {
                let public = listed.get(id).and_then(|key| key["keyval"]["public"].as_str());
                let public = public.and_then(|public| hex::decode(public).ok()).unwrap_or_default();
                let is_it = sha256(&[b"ed25519\0".to_vec(), public].concat()) == **key;
                let one = Authority { ids: vec![id.clone()], threshold: 1 };
                is_it && file.require(&one, &listed).is_ok()
            })
        })
    };
    keys.iter().filter(signs).count() as u64
}

/// Whether `root` is no fork beside another of its version: a threshold of that one's own keys has
/// signed it.
pub fn continues(known: &LastRoot, root: &[u8], before: Option<&[u8]>) -> bool {
    signed_by(root, before, &known.keys) >= known.threshold
}

pub fn last_root(root: &[u8]) -> LastRoot {
    let role = read(root).and_then(|root| Authority::read(&root.signed["roles"]["root"]));
    let threshold = role.map_or(u64::MAX, |role| role.threshold);
    LastRoot { mark: mark_of(root), threshold, keys: role_keys(root, "root") }
}

/// All that `before` lists is listed at no lower version (§5.5.5).
pub fn keeps_listing(before: &File, after: &File) -> Verdict<()> {
    let names = before.signed["meta"].as_object().into_iter().flatten().map(|(name, _)| name);
    for name in names {
        let role = name.trim_end_matches(".json");
        match listed(after, role) {
            None => return Err("verify.listing-dropped"),
            Some(version) if Some(version) < listed(before, role) => return Err("verify.rollback"),
            Some(_) => {}
        }
    }
    Ok(())
}

fn listing(file: &File, role: &str) -> Option<MetaFile> {
    MetaFile::read(file.signed.get("meta")?.get(format!("{role}.json"))?)
}

/// The version that a file lists of a role.
pub fn listed(file: &File, role: &str) -> Option<u64> {
    listing(file, role).map(|entry| entry.version)
}

/// The files say the same, whatever stands around their `signed` parts.
pub fn same_signed(one: &[u8], other: &[u8]) -> bool {
    let (one, other) = (read(one), read(other));
    one.is_some_and(|one| other.is_some_and(|other| one.signed == other.signed))
}

/// What the storage says of both copies of the ledger.
pub fn ledger_of(store: &Store, unreadable: &BTreeSet<StoredItem>, gives_up: bool) -> Option<Both> {
    ledger::newest(LEDGER.map(|copy| match store.get(&copy) {
        _ if unreadable.contains(&copy) && gives_up => Copy::GivenUp,
        _ if unreadable.contains(&copy) => Copy::Unreadable,
        bytes => ledger::read(bytes),
    }))
}

/// What becomes of a cycle; `serve` answers each request in the same way.
pub fn predict(store: &Store, serve: &mut dyn FnMut(&str) -> Answer, terms: &Terms) -> Prediction {
    let Some(both) = ledger_of(store, &terms.unreadable, terms.gives_up) else {
        return Prediction { verdict: Err("update.unreadable-ledger"), written: None };
    };
    let Both { ledger, state, next, is_alone } = both;
    let walk = vec![terms.anchor.clone()];
    let mut cycle = Cycle {
        store,
        serve,
        terms,
        ledger,
        state,
        walk,
        found: Vec::new(),
        at_bound: false,
        is_changed: false,
        next,
        is_alone,
        written: None,
    };
    let verdict = cycle.run();
    Prediction { verdict, written: cycle.written }
}

/// A cycle under way.
struct Cycle<'c> {
    store: &'c Store,
    serve: &'c mut dyn FnMut(&str) -> Answer,
    terms: &'c Terms,
    ledger: Ledger,
    state: State,
    /// The roots, from the provisioned one.
    walk: Vec<Vec<u8>>,
    /// Roles that have a stored file, and its digest.
    found: Vec<(&'static str, String)>,
    at_bound: bool,
    is_changed: bool,
    /// The copy that is written next.
    next: usize,
    is_alone: bool,
    written: Option<(usize, Ledger)>,
}

/// How a root goes with what was recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Same,
    Other,
}

const ROLLBACK: &str = "verify.rollback";

impl Cycle<'_> {
    fn run(&mut self) -> Verdict<()> {
        let name = self.ledger.chain().unwrap_or(self.terms.chain).to_owned();
        if name != self.terms.chain {
            return Err("update.other-chain");
        }
        if self.ledger.has("ended") {
            return Err("update.chain-ended");
        }
        self.ledger.put(Line::new("chain", &[&name]), |_| true);
        let origin = self.follow()?;
        self.expires("root", &self.last(), &self.terms.now)?;
        let has_ended = self.settle(origin);
        let [mut timestamp, mut snapshot] = ["timestamp", "snapshot"].map(|role| self.stored(role));
        for (role, bytes) in [("timestamp", &timestamp), ("snapshot", &snapshot)] {
            let file = bytes.as_ref().and_then(|bytes| read(bytes));
            self.found.extend(file.map(|file| (role, digest(&file))));
        }
        self.meet(timestamp.as_deref(), snapshot.as_deref());
        if self.is_changed {
            self.write();
        }
        if has_ended {
            // What is void is removed.
            timestamp = timestamp.filter(|_| self.has_trusted("timestamp"));
            snapshot = snapshot.filter(|_| self.has_baseline());
        }
        let timestamp = self.timestamp(timestamp)?;
        let snapshot = self.snapshot(&timestamp, snapshot)?;
        self.targets(&snapshot)?;
        if self.terms.acknowledges && self.ledger.has("lost") {
            self.ledger.lines.retain(|line| line.word != "lost");
            self.write();
        }
        Ok(())
    }

    /// From the provisioned root to the last one (§5.3), held against what was recorded.
    fn follow(&mut self) -> Verdict<Origin> {
        let recorded = self.ledger.root();
        let anchor = mark_of(&self.terms.anchor);
        let mut marks = self.ledger.anchors();
        marks.extend(recorded.iter().map(|root| root.mark.clone()));
        let contradicts = |mark: &Mark| mark.version == anchor.version && *mark != anchor;
        let is_contradicted = marks.iter().any(contradicts);
        let contradiction = if is_contradicted { "update.other-chain" } else { "update.root-fork" };
        // Whether another root than the recorded one is met, and is no fork.
        let mut is_continued = false;
        let mut fits = |root: &[u8], before: Option<&[u8]>| {
            let mark = mark_of(root);
            let known = recorded.as_ref().filter(|known| known.mark.version == mark.version);
            let Some(known) = known.filter(|known| known.mark != mark) else { return true };
            is_continued = continues(known, root, before);
            is_continued
        };
        if !fits(&self.terms.anchor, None) {
            return Err("update.other-chain");
        }
        let known = recorded.as_ref().map_or(0, |root| root.mark.version);
        let mut fetched = 0;
        loop {
            let last = self.last();
            let version = mark_of(&last).version + 1;
            let stored = self.bytes(&root_item(version)).cloned();
            let stored = stored.filter(|stored| follows(&last, stored));
            if let Some(root) = stored.filter(|root| fits(root, Some(&last))) {
                self.walk.push(root);
                continue;
            }
            if fetched >= self.terms.max_rotations && version > known {
                self.at_bound = true;
                break;
            }
            let root = match (self.serve)(&format!("{version}.root.json")) {
                Answer::NotFound => break,
                Answer::Failed => return Err("update.transport"),
                Answer::File(root) => root,
            };
            if !follows(&last, &root) {
                return Err("");
            }
            if !fits(&root, Some(&last)) {
                return Err(contradiction);
            }
            fetched += u64::from(version > known);
            self.walk.push(root);
        }
        if known > mark_of(&self.last()).version {
            return Err(if is_contradicted { contradiction } else { ROLLBACK });
        }
        let is_met = self.walk.iter().any(|root| {
            let mark = mark_of(root);
            recorded.as_ref().is_some_and(|known| known.mark == mark)
        });
        let is_met = is_met || marks.contains(&anchor);
        let is_same = recorded.is_none() || is_met && !is_continued;
        Ok(if is_same { Origin::Same } else { Origin::Other })
    }

    /// Under the last root: which floors stand (A2.4), and what is recorded.
    fn settle(&mut self, origin: Origin) -> bool {
        let before = self.ledger.floors().len();
        let walk = self.walk.clone();
        let recorded = self.ledger.root().map_or(0, |root| root.mark.version);
        self.ledger.lines.retain(|line| {
            let one = Ledger { lines: vec![line.clone()], ..Ledger::default() };
            one.floors().iter().all(|floor| stands(floor.root, &floor.keys, &walk, recorded))
        });
        let has_ended = self.ledger.floors().len() < before;
        // The highest of those that stand; of two that are as high, the first.
        let floors = self.ledger.clone();
        let mut seen = BTreeSet::new();
        self.ledger.lines.retain(|line| {
            line.word != "floor"
                || floors.floor(&line.fields[0]).map(|version| version.to_string()).as_ref()
                    == Some(&line.fields[1])
                    && seen.insert(line.fields[0].clone())
        });
        self.is_changed |= has_ended;
        // What is known of a file is known for as long as its floor stands.
        let floors: Vec<String> = self.ledger.floors().into_iter().map(|f| f.role).collect();
        self.ledger.lines.retain(|line| line.word != "file" || floors.contains(&line.fields[0]));
        let has_snapshot = floors.iter().any(|role| role == "snapshot");
        self.ledger.lines.retain(|line| line.word != "baseline" || has_snapshot);

        let anchor = mark_of(&self.terms.anchor);
        let keys = floor_keys(&self.terms.anchor);
        if let Some(version) = self.terms.at_least
            && stands(anchor.version, &keys, &walk, recorded)
        {
            self.raise(&Floor { role: "timestamp".into(), version, root: anchor.version, keys });
        }
        if origin == Origin::Other {
            self.ledger.put(Line::new("mixed", &[]), |_| true);
            // A snapshot may still rule out another one, and is not what this repository says now.
            let files: Vec<Line> = self.ledger.of("file").cloned().collect();
            self.ledger.lines.retain(|line| line.word != "file");
            for file in files.iter().filter(|file| file.fields[0] == "snapshot") {
                self.ledger.lines.push(Line::new("baseline", &[&file.fields[1]]));
            }
            self.is_changed = true;
        }
        let last = last_root(&self.last());
        if self.ledger.root().is_none_or(|known| known.mark != last.mark) {
            self.ledger.put(ledger::root_line(&last), |_| true);
            self.is_changed = true;
        }
        if !self.ledger.anchors().contains(&anchor) {
            let version = anchor.version.to_string();
            let is_other = |line: &Line| line.word == "anchor" && line.fields[0] == version;
            self.ledger.lines.retain(|line| !is_other(line));
            self.ledger.lines.push(ledger::anchor_line(&anchor));
            let mut too_many = self.ledger.of("anchor").count().saturating_sub(16);
            self.ledger.lines.retain(|line| {
                let goes = line.word == "anchor" && too_many > 0;
                too_many -= usize::from(goes);
                !goes
            });
            self.is_changed = true;
        }
        has_ended
    }

    /// What the storage has of timestamp and snapshot becomes floors where the ledger is lost (A2.6).
    fn meet(&mut self, timestamp: Option<&[u8]>, snapshot: Option<&[u8]>) {
        let there_is = |role| {
            let item = item(role);
            self.store.contains_key(&item) || self.terms.unreadable.contains(&item)
        };
        let was_there = there_is("timestamp") || there_is("snapshot");
        match self.state {
            State::Absent if was_there => self.lose("ledger"),
            State::Lost => self.lose("ledger"),
            State::OneCopy => self.lose("ledger-copy"),
            State::First if was_there => self.lose("ledger-copy"),
            State::Absent | State::First | State::Whole => {}
        }
        // Where one copy is lost, it may have been the newer one.
        let adopts = self.state != State::Whole && !self.ledger.has("mixed");
        for (role, bytes) in [("timestamp", timestamp), ("snapshot", snapshot)] {
            let bytes = bytes.filter(|_| adopts && !self.has_trusted(role));
            if let Some(bytes) = bytes.filter(|b| is_signed(b, role, &self.last(), Ids::Any)) {
                self.trust(role, bytes);
            }
        }
        let is_of = |line: &Line| {
            line.word == "file" && line.fields[0] == "snapshot" || line.word == "baseline"
        };
        if self.ledger.lines.iter().any(is_of) && !self.has_baseline() {
            self.ledger.lines.retain(|line| !is_of(line));
            self.lose("snapshot");
        }
    }

    /// §5.4
    fn timestamp(&mut self, stored: Option<Vec<u8>>) -> Verdict<Vec<u8>> {
        let floor = |role| self.ledger.floor(role).unwrap_or(0);
        let (own, of_snapshot) = (floor("timestamp"), floor("snapshot"));
        let named = |bytes: &[u8]| read(bytes).and_then(|file| listed(&file, "snapshot"));
        let stored = stored
            .filter(|_| self.has_trusted("timestamp"))
            .filter(|stored| named(stored) >= Some(of_snapshot))
            .filter(|stored| is_signed(stored, "timestamp", &self.last(), Ids::Theirs));
        let bytes = self.fetch("timestamp.json")?;
        if bytes.len() as u64 > self.terms.max_timestamp {
            return self.refuse("verify.too-long");
        }
        let Some(file) = of_role(&bytes, "timestamp") else { return self.refuse("") };
        self.signed("timestamp", &bytes)?;
        if file.version() < own {
            return self.refuse(ROLLBACK);
        }
        if let Some(stored) = stored {
            let before = read(&stored).expect("it was read before");
            if before.version() == file.version() {
                self.expires("timestamp", &stored, &self.terms.stale_now)?;
                return Ok(stored);
            }
            if before.version() > file.version() || named(&stored) > named(&bytes) {
                return self.refuse(ROLLBACK);
            }
        }
        if named(&bytes) < Some(of_snapshot) {
            return self.refuse(ROLLBACK);
        }
        self.expires("timestamp", &bytes, &self.terms.stale_now)?;
        self.trust("timestamp", &bytes);
        self.write();
        Ok(bytes)
    }

    /// §5.5
    fn snapshot(&mut self, timestamp: &[u8], stored: Option<Vec<u8>>) -> Verdict<Vec<u8>> {
        let named = read(timestamp).and_then(|file| listing(&file, "snapshot"));
        let named = named.expect("it was read before");
        let is_trusted = self.has_trusted("snapshot");
        let may_be_current = is_trusted || named.hashes.is_some();
        if let Some(stored) = stored.as_ref().filter(|_| may_be_current) {
            let of_it = |bytes: &[u8]| {
                let header = of_role(bytes, "snapshot")
                    .and_then(|file| Header::read(&file.signed, "snapshot"));
                let header = header.ok_or("")?;
                named.check_bytes(bytes).and(named.check_version(&header))?;
                self.signed("snapshot", bytes)?;
                self.above_floors(bytes)?;
                self.expires("snapshot", bytes, &self.terms.stale_now)
            };
            if of_it(stored).is_ok() {
                if !is_trusted {
                    self.trust("snapshot", stored);
                    self.write();
                }
                return Ok(stored.clone());
            }
        }
        if named.length.is_some_and(|length| length > self.terms.max_snapshot) {
            return self.refuse("verify.listed-too-long");
        }
        let bytes = self.fetch(&self.name("snapshot", named.version))?;
        if bytes.len() as u64 > self.terms.max_snapshot {
            return self.refuse("verify.too-long");
        }
        if named.check_bytes(&bytes).is_err() {
            return self.refuse("");
        }
        let Some(file) = of_role(&bytes, "snapshot") else { return self.refuse("") };
        self.signed("snapshot", &bytes)?;
        if file.version() != named.version {
            return self.refuse("verify.version-not-listed");
        }
        self.above_floors(&bytes)?;
        let before = stored.filter(|_| self.has_baseline());
        if let Some(before) = before.and_then(|stored| read(&stored)) {
            keeps_listing(&before, &file).or_else(|code| self.refuse(code))?;
        }
        self.expires("snapshot", &bytes, &self.terms.stale_now)?;
        self.trust("snapshot", &bytes);
        self.write();
        Ok(bytes)
    }

    fn above_floors(&self, snapshot: &[u8]) -> Verdict<()> {
        let file = read(snapshot).ok_or("")?;
        let is_below = |role, version: u64| self.ledger.floor(role) > Some(version);
        let targets = listed(&file, "targets");
        if is_below("snapshot", file.version())
            || targets.is_some_and(|targets| is_below("targets", targets))
        {
            return self.refuse(ROLLBACK);
        }
        Ok(())
    }

    /// §5.6.1 to §5.6.6
    fn targets(&mut self, snapshot: &[u8]) -> Verdict<()> {
        let named = read(snapshot).and_then(|file| listing(&file, "targets"));
        let Some(named) = named else { return self.refuse("") };
        let is_bound = named.hashes.is_some();
        let check = |cycle: &Self, bytes: &[u8]| {
            let header = of_role(bytes, "targets").ok_or("")?;
            let header = Header::read(&header.signed, "targets").ok_or("")?;
            if named.check_bytes(bytes).is_err() {
                return cycle.refuse("");
            }
            // What else a targets file has to have is not looked at here.
            if !is_signed(bytes, "targets", &cycle.last(), Ids::Theirs) {
                return cycle.refuse("");
            }
            named.check_version(&header).or_else(|code| cycle.refuse(code))?;
            cycle.expires("targets", bytes, &cycle.terms.now)
        };
        let stored = self.bytes(&item("targets")).cloned();
        let stored = stored.filter(|_| is_bound || !self.ledger.has("mixed"));
        if stored.is_some_and(|stored| check(self, &stored).is_ok()) {
            return Ok(());
        }
        let bytes = self.fetch(&self.name("targets", named.version))?;
        check(self, &bytes)
    }

    fn last(&self) -> Vec<u8> {
        self.walk.last().cloned().unwrap_or_default()
    }

    fn bytes(&self, item: &StoredItem) -> Option<&Vec<u8>> {
        self.store.get(item).filter(|_| !self.terms.unreadable.contains(item))
    }

    /// A stored timestamp or snapshot that is one.
    fn stored(&self, role: &str) -> Option<Vec<u8>> {
        let limit = match role {
            "timestamp" => self.terms.max_timestamp,
            _ => self.terms.max_snapshot,
        };
        let bytes = self.bytes(&item(role)).filter(|bytes| bytes.len() as u64 <= limit)?;
        of_role(bytes, role).map(|_| bytes.clone())
    }

    fn has_trusted(&self, role: &str) -> bool {
        self.found.iter().any(|(of, digest)| *of == role && self.ledger.knows_file(role, digest))
    }

    fn has_baseline(&self) -> bool {
        let is_it = |digest: &String| self.ledger.knows_baseline(digest);
        self.found.iter().any(|(of, digest)| *of == "snapshot" && is_it(digest))
    }

    fn name(&self, role: &str, version: u64) -> String {
        let root = read(&self.last()).expect("a root");
        let is_consistent = root.signed["consistent_snapshot"].as_bool().unwrap_or_default();
        if is_consistent { format!("{version}.{role}.json") } else { format!("{role}.json") }
    }

    fn fetch(&mut self, name: &str) -> Verdict<Vec<u8>> {
        match (self.serve)(name) {
            Answer::File(bytes) => Ok(bytes),
            Answer::NotFound => Err("update.not-found"),
            Answer::Failed => Err("update.transport"),
        }
    }

    /// Under a root that may not be the last, another cycle may be all that is needed.
    fn refuse<T>(&self, code: &'static str) -> Verdict<T> {
        Err(if self.at_bound { "update.more-roots" } else { code })
    }

    fn signed(&self, role: &str, bytes: &[u8]) -> Verdict<()> {
        if is_signed(bytes, role, &self.last(), Ids::Theirs) {
            return Ok(());
        }
        self.refuse("verify.signatures")
    }

    fn expires(&self, role: &str, bytes: &[u8], now: &str) -> Verdict<()> {
        let header = read(bytes).and_then(|file| Header::read(&file.signed, role));
        let header = header.expect("it was read before");
        header.check_not_expired(now).or_else(|code| self.refuse(code))
    }

    /// A file has passed all checks: its numbers are floors, and the ledger knows it.
    fn trust(&mut self, role: &'static str, bytes: &[u8]) {
        let file = read(bytes).expect("it was read before");
        let last = self.last();
        let (root, keys) = (mark_of(&last).version, floor_keys(&last));
        let numbers = match role {
            "timestamp" => {
                [("timestamp", Some(file.version())), ("snapshot", listed(&file, "snapshot"))]
            }
            _ => [("snapshot", Some(file.version())), ("targets", listed(&file, "targets"))],
        };
        for (role, version) in numbers {
            let Some(version) = version else { continue };
            self.raise(&Floor { role: role.into(), version, root, keys: keys.clone() });
        }
        let new = digest(&file);
        if !self.ledger.knows_file(role, &new) {
            // Another file of that number: it stands on the word of the present keys, too.
            let same = self.ledger.floors().into_iter();
            for mut floor in same.filter(|f| f.role == role && f.version == file.version()) {
                floor.root = floor.root.max(root);
                floor.keys.extend(keys.iter().cloned());
                self.ledger.put(ledger::floor_line(&floor), |line| line.fields[0] == role);
            }
        }
        let found = self.found.clone();
        self.ledger.lines.retain(|line| {
            let is_other = line.word == "file" && line.fields[0] == role && line.fields[1] != new;
            let is_stored = |digest: &String| found.iter().any(|(_, of)| of == digest);
            let is_void = line.word == "baseline" && role == "snapshot";
            !is_other && !is_void || line.fields.last().is_some_and(is_stored)
        });
        if !self.ledger.knows_file(role, &new) {
            self.ledger.lines.push(Line::new("file", &[role, &new]));
        }
        self.is_changed = true;
    }

    fn raise(&mut self, floor: &Floor) {
        if self.ledger.floor(&floor.role) < Some(floor.version) {
            self.ledger.put(ledger::floor_line(floor), |line| line.fields[0] == floor.role);
            self.is_changed = true;
        }
    }

    fn lose(&mut self, what: &str) {
        if !self.ledger.knows_loss(what) {
            self.ledger.lines.push(Line::new("lost", &[what]));
            self.is_changed = true;
        }
    }

    fn write(&mut self) {
        if self.ledger.is_newer {
            return;
        }
        // The first of all is written to both.
        let begins = self.ledger.generation().is_none() && !self.is_alone;
        let copies = if begins { 2 } else { 1 };
        for _ in 0..copies {
            let next = self.ledger.generation().unwrap_or(0).saturating_add(1).to_string();
            self.ledger.put(Line::new("generation", &[&next]), |_| true);
            self.written = Some((self.next, self.ledger.clone()));
            self.next = if self.is_alone { self.next } else { 1 - self.next };
        }
    }
}
