//! A refresh, from the provisioned root to the top-level targets (TUF §5.1 to §5.6).
//!
//! The rules, in the order in which they apply. Each check below cites its paragraph:
//!
//! - §5.1: one start time serves every expiry check of the cycle and of its look-ups.
//! - §5.2: the provisioned root meets its own threshold, or nothing is asked for.
//! - §5.3: a root is followed by exactly the next version, signed by thresholds of both.
//! - §5.3.3: only the repository's own "no such file" ends the chain, or the bound on new roots.
//! - §5.3.10: the last root has not expired, and is no older than one that was trusted before.
//! - §5.3.11: when timestamp or snapshot loses a key, what is stored of both is dropped first.
//! - §5.4: a timestamp is not older than the stored one, nor is the snapshot that it names.
//! - §5.5: a snapshot is the one that the timestamp names; nothing it listed is gone or older.
//! - §5.6: a targets file is the one that the snapshot names.
//! - §5.3.8, §5.4.5, §5.5.7, §5.6.6: what is verified is stored before the next file is asked for.
//!
//! A state below is on the way to one role. Signatures, versions and expiry are checked in
//! [`verify`](crate::verify), to which each state hands what has been proven so far.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

use super::error::Result;
use super::ledger::{Anchor, Ledger, lost_key};
use super::next::{Answered, Bytes, EarlierChange, Fetching, Loading, Next, Storing};
use super::repository::{Finished, Repository, StaleRepository, TrustedMetadata};
use super::step::{self, Step};
use super::{RemoteFile, StoredItem, UpdateError};
use crate::metadata::{MetaFile, RoleType, Root, Snapshot, Targets, Timestamp};
use crate::primitives::{Limits, RoleName, StartTime, UtcTime};
use crate::verify::{
    Authentic, Context, Delegator, NewTimestamp, Trusted, VerifyError, anchor, current_snapshot,
    listed, next_root, snapshot, stored_snapshot, stored_timestamp, targets, timestamp,
};

/// The update cycle.
#[derive(Debug)]
pub enum Update {}

impl Update {
    /// Begins a cycle.
    ///
    /// `root` is the provisioned root, part of the device's firmware or configuration: never what a
    /// repository serves, and not a stored copy unless the storage is as trustworthy as the
    /// firmware. It must meet its own threshold, or there is no cycle. `start` is the fixed
    /// update start time: it is asked for once and serves for all expiry checks of the cycle
    /// and its look-ups.
    pub fn begin<'a>(
        root: impl Into<Cow<'a, [u8]>>,
        start: StartTime,
        limits: Limits,
    ) -> Result<Step<'a, Repository<'a>>> {
        let next = begin(root.into(), Context::new(start, limits))?;
        step::start(next, Repository::new)
    }

    /// Begins a cycle on a bundle that may be old: a USB stick, a recovery partition.
    ///
    /// The caller answers [`Fetch`](super::Fetch) from the bundle. All checks hold, those against
    /// rollback included, but the timestamp and the snapshot may have expired by at most
    /// `max_staleness` seconds. What comes of it is typed as stale, and stays so until the
    /// caller accepts that by name ([`StaleTarget`](super::StaleTarget)).
    pub fn begin_offline<'a>(
        root: impl Into<Cow<'a, [u8]>>,
        start: StartTime,
        max_staleness: u64,
        limits: Limits,
    ) -> Result<Step<'a, StaleRepository<'a>>> {
        let next = begin(root.into(), Context::stale(start, limits, max_staleness))?;
        step::start(next, StaleRepository::new)
    }
}

/// §5.1: the context fixes the start time. §5.2: the provisioned root.
fn begin(root: Cow<'_, [u8]>, context: Context) -> Result<Next<'_>> {
    let root = anchor(root, context.limits()).map_err(UpdateError::Anchor)?;
    let then = Loading::Ledger(Box::new(Begun { context, root }));
    Ok(Next::Load { item: StoredItem::Ledger, then })
}

/// A cycle that has nothing but its provisioned root.
pub(super) struct Begun<'a> {
    context: Context,
    root: Trusted<'a, Root>,
}

