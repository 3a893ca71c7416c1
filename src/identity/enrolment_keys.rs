//! The keys of an enrolment: one for each epoch, and those that have lost a dispute over it.
//!
//! Nothing here is forgotten because a clock says that it has ended: a clock that is ahead for one
//! event would take keys away that are good, and with them the knowledge of what to withdraw. What
//! has ended goes where there is no room for another key, the longest ended first. Until then it is
//! passed over by whoever reads.

use super::enrolment_lines::{Certified, Lines};
use super::{Enrolment, EpochKey, EpochWindow, IdentityEpoch, IdentityError};
use crate::primitives::UtcTime;
use crate::primitives::stored::Line;

type Result<T> = core::result::Result<T, IdentityError>;

/// What a record has for the epoch of a key.
pub(super) enum Found {
    Nothing,
    TheKey(EpochWindow),
    Another(EpochWindow),
}

impl Lines {
    /// What there is for the epoch of `key`. Refused: a key that has lost a dispute, whichever
    /// epoch it is claimed for, since its handle is withdrawn; one that another epoch has, since no
    /// handle is to be good and withdrawn at once; the origin, which no server is to see; and an
    /// epoch whose window has ended in this record, wherever it has been moved to since.
    pub(super) fn find(&self, key: &EpochKey, now: UtcTime) -> Result<Found> {
        if self.withdrawn.iter().any(|line| line.is_key(key)) {
            return Err(IdentityError::KeyWithdrawn);
        }
        let epoch = key.epoch();
        let is_origin = self.origin.as_deref() == Some(key.public_key());
        let is_other = |line: &Line<Certified>| line.is_key(key) && line.epoch != epoch;
        if is_origin || self.live.iter().any(is_other) {
            return Err(IdentityError::KeyReused);
        }
        match self.live.iter().find(|line| line.epoch == epoch) {
            None => Ok(Found::Nothing),
            Some(line) if line.has_ended(now) => Err(IdentityError::EpochOver { epoch }),
            Some(line) if line.is_key(key) => Ok(Found::TheKey(line.window)),
            Some(line) => Ok(Found::Another(line.window)),
        }
    }

    /// The one place where a key becomes one that is certified.
    pub(super) fn add(
        &mut self,
        key: &EpochKey,
        window: EpochWindow,
        now: UtcTime,
    ) -> Result<EpochWindow> {
        while self.live.len() + self.withdrawn.len() >= Enrolment::MAX_KEYS {
            self.drop_longest_ended(now)?;
        }
        let (epoch, public_key) = (key.epoch(), *key.public_key());
        self.live.push(Line::new(Certified { epoch, public_key, window }));
        self.live.sort_by_key(|line| line.epoch);
        Ok(window)
    }

    /// The key of an epoch has lost it to another one.
    pub(super) fn displace(&mut self, epoch: IdentityEpoch) -> Result<()> {
        let is_it = |line: &Line<Certified>| line.epoch == epoch;
        let displaced = self.withdrawn.iter().filter(|line| is_it(line)).count();
        if displaced >= Enrolment::MAX_DISPLACED {
            return Err(IdentityError::Disputed { epoch });
        }
        self.withdrawn.extend(self.live.extract_if(.., |line| is_it(line)));
        Ok(())
    }

    fn drop_longest_ended(&mut self, now: UtcTime) -> Result<()> {
        let keys = self.live.iter().chain(&self.withdrawn);
        let ended = keys.filter(|line| line.has_ended(now)).map(|line| **line);
        let Some(oldest) = ended.min_by_key(|key| key.window.expires()) else {
            return Err(IdentityError::KeysFull { limit: Enrolment::MAX_KEYS });
        };
        for lines in [&mut self.live, &mut self.withdrawn] {
            lines.retain(|line| **line != oldest);
        }
        Ok(())
    }
}
