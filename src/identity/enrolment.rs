//! What an enroller knows of a device, and what it does next.
//!
//! | | rotate: later epoch | same epoch, same key | same epoch, other key | fork | answer | revoke | retire |
//! |---|---|---|---|---|---|---|---|
//! | enrolled | certify | certify | suspected | suspected | refused | revoked | retired |
//! | suspected | challenge | challenge | challenge | challenge | enrolled, certify | revoked | retired |
//! | retired | refused | refused | refused | refused | refused | revoked | retired |
//! | revoked | refused | refused | refused | refused | refused | revoked | revoked |
//!
//! A suspicion is not a verdict: it holds certificates back until the device answers a challenge,
//! and it ends nothing, however long it stands. Only a person revokes.
//!
//! A device that comes back after its end enrols with a new secret, as a new record that has
//! nothing of the old one ([`Enrolment::enrol`]). The old record stays: it is the tombstone that
//! keeps the old secret from enrolling again.

use super::device::answer_text;
use super::{Certification, EpochKey, Handle, IdentityEpoch, IdentityError, Rotation};

type Result<T> = core::result::Result<T, IdentityError>;

/// The enroller's record of one device. It has no name of the device but its handles.
///
/// A value does not change: what an event gives is an [`EnrolmentStep`], whose record is to be
/// stored before its action is taken. What is refused changes nothing.
///
/// The device speaks to the enroller with the key of [`IdentityEpoch::ENROLMENT`], the *origin*,
/// which no server sees. It vouches for the key of each epoch by a [`Rotation`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    pub(super) origin: EpochKey,
    /// The one key that is certified in its epoch.
    pub(super) live: Option<EpochKey>,
    pub(super) standing: Standing,
    pub(super) challenge: Option<[u8; 32]>,
    pub(super) suspicions: u64,
}

/// Where an enrolment stands. Exhaustive on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It gets certificates.
    Enrolled,
    /// Two may be using one secret: it gets certificates after it has answered a challenge.
    Suspected,
    /// The device is out of use. Never certified again.
    Retired,
    /// The operator has ended it. Never certified again.
    Revoked,
}

impl Standing {
    /// Whether it is over: the record is a tombstone.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Retired | Self::Revoked)
    }
}

/// What follows from an event: first store the record, then do the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolmentStep {
    /// The record to store.
    pub record: Enrolment,
    /// What to do then.
    pub action: EnrolmentAction,
    /// A handle that may have an unexpired certificate and is no longer good: to be told to the
    /// server.
    pub withdrawn: Option<Handle>,
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
}

impl Enrolment {
    /// A new device. That `origin` is the key of a device that may enrol is for the caller to know:
    /// from the factory, or by an owner's act.
    ///
    /// `known` is what the caller's records have under the same origin, tombstones included: a
    /// secret enrols once.
    pub fn enrol(origin: EpochKey, known: Option<&Self>) -> Result<Self> {
        if origin.epoch() != IdentityEpoch::ENROLMENT {
            return Err(IdentityError::NotEnrolmentKey { epoch: origin.epoch() });
        }
        if known.is_some_and(|record| record.origin == origin) {
            return Err(IdentityError::AlreadyEnrolled);
        }
        let standing = Standing::Enrolled;
        Ok(Self { origin, live: None, standing, challenge: None, suspicions: 0 })
    }

    /// A device that this record was of comes with a new secret. The record ends, if it has not
    /// ended before; the new one is made as any other, and gets nothing from here.
    ///
    /// `known` is as for [`enrol`](Self::enrol): the secret may be new to this device, and that of
    /// another that has been revoked.
    pub fn re_enrol(
        &self,
        origin: EpochKey,
        known: Option<&Self>,
    ) -> Result<(EnrolmentStep, Self)> {
        if origin == self.origin {
            return Err(IdentityError::AlreadyEnrolled);
        }
        Ok((self.retire(), Self::enrol(origin, known)?))
    }

    /// The device asks for the certificate of an epoch. `rotation` is from its origin.
    ///
    /// Epochs strictly rise, up to `latest`: the last epoch of the fleet for which there are
    /// certificates at present. A record does not go back, so a device whose clock was years ahead
    /// would have no epoch left. The same key may be certified again in its epoch: certificates get
    /// lost, and it is the same certificate.
    pub fn rotate(&self, rotation: &Rotation, latest: IdentityEpoch) -> Result<EnrolmentStep> {
        if *rotation.from() != self.origin {
            return Err(IdentityError::OtherKey);
        }
        self.check_not_ended()?;
        let to = rotation.to();
        self.check_epoch(to.epoch(), latest)?;
        if self.standing == Standing::Suspected {
            return Ok(EnrolmentStep::new(self.clone(), EnrolmentAction::Challenge));
        }
        match &self.live {
            Some(live) if live.epoch() == to.epoch() && live != to => Ok(self.suspect()),
            _ => Ok(self.certified(to)),
        }
    }

