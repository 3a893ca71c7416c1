//! From the provisioned root to the last one, and what of the device's floors stands under it (TUF §5.3).
//!
//! - A root is followed by exactly the next version, signed by thresholds of both.
//! - §5.3.3: only the repository's own "no such file" ends the chain, or the bound on new roots.
//! - §5.3.8: a root is stored before the next one is asked for.
//! - §5.3.10: the last root has not expired, and is no older than one that was followed before.
//! - §5.3.11: when timestamp or snapshot has lost a key, the floors of both end.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

use super::begin::Cycle;
use super::error::Result;
use super::ledger::{Met, Walk};
use super::next::{Answered, Bytes, EarlierChange, Fetching, Kept, Loading, Next, Storing};
use super::refresh::Timestamps;
use super::{RemoteFile, StoredItem, UpdateError};
use crate::metadata::{RoleType, Root, Snapshot, Timestamp};
use crate::primitives::Version;
use crate::verify::{StoredFile, Trusted, VerifyError, keys_of, next_root};

/// On the way to the latest root (§5.3): through what is stored, and where that has a gap or an end,
/// through what the repository has.
pub(super) struct Roots<'a> {
    pub(super) cycle: Cycle,
    root: Trusted<'a, Root>,
    walk: Walk,
    fetched: u32,
    /// Roots that were fetched below the one that is recorded. They are stored when the walk has come
    /// to that one: until then they may be a fork, and must not take the place of the chain.
    held: Vec<(Version, Vec<u8>)>,
}

impl<'a> Roots<'a> {
    pub(super) fn begin(cycle: Cycle, root: Trusted<'a, Root>, walk: Walk) -> Result<Next<'a>> {
        Box::new(Self { cycle, root, walk, fetched: 0, held: Vec::new() }).load_next()
    }

    /// Goes on with the stored root of version N+1. The stored chain is verified again, each time,
    /// from the provisioned root.
    fn load_next(self: Box<Self>) -> Result<Next<'a>> {
        match self.root.version().next() {
            Some(version) => {
                Ok(Next::Load { item: StoredItem::Root(version), then: Loading::Root(self) })
            }
            None => self.last(),
        }
    }

    pub(super) fn loaded(mut self: Box<Self>, bytes: Option<Bytes<'a>>) -> Result<Next<'a>> {
        let limits = self.cycle.limits();
        let next = bytes.and_then(|bytes| next_root(&self.root, bytes, limits).ok());
        // Missing, damaged or of another chain: the repository has it.
        let Some(next) = next else { return self.fetch_next() };
        if self.advance(next) == Met::Fork {
            return self.fetch_next();
        }
        if self.held.is_empty() || self.walk.is_before_recorded(self.root.version()) {
            return self.load_next();
        }
        Ok(Next::Persist { before: self.release_held(), item: None, then: Storing::Root(self) })
    }

    /// §5.3.2 to §5.3.9, until the bound. What has been followed before does not count towards it:
    /// it was bounded when it came.
    fn fetch_next(mut self: Box<Self>) -> Result<Next<'a>> {
        let limits = self.cycle.limits();
        let Some(version) = self.root.version().next() else { return self.last() };
        if self.fetched >= limits.max_root_rotations && !self.walk.is_recorded(version) {
            self.cycle.roots_at_bound = Some(self.fetched);
            return self.last();
        }
        // §5.3.3: up to W bytes, and only the repository's own "no such file" ends the chain.
        Ok(Next::Fetch {
            file: RemoteFile::root(version),
            max_length: limits.max_root_length,
            max_attempts: limits.max_attempts,
            then: Fetching::Root(self),
        })
    }

    /// §5.3.4 to §5.3.8.
    // On its own: a step has room for the largest of the answers, not for all of them.
    #[inline(never)]
    pub(super) fn received(mut self: Box<Self>, bytes: Bytes<'a>) -> Answered<'a, Self> {
        let next = match next_root(&self.root, bytes, self.cycle.limits()) {
            Ok(next) => next,
            Err(e) => return Err((self, e.into())),
        };
        let version = next.version();
        let rewritten = next.stored_form(|| {
            let keys = [&self.root, &next].map(|root| keys_of(root, RoleType::Root));
            keys.concat()
        });
        if self.advance(next) == Met::Fork {
            let error = self.contradiction(version);
            return Err((self, error));
        }
        if self.walk.is_before_recorded(version) {
            self.hold(version, rewritten);
            return Ok(Next::or_end(self.load_next()));
        }
        if !self.walk.is_recorded(version) {
            self.fetched = self.fetched.saturating_add(1);
        }
        let item = Some(Kept { item: StoredItem::Root(version), rewritten });
        Ok(Next::Persist { before: self.release_held(), item, then: Storing::Root(self) })
    }

    /// Trusts the next root (§5.3.7), unless there was another of this version.
    fn advance(&mut self, next: Trusted<'a, Root>) -> Met {
        let met = self.walk.go_on(&self.root, &next, self.cycle.context.limits());
        if met == Met::Fits {
            self.root = next;
        }
        met
    }

    fn contradiction(&self, version: Version) -> UpdateError {
        if self.walk.is_contradicted() {
            UpdateError::OtherChain { chain: self.cycle.chain.clone() }
        } else {
            UpdateError::RootFork { version }
        }
    }

    /// Keeps a root until the walk has come to the one that is recorded, if there is room for it. What
    /// is not kept is fetched again in a later cycle.
    fn hold(&mut self, version: Version, rewritten: Option<Vec<u8>>) {
        let bytes = rewritten.unwrap_or_else(|| self.root.bytes().to_vec());
        let held: u64 = self.held.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        if held.saturating_add(bytes.len() as u64) <= self.cycle.limits().max_repository_length {
            self.held.push((version, bytes));
        }
    }

    /// The roots that were held, to be stored.
    fn release_held(&mut self) -> Vec<EarlierChange<'a>> {
        let held = core::mem::take(&mut self.held).into_iter();
        let write =
            |(version, bytes)| EarlierChange::Write(StoredItem::Root(version), Cow::Owned(bytes));
        held.map(write).collect()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.root.bytes()
    }

