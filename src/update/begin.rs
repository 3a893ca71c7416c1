//! The start of a cycle: start time and trusted root (TUF §5.1, §5.2).

use alloc::borrow::Cow;

use super::cycle::Cycle;
use super::ledger::{Anchor, Ledger};
use super::next::Next;
use super::repository::{Repository, StaleRepository};
use super::root::Roots;
use super::step;
use super::{Step, StoredItem, UpdateError};
use crate::primitives::{Limits, StartTime};
use crate::verify::{Context, anchor};

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
    ) -> Result<Step<'a, Repository<'a>>, UpdateError> {
        let next = begin(root.into(), Context::new(start, limits))?;
        Ok(step::start(next, Repository::new))
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
    ) -> Result<Step<'a, StaleRepository<'a>>, UpdateError> {
        let next = begin(root.into(), Context::stale(start, limits, max_staleness))?;
        Ok(step::start(next, StaleRepository::new))
    }
}

fn begin(root: Cow<'_, [u8]>, context: Context) -> Result<Next<'_>, UpdateError> {
    let root = anchor(root, context.limits()).map_err(UpdateError::Anchor)?;
    Ok(Next::load(StoredItem::Ledger, move |bytes| {
        let ledger = Ledger::read(bytes.as_deref());
        let anchor = Anchor::of(&root);
        let cycle =
            Cycle { context, ledger, anchor, roots_at_bound: None, timestamp_expires: None };
        Roots::new(cycle, root).load_next()
    }))
}
