//! A signal, and how long it holds.

use super::AttestationSignal;
use crate::primitives::{Now, StartTime, Uptime, UtcTime};

/// What attestation says of a device, and how long it holds: what a decision is given.
///
/// It comes of a result or of a refusal, or says by name that there is neither. It ends, and an end
/// only restricts: what was good becomes [`Stale`](AttestationSignal::Stale), and what was bad
/// stays so. It is not stored: on a device without a clock it holds within this boot alone.
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
        let not_after = now.time.time().saturating_add(seconds);
        Self::holding(signal, Holds { not_after, verified: now.uptime, seconds })
    }

    pub(super) const fn holding(said: AttestationSignal, holds: Holds) -> Self {
        Self { said, holds: Some(holds) }
    }

    /// One that no end would make any worse.
    pub(super) const fn without_end(said: AttestationSignal) -> Self {
        Self { said, holds: None }
    }

    /// What was said, whether it still holds or not.
    #[must_use]
    pub const fn said(&self) -> AttestationSignal {
        self.said
    }

    /// What it is now.
    ///
    /// It has ended if the time or the uptime shows that. Where the time is not known, it has also
    /// ended if the uptime does not show the opposite.
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
        let is_young = now.elapsed(self.verified).map(|elapsed| elapsed < self.seconds);
        now.time.time() < self.not_after
            && match now.time {
                StartTime::Known(_) => is_young != Some(false),
                StartTime::NotBefore(_) => is_young == Some(true),
            }
    }
}
