//! That a request is accepted once.
//!
//! The store is the caller's: in memory, or one that many servers share. A request that has passed every
//! other check gives a [`ReplayEntry`]; the store takes it and gives a [`ReplayReply`]; and
//! [`WholeRequest::accept`](super::WholeRequest::accept) makes a [`VerifiedRequest`](super::VerifiedRequest)
//! of the two, or refuses.
//!
//! One rule covers restarts, crashes, lost writes and clocks that are set back: **nothing is accepted that
//! the store may have forgotten.** A reply says since when the store has all that was accepted (its
//! *birth*) and up to where it has forgotten again (its *low mark*). What could be older than either has to
//! answer a challenge.

mod counter;
mod memory;

pub use counter::CounterReplay;
pub use memory::{MemoryReplay, ReplayCapacity};

use sha2::{Digest as _, Sha256};

use super::challenge::Issued;
use super::window::Window;
use super::{RequestError, RequestLimits};
use crate::identity::Handle;
use crate::primitives::{UtcTime, framed};

/// By what a store knows a request again: 16 bytes of a digest. What is signed makes it up, so however
/// the same request is written, it is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplayId {
    id: [u8; 16],
    end: UtcTime,
}

impl ReplayId {
    pub(super) fn of_request(handle: &Handle, nonce: &str, window: &Window) -> Self {
        let [created, expires] = [window.created, window.expires].map(|t| t.unix().to_be_bytes());
        let fields =
            [&b"ota-trust replay 1"[..], handle.as_bytes(), nonce.as_bytes(), &created, &expires];
        Self::of(&fields, window.end)
    }

    /// An answer to a challenge is known by the challenge, so that there is one.
    pub(super) fn of_challenge(handle: &Handle, challenge: &[u8; 32], end: UtcTime) -> Self {
        Self::of(&[b"ota-trust replay of a challenge 1", handle.as_bytes(), challenge], end)
    }

    fn of(fields: &[&[u8]], end: UtcTime) -> Self {
        let mut hash = Sha256::new();
        framed(fields, |bytes| hash.update(bytes));
        let mut id = [0; 16];
        id.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
        Self { id, end }
    }

    /// The 16 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.id
    }

    /// From when on no server accepts the request any more.
    #[must_use]
    pub fn end(&self) -> UtcTime {
        self.end
    }
}

/// What a store is to remember of a request that has passed every check but this one.
///
/// Only [`WholeRequest::entry`](super::WholeRequest::entry) gives one: whoever has no enrolled key puts
/// nothing into a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayEntry {
    pub(super) id: ReplayId,
    pub(super) handle: Handle,
    /// When it was signed, as it says.
    pub(super) created: UtcTime,
    /// The challenge that it answers.
    pub(super) challenge: Option<Issued>,
    pub(super) counter: Option<u64>,
    /// The end of the certificate.
    pub(super) certified_until: UtcTime,
    pub(super) window: ReplayWindow,
}

impl ReplayEntry {
    /// By what it is known again.
    #[must_use]
    pub fn id(&self) -> &ReplayId {
        &self.id
    }

    /// Whose request it is. The quota is counted by it.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The counter of the request.
    #[must_use]
    pub fn counter(&self) -> Option<u64> {
        self.counter
    }

    /// For how long requests are kept.
    #[must_use]
    pub fn window(&self) -> ReplayWindow {
        self.window
    }

    /// The low mark of a store for this entry at this time: what is over by now, with its certificate or without,
    /// is as good as forgotten. A body may have taken its time.
    fn low_at(&self, low: UtcTime, now: UtcTime) -> UtcTime {
        if self.certified_until <= now { self.id.end } else { low.max(now) }
    }

    /// Whether a store that was born and has forgotten up to these times would know it, had it been accepted
    /// before: the one rule.
    ///
    /// What was accepted before the birth was signed before that and the margin, by any clock that counts. An
    /// answer to a challenge was not: the key of challenges is no older than the store.
    fn would_be_known(&self, birth: UtcTime, low: UtcTime) -> bool {
        let margin = u64::from(self.window.skew) + u64::from(self.window.drift);
        let is_younger = self.challenge.is_some() || self.created > birth.saturating_add(margin);
        is_younger && self.id.end > low
    }
}

