//! What a device keeps of its identity beside the secret.

use alloc::vec::Vec;

use super::record::{Lines, Writer};
use super::{IdentityEpoch, IdentityError};
use crate::primitives::{Digest, lower_hex_decode};

const TITLE: &str = "ota-trust identity state 1";

/// The epoch that a device is in, and what it has said in it. One for each fleet: two that counted
/// together would be linked by their counters.
///
/// A value does not change: each step gives the next one, which is to be stored *before* anything
/// is sent that it stands for. Two copies that go on separately are a fork, which servers notice.
///
/// ```
/// use ota_trust::identity::{IdentityEpoch, IdentityState, StoredState};
/// let state = IdentityState::new(IdentityEpoch::new(6));
/// let (counter, state) = state.count()?;
/// let stored = state.to_bytes(); // stored before the request with this counter is sent
/// assert_eq!(counter, 1);
///
/// assert_eq!(IdentityState::load(Some(&stored)), StoredState::Kept(state));
/// assert_eq!(IdentityState::load(Some(&stored[1..])), StoredState::Lost);
/// # Ok::<(), ota_trust::identity::IdentityError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityState {
    epoch: IdentityEpoch,
    counter: u64,
    challenge: Option<[u8; 32]>,
}

/// What the storage had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredState {
    /// What was stored last.
    Kept(IdentityState),
    /// Nothing, or something damaged: ask the enroller for a challenge, and go on with
    /// [`IdentityState::recovered`]. The enrolment stays, since the secret does. Never start with a
    /// counter of 0 in an epoch that may have begun before: that is what a copied device does.
    Lost,
}

impl IdentityState {
    /// At the beginning of an epoch in which the device has sent nothing.
    #[must_use]
    pub fn new(epoch: IdentityEpoch) -> Self {
        Self { epoch, counter: 0, challenge: None }
    }

    /// After a loss: the epoch that the enroller last certified, and the highest counter that the
    /// server has seen in it, from the answer to a challenge.
    #[must_use]
    pub fn recovered(epoch: IdentityEpoch, counter: u64) -> Self {
        Self { epoch, counter, challenge: None }
    }

    /// The epoch.
    #[must_use]
    pub fn epoch(&self) -> IdentityEpoch {
        self.epoch
    }

    /// The counter of the last request; 0 before the first one.
    #[must_use]
    pub fn counter(&self) -> u64 {
        self.counter
    }

    /// The challenge that has not been answered yet.
    #[must_use]
    pub fn challenge(&self) -> Option<&[u8; 32]> {
        self.challenge.as_ref()
    }

    /// The counter of the next request, and the state in which it has been used up.
    pub fn count(&self) -> Result<(u64, Self), IdentityError> {
        let counter = self.counter.checked_add(1).ok_or(IdentityError::CounterExhausted)?;
        Ok((counter, Self { counter, ..self.clone() }))
    }

    /// A later epoch. Its counter starts anew: one that went on would tell who it was before. A
    /// challenge goes with its epoch, too.
    pub fn rotate(&self, to: IdentityEpoch) -> Result<Self, IdentityError> {
        if to <= self.epoch {
            return Err(IdentityError::EpochNotRising { last: self.epoch });
        }
        Ok(Self::new(to))
    }

    /// A challenge has come, and takes the place of an earlier one.
    #[must_use]
    pub fn challenged(&self, challenge: [u8; 32]) -> Self {
        Self { challenge: Some(challenge), ..self.clone() }
    }

    /// The challenge has been answered.
    #[must_use]
    pub fn answered(&self) -> Self {
        Self { challenge: None, ..self.clone() }
    }

    /// What to store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::new(TITLE);
        out.line("epoch", self.epoch);
        out.line("counter", self.counter);
        if let Some(challenge) = self.challenge {
            out.line("challenge", Digest::Sha256(challenge));
        }
        out.finish()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) gave; `None` where the storage has nothing.
    #[must_use]
    pub fn load(stored: Option<&[u8]>) -> StoredState {
        stored.and_then(Self::parse).map_or(StoredState::Lost, StoredState::Kept)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut lines = Lines::read(TITLE, bytes)?;
        let epoch = IdentityEpoch::new(lines.number("epoch")?);
        let counter = lines.number("counter")?;
        let challenge = match lines.value("challenge") {
            Some(text) => Some(lower_hex_decode(text)?),
            None => None,
        };
        lines.end()?;
        let read = Self { epoch, counter, challenge };
        // One spelling only: lines have other ends, too.
        (read.to_bytes() == bytes).then_some(read)
    }
}
