//! What the machine asks for next, and which state waits for the answer.
//!
//! A state owns what has been proven so far, and an answer moves it on; so there is no state in
//! which a snapshot is at hand without the timestamp that names it. The three enums say who waits
//! for what: from an answer in `step.rs` they lead to the paragraph that handles it.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

use super::error::Result;
use super::refresh::{
    Begun, Roots, Snapshots, Timestamps, TopLevelTargets, VerifiedSnapshot, VerifiedTimestamp,
};
use super::repository::{Finished, TrustedMetadata};
use super::search::{FoundRole, Wanted};
use super::{RemoteFile, StoredItem, UpdateError};

pub(super) type Bytes<'a> = Cow<'a, [u8]>;

/// What comes of a download. A refused one gives the state back, so that another mirror can be
/// asked.
pub(super) type Answered<'a, S> = core::result::Result<Next<'a>, (Box<S>, UpdateError)>;

/// What is to be done next.
pub(super) enum Next<'a> {
    Load { item: StoredItem, then: Loading<'a> },
    Fetch { file: RemoteFile, max_length: u64, max_attempts: u32, then: Fetching<'a> },
    Persist { before: Vec<EarlierChange>, item: StoredItem, then: Storing<'a> },
    Done(Finished<'a>),
}

/// What is to be removed or stored before the item itself.
pub(super) enum EarlierChange {
    Remove(StoredItem),
    WriteLedger(Vec<u8>),
}

/// Who waits for an item from the storage.
pub(super) enum Loading<'a> {
    Ledger(Box<Begun<'a>>),
    Root(Box<Roots<'a>>),
    Timestamp(Box<Timestamps<'a>>),
    Snapshot(Box<Snapshots<'a>>),
    Targets(Box<TopLevelTargets<'a>>),
    Role(Box<Wanted<'a>>),
}

/// Who waits for a download.
pub(super) enum Fetching<'a> {
    Root(Box<Roots<'a>>),
    Timestamp(Box<Timestamps<'a>>),
    Snapshot(Box<Snapshots<'a>>),
    Targets(Box<TopLevelTargets<'a>>),
    Role(Box<Wanted<'a>>),
}

/// Who waits until something is stored, and holds the bytes to be stored.
pub(super) enum Storing<'a> {
    Root(Box<Roots<'a>>),
    Timestamp(Box<VerifiedTimestamp<'a>>),
    Snapshot(Box<VerifiedSnapshot<'a>>),
    Targets(Box<TrustedMetadata<'a>>),
    Role(Box<FoundRole<'a>>),
}

impl<'a> Loading<'a> {
    pub(super) fn loaded(self, bytes: Option<Bytes<'a>>) -> Result<Next<'a>> {
        match self {
            Self::Ledger(begun) => begun.loaded(bytes.as_deref()),
            Self::Root(roots) => roots.loaded(bytes),
            Self::Timestamp(timestamps) => Ok(timestamps.loaded(bytes)),
            Self::Snapshot(snapshots) => snapshots.loaded(bytes),
            Self::Targets(targets) => targets.loaded(bytes),
            Self::Role(wanted) => wanted.loaded(bytes),
        }
    }
}

impl<'a> Fetching<'a> {
    pub(super) fn received(
        self,
        bytes: Bytes<'a>,
    ) -> core::result::Result<Next<'a>, (Self, UpdateError)> {
        match self {
            Self::Root(roots) => roots.received(bytes).map_err(|(s, e)| (Self::Root(s), e)),
            Self::Timestamp(timestamps) => {
                timestamps.received(bytes).map_err(|(s, e)| (Self::Timestamp(s), e))
            }
            Self::Snapshot(snapshots) => {
                snapshots.received(bytes).map_err(|(s, e)| (Self::Snapshot(s), e))
            }
            Self::Targets(targets) => {
                targets.received(bytes).map_err(|(s, e)| (Self::Targets(s), e))
            }
            Self::Role(wanted) => wanted.received(bytes).map_err(|(s, e)| (Self::Role(s), e)),
        }
    }

    /// The repository says that it has no such file. It may lack the next root (§5.3.3); for any
    /// other file this is a refusal, and the state comes back.
    pub(super) fn not_found(self) -> core::result::Result<Result<Next<'a>>, Self> {
        match self {
            Self::Root(roots) => Ok(roots.last()),
            Self::Timestamp(_) | Self::Snapshot(_) | Self::Targets(_) | Self::Role(_) => Err(self),
        }
    }
}

impl<'a> Storing<'a> {
    /// Whether anything may be stored: not where newer firmware has written the ledger and this must
    /// not. What no ledger has entered would be a floor of unknown origin to the newer firmware, and
    /// what it has entered must not be removed behind its back.
    pub(super) fn may_store(&self) -> bool {
        let cycle = match self {
            Self::Root(roots) => &roots.cycle,
            Self::Timestamp(verified) => &verified.cycle,
            Self::Snapshot(verified) => &verified.cycle,
            Self::Targets(metadata) => &metadata.cycle,
            Self::Role(found) => found.cycle(),
        };
        cycle.ledger.is_writable()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Root(roots) => roots.bytes(),
            Self::Timestamp(verified) => verified.bytes(),
            Self::Snapshot(verified) => verified.bytes(),
            Self::Targets(metadata) => metadata.top_level().bytes(),
            Self::Role(found) => found.bytes(),
        }
    }

    /// Goes on after the attempt to store, whether or not it succeeded, or was made at all.
    pub(super) fn stored(self) -> Result<Next<'a>> {
        match self {
            Self::Root(roots) => roots.fetch_next(),
            Self::Timestamp(verified) => Ok(verified.stored()),
            Self::Snapshot(verified) => verified.stored(),
            Self::Targets(metadata) => Ok(Next::Done(Finished::refreshed(metadata))),
            Self::Role(found) => found.stored(),
        }
    }
}
