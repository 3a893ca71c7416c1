//! What an enroller knows of a device, and what it does next.
//!
//! | | no key for the epoch | the same key | another key | a withdrawn key | fork | answer | revoke | retire |
//! |---|---|---|---|---|---|---|---|---|
//! | enrolled | certify | certify again | suspected | refused | suspected | certify | revoked | retired |
//! | suspected | challenge | challenge | challenge | refused | challenge | enrolled, certify | revoked | retired |
//! | retired | refused | refused | refused | refused | refused | refused | revoked | retired |
//! | revoked | refused | refused | refused | refused | refused | refused | revoked | revoked |
//!
//! The first four columns are what a device asks for ([`Enrolment::rotate`]). An epoch has one key:
//! no other one is certified for it but by an answer, which withdraws the one before, twice at
//! most.
//!
//! A suspicion is not a verdict: it holds certificates back until the device answers a challenge,
//! and it ends nothing, however long it stands. Only a person revokes.
//!
//! A device that comes back after its end enrols with a new secret, as a new record that has
//! nothing of the old one ([`Enrolment::enrol`]). The old record stays: it is the tombstone that
//! keeps the old secret from enrolling again.

use alloc::vec::Vec;
use core::fmt;

use super::device::answer_text;
use super::enrolment_keys::Found;
use super::enrolment_lines::Lines;
use super::{
    Certification, EpochKey, EpochWindow, EpochWindows, Handle, IdentityEpoch, IdentityError,
    Rotation, Standing,
};
use crate::primitives::stored::Line;
use crate::primitives::{Kept, NewerState, StoredState, Unstored, UtcTime};

type Result<T> = core::result::Result<T, IdentityError>;

/// The enroller's record of one device. It has no name of the device but its handles.
///
/// A value does not change: what an event gives is an [`EnrolmentStep`], whose record is to be
/// stored before its action is taken. What is refused changes nothing.
///
/// The device speaks to the enroller with the key of [`IdentityEpoch::ENROLMENT`], the *origin*,
/// which no server sees. It vouches for the key of each epoch by a [`Rotation`].
///
/// The record has every key that was certified until its window has ended, and for some time after:
/// devices fetch the next epoch's certificate ahead, so that several are good at a time, and
/// whoever revokes has to know all of them. Each event is told what time it is. A clock that was
/// ahead for an event has not made the record forget what is good: a key is dropped where another
/// needs its place, and its window has ended.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolment {
    origin: EpochKey,
    lines: Lines,
    kept: Kept<Lines>,
}

/// What follows from an event: first store the record, then do the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolmentStep {
    /// The record, which is stored.
    pub record: Enrolment,
    /// What to do.
    pub action: EnrolmentAction,
    /// What to tell the server: [`Enrolment::withdrawn`], all of it. Each later step says it again,
    /// so that what was not told once is told the next time.
    pub withdrawn: Vec<Handle>,
}

/// What an enroller does after it has stored a record. Exhaustive on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnrolmentAction {
    /// Nothing.
    None,
    /// Make the certificate.
    Certify(Certification),
    /// Challenge whoever uses the enrolment, both of them if they are two:
    /// [`Enrolment::challenge`].
    Challenge,
    /// Send these 32 bytes: the challenge to answer.
    Send([u8; 32]),
}

impl Enrolment {
    /// The most keys of a record, withdrawn ones included. One whose window has ended makes room
    /// for another. It takes many suspicions in a short time, or windows that were moved, to come
    /// to more that have not; then nothing is certified until one of them ends.
    pub const MAX_KEYS: usize = 16;

    /// How often a key of an epoch may lose it to another one, by an answer. So a device has three
    /// handles in an epoch at most.
    pub const MAX_DISPLACED: usize = 2;

