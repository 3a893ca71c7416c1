//! The chain of roots (TUF §5.3).

use alloc::vec::Vec;

use super::cycle::Cycle;
use super::error::Result;
use super::ledger::lost_key;
use super::next::{Answered, Bytes, First, Next, Refused};
use super::timestamp::Timestamps;
use super::{RemoteFile, StoredItem};
use crate::metadata::{RoleType, Root};
use crate::primitives::Version;
use crate::verify::{Trusted, next_root};

/// On the way to the latest root: through the stored ones first, then through what the repository
/// has.
pub(super) struct Roots<'a> {
    cycle: Cycle,
    root: Trusted<'a, Root>,
    fetched: u32,
}

impl<'a> Roots<'a> {
    pub(super) fn new(mut cycle: Cycle, anchor: Trusted<'a, Root>) -> Self {
        cycle.ledger.saw_root(&anchor);
        Self { cycle, root: anchor, fetched: 0 }
    }

    /// Goes on with the stored root of version N+1. The stored chain is verified again, each time,
    /// from the provisioned root; it does not count towards the bound, because it was bounded
    /// when it came.
    pub(super) fn load_next(self) -> Result<Next<'a>> {
        let Some(version) = self.root.version().next() else { return self.last() };
        Ok(Next::load(StoredItem::Root(version), move |bytes| self.loaded(bytes)))
    }

    fn loaded(self, bytes: Option<Bytes<'a>>) -> Result<Next<'a>> {
        let limits = self.cycle.limits();
        match bytes.and_then(|bytes| next_root(&self.root, bytes, limits).ok()) {
            Some(next) => self.advance(next).0.load_next(),
            // Missing, or damaged: the repository has it.
            None => self.fetch_next(),
        }
    }

    /// §5.3.2 to §5.3.9, until the bound.
    fn fetch_next(mut self) -> Result<Next<'a>> {
        if self.fetched >= self.cycle.limits().max_root_rotations {
            self.cycle.roots_at_bound = Some(self.fetched);
            return self.last();
        }
        match self.root.version().next() {
            Some(version) => Ok(self.fetch(version)),
            None => self.last(),
        }
    }

    /// §5.3.3: only the repository's own "no such file" ends the chain.
    fn fetch(self, version: Version) -> Next<'a> {
        let limits = self.cycle.limits();
        let (length, attempts) = (limits.max_root_length, limits.max_attempts);
        let file = RemoteFile::root(version);
        Next::fetch_if_there(file, length, attempts, self, Self::received, Self::last)
    }

    /// §5.3.4 to §5.3.8.
    fn received(self, bytes: Bytes<'a>) -> Answered<'a, Self> {
        let next = match next_root(&self.root, bytes, self.cycle.limits()) {
            Ok(next) => next,
            Err(e) => return Err(Refused::new(self, e)),
        };
        let (mut roots, recovers) = self.advance(next);
        roots.fetched = roots.fetched.saturating_add(1);
        let first = if recovers { roots.removals() } else { Vec::new() };
        let item = StoredItem::Root(roots.root.version());
        Ok(Next::persist(first, item, roots, |roots| roots.root.bytes(), Self::fetch_next))
    }

    /// Trusts the next root (§5.3.7); also whether the timestamp or the snapshot role lost a key by
    /// it.
    fn advance(mut self, next: Trusted<'a, Root>) -> (Self, bool) {
        let recovers = lost_key(&self.root, &next);
        self.cycle.ledger.saw_root(&next);
        if recovers {
            self.cycle.ledger.recovered_at(next.version());
        }
        (Self { root: next, ..self }, recovers)
    }

    /// §5.3.10: the last root has not expired. (§5.3.11 was done as each root was stored, §5.3.12
    /// happens where files are named.)
    fn last(self) -> Result<Next<'a>> {
        let Self { mut cycle, root, .. } = self;
        root.check_not_expired(&cycle.context).map_err(|e| cycle.refusal(e))?;
        cycle.ledger.settle(&root).map_err(|e| cycle.refusal(e))?;
        Ok(Timestamps::load(cycle, root))
    }

    /// §5.3.11: fast-forward recovery. The removals stand before the root that calls for them: a
    /// device that is stopped in between has no floors under the old root, rather than poisoned
    /// ones under the new. What was trusted under this root already, before the root itself was
    /// lost from the storage, stays.
    fn removals(&self) -> Vec<First> {
        let since = self.root.version();
        [(RoleType::Timestamp, StoredItem::Timestamp), (RoleType::Snapshot, StoredItem::Snapshot)]
            .into_iter()
            .filter(|&(role, _)| !self.cycle.ledger.is_since(role, since))
            .map(|(_, item)| First::Remove(item))
            .collect()
    }
}
