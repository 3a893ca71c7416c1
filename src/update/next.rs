//! What the machine asks for next, and which state waits for the answer.
//!
//! A state owns what has been proven so far, and an answer moves it on; so there is no state in
//! which a snapshot is at hand without the timestamp that names it. The three enums say who waits
//! for what: from an answer in `step.rs` they lead to the paragraph that handles it.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

use super::begin::{Begun, Cycle};
use super::error::Result;
use super::ledger::Found;
use super::refresh::{Snapshots, Timestamps, TopLevelTargets, VerifiedSnapshot, VerifiedTimestamp};
use super::roots::{Roots, Settled};
use super::search::{FoundRole, Wanted};
use super::trusted_metadata::{Acknowledging, Finished, TrustedMetadata};
use super::{RemoteFile, StoredItem, UpdateError};

pub(super) type Bytes<'a> = Cow<'a, [u8]>;

/// What comes of a download. A refused one gives the state back, so that another mirror can be
/// asked.
pub(super) type Answered<'a, S> = core::result::Result<Next<'a>, (Box<S>, UpdateError)>;

/// What is to be done next.
pub(super) enum Next<'a> {
    Load {
        item: StoredItem,
        then: Loading<'a>,
    },
    Fetch {
        file: RemoteFile,
        max_length: u64,
        max_attempts: u32,
        then: Fetching<'a>,
    },
    Persist {
        before: Vec<EarlierChange<'a>>,
        item: Option<Kept>,
        then: Storing<'a>,
    },
    Done(Finished<'a>),
    /// The cycle ends with a refusal that is not of the last answer.
    End(UpdateError),
}

impl Next<'_> {
    pub(super) fn or_end(next: Result<Self>) -> Self {
        next.unwrap_or_else(Self::End)
    }
}

/// An item that is to be stored, and the bytes, where they are not those that were received.
pub(super) struct Kept {
    pub(super) item: StoredItem,
    pub(super) rewritten: Option<Vec<u8>>,
}

/// What is to be removed or stored before the item itself, if there is one.
pub(super) enum EarlierChange<'a> {
    Remove(StoredItem),
    Write(StoredItem, Bytes<'a>),
}