impl<'a> Begun<'a> {
    pub(super) fn loaded(self: Box<Self>, bytes: Option<&[u8]>) -> Result<Next<'a>> {
        let Self { context, root } = *self;
        let mut ledger = Ledger::read(bytes);
        ledger.saw_root(&root);
        let anchor = Anchor::of(&root);
        let cycle =
            Cycle { context, ledger, anchor, roots_at_bound: None, timestamp_expires: None };
        Box::new(Roots { cycle, root, fetched: 0 }).load_next()
    }
}

/// What every part of a cycle has at hand.
pub(super) struct Cycle {
    pub(super) context: Context,
    pub(super) ledger: Ledger,
    /// The provisioned root.
    anchor: Anchor,
    /// The roots fetched in this cycle, if they are as many as the limits allow.
    pub(super) roots_at_bound: Option<u32>,
    /// When the timestamp expires; `None` before there is one, and where it may have expired.
    pub(super) timestamp_expires: Option<UtcTime>,
}

impl Cycle {
    pub(super) fn limits(&self) -> &Limits {
        self.context.limits()
    }

    /// A refusal as the caller sees it: under a root that may not be the last, another cycle may be
    /// all that is needed.
    fn refusal(&self, reason: VerifyError) -> UpdateError {
        match self.roots_at_bound {
            Some(fetched) => UpdateError::MoreRoots { fetched, reason },
            None => UpdateError::Verify(reason),
        }
    }

    /// The file of `role` that its parent lists, and its length: what is listed, or else the limit.
    pub(super) fn listed_file(
        &self,
        root: &Trusted<'_, Root>,
        role: RoleName,
        listed: &MetaFile,
        limit: u64,
    ) -> Result<(RemoteFile, u64)> {
        let length = listed.length.unwrap_or(limit);
        if length > limit {
            return Err(self.refusal(VerifyError::TooLong { role, limit, length }));
        }
        let file = RemoteFile::versioned(role, listed.version, root.consistent_snapshot());
        Ok((file, length))
    }
}

/// On the way to the latest root (§5.3): through the stored ones first, then through what the
/// repository has.
pub(super) struct Roots<'a> {
    pub(super) cycle: Cycle,
    root: Trusted<'a, Root>,
    fetched: u32,
}

