//! What a device keeps of its identity beside the secret.

use alloc::vec::Vec;

use super::{IdentityEpoch, IdentityError};
use crate::primitives::stored::{Fields, Line, Reader, Writer, lines};
use crate::primitives::{Kept, NewerState, Sha256Digest, StoredState, Unstored};
use crate::release::ManifestDigest;

lines!(
    "identity state",
    1,
    /// What is stored of it. The challenge is 32 bytes, as a digest is.
    struct Lines {
        epoch: Option<Line<u64>>,
        counter: Option<Line<u64>>,
        challenge: Option<Line<Sha256Digest>>,
        speaks: Vec<Line<Speaks>>,
    }
);

/// Under the handle of which epoch the device reports on a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Speaks {
    manifest: ManifestDigest,
    epoch: u64,
}

impl Fields for Speaks {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        Some(Self { manifest: line.field()?, epoch: line.field()? })
    }

    fn write(&self, line: &mut Writer<'_>) {
        line.field(&self.manifest).field(&self.epoch);
    }
}

/// The epoch that a device is in, and what it has said in it. One for each fleet: two that counted
/// together would be linked by their counters.
///
/// A value does not change: each step gives the next one, which is to be stored *before* anything
/// is sent that it stands for. Two copies that go on separately are a fork, which servers notice.
///
/// Where the storage has nothing, or something damaged, ask the enroller for a challenge, and go
/// on with [`recovered`](Self::recovered). The enrolment stays, since the secret does, and so do
/// the certificates: they are given again. Never start with a counter of
/// 0 in an epoch that may have begun before: that is what a copied device does.
///
/// ```
/// use ota_trust::identity::{IdentityEpoch, IdentityState};
/// use ota_trust::primitives::StoredState;
/// let state = IdentityState::new(IdentityEpoch::new(6));
/// let unstored = state.count()?;
/// let stored = unstored.to_store().to_vec(); // before the request with this counter is sent
/// let (counter, state) = unstored.stored();
/// assert_eq!(counter, 1);
///
/// assert_eq!(IdentityState::load(Some(&stored)), StoredState::Kept(state));
/// assert_eq!(IdentityState::load(Some(&stored[1..])), StoredState::Damaged);
/// # Ok::<(), ota_trust::identity::IdentityError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityState {
    epoch: IdentityEpoch,
    lines: Lines,
    kept: Kept<Lines>,
}

impl IdentityState {
    /// The most releases whose epochs are remembered: more than a device is offered in an epoch.
    pub const MAX_SPEAKS: usize = 64;

    /// At the beginning of an epoch in which the device has sent nothing.
    #[must_use]
    pub fn new(epoch: IdentityEpoch) -> Self {
        Self::recovered(epoch, 0)
    }

    /// After a loss: the epoch that the device is in, whose certificate the enroller gives again,
    /// and the highest counter that the server has seen in it, from the answer to a challenge.
    ///
    /// What the device has spoken of is lost with the rest ([`speaks_of`](Self::speaks_of)). Of a
    /// release of which it knows that it was offered before, because it is installed, say, or has
    /// failed here, say nothing any more: the server may have counted the device under an earlier
    /// handle, and would count it twice, and hear of the same releases under both.
    ///
    /// It is also the way back for a device that has gone ahead of its epoch because its clock was
    /// ahead: [`rotate`](Self::rotate) leads to no earlier epoch. That takes the same care with
    /// what was spoken of.
    #[must_use]
    pub fn recovered(epoch: IdentityEpoch, counter: u64) -> Self {
        let lines = Lines {
            epoch: Some(Line::new(epoch.get())),
            counter: Some(Line::new(counter)),
            challenge: None,
            speaks: Vec::new(),
        };
        Self { epoch, lines, kept: Kept::new() }
    }

    /// The epoch.
    #[must_use]
    pub fn epoch(&self) -> IdentityEpoch {
        self.epoch
    }

    /// The counter of the last request; 0 before the first one.
    #[must_use]
    pub fn counter(&self) -> u64 {
        self.lines.counter.as_ref().map_or(0, |counter| **counter)
    }

    /// The challenge that has not been answered yet.
    #[must_use]
    pub fn challenge(&self) -> Option<&[u8; 32]> {
        self.lines.challenge.as_deref()
    }

    /// The counter of the next request, and the state in which it has been used up.
    pub fn count(&self) -> Result<Unstored<(u64, Self)>, IdentityError> {
        let counter = self.counter().checked_add(1).ok_or(IdentityError::CounterExhausted)?;
        let mut next = self.clone();
        next.lines.counter = next.lines.counter.map(|line| line.with(counter));
        let bytes = next.to_bytes().ok_or(NewerState)?;
        Ok(Unstored::new(bytes, true, (counter, next)))
    }

    /// A later epoch. Its counter starts anew: one that went on would tell who it was before. A
    /// challenge goes with its epoch, too.
    ///
    /// There is no way back. Rotate when the certificate of the epoch has been verified and its
    /// window has begun ([`CertifiedHandle::verify`](super::CertifiedHandle::verify)), and by no
    /// clock that is not [known](crate::primitives::StartTime::Known). A device that did otherwise,
    /// and is in an epoch that has not begun, waits for it, or goes on as
    /// [`recovered`](Self::recovered) has it.
    pub fn rotate(&self, to: IdentityEpoch) -> Result<Unstored<Self>, IdentityError> {
        if to <= self.epoch {
            return Err(IdentityError::EpochNotRising { last: self.epoch });
        }
        // What newer firmware has added to the lines was of the epoch that is over.
        let Self { mut lines, .. } = Self::new(to);
        lines.speaks.clone_from(&self.lines.speaks);
        Self { epoch: to, lines, kept: self.kept.clone() }.unstored(self)
    }