    /// A new device. That `origin` is the key of a device that may enrol is for the caller to know:
    /// from the factory, or by an owner's act.
    ///
    /// `known` is what the caller's records have under the same origin, tombstones included: a
    /// secret enrols once.
    pub fn enrol(origin: EpochKey, known: Option<&Self>) -> Result<Unstored<Self>> {
        if origin.epoch() != IdentityEpoch::ENROLMENT {
            return Err(IdentityError::NotEnrolmentKey { epoch: origin.epoch() });
        }
        match known {
            Some(record) if record.origin == origin => return Err(IdentityError::AlreadyEnrolled),
            Some(_) => return Err(IdentityError::OtherEnrolment),
            None => (),
        }
        let lines = Lines {
            fleet: Some(Line::new(origin.fleet().clone())),
            origin: Some(Line::new(*origin.public_key())),
            standing: Some(Line::new(Standing::Enrolled)),
            suspicions: Some(Line::new(0)),
            ..Lines::default()
        };
        let record = Self { origin, lines, kept: Kept::new() };
        Ok(Unstored::new(record.to_bytes().ok_or(NewerState)?, true, record))
    }

    /// A device that this record is of comes with a new secret. The record ends; the new one is
    /// made as any other, and gets nothing from here.
    ///
    /// That it is this device that comes, or whoever owns it now, is for the caller to know:
    /// whoever is let to enrol anew by another's record ends that one's enrolment, and has its
    /// handles withdrawn.
    ///
    /// Refused for a record that has ended. A device that was revoked does not come back by itself:
    /// to let it is somebody's decision, and is [`enrol`](Self::enrol), as for any other device.
    ///
    /// `known` is as for [`enrol`](Self::enrol): the secret may be new to this device, and that of
    /// another that has been revoked.
    pub fn re_enrol(
        &self,
        origin: EpochKey,
        known: Option<&Self>,
        now: UtcTime,
    ) -> Result<(Unstored<EnrolmentStep>, Unstored<Self>)> {
        if origin == self.origin {
            return Err(IdentityError::AlreadyEnrolled);
        }
        self.check_not_ended()?;
        Ok((self.retire(now)?, Self::enrol(origin, known)?))
    }

    /// The device asks for the certificate of an epoch. `rotation` is from its origin.
    ///
    /// A key that has been certified and whose window has not ended is certified again, for the
    /// same window: certificates get lost, and so does the state of devices. Another key is
    /// certified if `windows` has its epoch, the window has not ended, and no key was certified for
    /// that epoch before.
    ///
    /// The window of an epoch is not to be moved ([`EpochWindows`]): a device that has fetched its
    /// certificate keeps the one that it has.
    pub fn rotate(
        &self,
        rotation: &Rotation,
        windows: &EpochWindows,
        now: UtcTime,
    ) -> Result<Unstored<EnrolmentStep>> {
        if *rotation.from() != self.origin {
            return Err(IdentityError::OtherEnrolment);
        }
        self.check_not_ended()?;
        let (to, mut next) = (rotation.to(), self.clone());
        let (window, is_new) = match next.lines.find(to, now)? {
            Found::Nothing => (window_of(to.epoch(), windows, now)?, true),
            Found::TheKey(window) => (window, false),
            Found::Another(_) => return self.suspect(now),
        };
        if self.standing() == Standing::Suspected {
            return self.then(next, EnrolmentAction::Challenge, now);
        }
        if is_new {
            next.lines.add(to, window, now)?;
        }
        let right = Certification::of(to.clone(), window);
        self.then(next, EnrolmentAction::Certify(right), now)
    }

    /// A server reports that the counter of a live handle has forked.
    pub fn fork(&self, now: UtcTime) -> Result<Unstored<EnrolmentStep>> {
        self.check_not_ended()?;
        self.suspect(now)
    }

    /// Somebody asks to be challenged. `random` is 32 bytes that the caller has drawn for it; what
    /// is to be sent is in the action, and may be an earlier challenge.
    ///
    /// Anybody may ask, for it is what a device does that has lost its state. So asking must not
    /// take away what another is about to answer: a challenge stays open until one of them is
    /// answered, or its time is over. Nor must it be possible to be handed one that is nearly over,
    /// because somebody else has asked for it long ago: one that has less than a day left is not
    /// handed out again, and a new one is opened beside it. That makes two at a time at most. One
    /// that a clock opened which was ahead by more than a day is void, and a new one is opened.
    pub fn challenge(&self, random: [u8; 32], now: UtcTime) -> Result<Unstored<EnrolmentStep>> {
        self.check_not_ended()?;
        let mut next = self.clone();
        let sent = next.lines.challenge_with(random, now);
        self.then(next, EnrolmentAction::Send(sent), now)
    }