    pub(super) fn stored(self: Box<Self>) -> Result<Next<'a>> {
        self.load_next()
    }

    /// §5.3.10: the last root has not expired. (§5.3.12 happens where files are named.)
    ///
    /// A device that has trusted a later one is being rolled back, and with the root come the keys that
    /// were taken away since.
    pub(super) fn last(self: Box<Self>) -> Result<Next<'a>> {
        let found = self.root.version();
        if let Some(trusted) = self.walk.recorded_version().filter(|&trusted| trusted > found) {
            if self.walk.is_contradicted() {
                return Err(self.contradiction(found));
            }
            let role = RoleType::Root.into();
            return Err(self.cycle.refusal(VerifyError::Rollback { role, trusted, found }));
        }
        let Self { mut cycle, root, walk, .. } = *self;
        root.check_not_expired(&cycle.context).map_err(|e| cycle.refusal(e))?;
        let has_ended = cycle.ledger.settle(&walk, &root);
        Ok(Settled::load(cycle, root, has_ended))
    }
}

/// Under the last root, with what the storage has of timestamp and snapshot.
pub(super) struct Settled<'a> {
    pub(super) cycle: Cycle,
    root: Trusted<'a, Root>,
    /// Floors have ended (§5.3.11).
    has_ended: bool,
    /// The storage has a timestamp or a snapshot, whatever can be read of it.
    has_files: bool,
    timestamp: Option<StoredFile<'a, Timestamp>>,
    snapshot: Option<StoredFile<'a, Snapshot>>,
}

impl<'a> Settled<'a> {
    fn load(cycle: Cycle, root: Trusted<'a, Root>, has_ended: bool) -> Next<'a> {
        let (has_files, timestamp, snapshot) = (false, None, None);
        let settled = Self { cycle, root, has_ended, has_files, timestamp, snapshot };
        let then = Loading::StoredTimestamp(Box::new(settled));
        Next::Load { item: StoredItem::Timestamp, then }
    }

    pub(super) fn loaded_timestamp(mut self: Box<Self>, bytes: Option<Bytes<'a>>) -> Next<'a> {
        self.has_files |= bytes.is_some();
        let limits = self.cycle.limits();
        self.timestamp = bytes.and_then(|bytes| StoredFile::timestamp(bytes, limits).ok());
        Next::Load { item: StoredItem::Snapshot, then: Loading::StoredSnapshot(self) }
    }

    /// Something is there that cannot be read.
    pub(super) fn unreadable(mut self: Box<Self>) -> Box<Self> {
        self.has_files = true;
        self
    }

    pub(super) fn loaded_snapshot(mut self: Box<Self>, bytes: Option<Bytes<'a>>) -> Next<'a> {
        self.has_files |= bytes.is_some();
        let Self { cycle, root, has_files, timestamp, snapshot, .. } = &mut *self;
        let Cycle { ledger, context, .. } = cycle;
        *snapshot = bytes.and_then(|bytes| StoredFile::snapshot(bytes, context.limits()).ok());
        if *has_files {
            ledger.found_files();
        }
        ledger.meet(root, timestamp.as_ref(), snapshot.as_ref(), context.limits());
        context.set_floors(ledger.floors());
        if !ledger.is_changed() {
            return self.stored();
        }
        let mut before = cycle.write_ledger();
        if self.has_ended {
            // The ledger passes over them already. If it is ever lost, they must not be taken for
            // floors again, where keys that were kept had signed them, too.
            self.drop_void(&mut before);
        }
        Next::Persist { before, item: None, then: Storing::Ledger(self) }
    }

    fn drop_void(&mut self, changes: &mut Vec<EarlierChange<'_>>) {
        let ledger = &self.cycle.ledger;
        if !ledger.has_trusted(RoleType::Timestamp) && self.timestamp.take().is_some() {
            changes.push(EarlierChange::Remove(StoredItem::Timestamp));
        }
        if !ledger.has_baseline() && self.snapshot.take().is_some() {
            changes.push(EarlierChange::Remove(StoredItem::Snapshot));
        }
    }

    pub(super) fn stored(self: Box<Self>) -> Next<'a> {
        let Self { cycle, root, timestamp, snapshot, .. } = *self;
        let limits = cycle.context.limits();
        // What names an older snapshot than is known is not current, whatever its own version.
        let floor = cycle.context.floors().snapshot;
        let stored = timestamp
            .filter(|_| cycle.ledger.has_trusted(RoleType::Timestamp))
            .filter(|file| floor.is_none_or(|floor| file.named() >= floor))
            .and_then(|file| file.authentic(&root, limits).ok());
        Timestamps::begin(cycle, root, stored, snapshot)
    }
}
