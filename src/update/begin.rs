//! The beginning of a cycle, and what every part of it has at hand (TUF §5.1, §5.2).
//!
//! - §5.1: one start time serves every expiry check of the cycle and of its look-ups.
//! - §5.2: the provisioned root meets its own threshold, or nothing is asked for.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

use super::error::Result;
use super::ledger::{Found, Ledger, LedgerCopy, Met, Walk};
use super::next::{EarlierChange, Loading, Next};
use super::repository::{Repository, StaleRepository};
use super::roots::Roots;
use super::step::{self, Step};
use super::{Anchor, ChainName, RemoteFile, StoredItem, UpdateError};
use crate::metadata::{MetaFile, Root};
use crate::primitives::{Limits, RoleName, StartTime, UtcTime, Version};
use crate::verify::{Context, Trusted, VerifyError, anchor};

/// The update cycle.
#[derive(Debug)]
pub enum Update {}

impl Update {
    /// Begins a cycle.
    ///
    /// `root` is the provisioned root, part of the device's firmware or configuration: never what a
    /// repository serves, and not a stored copy unless the storage is as trustworthy as the
    /// firmware. It must meet its own threshold, or there is no cycle. An [`Anchor`] says besides
    /// which chain it starts. `start` is the fixed update start time: it is asked for once and serves
    /// for all expiry checks of the cycle and its look-ups.
    pub fn begin<'a>(
        root: impl Into<Anchor<'a>>,
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
        root: impl Into<Anchor<'a>>,
        start: StartTime,
        max_staleness: u64,
        limits: Limits,
    ) -> Result<Step<'a, StaleRepository<'a>>> {
        let next = begin(root.into(), Context::stale(start, limits, max_staleness))?;
        step::start(next, StaleRepository::new)
    }

    /// Begins a cycle that goes by the storage alone: a device that has no network, and must decide all
    /// the same.
    ///
    /// Nothing is fetched. All checks hold, those against rollback included: what is stored must be what
    /// the device saw last, under a root that has not expired, and timestamp and snapshot may have
    /// expired by at most `max_staleness` seconds. What is missing ends the cycle
    /// ([`UpdateError::NotStored`](super::UpdateError::NotStored)). What comes of it is typed as stale.
    ///
    /// ```
    /// use ota_trust::primitives::{Limits, StartTime};
    /// use ota_trust::update::{Io, RunError, StaleRepository, Update};
    ///
    /// const WEEK: u64 = 7 * 86_400;
    ///
    /// fn last_seen<I: Io>(
    ///     device: &mut I,
    ///     root: Vec<u8>,
    ///     start: StartTime,
    /// ) -> Result<StaleRepository<'static>, RunError<I::Error>> {
    ///     Update::begin_stored(root, start, WEEK, Limits::default())?.run(device)
    /// }
    /// ```
    pub fn begin_stored<'a>(
        root: impl Into<Anchor<'a>>,
        start: StartTime,
        max_staleness: u64,
        limits: Limits,
    ) -> Result<Step<'a, StaleRepository<'a>>> {
        let context = Context::stale(start, limits, max_staleness).of_storage_alone();
        step::start(begin(root.into(), context)?, StaleRepository::new)
    }

    /// The ledger of a chain that must not be used any more.
    ///
    /// To be stored as both copies of the ledger, before anything else of the chain is removed. Firmware
    /// that still names the chain is then refused
    /// ([`UpdateError::ChainEnded`](super::UpdateError::ChainEnded)), so end it when no slot that must
    /// stay bootable does.
    #[must_use]
    pub fn ended_ledger(chain: ChainName) -> Vec<u8> {
        let written = Ledger::of_ended(chain).write();
        written.into_iter().next().map(|(_, bytes)| bytes).unwrap_or_default()
    }
}

/// §5.1: the context fixes the start time. §5.2: the provisioned root.
fn begin(provisioned: Anchor<'_>, context: Context) -> Result<Next<'_>> {
    let Anchor { root, chain, at_least } = provisioned;
    let root = anchor(root, context.limits()).map_err(UpdateError::Anchor)?;
    let begun = Begun { context, root, chain, at_least, first: None };
    Ok(Box::new(begun).load(LedgerCopy::First))
}

/// A cycle that has nothing but its provisioned root.
pub(super) struct Begun<'a> {
    context: Context,
    root: Trusted<'a, Root>,
    chain: ChainName,
    at_least: Option<Version>,
    /// The first copy of the ledger.
    first: Option<Found>,
}

impl<'a> Begun<'a> {
    fn load(self: Box<Self>, copy: LedgerCopy) -> Next<'a> {
        Next::Load { item: StoredItem::Ledger(copy), then: Loading::Ledger(self) }
    }

    pub(super) fn loaded(mut self: Box<Self>, found: Found) -> Result<Next<'a>> {
        match self.first.take() {
            None => {
                self.first = Some(found);
                Ok(self.load(LedgerCopy::Second))
            }
            Some(first) => self.walk(first, found),
        }
    }

    fn walk(self: Box<Self>, first: Found, second: Found) -> Result<Next<'a>> {
        let Self { context, root, chain, at_least, .. } = *self;
        let ledger = Ledger::read(first, second, &chain).ok_or(UpdateError::UnreadableLedger)?;
        if ledger.chain() != chain {
            return Err(UpdateError::OtherChain { chain });
        }
        if ledger.is_ended() {
            return Err(UpdateError::ChainEnded { chain });
        }
        let (walk, met) = Walk::begin(&ledger, &root, at_least, context.limits());
        if met == Met::Fork {
            return Err(UpdateError::OtherChain { chain });
        }
        let (roots_at_bound, timestamp_expires) = (None, None);
        let cycle = Cycle { context, ledger, chain, roots_at_bound, timestamp_expires };
        Roots::begin(cycle, root, walk)
    }
}

/// What every part of a cycle has at hand.
pub(super) struct Cycle {
    pub(super) context: Context,
    pub(super) ledger: Ledger,
    pub(super) chain: ChainName,
    /// The roots fetched in this cycle, if they are as many as the limits allow.
    pub(super) roots_at_bound: Option<u32>,
    /// When the timestamp expires; `None` before there is one.
    pub(super) timestamp_expires: Option<UtcTime>,
}

impl Cycle {
    pub(super) fn limits(&self) -> &Limits {
        self.context.limits()
    }

    /// Whether nothing may be fetched.
    pub(super) fn goes_by_storage(&self) -> bool {
        self.context.is_of_storage_alone()
    }

    /// A refusal as the caller sees it: under a root that may not be the last, another cycle may be
    /// all that is needed.
    pub(super) fn refusal(&self, reason: VerifyError) -> UpdateError {
        match self.roots_at_bound {
            Some(fetched) => UpdateError::MoreRoots { fetched, reason },
            None => UpdateError::Verify(reason),
        }
    }

    /// The ledger as the change that goes before a file.
    pub(super) fn write_ledger(&mut self) -> Vec<EarlierChange<'static>> {
        let written = self.ledger.write().into_iter();
        let write =
            |(copy, bytes)| EarlierChange::Write(StoredItem::Ledger(copy), Cow::Owned(bytes));
        written.map(write).collect()
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
            return Err(self.refusal(VerifyError::ListedTooLong { role, limit, listed: length }));
        }
        let file = RemoteFile::versioned(role, listed.version, root.consistent_snapshot());
        Ok((file, length))
    }
}