    /// The answer to an open challenge: the origin says which key is its own at present, and that
    /// key says so, too ([`DeviceIdentity::answer`](super::DeviceIdentity::answer)). That clears a
    /// suspicion, and the key is certified; another one that was certified for the same epoch is
    /// withdrawn, which counts as a suspicion if there was none. No challenge is open any more.
    ///
    /// A device that has lost its state is challenged, too, without any suspicion. What may be
    /// certified is as for [`rotate`](Self::rotate). A key that was withdrawn is not: its server
    /// does not take it back, so the device goes on with its key of another epoch. And an epoch
    /// that was taken over [twice](Self::MAX_DISPLACED) is so no more: that is for a person to look
    /// at, who may [revoke](Self::revoke).
    pub fn answer(
        &self,
        claimed: &EpochKey,
        signature: &[u8],
        windows: &EpochWindows,
        now: UtcTime,
    ) -> Result<Unstored<EnrolmentStep>> {
        if claimed.fleet() != self.origin.fleet() {
            return Err(IdentityError::OtherEnrolment);
        }
        self.check_not_ended()?;
        let mut open = self.lines.challenge.iter().filter(|open| open.is_open(now)).peekable();
        if open.peek().is_none() {
            return Err(IdentityError::NoChallenge);
        }
        let Some((by_origin, by_claimed)) = signature.split_at_checked(64) else {
            return Err(IdentityError::WrongAnswer);
        };
        let is_answered = open.any(|open| {
            let text = answer_text(&open.random, &self.origin, claimed);
            let is_signed = self.origin.verifies_bytes(&text, by_origin);
            is_signed && claimed.verifies_bytes(&text, by_claimed)
        });
        if !is_answered {
            return Err(IdentityError::WrongAnswer);
        }
        let mut next = self.clone();
        let epoch = claimed.epoch();
        let window = match next.lines.find(claimed, now)? {
            Found::TheKey(window) => window,
            Found::Nothing => next.lines.add(claimed, window_of(epoch, windows, now)?, now)?,
            Found::Another(window) => {
                next.lines.displace(epoch)?;
                next = next.suspected_once_more(self.standing());
                next.lines.add(claimed, window, now)?
            }
        };
        next.lines.challenge.clear();
        let cleared = next.standing_at(Standing::Enrolled);
        let right = Certification::of(claimed.clone(), window);
        self.then(cleared, EnrolmentAction::Certify(right), now)
    }

    /// The operator ends the enrolment: no certificate any more, and every handle that has one is
    /// withdrawn.
    pub fn revoke(&self, now: UtcTime) -> Result<Unstored<EnrolmentStep>> {
        self.end(Standing::Revoked, now)
    }

    /// The device is out of use: no certificate any more, and every handle that has one is
    /// withdrawn.
    pub fn retire(&self, now: UtcTime) -> Result<Unstored<EnrolmentStep>> {
        let is_revoked = self.standing() == Standing::Revoked;
        self.end(if is_revoked { Standing::Revoked } else { Standing::Retired }, now)
    }

    /// All handles of this record that may have an unexpired certificate and are no longer good: of
    /// a record that has ended, every one; else those whose epoch was given to another key.
    ///
    /// Of a record that newer software has written, this is what is known of it, which may be
    /// nothing: that there are none does not say that none is withdrawn.
    #[must_use]
    pub fn withdrawn(&self, now: UtcTime) -> Vec<Handle> {
        let ended = self.lines.live.iter().filter(|_| self.standing().is_ended());
        let keys = ended.chain(&self.lines.withdrawn);
        let unexpired = keys.filter(|line| !line.has_ended(now));
        unexpired.map(|line| Handle::of(&line.public_key)).collect()
    }

    /// The key with which the device enrolled.
    #[must_use]
    pub fn origin(&self) -> &EpochKey {
        &self.origin
    }

