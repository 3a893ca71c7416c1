//! What a caller knows of the present: the time, and how long the system has been up.

use super::StartTime;

/// For how many whole seconds the system has been up, by a clock that nobody sets and that goes on
/// while the system sleeps (`CLOCK_BOOTTIME` on Linux).
///
/// It begins anew with each boot, so it is never stored: it says how long ago something was, within
/// one boot. What lives for one process only, such as a server, may count from the start of that.
///
/// ```
/// use ota_trust::primitives::Uptime;
/// let (earlier, later) = (Uptime::from_seconds(70), Uptime::from_seconds(100));
/// assert_eq!(later.since(earlier), Some(30));
/// assert_eq!(earlier.since(later), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uptime(u64);

impl Uptime {
    /// So many seconds.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// The seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// The seconds since `earlier`; `None` if that is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Option<u64> {
        self.0.checked_sub(earlier.0)
    }
}

/// What a caller knows of the present. Where the clock is believed, a [`StartTime`] is all of it:
///
/// ```
/// use ota_trust::primitives::{Now, StartTime, Uptime, UtcTime};
/// let time = UtcTime::parse("2026-11-23T09:36:05Z")?;
/// let with_clock: Now = StartTime::Known(time).into();
/// let uptime = Some(Uptime::from_seconds(70));
/// let without = Now { time: StartTime::NotBefore(time), uptime };
/// # assert_ne!(with_clock, without);
/// # Ok::<(), ota_trust::primitives::TimeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The time, as far as it is known.
    pub time: StartTime,
    /// How long the system has been up. Where the time is not known, it alone measures an age.
    pub uptime: Option<Uptime>,
}

impl From<StartTime> for Now {
    fn from(time: StartTime) -> Self {
        Self { time, uptime: None }
    }
}

impl Now {
    /// The seconds since something of this boot, if the uptime is known of both and has not gone
    /// back.
    pub(crate) fn elapsed(self, then: Option<Uptime>) -> Option<u64> {
        self.uptime?.since(then?)
    }
}
