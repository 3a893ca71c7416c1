//! When a device may be disturbed.

use crate::primitives::{StartTime, UtcTime};

const DAY: u64 = 86_400;

/// A maintenance window: every day, or on some days of the week, from a time of day on. All in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaintenanceWindow {
    days: u8,
    start: u32,
    length: u32,
}

impl MaintenanceWindow {
    /// From so many seconds after midnight, for so many seconds, at most a day. `days` has Monday in
    /// the lowest of seven bits, and a window belongs to the day on which it begins. `None` for a
    /// window that never opens, or a time that is none.
    #[must_use]
    pub const fn new(days: u8, start: u32, length: u32) -> Option<Self> {
        let fits = days > 0 && days < 128 && start < 86_400 && length > 0 && length <= 86_400;
        if fits { Some(Self { days, start, length }) } else { None }
    }

    /// On every day.
    #[must_use]
    pub const fn daily(start: u32, length: u32) -> Option<Self> {
        Self::new(127, start, length)
    }

    /// The days, with Monday in the lowest bit.
    #[must_use]
    pub const fn days(&self) -> u8 {
        self.days
    }

    /// Seconds after midnight.
    #[must_use]
    pub const fn start(&self) -> u32 {
        self.start
    }

    /// Seconds.
    #[must_use]
    pub const fn length(&self) -> u32 {
        self.length
    }

    /// Until when it is open, that of the next day included where that follows without a gap: `Err`
    /// with the time when it opens next, which is not known where the clock is not believed.
    pub(super) fn open_until(&self, now: StartTime) -> Result<UtcTime, Option<UtcTime>> {
        let StartTime::Known(now) = now else { return Err(None) };
        let day = now.unix().div_euclid(DAY.cast_signed());
        let mut open = None;
        // The one that began yesterday may be open still; within a week there is a next one.
        for offset in -1..=7 {
            let Some((opens, closes)) = self.on(day.saturating_add(offset)) else { continue };
            match open {
                Some(until) if until < opens => break,
                None if now < opens => return Err(Some(opens)),
                _ if now < closes => open = Some(closes),
                _ => {}
            }
        }
        open.ok_or(None)
    }

    /// From when to when it is open that begins on a day since 1970-01-01, which was a Thursday.
    fn on(&self, day: i64) -> Option<(UtcTime, UtcTime)> {
        let weekday = day.saturating_add(3).rem_euclid(7);
        if self.days >> weekday & 1 == 0 {
            return None;
        }
        let midnight = day.checked_mul(DAY.cast_signed())?;
        let opens = UtcTime::from_unix(midnight.checked_add(self.start.into())?).ok()?;
        Some((opens, opens.saturating_add(self.length.into())))
    }
}
