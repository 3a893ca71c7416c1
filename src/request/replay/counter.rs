//! The store of replays of a fleet whose devices count their requests.

use alloc::collections::BTreeMap;

use super::{ReplayAnswer, ReplayEntry, ReplayReply, ReplayWindow};
use crate::identity::Handle;
use crate::primitives::UtcTime;
use crate::request::RequestLimits;

/// How many counters below the highest are told apart.
const WINDOW: u64 = 64;

/// How often what is over is looked for, in seconds.
const SWEEP: u64 = 60;

/// The store of replays of a fleet whose devices count: the highest counter of each handle, and which of
/// the 63 below it have been used (RFC 6479 has the idea). It has one entry for a device, however many
/// requests that sends, so it needs no quota.
///
/// A counter that was used, or is further below, is a copied device, one that has lost its state, or a request
/// that somebody has recorded and sends again: they cannot be told apart here. It is
/// challenged, and the answer to a challenge is accepted with any counter;
/// [`VerifiedRequest::highest_counter`](crate::request::VerifiedRequest::highest_counter) is what such a
/// device has to go on from.
///
/// Requires [`RequestPolicy::require_counter`](crate::request::RequestPolicy::require_counter).
#[derive(Debug, PartialEq, Eq)]
pub struct CounterReplay {
    handles: BTreeMap<Handle, Used>,
    capacity: usize,
    window: ReplayWindow,
    birth: UtcTime,
    /// The greatest end of what was forgotten.
    low: UtcTime,
    latest: UtcTime,
    next_sweep: UtcTime,
}

/// What a handle has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Used {
    highest: u64,
    /// The bit `n` stands for the counter `highest - n`.
    below: u64,
    /// When the last challenge was given out that it has answered.
    challenge: Option<UtcTime>,
    /// The latest end of what was accepted.
    end: UtcTime,
    /// The end of the certificate: nothing is accepted any more.
    until: UtcTime,
}

impl CounterReplay {
    /// An empty store for so many handles: while the certificates of two epochs are good, a device has two.
    /// `birth` as for [`MemoryReplay::new`](super::MemoryReplay::new).
    #[must_use]
    pub fn new(handles: usize, limits: &RequestLimits, birth: UtcTime) -> Self {
        Self {
            handles: BTreeMap::new(),
            capacity: handles,
            window: ReplayWindow::of(limits),
            birth,
            low: UtcTime::EARLIEST,
            latest: birth,
            next_sweep: birth,
        }
    }

    /// Notes the counter of an entry, if it is fresh and there is room for its handle.
    pub fn insert(&mut self, entry: &ReplayEntry, now: UtcTime) -> ReplayReply {
        self.latest = self.latest.max(now);
        // Also where the clock has been set back since the last time.
        if now >= self.next_sweep || self.next_sweep > now.saturating_add(SWEEP) {
            self.forget(now);
        }
        let answer = match entry.counter {
            Some(counter) if entry.window == self.window => self.answer(entry, counter),
            _ => ReplayAnswer::Unavailable,
        };
        let low = entry.low_at(self.low, now);
        let reply = ReplayReply::new(entry, answer, self.birth, low);
        match self.handles.get(&entry.handle) {
            Some(used) => reply.with_highest_counter(used.highest),
            None => reply,
        }
    }

    fn answer(&mut self, entry: &ReplayEntry, counter: u64) -> ReplayAnswer {
        let (end, until) = (entry.id.end, entry.certified_until);
        let challenge = entry.challenge.map(|challenge| challenge.at);
        let Some(used) = self.handles.get_mut(&entry.handle) else {
            if self.handles.len() >= self.capacity {
                return ReplayAnswer::Full;
            }
            let used = Used { highest: counter, below: 1, challenge, end, until };
            self.handles.insert(entry.handle, used);
            return ReplayAnswer::Fresh;
        };
        match challenge {
            // A challenge is answered once, and none before one that was: they come in order.
            Some(at) if used.challenge.is_some_and(|last| at <= last) => {
                return ReplayAnswer::Replayed;
            }
            Some(_) => {
                used.challenge = challenge;
                // Its own counter is used up in any case.
                let _ = used.use_up(counter);
            }
            None if !used.use_up(counter) => return ReplayAnswer::CounterUsed,
            None => {}
        }
        used.end = used.end.max(end);
        used.until = used.until.max(until);
        ReplayAnswer::Fresh
    }

    /// Forgets handles whose certificates are over, and whose last request is, too.
    pub fn forget(&mut self, now: UtcTime) {
        self.next_sweep = now.saturating_add(SWEEP);
        let is_over = |used: &Used| used.until <= now && used.end <= now;
        let forgotten = self.handles.values().filter(|used| is_over(used)).map(|used| used.end);
        self.low = forgotten.fold(self.low, UtcTime::max);
        self.handles.retain(|_, used| !is_over(used));
    }

    /// How many handles there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.handles.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.handles.is_empty()
    }

    /// The latest time that it was given: what to keep, for the next start's `birth`.
    #[must_use]
    pub fn latest(&self) -> UtcTime {
        self.latest
    }
}

impl Used {
    /// Whether the counter was not used yet. Now it is.
    fn use_up(&mut self, counter: u64) -> bool {
        if let Some(ahead) = counter.checked_sub(self.highest).filter(|ahead| *ahead > 0) {
            let shift = u32::try_from(ahead).unwrap_or(u32::MAX);
            self.below = self.below.checked_shl(shift).unwrap_or(0) | 1;
            self.highest = counter;
            return true;
        }
        let behind = self.highest - counter;
        if behind >= WINDOW {
            return false;
        }
        let bit = 1 << behind;
        let is_new = self.below & bit == 0;
        self.below |= bit;
        is_new
    }
}