    /// A server reports that the counter of the live handle has forked.
    pub fn fork(&self) -> Result<EnrolmentStep> {
        self.check_not_ended()?;
        Ok(self.suspect())
    }

    /// A challenge is about to be sent: `random` is 32 bytes that the caller has drawn for it. It
    /// takes the place of an earlier one, and is good for one answer.
    pub fn challenge(&self, random: [u8; 32]) -> Result<EnrolmentStep> {
        self.check_not_ended()?;
        let record = Self { challenge: Some(random), ..self.clone() };
        Ok(EnrolmentStep::new(record, EnrolmentAction::None))
    }

    /// The answer to the open challenge: the origin says which key is its own at present
    /// ([`DeviceIdentity::answer`](super::DeviceIdentity::answer)). That clears a suspicion, and
    /// the key is certified; one that was certified for the same epoch is withdrawn.
    ///
    /// A device that has lost its state is challenged, too, without any suspicion. `latest` is as
    /// for [`rotate`](Self::rotate).
    pub fn answer(
        &self,
        claimed: &EpochKey,
        signature: &[u8],
        latest: IdentityEpoch,
    ) -> Result<EnrolmentStep> {
        self.check_not_ended()?;
        let challenge = self.challenge.as_ref().ok_or(IdentityError::NoChallenge)?;
        if !self.origin.verifies_bytes(&answer_text(challenge, claimed), signature) {
            return Err(IdentityError::WrongAnswer);
        }
        if claimed.fleet() != self.origin.fleet() {
            return Err(IdentityError::OtherFleet { found: claimed.fleet().clone() });
        }
        self.check_epoch(claimed.epoch(), latest)?;
        let cleared = Self { standing: Standing::Enrolled, challenge: None, ..self.clone() };
        let mut step = cleared.certified(claimed);
        let other = |live: &&EpochKey| live.epoch() == claimed.epoch() && *live != claimed;
        step.withdrawn = self.live.as_ref().filter(other).map(EpochKey::handle);
        Ok(step)
    }

    /// The operator ends the enrolment: no certificate any more.
    #[must_use]
    pub fn revoke(&self) -> EnrolmentStep {
        self.end(Standing::Revoked)
    }

    /// The device is out of use: no certificate any more.
    #[must_use]
    pub fn retire(&self) -> EnrolmentStep {
        let is_revoked = self.standing == Standing::Revoked;
        self.end(if is_revoked { Standing::Revoked } else { Standing::Retired })
    }

    /// The key with which the device enrolled.
    #[must_use]
    pub fn origin(&self) -> &EpochKey {
        &self.origin
    }

    /// The key that was certified last.
    #[must_use]
    pub fn live(&self) -> Option<&EpochKey> {
        self.live.as_ref()
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// How often it has come under suspicion: many times is for a person to look at.
    #[must_use]
    pub fn suspicions(&self) -> u64 {
        self.suspicions
    }

    /// The last epoch that was certified.
    fn epoch(&self) -> IdentityEpoch {
        self.live.as_ref().unwrap_or(&self.origin).epoch()
    }

    fn check_not_ended(&self) -> Result<()> {
        if self.standing.is_ended() { Err(IdentityError::Ended) } else { Ok(()) }
    }

    /// Not before the last one, not after the fleet's, and not that of the origin.
    fn check_epoch(&self, epoch: IdentityEpoch, latest: IdentityEpoch) -> Result<()> {
        let last = self.epoch();
        if epoch < last || epoch == IdentityEpoch::ENROLMENT {
            return Err(IdentityError::EpochNotRising { last });
        }
        if epoch > latest { Err(IdentityError::EpochTooLate { latest }) } else { Ok(()) }
    }

    /// The one place where a certification is made.
    fn certified(&self, key: &EpochKey) -> EnrolmentStep {
        let record = Self { live: Some(key.clone()), ..self.clone() };
        EnrolmentStep::new(record, EnrolmentAction::Certify(Certification::of(key)))
    }

    fn suspect(&self) -> EnrolmentStep {
        let first = u64::from(self.standing != Standing::Suspected);
        let suspicions = self.suspicions.saturating_add(first);
        let record = Self { standing: Standing::Suspected, suspicions, ..self.clone() };
        EnrolmentStep::new(record, EnrolmentAction::Challenge)
    }

    fn end(&self, standing: Standing) -> EnrolmentStep {
        let record = Self { standing, challenge: None, ..self.clone() };
        let withdrawn = self.live.as_ref().map(EpochKey::handle);
        EnrolmentStep { withdrawn, ..EnrolmentStep::new(record, EnrolmentAction::None) }
    }
}

impl EnrolmentStep {
    fn new(record: Enrolment, action: EnrolmentAction) -> Self {
        Self { record, action, withdrawn: None }
    }
}