    /// The device is about to report on a release: the epoch under whose handle it does so, which
    /// is the one in which it first did.
    ///
    /// If that is an earlier epoch, the report is signed with the key of that one, and sent apart
    /// from anything of the present one, or it links the two. If the certificate of that epoch has
    /// expired, nothing is sent, the acceptance of the release by the new handle included: the
    /// server has counted the device once.
    ///
    /// No release is forgotten for room, or the device would speak of it again under another
    /// handle. Where there is none, this is refused, and the device says nothing of the release:
    /// [`forget`](Self::forget) those that no plan lists any more.
    ///
    /// ```
    /// use ota_trust::identity::{IdentityEpoch, IdentityState};
    /// # use ota_trust::release::ManifestDigest;
    /// # let manifest = ManifestDigest::from_bytes([7; 32]);
    /// let (june, july) = (IdentityEpoch::new(6), IdentityEpoch::new(7));
    /// let state = IdentityState::new(june);
    /// let (epoch, state) = state.speaks_of(manifest)?.stored(); // "accepted"
    /// assert_eq!(epoch, june);
    /// let state = state.rotate(july)?.stored();
    /// let (epoch, state) = state.speaks_of(manifest)?.stored(); // "succeeded"
    /// assert_eq!(epoch, june);
    /// # Ok::<(), ota_trust::identity::IdentityError>(())
    /// ```
    pub fn speaks_of(
        &self,
        manifest: ManifestDigest,
    ) -> Result<Unstored<(IdentityEpoch, Self)>, IdentityError> {
        let mut next = self.clone();
        let speaks = &mut next.lines.speaks;
        let known = speaks.iter().find(|speaks| speaks.manifest == manifest);
        let epoch = known.map_or(self.epoch.get(), |speaks| speaks.epoch);
        if known.is_none() {
            if speaks.len() >= Self::MAX_SPEAKS {
                return Err(IdentityError::SpeaksFull { limit: Self::MAX_SPEAKS });
            }
            speaks.push(Line::new(Speaks { manifest, epoch }));
        }
        let (bytes, has_changed) = (next.to_bytes().ok_or(NewerState)?, next != *self);
        Ok(Unstored::new(bytes, has_changed, (IdentityEpoch::new(epoch), next)))
    }

    /// Forgets the releases that no plan lists any more, and of which the device spoke first in an
    /// earlier epoch than the present one. `listed` are those of the last verified plan of each
    /// product: what is missing there only because a plan could not be had would be spoken of again
    /// under another handle.
    ///
    /// ```
    /// use ota_trust::identity::{IdentityEpoch, IdentityState};
    /// # use ota_trust::release::ManifestDigest;
    /// # let [old, new] = [7, 8].map(|n| ManifestDigest::from_bytes([n; 32]));
    /// let (june, july) = (IdentityEpoch::new(6), IdentityEpoch::new(7));
    /// let (_, state) = IdentityState::new(june).speaks_of(old)?.stored();
    /// assert!(!state.forget(&[new])?.has_changed(), "not in the same epoch");
    /// let state = state.rotate(july)?.stored();
    /// assert!(!state.forget(&[old])?.has_changed());
    /// assert!(state.forget(&[new])?.has_changed());
    /// # Ok::<(), ota_trust::identity::IdentityError>(())
    /// ```
    pub fn forget(&self, listed: &[ManifestDigest]) -> Result<Unstored<Self>, IdentityError> {
        let mut next = self.clone();
        let (present, speaks) = (self.epoch.get(), &mut next.lines.speaks);
        speaks.retain(|speaks| speaks.epoch >= present || listed.contains(&speaks.manifest));
        next.unstored(self)
    }

    /// A challenge has come, and takes the place of an earlier one.
    pub fn challenged(&self, challenge: [u8; 32]) -> Result<Unstored<Self>, IdentityError> {
        let mut next = self.clone();
        next.lines.challenge = Some(Line::new(challenge));
        next.unstored(self)
    }

    /// The challenge has been answered.
    pub fn answered(&self) -> Result<Unstored<Self>, IdentityError> {
        let mut next = self.clone();
        next.lines.challenge = None;
        next.unstored(self)
    }

    fn unstored(self, before: &Self) -> Result<Unstored<Self>, IdentityError> {
        let bytes = self.to_bytes().ok_or(NewerState)?;
        Ok(Unstored::new(bytes, self != *before, self))
    }

    /// The bytes as they are stored; `None` where newer firmware has written them.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        self.kept.write(&self.lines)
    }

    /// Reads what was stored. `None` stands for a storage that has nothing.
    #[must_use]
    pub fn load(stored: Option<&[u8]>) -> StoredState<Self> {
        StoredState::read(stored, |lines: Lines, kept| {
            // Of a later form, nothing may be known.
            let (epoch, counter) = (lines.epoch.as_ref(), lines.counter.as_ref());
            let is_whole = (epoch.is_some() && counter.is_some()) || kept.is_newer();
            let epoch = IdentityEpoch::new(epoch.map_or(0, |epoch| **epoch));
            is_whole.then_some(Self { epoch, lines, kept })
        })
    }
}
