//! When a device may be disturbed.

use alloc::vec::Vec;

use crate::primitives::{StartTime, UtcTime};

const DAY: i64 = 86_400;
const WEEK: u32 = 7 * 86_400;

/// A maintenance window: every day, or on some days of the week, from a time of day on. In the local time
/// of the device ([`DeviceFacts::utc_offset`](super::DeviceFacts::utc_offset)), which is UTC unless
/// somebody has said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaintenanceWindow {
    days: u8,
    start: u32,
    length: u32,
}

impl MaintenanceWindow {
    /// From so many seconds after midnight, for so many seconds, at most a week. `days` has Monday in
    /// the lowest of seven bits, and a window belongs to the day on which it begins. `None` for a
    /// window that never opens, or a time that is none.
    #[must_use]
    pub const fn new(days: u8, start: u32, length: u32) -> Option<Self> {
        let fits = days > 0 && days < 128 && start < 86_400 && length > 0 && length <= WEEK;
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

    /// From when to when it is open that begins on a day since 1970-01-01, which was a Thursday; in
    /// seconds of the local time.
    fn on(&self, day: i64) -> Option<(i64, i64)> {
        let weekday = day.saturating_add(3).rem_euclid(7);
        if self.days >> weekday & 1 == 0 {
            return None;
        }
        let opens = day.checked_mul(DAY)?.checked_add(self.start.into())?;
        Some((opens, opens.checked_add(self.length.into())?))
    }
}

/// Until when one of these windows is open, others included that follow without a gap and begin within a
/// week: `Err` with the time when one opens next, which is not known where the clock is not believed.
/// `utc_offset` is what is added to UTC for the local time, in seconds.
pub(super) fn open_until(
    windows: &[MaintenanceWindow],
    utc_offset: i32,
    now: StartTime,
) -> Result<UtcTime, Option<UtcTime>> {
    let StartTime::Known(now) = now else { return Err(None) };
    let local = now.unix().saturating_add(utc_offset.into());
    let utc = |local: i64| UtcTime::from_unix(local.saturating_sub(utc_offset.into())).ok();
    let today = local.div_euclid(DAY);
    // One that began a week ago may be open still; within a week there is a next one.
    let days = -7..=7_i64;
    let on = |window: &MaintenanceWindow, offset| window.on(today.saturating_add(offset));
    let all = windows.iter().flat_map(|window| days.clone().filter_map(move |day| on(window, day)));
    let mut all: Vec<(i64, i64)> = all.filter(|(_, closes)| *closes > local).collect();
    all.sort_unstable();
    let mut open = None;
    for (opens, closes) in all {
        match open {
            None if opens > local => return Err(utc(opens)),
            Some(until) if opens > until => break,
            _ => open = Some(open.map_or(closes, |until: i64| until.max(closes))),
        }
    }
    // Times that no calendar has are as good as none.
    open.and_then(utc).ok_or(None)
}
