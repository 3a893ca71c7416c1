//! The timestamp (TUF §5.4).

use alloc::vec;

use super::cycle::Cycle;
use super::next::{Answered, Bytes, First, Next, Refused};
use super::snapshot::Snapshots;
use super::{RemoteFile, StoredItem};
use crate::metadata::{RoleType, Root, Timestamp};
use crate::verify::{
    Authentic, NewTimestamp, Trusted, current_timestamp, stored_timestamp, timestamp,
};

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
    pub(super) fn load(cycle: Cycle, root: Trusted<'a, Root>) -> Next<'a> {
        Next::load(StoredItem::Timestamp, move |bytes| {
            let stored = bytes
                .filter(|bytes| !cycle.ledger.voids(RoleType::Timestamp, bytes))
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
    fn received(self, bytes: Bytes<'a>) -> Answered<'a, Self> {
        let stored = self.stored.as_ref();
        let verdict = timestamp(&self.root, stored, bytes, &self.cycle.context).and_then(|new| {
            // The stored one stays; if it has expired, another mirror may have a newer one.
            if let (NewTimestamp::Same, Some(stored)) = (&new, stored) {
                stored.check_not_expired(&self.cycle.context)?;
            }
            Ok(new)
        });
        match verdict {
            Ok(NewTimestamp::Newer(timestamp)) => Ok(self.persist(timestamp)),
            Ok(NewTimestamp::Same) => self.keep(),
            Err(e) => {
                let error = self.cycle.refusal(e);
                Err(Refused::new(self, error))
            }
        }
    }

    fn persist(self, timestamp: Trusted<'a, Timestamp>) -> Next<'a> {
        let Self { mut cycle, root, .. } = self;
        let limits = cycle.context.limits();
        let ledger = cycle.ledger.enter(RoleType::Timestamp, timestamp.bytes(), &root, limits);
        let verified = Verified { cycle, root, timestamp };
        Next::persist(
            vec![First::WriteLedger(ledger)],
            StoredItem::Timestamp,
            verified,
            |verified| verified.timestamp.bytes(),
            |verified| Ok(Snapshots::load(verified.cycle, verified.root, verified.timestamp)),
        )
    }

    /// The repository serves the version that is stored, and that has not expired.
    fn keep(self) -> Answered<'a, Self> {
        let Self { cycle, root, stored } = self;
        match stored.map(|stored| current_timestamp(stored, &cycle.context)) {
            Some(Ok(timestamp)) => Ok(Snapshots::load(cycle, root, timestamp)),
            Some(Err(e)) => {
                let error = cycle.refusal(e);
                Err(Refused::new(Self { cycle, root, stored: None }, error))
            }
            // "The same" as nothing: there was none to compare with, so ask again.
            None => Ok(Self { cycle, root, stored: None }.fetch()),
        }
    }
}
