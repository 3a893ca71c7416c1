//! The timestamp (TUF §5.4).

use super::cycle::Cycle;
use super::next::{Answered, Bytes, First, Next, Refused};
use super::snapshot::Snapshots;
use super::{RemoteFile, StoredItem};
use crate::metadata::{RoleType, Root, Timestamp};
use crate::verify::{Authentic, NewTimestamp, Trusted, stored_timestamp, timestamp};

/// On the way to the timestamp, with the one from an earlier cycle as a baseline.
pub(super) struct Timestamps<'a> {
    cycle: Cycle,
    root: Trusted<'a, Root>,
    stored: Option<Authentic<'a, Timestamp>>,
}

/// A timestamp that is about to be stored.
struct Verified<'a> {
    cycle: Cycle,
    root: Trusted<'a, Root>,
    timestamp: Trusted<'a, Timestamp>,
}

impl<'a> Timestamps<'a> {
    pub(super) fn load(mut cycle: Cycle, root: Trusted<'a, Root>) -> Next<'a> {
        Next::load(StoredItem::Timestamp, move |bytes| {
            let stored = bytes
                .filter(|bytes| cycle.ledger.accepts(RoleType::Timestamp, bytes))
                .and_then(|bytes| stored_timestamp(&root, bytes, cycle.limits()).ok());
            Ok(Self { cycle, root, stored }.fetch())
        })
    }

    /// §5.4.1
    fn fetch(self) -> Next<'a> {
        let limits = self.cycle.limits();
        let (length, attempts) = (limits.max_timestamp_length, limits.max_attempts);
        Next::fetch(RemoteFile::timestamp(), length, attempts, self, Self::received)
    }

    /// §5.4.2 to §5.4.5.
    fn received(mut self, bytes: Bytes<'a>) -> Answered<'a, Self> {
        match timestamp(&self.root, &mut self.stored, bytes, &self.cycle.context) {
            Ok(NewTimestamp::Newer(timestamp)) => Ok(self.persist(timestamp)),
            Ok(NewTimestamp::Same(stored)) => Ok(Snapshots::load(self.cycle, self.root, stored)),
            Err(e) => {
                let error = self.cycle.refusal(e);
                Err(Refused::new(self, error))
            }
        }
    }

    fn persist(self, timestamp: Trusted<'a, Timestamp>) -> Next<'a> {
        let Self { mut cycle, root, .. } = self;
        let bytes = timestamp.bytes();
        let ledger = cycle.ledger.enter(RoleType::Timestamp, bytes, &cycle.anchor);
        let verified = Verified { cycle, root, timestamp };
        Next::persist(
            ledger.into_iter().map(First::WriteLedger).collect(),
            StoredItem::Timestamp,
            verified,
            |verified| verified.timestamp.bytes(),
            |verified| Ok(Snapshots::load(verified.cycle, verified.root, verified.timestamp)),
        )
    }
}
