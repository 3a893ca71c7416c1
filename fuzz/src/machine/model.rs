//! What a device may believe, written naively over its storage and the repository's own books.

use std::collections::BTreeSet;

use ota_trust::primitives::{RoleName, Version};
use ota_trust::update::StoredItem;

use super::device::Store;
use super::ledger;
use super::repository::Repository;
use super::roles::document::{Authority, File, Header, MetaFile, keys};
use super::signing::sha256;
use super::strict::canonical;

/// What becomes of a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Succeeds,
    IsRefused,
    /// The thief has been at work under the same version numbers, or there are more roots than one cycle
    /// takes.
    Open,
}

/// Time and bounds of a cycle.
#[derive(Clone, Debug)]
pub struct Terms {
    pub anchor: u64,
    pub max_rotations: u64,
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

/// A file of a role that enough keys of this root's role have signed.
pub fn authentic(bytes: &[u8], role: &str, root: &[u8]) -> Option<File> {
    let file = File::read(bytes, u64::MAX).ok()?;
    Header::read(&file.signed, role)?;
    let root = File::read(root, u64::MAX).ok()?.signed;
    let authority = Authority::read(&root["roles"][role])?;
    file.require(&authority, &keys(&root["keys"])?).ok()?;
    Some(file)
}

/// The stored file of a role that rules out older ones under a root: authentic, and not known to be trusted
/// when timestamp or snapshot had a key that they have no more (§5.3.11), nor under another chain than `roots`.
pub fn baseline(store: &Store, chain: &Chain<'_>, role: &str) -> Option<File> {
    let bytes = store.get(&item(role))?;
    let file = authentic(bytes, role, chain.last())?;
    let entries = store.get(&StoredItem::Ledger).map(|bytes| ledger::read(bytes));
    let digest = sha256(bytes);
    let void = entries.unwrap_or_default().iter().any(|entry| {
        let kept = floor_keys(chain.published(entry.root_version))
            .is_subset(&floor_keys(chain.last()));
        let same_chain = chain.seen(entry.root_version).is_none_or(|r| sha256(r) == entry.root);
        entry.role == role && entry.file == digest && !(kept && same_chain)
    });
    (!void).then_some(file)
}

/// The roots that a cycle goes through.
pub struct Chain<'c> {
    pub repository: &'c Repository,
    /// Where the roots are that did not come from the repository just now.
    pub stored: &'c Store,
    pub anchor: u64,
    pub last: u64,
}

impl Chain<'_> {
    fn last(&self) -> &[u8] {
        self.published(self.last)
    }

    fn published(&self, version: u64) -> &[u8] {
        self.repository.root(version)
    }

    /// The root of a version, as the device saw it.
    fn seen(&self, version: u64) -> Option<&[u8]> {
        if version < self.anchor || version > self.last {
            return None;
        }
        let stored = self.stored.get(&root_item(version)).filter(|_| version > self.anchor);
        Some(stored.map_or(self.published(version), Vec::as_slice))
    }
}

fn floor_keys(root: &[u8]) -> BTreeSet<String> {
    let signed = File::read(root, u64::MAX).map(|file| file.signed).unwrap_or_default();
    let ids = |role| Authority::read(&signed["roles"][role]).map(|keys| keys.ids);
    ["timestamp", "snapshot"].into_iter().filter_map(ids).flatten().collect()
}

/// The last root that the device can reach by what it stores.
pub fn stored_root(store: &Store, repository: &Repository, anchor: u64) -> u64 {
    let latest = repository.roots.len() as u64;
    let intact = |version: &u64| {
        let bytes = store.get(&root_item(*version));
        // Whether the root before has signed it is known: it is the repository's own.
        bytes.is_some_and(|bytes| {
            authentic(bytes, "root", repository.root(version - 1)).is_some()
                && authentic(bytes, "root", repository.root(*version)).is_some()
        })
    };
    anchor + (anchor + 1..=latest).take_while(intact).count() as u64
}

/// What becomes of a cycle in which the repository serves what it means to.
pub fn predict(store: &Store, repository: &Repository, terms: &Terms) -> Verdict {
    let last = repository.roots.len() as u64;
    let intact = stored_root(store, repository, terms.anchor);
    if last - intact >= terms.max_rotations {
        return Verdict::Open;
    }
    let current = |role| File::read(repository.current(role), u64::MAX).ok();
    let good = |role, now: &str| {
        let header = current(role).and_then(|file| Header::read(&file.signed, role));
        header.is_some_and(|header| header.check_not_expired(now).is_ok())
    };
    if !["root", "targets"].into_iter().all(|role| good(role, &terms.now))
        || !["timestamp", "snapshot"].into_iter().all(|role| good(role, &terms.stale_now))
    {
        return Verdict::IsRefused;
    }
    // Roots after a damaged one come from the repository.
    let mut stored = store.clone();
    (intact + 1..=last).for_each(|version| drop(stored.remove(&root_item(version))));
    let chain = Chain { repository, stored: &stored, anchor: terms.anchor, last };
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
    let signed = |bytes| File::read(bytes, u64::MAX).map(|file| file.signed).ok();
    signed(one).is_some() && signed(one) == signed(other)
}

/// Whether the repository, or the thief, signed what this file says.
pub fn is_known(bytes: &[u8], repository: &Repository) -> bool {
    let signed = File::read(bytes, u64::MAX).map(|file| canonical(&file.signed));
    signed.is_ok_and(|signed| repository.signed.contains(&signed))
}