impl<'a> Roots<'a> {
    /// Goes on with the stored root of version N+1. The stored chain is verified again, each time,
    /// from the provisioned root; it does not count towards the bound, because it was bounded
    /// when it came.
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
        match bytes.and_then(|bytes| next_root(&self.root, bytes, limits).ok()) {
            Some(next) => {
                self.advance(next);
                self.load_next()
            }
            // Missing, or damaged: the repository has it.
            None => self.fetch_next(),
        }
    }

    /// §5.3.2 to §5.3.9, until the bound.
    pub(super) fn fetch_next(mut self: Box<Self>) -> Result<Next<'a>> {
        let limits = self.cycle.limits();
        if self.fetched >= limits.max_root_rotations {
            self.cycle.roots_at_bound = Some(self.fetched);
            return self.last();
        }
        match self.root.version().next() {
            // §5.3.3: up to W bytes, and only the repository's own "no such file" ends the chain.
            Some(version) => Ok(Next::Fetch {
                file: RemoteFile::root(version),
                max_length: limits.max_root_length,
                max_attempts: limits.max_attempts,
                then: Fetching::Root(self),
            }),
            None => self.last(),
        }
    }

    /// §5.3.4 to §5.3.8.
    pub(super) fn received(mut self: Box<Self>, bytes: Bytes<'a>) -> Answered<'a, Self> {
        let next = match next_root(&self.root, bytes, self.cycle.limits()) {
            Ok(next) => next,
            Err(e) => return Err((self, e.into())),
        };
        let recovers = self.advance(next);
        self.fetched = self.fetched.saturating_add(1);
        let before = if recovers { self.removals() } else { Vec::new() };
        let item = StoredItem::Root(self.root.version());
        Ok(Next::Persist { before, item, then: Storing::Root(self) })
    }

    /// Trusts the next root (§5.3.7), and says whether the timestamp or the snapshot role lost a
    /// key by it.
    fn advance(&mut self, next: Trusted<'a, Root>) -> bool {
        let recovers = lost_key(&self.root, &next);
        self.cycle.ledger.saw_root(&next);
        if recovers {
            self.cycle.ledger.recovered_at(next.version());
        }
        self.root = next;
        recovers
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.root.bytes()
    }

    /// §5.3.11: fast-forward recovery. The removals stand before the root that calls for them: a
    /// device that is stopped in between has no floors under the old root, rather than poisoned
    /// ones under the new. What was trusted under this root already, before the root itself was
    /// lost from the storage, stays.
    fn removals(&mut self) -> Vec<EarlierChange> {
        let (since, ledger) = (self.root.version(), &mut self.cycle.ledger);
        let mut removals = Vec::new();
        for (role, item) in [
            (RoleType::Timestamp, StoredItem::Timestamp),
            (RoleType::Snapshot, StoredItem::Snapshot),
        ] {
            if !ledger.is_since(role, since) {
                ledger.remove(role);
                removals.push(EarlierChange::Remove(item));
            }
        }
        removals
    }

    /// §5.3.10: the last root has not expired. (§5.3.11 was done as each root was stored, §5.3.12
    /// happens where files are named.)
    pub(super) fn last(self: Box<Self>) -> Result<Next<'a>> {
        let Self { mut cycle, root, .. } = *self;
        root.check_not_expired(&cycle.context).map_err(|e| cycle.refusal(e))?;
        cycle.ledger.settle(&root).map_err(|e| cycle.refusal(e))?;
        Ok(Timestamps::load(cycle, root))
    }
}

/// On the way to the timestamp (§5.4), with the one from an earlier cycle as a baseline.
pub(super) struct Timestamps<'a> {
    cycle: Cycle,
    root: Trusted<'a, Root>,
    stored: Option<Authentic<'a, Timestamp>>,
}

/// A timestamp that is about to be stored.
pub(super) struct VerifiedTimestamp<'a> {
    pub(super) cycle: Cycle,
    root: Trusted<'a, Root>,
    timestamp: Trusted<'a, Timestamp>,
}

