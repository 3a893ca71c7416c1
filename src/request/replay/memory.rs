//! The store of replays of one server, in memory.

use alloc::collections::BTreeMap;
use core::fmt;

use super::{ReplayAnswer, ReplayEntry, ReplayId, ReplayReply, ReplayWindow};
use crate::identity::Handle;
use crate::primitives::UtcTime;
use crate::request::RequestLimits;

/// Entries whose ends are within so many seconds go together.
const SLICE: i64 = 30;

/// How much a store in memory holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplayCapacity {
    /// Entries. A fleet of 100,000 devices that ask once a minute has 700,000 in the default window.
    pub entries: usize,
    /// Entries of one handle: with the default window, 64 are one request every six seconds.
    pub per_handle: u32,
}

impl Default for ReplayCapacity {
    fn default() -> Self {
        Self { entries: 1_000_000, per_handle: 64 }
    }
}

/// The store of replays of one server: it remembers each request for as long as it could be accepted
/// again, and refuses new ones where there is no room. Nothing is dropped before its time.
///
/// **Memory**: [`bytes`](Self::bytes) for the entries, whatever is sent and in whatever order. With
/// requests of many devices it is about half of that: 40 bytes for an entry, and 24 for a handle that has one.
///
/// It is not copied: two copies would accept a request once each. Where several threads share one, put a lock around it. To spread the waiting, have several, and choose by
/// [`shard`](Self::shard): the requests of one handle are always in the same one, so that quotas hold.
///
/// ```
/// # use ota_trust::primitives::UtcTime;
/// use ota_trust::request::{MemoryReplay, ReplayCapacity, RequestLimits};
/// # let (clock, stored) = (UtcTime::from_unix(1_800_000_000)?, UtcTime::from_unix(1_800_000_100)?);
/// // At the start: no earlier than the latest time that the server has used before.
/// let store = MemoryReplay::new(ReplayCapacity::default(), &RequestLimits::default(), clock.max(stored));
/// assert_eq!(store.latest(), stored); // to be kept somewhere, every few minutes
/// # Ok::<(), ota_trust::primitives::TimeError>(())
/// ```
#[derive(PartialEq, Eq)]
pub struct MemoryReplay {
    slices: BTreeMap<i64, BTreeMap<[u8; 16], Owner>>,
    /// How many entries each owner has.
    owners: BTreeMap<Owner, u32>,
    count: usize,
    capacity: ReplayCapacity,
    window: ReplayWindow,
    birth: UtcTime,
    /// The greatest end of what was forgotten.
    low: UtcTime,
    latest: UtcTime,
}

/// The first bytes of a handle, which is a digest: two that share them share a quota, and nothing else.
type Owner = u64;

fn owner(handle: &Handle) -> Owner {
    let [first, ..] = handle.as_bytes().as_chunks::<8>().0 else { return 0 };
    Owner::from_be_bytes(*first)
}

impl MemoryReplay {
    /// An empty store.
    ///
    /// `birth` is the time, or the latest time that this server has used before it was started again,
    /// whichever is later: with a clock that was set back meanwhile, what was accepted by the earlier clock
    /// would be accepted again. Where that time is kept every five minutes, add five minutes to it: a crash loses
    /// the last of them. Where nothing was kept, a second acceptance cannot be excluded.
    ///
    /// Where the clock is set back while the server runs, what the store has forgotten by the earlier clock is
    /// refused until the clock has passed it again. To serve devices at once, start anew: with a new store that
    /// is born at [`latest`](Self::latest), and a new [`ChallengeKey`](crate::request::ChallengeKey).
    #[must_use]
    pub fn new(capacity: ReplayCapacity, limits: &RequestLimits, birth: UtcTime) -> Self {
        Self {
            slices: BTreeMap::new(),
            owners: BTreeMap::new(),
            count: 0,
            capacity,
            window: ReplayWindow::of(limits),
            birth,
            low: UtcTime::EARLIEST,
            latest: birth,
        }
    }