/// Who waits for an item from the storage.
pub(super) enum Loading<'a> {
    Ledger(Box<Begun<'a>>),
    Root(Box<Roots<'a>>),
    StoredTimestamp(Box<Settled<'a>>),
    StoredSnapshot(Box<Settled<'a>>),
    Targets(Box<TopLevelTargets<'a>>),
    Role(Box<Wanted<'a>>),
    Acknowledge(Box<Acknowledging<'a>>),
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
    Ledger(Box<Settled<'a>>),
    Timestamp(Box<VerifiedTimestamp<'a>>),
    Snapshot(Box<VerifiedSnapshot<'a>>),
    Targets(Box<TrustedMetadata<'a>>),
    Role(Box<FoundRole<'a>>),
    Acknowledged(Box<TrustedMetadata<'a>>),
}

impl<'a> Loading<'a> {
    pub(super) fn loaded(self, bytes: Option<Bytes<'a>>) -> Result<Next<'a>> {
        match self {
            Self::Ledger(begun) => begun.loaded(Found::read(bytes.as_deref())),
            Self::Root(roots) => roots.loaded(bytes),
            Self::StoredTimestamp(settled) => Ok(settled.loaded_timestamp(bytes)),
            Self::StoredSnapshot(settled) => Ok(settled.loaded_snapshot(bytes)),
            Self::Targets(targets) => targets.loaded(bytes),
            Self::Role(wanted) => Ok(wanted.loaded(bytes)),
            Self::Acknowledge(metadata) => metadata.loaded(Found::read(bytes.as_deref())),
        }
    }

    /// The storage failed. What can be fetched again is, and floors are numbers in the ledger: only
    /// that cannot be done without.
    pub(super) fn unreadable(self) -> Result<Next<'a>> {
        match self {
            Self::Ledger(begun) => begun.loaded(Found::Unreadable),
            Self::StoredTimestamp(settled) => Ok(settled.unreadable().loaded_timestamp(None)),
            Self::StoredSnapshot(settled) => Ok(settled.unreadable().loaded_snapshot(None)),
            Self::Acknowledge(metadata) => metadata.loaded(Found::Unreadable),
            other => other.loaded(None),
        }
    }

    /// The caller gives up what the storage may have.
    pub(super) fn assume_lost(self) -> Result<Next<'a>> {
        match self {
            Self::Ledger(begun) => begun.loaded(Found::AssumedLost),
            Self::Acknowledge(metadata) => metadata.loaded(Found::AssumedLost),
            other => other.unreadable(),
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

    /// No answer is left. A cycle ends with the refusal; a search gives the repository back.
    pub(super) fn give_up(self, error: UpdateError) -> Next<'a> {
        match self {
            Self::Role(wanted) => wanted.give_up(error),
            Self::Root(_) | Self::Timestamp(_) | Self::Snapshot(_) | Self::Targets(_) => {
                Next::End(error)
            }
        }
    }

    /// Whether nothing may be fetched.
    pub(super) fn goes_by_storage(&self) -> bool {
        let cycle = match self {
            Self::Root(roots) => &roots.cycle,
            Self::Timestamp(timestamps) => &timestamps.cycle,
            Self::Snapshot(snapshots) => &snapshots.cycle,
            Self::Targets(targets) => &targets.cycle,
            Self::Role(wanted) => wanted.cycle(),
        };
        cycle.goes_by_storage()
    }

    /// Goes on by what is stored: the chain ends with the last stored root, the stored timestamp is the
    /// trusted one, and any other file that would be fetched is missing.
    pub(super) fn by_storage(self, file: RemoteFile) -> Result<Next<'a>> {
        match self {
            Self::Root(roots) => roots.last(),
            Self::Timestamp(timestamps) => timestamps.take_stored(),
            other => Ok(other.give_up(UpdateError::NotStored { file })),
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
            Self::Ledger(settled) => &settled.cycle,
            Self::Timestamp(verified) => &verified.cycle,
            Self::Snapshot(verified) => &verified.cycle,
            Self::Targets(metadata) | Self::Acknowledged(metadata) => &metadata.cycle,
            Self::Role(found) => found.cycle(),
        };
        cycle.ledger.is_writable()
    }

    /// The bytes of the item as received; none where there is no item.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Root(roots) => roots.bytes(),
            Self::Timestamp(verified) => verified.bytes(),
            Self::Snapshot(verified) => verified.bytes(),
            Self::Targets(metadata) => metadata.top_level().bytes(),
            Self::Role(found) => found.bytes(),
            Self::Ledger(_) | Self::Acknowledged(_) => &[],
        }
    }

    /// Goes on after the attempt to store; whether it succeeded, `is_done` says.
    pub(super) fn stored(mut self, is_done: bool) -> Result<Next<'a>> {
        if let Some(cycle) = self.cycle_with_ledger() {
            cycle.ledger.written(is_done);
        }
        match self {
            Self::Root(roots) => roots.stored(),
            Self::Ledger(settled) => Ok(settled.stored()),
            Self::Timestamp(verified) => verified.stored(),
            Self::Snapshot(verified) => verified.stored(),
            Self::Targets(metadata) | Self::Acknowledged(metadata) => {
                Ok(Next::Done(Finished::refreshed(metadata)))
            }
            Self::Role(found) => Ok(found.stored()),
        }
    }

    /// Of a change that may have the ledger in it.
    fn cycle_with_ledger(&mut self) -> Option<&mut Cycle> {
        match self {
            Self::Ledger(settled) => Some(&mut settled.cycle),
            Self::Timestamp(verified) => Some(&mut verified.cycle),
            Self::Snapshot(verified) => Some(&mut verified.cycle),
            Self::Acknowledged(metadata) => Some(&mut metadata.cycle),
            Self::Root(_) | Self::Targets(_) | Self::Role(_) => None,
        }
    }
}