/// For how long requests can be accepted, by the policy of a server. Servers that share a store must agree
/// on it: what one forgets, the other would still accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReplayWindow {
    age: u32,
    skew: u32,
    drift: u32,
    challenge_life: u32,
}

impl ReplayWindow {
    /// Of these limits.
    #[must_use]
    pub const fn of(limits: &RequestLimits) -> Self {
        let RequestLimits { max_age: age, skew, drift, challenge_life, .. } = *limits;
        Self { age, skew, drift, challenge_life }
    }

    /// The seconds after which a request is too old.
    #[must_use]
    pub const fn max_age(&self) -> u32 {
        self.age
    }

    /// The seconds by which clocks may differ.
    #[must_use]
    pub const fn skew(&self) -> u32 {
        self.skew
    }

    /// The seconds by which the clocks of servers may differ.
    #[must_use]
    pub const fn drift(&self) -> u32 {
        self.drift
    }

    /// The seconds in which a challenge can be answered.
    #[must_use]
    pub const fn challenge_life(&self) -> u32 {
        self.challenge_life
    }
}

/// What a store says of an entry. Exhaustive on purpose: all but the first refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReplayAnswer {
    /// It was not there, and now it is.
    Fresh,
    /// It was there.
    Replayed,
    /// The counter was there, or is too far below the last.
    CounterUsed,
    /// The handle has as many entries as it may have.
    QuotaExceeded,
    /// There is no room, and nothing that could go.
    Full,
    /// The store cannot be asked, or its answer did not come in time, or it keeps another window.
    Unavailable,
}

/// The refusal of a request that has been here before. Where the challenge has been used, signing anew does
/// not help: another challenge does.
pub(super) fn seen(is_challenged: bool) -> RequestError {
    if is_challenged { RequestError::Challenge } else { RequestError::Replayed }
}

/// A store's answer to one entry. It is used up by the request that it is for.
///
/// ```
/// # use ota_trust::primitives::UtcTime;
/// use ota_trust::request::{ReplayAnswer, ReplayEntry, ReplayReply};
/// /// A shared store has said that it has put the entry in.
/// fn fresh(entry: &ReplayEntry, birth: UtcTime, low: UtcTime) -> ReplayReply {
///     ReplayReply::new(entry, ReplayAnswer::Fresh, birth, low)
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct ReplayReply {
    id: ReplayId,
    answer: ReplayAnswer,
    birth: UtcTime,
    low: UtcTime,
    highest: Option<u64>,
}

impl ReplayReply {
    /// An answer to `entry`, of a store that has all that was accepted since `birth`, and whose end is
    /// after `low`.
    #[must_use]
    pub fn new(entry: &ReplayEntry, answer: ReplayAnswer, birth: UtcTime, low: UtcTime) -> Self {
        Self { id: entry.id, answer, birth, low, highest: None }
    }

    /// There was no answer: it could not be had, or came too late.
    #[must_use]
    pub fn unavailable(entry: &ReplayEntry) -> Self {
        let end = entry.id.end;
        Self::new(entry, ReplayAnswer::Unavailable, end, end)
    }

    /// With the highest counter that the store has of the handle, this request's included.
    #[must_use]
    pub fn with_highest_counter(self, highest: u64) -> Self {
        Self { highest: Some(highest), ..self }
    }

    /// The answer.
    #[must_use]
    pub fn answer(&self) -> ReplayAnswer {
        self.answer
    }

    pub(super) fn highest_counter(&self) -> Option<u64> {
        self.highest
    }

    /// Whether the request with this entry is accepted.
    pub(super) fn judge(&self, entry: &ReplayEntry) -> Result<(), RequestError> {
        if self.id != entry.id {
            return Err(RequestError::StoreUnavailable);
        }
        match self.answer {
            ReplayAnswer::Fresh if entry.would_be_known(self.birth, self.low) => Ok(()),
            ReplayAnswer::Fresh => Err(RequestError::Challenge),
            ReplayAnswer::Replayed => Err(seen(entry.challenge.is_some())),
            ReplayAnswer::CounterUsed => Err(RequestError::Counter),
            ReplayAnswer::QuotaExceeded => Err(RequestError::Quota),
            ReplayAnswer::Full => Err(RequestError::StoreFull),
            ReplayAnswer::Unavailable => Err(RequestError::StoreUnavailable),
        }
    }
}