impl<'a> Timestamps<'a> {
    fn load(cycle: Cycle, root: Trusted<'a, Root>) -> Next<'a> {
        let then = Loading::Timestamp(Box::new(Self { cycle, root, stored: None }));
        Next::Load { item: StoredItem::Timestamp, then }
    }

    pub(super) fn loaded(mut self: Box<Self>, bytes: Option<Bytes<'a>>) -> Next<'a> {
        let Self { cycle, root, stored } = &mut *self;
        *stored = bytes
            .filter(|bytes| cycle.ledger.accepts(RoleType::Timestamp, bytes))
            .and_then(|bytes| stored_timestamp(root, bytes, cycle.limits()).ok());
        self.fetch()
    }

    /// §5.4.1
    fn fetch(self: Box<Self>) -> Next<'a> {
        let limits = self.cycle.limits();
        Next::Fetch {
            file: RemoteFile::timestamp(),
            max_length: limits.max_timestamp_length,
            max_attempts: limits.max_attempts,
            then: Fetching::Timestamp(self),
        }
    }

    /// §5.4.2 to §5.4.5.
    pub(super) fn received(mut self: Box<Self>, bytes: Bytes<'a>) -> Answered<'a, Self> {
        match timestamp(&self.root, &mut self.stored, bytes, &self.cycle.context) {
            Ok(NewTimestamp::Newer(timestamp)) => Ok(self.persist(timestamp)),
            Ok(NewTimestamp::Same(stored)) => Ok(Snapshots::load(self.cycle, self.root, stored)),
            Err(e) => {
                let error = self.cycle.refusal(e);
                Err((self, error))
            }
        }
    }

    fn persist(self, timestamp: Trusted<'a, Timestamp>) -> Next<'a> {
        let Self { mut cycle, root, .. } = self;
        let ledger = cycle.ledger.enter(RoleType::Timestamp, timestamp.bytes(), &cycle.anchor);
        Next::Persist {
            before: ledger.into_iter().map(EarlierChange::WriteLedger).collect(),
            item: StoredItem::Timestamp,
            then: Storing::Timestamp(Box::new(VerifiedTimestamp { cycle, root, timestamp })),
        }
    }
}

impl<'a> VerifiedTimestamp<'a> {
    pub(super) fn bytes(&self) -> &[u8] {
        self.timestamp.bytes()
    }

    pub(super) fn stored(self) -> Next<'a> {
        Snapshots::load(self.cycle, self.root, self.timestamp)
    }
}

/// On the way to the snapshot (§5.5), with the one from an earlier cycle as a baseline.
pub(super) struct Snapshots<'a> {
    cycle: Cycle,
    root: Trusted<'a, Root>,
    timestamp: Trusted<'a, Timestamp>,
    stored: Option<Authentic<'a, Snapshot>>,
}

/// A snapshot that is about to be stored.
pub(super) struct VerifiedSnapshot<'a> {
    pub(super) cycle: Cycle,
    root: Trusted<'a, Root>,
    snapshot: Trusted<'a, Snapshot>,
}

impl<'a> Snapshots<'a> {
    fn load(
        mut cycle: Cycle,
        root: Trusted<'a, Root>,
        timestamp: Trusted<'a, Timestamp>,
    ) -> Next<'a> {
        cycle.timestamp_expires = Some(timestamp.expires());
        let then = Loading::Snapshot(Box::new(Self { cycle, root, timestamp, stored: None }));
        Next::Load { item: StoredItem::Snapshot, then }
    }

    /// The stored snapshot is used instead of a download if it is the current one.
    pub(super) fn loaded(mut self: Box<Self>, bytes: Option<Bytes<'a>>) -> Result<Next<'a>> {
        let Self { cycle, root, timestamp, .. } = &mut *self;
        let stored = bytes
            .filter(|bytes| cycle.ledger.accepts(RoleType::Snapshot, bytes))
            .and_then(|bytes| stored_snapshot(root, bytes, cycle.limits()).ok())
            .map(|stored| current_snapshot(timestamp, stored, &cycle.context));
        match stored {
            Some(Ok(snapshot)) => TopLevelTargets::load(self.cycle, self.root, snapshot),
            Some(Err(stored)) => {
                self.stored = Some(stored);
                self.fetch()
            }
            None => self.fetch(),
        }
    }

    /// §5.5.1
    fn fetch(self: Box<Self>) -> Result<Next<'a>> {
        let (limits, listed) = (self.cycle.limits(), self.timestamp.snapshot());
        let (role, limit) = (RoleType::Snapshot.into(), limits.max_snapshot_length);
        let (file, max_length) = self.cycle.listed_file(&self.root, role, listed, limit)?;
        let max_attempts = limits.max_attempts;
        Ok(Next::Fetch { file, max_length, max_attempts, then: Fetching::Snapshot(self) })
    }

    /// §5.5.2 to §5.5.7.
    pub(super) fn received(self: Box<Self>, bytes: Bytes<'a>) -> Answered<'a, Self> {
        let (stored, context) = (self.stored.as_ref(), &self.cycle.context);
        match snapshot(&self.root, &self.timestamp, stored, bytes, context) {
            Ok(snapshot) => Ok(self.persist(snapshot)),
            Err(e) => {
                let error = self.cycle.refusal(e);
                Err((self, error))
            }
        }
    }

    fn persist(self, snapshot: Trusted<'a, Snapshot>) -> Next<'a> {
        let Self { mut cycle, root, .. } = self;
        let ledger = cycle.ledger.enter(RoleType::Snapshot, snapshot.bytes(), &cycle.anchor);
        Next::Persist {
            before: ledger.into_iter().map(EarlierChange::WriteLedger).collect(),
            item: StoredItem::Snapshot,
            then: Storing::Snapshot(Box::new(VerifiedSnapshot { cycle, root, snapshot })),
        }
    }
}

impl<'a> VerifiedSnapshot<'a> {
    pub(super) fn bytes(&self) -> &[u8] {
        self.snapshot.bytes()
    }

    pub(super) fn stored(self) -> Result<Next<'a>> {
        TopLevelTargets::load(self.cycle, self.root, self.snapshot)
    }
}

