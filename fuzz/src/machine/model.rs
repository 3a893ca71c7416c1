//! What a device may believe, written naively over its storage and the repository's own books.

use std::collections::BTreeSet;
use std::rc::Rc;

use ota_trust::primitives::{RoleName, Version};
use ota_trust::update::StoredItem;

use super::device::Store;
use super::ledger::{self, Entry, Ledger, Mark};
use super::memory::{Memory, once};
use super::repository::Repository;
use super::roles::document::{Authority, File, Header, MetaFile, keys};
use super::signing::sha256;

/// What becomes of a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Succeeds,
    IsRefused,
    /// The thief has been at work under the same version numbers, there are more roots than one
    /// cycle takes, or what is to be dropped cannot be.
    Open,
}

/// Time and bounds of a cycle.
#[derive(Clone, Debug)]
pub struct Terms {
    pub anchor: u64,
    pub max_rotations: u64,
    /// Whether the storage removes what it is told to remove.
    pub can_remove: bool,
    pub day: u64,
    /// The start of that day.
    pub now: String,
    /// `now`, less what a timestamp and a snapshot may be stale.
    pub stale_now: String,
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
    static AUTHENTIC: Memory<Option<Rc<File>>> = Memory::default();
}

pub fn read(bytes: &[u8]) -> Option<Rc<File>> {
    once(&READ, &[bytes], || File::read(bytes, u64::MAX).ok().map(Rc::new))
}

/// A file of a role that enough keys of this root's role have signed.
pub fn authentic(bytes: &[u8], role: &str, root: &[u8]) -> Option<Rc<File>> {
    let check = || {
        let (file, root) = (read(bytes)?, read(root)?);
        Header::read(&file.signed, role)?;
        let authority = Authority::read(&root.signed["roles"][role])?;
        let keys = keys(&root.signed["keys"])?;
        // Timestamp and snapshot may be stored ones.
        let is_floor = ["timestamp", "snapshot"].contains(&role);
        let require = if is_floor { File::require_stored } else { File::require };
        require(&file, &authority, &keys).ok()?;
        Some(file)
    };
    once(&AUTHENTIC, &[bytes, role.as_bytes(), root], check)
}

/// The stored file of a role that rules out older ones: authentic, not removed with a root that
/// this cycle fetched, and not voided by what the ledger says of it.
pub fn baseline(store: &Store, chain: &Chain<'_>, role: &str) -> Option<Rc<File>> {
    let bytes = store.get(&item(role))?;
    let file = authentic(bytes, role, chain.root(chain.last))?;
    let (ledger, digest) = (ledger_of(store), sha256(bytes));
    let about_it = |entry: &&Entry| entry.role == role && entry.file == digest;
    let is_void = ledger.entries.iter().filter(about_it).any(|entry| chain.voids(entry));
    (!is_void && !chain.removes(role, &ledger)).then_some(file)
}

/// Whether the storage is known to have held another repository's files: then its role files are
/// used only where the snapshot lists digests.
pub fn is_mixed(store: &Store, chain: &Chain<'_>) -> bool {
    let ledger = ledger_of(store);
    ledger.mixed.is_some() || ledger.entries.iter().any(|entry| chain.is_other(entry))
}

/// Whether the device has trusted a later root than the last of the chain.
pub fn rolls_root_back(store: &Store, chain: &Chain<'_>) -> bool {
    let is_later = |entry: &Entry| entry.root.version > chain.last && !chain.voids(entry);
    ledger_of(store).entries.iter().any(is_later)
}

pub fn ledger_of(store: &Store) -> Ledger {
    store.get(&StoredItem::Ledger).map(|bytes| ledger::read(bytes)).unwrap_or_default()
}

/// The roots that a cycle goes through.
#[derive(Clone, Copy)]
pub struct Chain<'c> {
    pub repository: &'c Repository,
    pub anchor: u64,
    /// The last of them that was stored before.
    pub fetched_after: u64,
    pub last: u64,
}

impl<'c> Chain<'c> {
    /// As it is when the repository serves what it published.
    pub fn expected(repository: &'c Repository, stored: &Store, anchor: u64) -> Self {
        let fetched_after = stored_root(stored, repository, anchor);
        Self { repository, anchor, fetched_after, last: repository.roots.len() as u64 }
    }

    /// Timestamp or snapshot have lost a key since; or the file was trusted under another chain.
    fn voids(&self, entry: &Entry) -> bool {
        let mut keys = role_keys(self.root(self.last), "timestamp");
        keys.append(&mut role_keys(self.root(self.last), "snapshot"));
        let mut walked = self.anchor + 1..=self.last;
        let lost = walked.any(|version| version > entry.root.version && self.takes_key(version));
        let not_walked =
            entry.root.version <= self.last && !entry.keys.iter().all(|key| keys.contains(key));
        lost || not_walked || self.is_other(entry)
    }

    /// A root that was met is another than the ledger's root of that version.
    fn is_other(&self, entry: &Entry) -> bool {
        [&entry.root, &entry.anchor].into_iter().any(|mark| {
            let met = (self.anchor..=self.last).contains(&mark.version);
            met && mark_of(self.root(mark.version)) != *mark
        })
    }

