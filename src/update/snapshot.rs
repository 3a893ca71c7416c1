//! The snapshot (TUF §5.5).

use super::StoredItem;
use super::cycle::Cycle;
use super::error::Result;
use super::next::{Answered, Bytes, First, Next, Refused};
use super::targets::TopLevelTargets;
use crate::metadata::{RoleType, Root, Snapshot, Timestamp};
use crate::verify::{Authentic, Trusted, current_snapshot, snapshot, stored_snapshot};

/// On the way to the snapshot, with the one from an earlier cycle as a baseline.
pub(super) struct Snapshots<'a> {
    cycle: Cycle,
    root: Trusted<'a, Root>,
    timestamp: Trusted<'a, Timestamp>,
    stored: Option<Authentic<'a, Snapshot>>,
}

/// A snapshot that is about to be stored.
struct Verified<'a> {
    cycle: Cycle,
    root: Trusted<'a, Root>,
    snapshot: Trusted<'a, Snapshot>,
}

impl<'a> Snapshots<'a> {
    /// The stored snapshot is used instead of a download if it is the current one.
    pub(super) fn load(
        mut cycle: Cycle,
        root: Trusted<'a, Root>,
        timestamp: Trusted<'a, Timestamp>,
    ) -> Next<'a> {
        cycle.timestamp_expires = Some(timestamp.expires());
        Next::load(StoredItem::Snapshot, move |bytes| {
            let stored = bytes
                .filter(|bytes| cycle.ledger.accepts(RoleType::Snapshot, bytes))
                .and_then(|bytes| stored_snapshot(&root, bytes, cycle.limits()).ok())
                .map(|stored| current_snapshot(&timestamp, stored, &cycle.context));
            match stored {
                Some(Ok(snapshot)) => TopLevelTargets::load(cycle, root, snapshot),
                Some(Err(stored)) => Self { cycle, root, timestamp, stored: Some(stored) }.fetch(),
                None => Self { cycle, root, timestamp, stored: None }.fetch(),
            }
        })
    }

    /// §5.5.1
    fn fetch(self) -> Result<Next<'a>> {
        let (limits, listed) = (self.cycle.limits(), self.timestamp.snapshot());
        let role = RoleType::Snapshot.into();
        let limit = limits.max_snapshot_length;
        let (file, length) = self.cycle.listed_file(&self.root, role, listed, limit)?;
        Ok(Next::fetch(file, length, limits.max_attempts, self, Self::received))
    }

    /// §5.5.2 to §5.5.7.
    fn received(self, bytes: Bytes<'a>) -> Answered<'a, Self> {
        let stored = self.stored.as_ref();
        let context = &self.cycle.context;
        let snapshot = match snapshot(&self.root, &self.timestamp, stored, bytes, context) {
            Ok(snapshot) => snapshot,
            Err(e) => {
                let error = self.cycle.refusal(e);
                return Err(Refused::new(self, error));
            }
        };
        let Self { mut cycle, root, .. } = self;
        let ledger = cycle.ledger.enter(RoleType::Snapshot, snapshot.bytes(), &cycle.anchor);
        Ok(Next::persist(
            ledger.into_iter().map(First::WriteLedger).collect(),
            StoredItem::Snapshot,
            Verified { cycle, root, snapshot },
            |verified| verified.snapshot.bytes(),
            |verified| TopLevelTargets::load(verified.cycle, verified.root, verified.snapshot),
        ))
    }
}