    /// The keys that are certified and whose windows have not ended, one for each epoch, the first
    /// epoch first.
    pub fn live(&self, now: UtcTime) -> impl Iterator<Item = EpochKey> {
        let unexpired = self.lines.live.iter().filter(move |line| !line.has_ended(now));
        unexpired.map(|line| line.key(self.origin.fleet()))
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        // Nothing is certified by a record of which nothing is known.
        self.lines.standing.as_deref().copied().unwrap_or(Standing::Revoked)
    }

    /// How often it has come under suspicion, or a key has taken over an epoch: many times is for a
    /// person to look at.
    #[must_use]
    pub fn suspicions(&self) -> u64 {
        self.lines.suspicions.as_deref().copied().unwrap_or(0)
    }

    /// The bytes as they are stored; `None` where newer software has written them.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        self.kept.write(&self.lines)
    }

    /// Reads what was stored of the device with this origin. A record of another origin is damage,
    /// as is anything else.
    ///
    /// A record that is lost or damaged is not that of a new device: its origin may have been
    /// revoked.
    #[must_use]
    pub fn load(stored: Option<&[u8]>, origin: &EpochKey) -> StoredState<Self> {
        StoredState::read(stored, |lines: Lines, kept| {
            // Of a later form, nothing may be known.
            let is_unknown = kept.is_newer() && lines.fleet.is_none() && lines.origin.is_none();
            let is_whole = lines.are_whole(origin) || kept.is_newer();
            let may_count = is_unknown || (lines.are_of(origin) && is_whole);
            may_count.then(|| Self { origin: origin.clone(), lines, kept })
        })
    }

    fn check_not_ended(&self) -> Result<()> {
        if self.kept.is_newer() {
            return Err(NewerState.into());
        }
        if self.standing().is_ended() { Err(IdentityError::Ended) } else { Ok(()) }
    }

    fn standing_at(mut self, standing: Standing) -> Self {
        self.lines.standing = self.lines.standing.map(|line| line.with(standing));
        self
    }

    fn suspect(&self, now: UtcTime) -> Result<Unstored<EnrolmentStep>> {
        let next = self.clone().suspected_once_more(self.standing());
        self.then(next.standing_at(Standing::Suspected), EnrolmentAction::Challenge, now)
    }

    /// One that lasts is counted once.
    fn suspected_once_more(mut self, before: Standing) -> Self {
        let first = u64::from(before != Standing::Suspected);
        let suspicions = self.suspicions().saturating_add(first);
        self.lines.suspicions = self.lines.suspicions.map(|line| line.with(suspicions));
        self
    }

    fn end(&self, standing: Standing, now: UtcTime) -> Result<Unstored<EnrolmentStep>> {
        let mut next = self.clone().standing_at(standing);
        next.lines.challenge.clear();
        self.then(next, EnrolmentAction::None, now)
    }

    /// The step from this record to the next.
    fn then(
        &self,
        next: Self,
        action: EnrolmentAction,
        now: UtcTime,
    ) -> Result<Unstored<EnrolmentStep>> {
        let bytes = next.to_bytes().ok_or(NewerState)?;
        let (withdrawn, has_changed) = (next.withdrawn(now), next != *self);
        Ok(Unstored::new(bytes, has_changed, EnrolmentStep { record: next, action, withdrawn }))
    }
}

impl fmt::Debug for Enrolment {
    /// Without keys: beside each other, they are what rotation is to keep apart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enrolment")
            .field("fleet", self.origin.fleet())
            .field("standing", &self.standing())
            .field("suspicions", &self.suspicions())
            .finish_non_exhaustive()
    }
}

/// The window of an epoch that may be certified.
fn window_of(epoch: IdentityEpoch, windows: &EpochWindows, now: UtcTime) -> Result<EpochWindow> {
    if epoch > windows.last() {
        return Err(IdentityError::EpochTooLate { latest: windows.last() });
    }
    let window = windows.of(epoch).filter(|window| now < window.expires());
    window.copied().ok_or(IdentityError::EpochOver { epoch })
}