    /// §5.3.11: a root that this cycle fetches takes a key, and no file of the role is known to have
    /// been trusted since.
    pub fn removes(&self, role: &str, ledger: &Ledger) -> bool {
        let mut fetched = self.fetched_after + 1..=self.last;
        fetched.any(|version| {
            let so_far = Self { last: version, ..*self };
            let is_since = |entry: &Entry| {
                entry.role == role && entry.root.version >= version && !so_far.is_other(entry)
            };
            self.takes_key(version) && !ledger.entries.iter().any(is_since)
        })
    }

    /// The root of this version takes a key from timestamp or snapshot.
    fn takes_key(&self, version: u64) -> bool {
        ["timestamp", "snapshot"].into_iter().any(|role| {
            let before = role_keys(self.root(version - 1), role);
            !before.is_subset(&role_keys(self.root(version), role))
        })
    }

    fn root(&self, version: u64) -> &[u8] {
        self.repository.root(version)
    }
}

/// What the ledger says of a root.
pub fn mark_of(root: &[u8]) -> Mark {
    let root = read(root);
    let message = root.as_ref().map_or("", |root| root.message());
    let version = root.as_ref().map_or(0, |root| root.version());
    Mark { version, digest: sha256(message.as_bytes()) }
}

/// Fingerprints of a role's keys in a root.
fn role_keys(root: &[u8], role: &str) -> BTreeSet<String> {
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

/// The last root that the device can reach by what it stores.
pub fn stored_root(store: &Store, repository: &Repository, anchor: u64) -> u64 {
    let latest = repository.roots.len() as u64;
    let intact = |version: &u64| {
        let bytes = store.get(&root_item(*version));
        bytes.is_some_and(|bytes| {
            let before = authentic(bytes, "root", repository.root(version - 1));
            let itself = authentic(bytes, "root", repository.root(*version));
            before.is_some() && itself.is_some_and(|root| root.version() == *version)
        })
    };
    anchor + (anchor + 1..=latest).take_while(intact).count() as u64
}

/// What becomes of a cycle in which the repository serves what it means to.
pub fn predict(store: &Store, repository: &Repository, terms: &Terms) -> Verdict {
    let chain = Chain::expected(repository, store, terms.anchor);
    let ledger = ledger_of(store);
    let removes = ["timestamp", "snapshot"].iter().any(|role| chain.removes(role, &ledger));
    let is_bounded = chain.last - chain.fetched_after >= terms.max_rotations;
    if is_bounded || removes && !terms.can_remove {
        return Verdict::Open;
    }
    if rolls_root_back(store, &chain) {
        return Verdict::IsRefused;
    }
    let current = |role| read(repository.current(role));
    let good = |role, now: &str| {
        let header = current(role).and_then(|file| Header::read(&file.signed, role));
        header.is_some_and(|header| header.check_not_expired(now).is_ok())
    };
    if !["root", "targets"].into_iter().all(|role| good(role, &terms.now))
        || !["timestamp", "snapshot"].into_iter().all(|role| good(role, &terms.stale_now))
    {
        return Verdict::IsRefused;
    }
    let mut verdict = Verdict::Succeeds;
    for (role, is_kept) in [("timestamp", keeps_snapshot as Kept), ("snapshot", keeps_listing)] {
        let (Some(floor), Some(current)) = (baseline(store, &chain, role), current(role)) else {
            continue;
        };
        if floor.version() == current.version() && floor.signed != current.signed {
            return Verdict::Open;
        }
        let role_rolls_back = role == "timestamp" && floor.version() > current.version();
        if role_rolls_back || !is_kept(&floor, &current) {
            verdict = Verdict::IsRefused;
        }
    }
    verdict
}

type Kept = fn(&File, &File) -> bool;

/// The snapshot that `after` lists is not older (§5.4.3.2).
pub fn keeps_snapshot(before: &File, after: &File) -> bool {
    listed(after, "snapshot") >= listed(before, "snapshot")
}

/// All that `before` lists is listed at no lower version (§5.5.5).
pub fn keeps_listing(before: &File, after: &File) -> bool {
    let names = before.signed["meta"].as_object().into_iter().flatten().map(|(name, _)| name);
    names.into_iter().all(|name| {
        let role = name.trim_end_matches(".json");
        listed(after, role).is_some_and(|version| Some(version) >= listed(before, role))
    })
}

/// The version that a file lists of a role.
pub fn listed(file: &File, role: &str) -> Option<u64> {
    let entry = file.signed.get("meta")?.get(format!("{role}.json"))?;
    MetaFile::read(entry).map(|entry| entry.version)
}

/// The files say the same, whatever stands around their `signed` parts.
pub fn same_signed(one: &[u8], other: &[u8]) -> bool {
    let (one, other) = (read(one), read(other));
    one.is_some_and(|one| other.is_some_and(|other| one.signed == other.signed))
}

/// Whether the repository, or the thief, signed what this file says.
pub fn is_known(bytes: &[u8], repository: &Repository) -> bool {
    read(bytes).is_some_and(|file| repository.signed.contains(file.message()))
}
