//! A signal, and how long it holds.

use super::AttestationSignal;
use crate::primitives::{Now, StartTime, Uptime, UtcTime};

/// What attestation says of a device, and how long it holds: what a decision is given.
///
/// It comes of a result or of a refusal, or says by name that there is neither. It ends, and an end
/// only restricts: what was good becomes [`Stale`](AttestationSignal::Stale), and what was bad
/// stays so. Keep it, and take the next one [`after`](Self::after) it. It is not stored: on a
/// device without a clock it holds within this boot alone.
///
/// ```
/// use ota_trust::attestation::{AttestationSignal, TimedSignal};
/// use ota_trust::primitives::{StartTime, UtcTime};
/// let now = UtcTime::parse("2026-11-23T09:36:05Z")?;
/// let at = |seconds| StartTime::Known(now.saturating_add(seconds));
/// let good = TimedSignal::assume_verified(AttestationSignal::Affirming, at(0), 300);
/// assert_eq!(good.at(at(299)), AttestationSignal::Affirming);
/// assert_eq!(good.at(at(300)), AttestationSignal::Stale);
/// let bad = TimedSignal::assume_verified(AttestationSignal::Contraindicated, at(0), 300);
/// assert_eq!(bad.at(at(300)), AttestationSignal::Contraindicated);
/// # Ok::<(), ota_trust::primitives::TimeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedSignal {
    said: AttestationSignal,
    /// Always there for a signal that [can end](Self::can_end).
    holds: Option<Holds>,
}

/// For how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holds {
    /// When it was verified, by as much earlier as clocks may differ.
    pub(super) not_before: UtcTime,
    pub(super) not_after: UtcTime,
    /// When in this boot it was verified, if that is known.
    pub(super) verified: Option<Uptime>,
    /// For how many seconds from then on.
    pub(super) seconds: u64,
}

impl TimedSignal {
    /// There is no result: nobody was asked, or nobody has answered.
    pub const UNAVAILABLE: Self = Self::without_end(AttestationSignal::Unavailable);

    /// What the *caller* has verified by other means, good for so many seconds from `now` on.
    #[must_use]
    pub fn assume_verified(signal: AttestationSignal, now: impl Into<Now>, seconds: u64) -> Self {
        let now = now.into();
        let not_before = now.time.time();
        let not_after = not_before.saturating_add(seconds);
        Self::holding(signal, Holds { not_before, not_after, verified: now.uptime, seconds })
    }

    pub(super) const fn holding(said: AttestationSignal, holds: Holds) -> Self {
        Self { said, holds: Some(holds) }
    }

    /// One that no end would make any worse.
    pub(super) const fn without_end(said: AttestationSignal) -> Self {
        Self { said, holds: None }
    }

    /// This signal, from a caller who has had `earlier` of the same device: what a refusal or an
    /// absence says does not heal.
    ///
    /// Where `earlier` says that the device is bad, it stays, unless this is a new result.
    /// Otherwise a bad device would only have to answer again, with junk or not at all, to be as
    /// good as one that nobody has asked.
    ///
    /// ```
    /// use ota_trust::attestation::{AttestationSignal, TimedSignal};
    /// use ota_trust::primitives::{StartTime, UtcTime};
    /// let now = StartTime::Known(UtcTime::parse("2026-11-23T09:36:05Z")?);
    /// let said = |signal| TimedSignal::assume_verified(signal, now, 300);
    /// let mut signal = TimedSignal::UNAVAILABLE;
    /// signal = said(AttestationSignal::Contraindicated).after(signal);
    /// signal = TimedSignal::UNAVAILABLE.after(signal); // it answers no more
    /// assert_eq!(signal.at(now), AttestationSignal::Contraindicated);
    /// signal = said(AttestationSignal::Affirming).after(signal);
    /// assert_eq!(signal.at(now), AttestationSignal::Affirming);
    /// # Ok::<(), ota_trust::primitives::TimeError>(())
    /// ```
    #[must_use]
    pub const fn after(self, earlier: Self) -> Self {
        match (self.said, earlier.said) {
            (
                AttestationSignal::Unavailable | AttestationSignal::Stale,
                AttestationSignal::Contraindicated,
            ) => earlier,
            _ => self,
        }
    }

    /// What was said, whether it still holds or not.
    #[must_use]
    pub const fn said(&self) -> AttestationSignal {
        self.said
    }

    /// What it is now.
    ///
    /// It has ended if the time or the uptime shows that. Where the time is not known, or the clock
    /// shows a time from before the verification, it has also ended if the uptime does not show the
    /// opposite. An uptime that is below that of the verification is of another boot, and shows
    /// that it has ended.
    #[must_use]
    pub fn at(&self, now: impl Into<Now>) -> AttestationSignal {
        let now = now.into();
        if self.can_end() && !self.holds.is_some_and(|holds| holds.at(now)) {
            return AttestationSignal::Stale;
        }
        self.said
    }

    /// When it ends, at the latest; `None` if an end would not make it any worse.
    #[must_use]
    pub fn not_after(&self) -> Option<UtcTime> {
        let holds = self.holds.filter(|_| self.can_end());
        holds.map(|holds| holds.not_after)
    }

    fn can_end(&self) -> bool {
        match self.said {
            AttestationSignal::Affirming
            | AttestationSignal::Warning
            | AttestationSignal::NoClaim => true,
            AttestationSignal::Contraindicated
            | AttestationSignal::Unavailable
            | AttestationSignal::Stale => false,
        }
    }
}

impl Holds {
    fn at(&self, now: Now) -> bool {
        // An uptime that has gone back is of another boot: how long ago it was, only a clock could
        // say that nobody has set back since.
        let has_uptimes = now.uptime.is_some() && self.verified.is_some();
        let elapsed = now.elapsed(self.verified);
        let is_young = has_uptimes.then(|| elapsed.is_some_and(|elapsed| elapsed < self.seconds));
        now.time.time() < self.not_after
            && match (is_young, now.time) {
                (Some(is_young), _) => is_young,
                (None, StartTime::Known(time)) => time >= self.not_before,
                (None, StartTime::NotBefore(_)) => false,
            }
    }
}