/// On the way to the top-level targets (§5.6.1 to §5.6.6).
pub(super) struct TopLevelTargets<'a> {
    cycle: Cycle,
    root: Trusted<'a, Root>,
    snapshot: Trusted<'a, Snapshot>,
    listed: MetaFile,
}

impl<'a> TopLevelTargets<'a> {
    fn load(
        cycle: Cycle,
        root: Trusted<'a, Root>,
        snapshot: Trusted<'a, Snapshot>,
    ) -> Result<Next<'a>> {
        let listed = listed(&snapshot, &RoleName::targets());
        let listed = listed.map_err(|e| cycle.refusal(e))?;
        let then = Loading::Targets(Box::new(Self { cycle, root, snapshot, listed }));
        Ok(Next::Load { item: StoredItem::Role(RoleName::targets()), then })
    }

    /// The stored file is used instead of a download if it is the one that the snapshot lists.
    pub(super) fn loaded(self: Box<Self>, bytes: Option<Bytes<'a>>) -> Result<Next<'a>> {
        let usable = self.cycle.ledger.may_reuse(&self.listed);
        match bytes.filter(|_| usable).and_then(|bytes| self.verify(bytes).ok()) {
            Some(targets) => Ok(Next::Done(Finished::refreshed(self.with(targets)))),
            None => self.fetch(),
        }
    }

    /// §5.6.1
    fn fetch(self: Box<Self>) -> Result<Next<'a>> {
        let (limits, role) = (self.cycle.limits(), RoleName::targets());
        let limit = limits.max_targets_length;
        let (file, max_length) = self.cycle.listed_file(&self.root, role, &self.listed, limit)?;
        let max_attempts = limits.max_attempts;
        Ok(Next::Fetch { file, max_length, max_attempts, then: Fetching::Targets(self) })
    }

    /// §5.6.2 to §5.6.6.
    pub(super) fn received(self: Box<Self>, bytes: Bytes<'a>) -> Answered<'a, Self> {
        match self.verify(bytes) {
            Ok(targets) => Ok(Next::Persist {
                before: Vec::new(),
                item: StoredItem::Role(RoleName::targets()),
                then: Storing::Targets(self.with(targets)),
            }),
            Err(e) => {
                let error = self.cycle.refusal(e);
                Err((self, error))
            }
        }
    }

    fn verify(&self, bytes: Bytes<'a>) -> core::result::Result<Trusted<'a, Targets>, VerifyError> {
        let delegator = Delegator::Root(&self.root);
        targets(delegator, &self.snapshot, &RoleName::targets(), bytes, &self.cycle.context)
    }

    fn with(self, targets: Trusted<'a, Targets>) -> Box<TrustedMetadata<'a>> {
        Box::new(TrustedMetadata::new(self.cycle, self.root, self.snapshot, targets))
    }
}