    /// Whether a request is there. To be asked before a signature is verified, so that sending a genuine
    /// request again and again costs nothing. It may only refuse: what is not there is not fresh
    /// before [`insert`](Self::insert) says so.
    #[must_use]
    pub fn contains(&self, id: &ReplayId) -> bool {
        let slice = self.slices.get(&slice_of(id.end));
        slice.is_some_and(|slice| slice.contains_key(&id.id))
    }

    /// Puts an entry in, if it is fresh and there is room for it.
    pub fn insert(&mut self, entry: &ReplayEntry, now: UtcTime) -> ReplayReply {
        self.forget(now);
        let low = entry.low_at(self.low, now);
        let answer = if entry.window == self.window {
            self.answer(entry, low)
        } else {
            ReplayAnswer::Unavailable
        };
        ReplayReply::new(entry, answer, self.birth, low)
    }

    fn answer(&mut self, entry: &ReplayEntry, low: UtcTime) -> ReplayAnswer {
        if self.contains(&entry.id) {
            return ReplayAnswer::Replayed;
        }
        // What it would not have known is challenged all the same, and need not be kept.
        if !entry.would_be_known(self.birth, low) {
            return ReplayAnswer::Fresh;
        }
        let owner = owner(&entry.handle);
        let has = self.owners.get(&owner).copied().unwrap_or(0);
        if has >= self.capacity.per_handle {
            return ReplayAnswer::QuotaExceeded;
        }
        if self.count >= self.capacity.entries {
            return ReplayAnswer::Full;
        }
        self.owners.insert(owner, has + 1);
        self.slices.entry(slice_of(entry.id.end)).or_default().insert(entry.id.id, owner);
        self.count += 1;
        ReplayAnswer::Fresh
    }

    /// Forgets what is over at this time. [`insert`](Self::insert) does so first.
    pub fn forget(&mut self, now: UtcTime) {
        self.latest = self.latest.max(now);
        while let Some(first) = self.slices.first_entry() {
            let after = first.key().saturating_add(1).saturating_mul(SLICE);
            if now.unix() < after {
                break;
            }
            // First the mark, then what is below it.
            self.low = self.low.max(UtcTime::from_unix(after - 1).unwrap_or(self.low));
            let slice = first.remove();
            self.count -= slice.len();
            for owner in slice.into_values() {
                let Some(has) = self.owners.get_mut(&owner) else { continue };
                *has -= 1;
                if *has == 0 {
                    self.owners.remove(&owner);
                }
            }
        }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The latest time that it was given: what to keep, for the next start's `birth`.
    #[must_use]
    pub fn latest(&self) -> UtcTime {
        self.latest
    }

    /// How many bytes the entries can take at most.
    #[must_use]
    pub const fn bytes(capacity: ReplayCapacity) -> usize {
        // A node of the standard library's tree has 280 bytes for 5 to 11 entries of 24 bytes, one of owners
        // 144; above them, some nodes with pointers.
        capacity.entries.saturating_mul(112).saturating_add(SLICES * 400)
    }

    /// Which of `count` stores a handle belongs to.
    #[must_use]
    pub fn shard(handle: &Handle, count: usize) -> usize {
        let first = owner(handle) >> 32;
        usize::try_from(first).unwrap_or(0).checked_rem(count).unwrap_or(0)
    }
}

impl fmt::Debug for MemoryReplay {
    /// Without what tells one device from another.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryReplay")
            .field("len", &self.count)
            .field("capacity", &self.capacity)
            .field("birth", &self.birth)
            .field("low", &self.low)
            .finish_non_exhaustive()
    }
}

/// How many slices there are at most, with the default window and a clock that does not jump; with room to
/// spare. Each has a node of its own.
const SLICES: usize = 64;

fn slice_of(end: UtcTime) -> i64 {
    end.unix().div_euclid(SLICE)
}
