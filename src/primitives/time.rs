//! Time as an input: whole seconds, UTC, and what the caller can say about "now".

use core::fmt;

use super::refusals;

const SECONDS_PER_DAY: i64 = 86_400;
/// The length in bytes of `YYYY-MM-DDTHH:MM:SS`.
const DATE_TIME: usize = 19;
/// `0001-01-01T00:00:00Z`.
const FIRST: i64 = -62_135_596_800;
/// `9999-12-31T23:59:59Z`.
const LAST: i64 = 253_402_300_799;

/// A moment in UTC with whole seconds, from the year 1 to the year 9999.
///
/// Its text is the one form that TUF knows, `YYYY-MM-DDTHH:MM:SSZ` (§4.2.1 of the file formats):
/// 20 bytes, no offset, no fraction, no leap second. Only `expires` of TUF's files is read in other
/// forms, too (`manual::limitations`).
///
/// ```
/// use ota_trust::primitives::UtcTime;
/// let t: UtcTime = "2026-11-23T09:36:05Z".parse()?;
/// assert_eq!(t.unix(), 1_795_426_565);
/// assert_eq!(t.to_string(), "2026-11-23T09:36:05Z");
/// # Ok::<(), ota_trust::primitives::TimeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcTime(i64);

refusals!(
    Primitives,
    /// Why a text or a number is not a valid time.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum TimeError {
        /// Not of the form `YYYY-MM-DDTHH:MM:SSZ`.
        #[refusal("name.time-form", FixCaller)]
        #[error("a time has the form YYYY-MM-DDTHH:MM:SSZ")]
        Form,
        /// Of the right form, but no such day or second exists (a leap second included).
        #[refusal("name.time-range", FixCaller)]
        #[error("no such day or second exists")]
        Range,
    }
);

impl UtcTime {
    /// Before every other time.
    #[cfg(feature = "request")]
    pub(crate) const EARLIEST: Self = Self(FIRST);

    /// A time from seconds since 1970-01-01T00:00:00Z; refused outside the years 1 to 9999.
    pub const fn from_unix(seconds: i64) -> Result<Self, TimeError> {
        if seconds < FIRST || seconds > LAST {
            return Err(TimeError::Range);
        }
        Ok(Self(seconds))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// This time and `seconds` later, at the latest the end of the year 9999.
    #[must_use]
    pub fn saturating_add(self, seconds: u64) -> Self {
        let sum = self.0.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX));
        Self(sum.min(LAST))
    }

    /// This time and `seconds` earlier, at the earliest the beginning of the year 1.
    pub(crate) fn saturating_sub(self, seconds: u64) -> Self {
        let difference = self.0.saturating_sub(i64::try_from(seconds).unwrap_or(i64::MAX));
        Self(difference.max(FIRST))
    }

    /// The seconds from this time to a later one; none to an earlier one.
    pub(crate) fn seconds_to(self, later: Self) -> u128 {
        u128::try_from(i128::from(later.0) - i128::from(self.0)).unwrap_or(0)
    }

    /// Reads exactly the 20 bytes of `YYYY-MM-DDTHH:MM:SSZ`.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        match text.split_at_checked(DATE_TIME) {
            Some((date_time, "Z")) => Self::from_unix(seconds(date_time)?),
            _ => Err(TimeError::Form),
        }
    }

    /// Reads a time as RFC 3339 §5.6 has it: `Z` or an offset of at most 23:59 hours, and a fraction of
    /// a second of 1 to 9 digits, which is dropped. The year is one from 1 to 9999 once it is in UTC.
    ///
    /// For `expires` of TUF's files and nothing else: they are not ours to write. Refused is what two
    /// readers might take for two moments, or might not both take: an offset of `-00:00`, which says
    /// that nobody knows it (§4.3); leap seconds; and `t`, `z` or a blank for `T` and `Z`, which §5.6
    /// leaves to the format. TUF writes `T` and `Z`, its clients do not agree on others, and no writer
    /// of metadata is known that has them.
    pub(crate) fn parse_rfc3339(text: &str) -> Result<Self, TimeError> {
        let (date_time, rest) = text.split_at_checked(DATE_TIME).ok_or(TimeError::Form)?;
        let offset = offset(after_fraction(rest)?)?;
        Self::from_unix(seconds(date_time)? - offset)
    }
}

super::parsed! { UtcTime, TimeError, UtcTime::parse; }

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(SECONDS_PER_DAY));
        let of_day = self.0.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl fmt::Debug for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(feature = "chrono")]
impl TryFrom<chrono::DateTime<chrono::Utc>> for UtcTime {
    type Error = TimeError;

    /// Drops the fraction of a second.
    fn try_from(time: chrono::DateTime<chrono::Utc>) -> Result<Self, TimeError> {
        Self::from_unix(time.timestamp())
    }
}

#[cfg(feature = "chrono")]
impl From<UtcTime> for chrono::DateTime<chrono::Utc> {
    fn from(time: UtcTime) -> Self {
        // Every `UtcTime` lies well inside chrono's range of ±262,000 years.
        Self::from_timestamp(time.0, 0).unwrap_or(Self::MIN_UTC)
    }
}

/// What the caller knows about the time at which an update began (TUF §5.1).
///
/// Fixed once for a cycle. A device that cannot vouch for its clock says [`NotBefore`]: then an
/// expiry can still be *proven*, while freshness cannot, and the result of the cycle says so
/// ([`Freshness`](crate::verify::Freshness)).
///
/// [`NotBefore`]: StartTime::NotBefore
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartTime {
    /// The clock is believed.
    Known(UtcTime),
    /// It is at least this late: a build time, or a floor from an earlier cycle.
    NotBefore(UtcTime),
}

impl StartTime {
    /// The time itself, whichever way it is known.
    #[must_use]
    pub const fn time(self) -> UtcTime {
        match self {
            Self::Known(t) | Self::NotBefore(t) => t,
        }
    }
}

/// The seconds since 1970 of a `YYYY-MM-DDTHH:MM:SS` in UTC, in a year from 0 to 9999.
fn seconds(date_time: &str) -> Result<i64, TimeError> {
    #[rustfmt::skip]
    let [
        y0, y1, y2, y3, b'-', mo0, mo1, b'-', d0, d1, b'T',
        h0, h1, b':', mi0, mi1, b':', s0, s1,
    ] = *date_time.as_bytes() else {
        return Err(TimeError::Form);
    };
    let year = number(&[y0, y1, y2, y3])?;
    let month = number(&[mo0, mo1])?;
    let day = number(&[d0, d1])?;
    let hour = number(&[h0, h1])?;
    let minute = number(&[mi0, mi1])?;
    let second = number(&[s0, s1])?;
    let exists = (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !exists {
        return Err(TimeError::Range);
    }
    let of_day = hour * 3600 + minute * 60 + second;
    Ok(days_from_civil(year, month, day) * SECONDS_PER_DAY + of_day)
}

/// What follows a fraction of a second: all, where there is none.
fn after_fraction(text: &str) -> Result<&str, TimeError> {
    let Some(fraction) = text.strip_prefix('.') else { return Ok(text) };
    let rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    match fraction.len() - rest.len() {
        1..=9 => Ok(rest),
        _ => Err(TimeError::Form),
    }
}

/// The seconds by which a local time is ahead of UTC.
fn offset(text: &str) -> Result<i64, TimeError> {
    let [sign, h0, h1, b':', m0, m1] = *text.as_bytes() else {
        return if text == "Z" { Ok(0) } else { Err(TimeError::Form) };
    };
    let (hours, minutes) = (number(&[h0, h1])?, number(&[m0, m1])?);
    if hours > 23 || minutes > 59 {
        return Err(TimeError::Range);
    }
    match (sign, hours * 3600 + minutes * 60) {
        (b'+', ahead) => Ok(ahead),
        (b'-', behind @ 1..) => Ok(-behind),
        _ => Err(TimeError::Form),
    }
}

fn number(digits: &[u8]) -> Result<i64, TimeError> {
    digits.iter().try_fold(0, |sum, &d| match d {
        b'0'..=b'9' => Ok(sum * 10 + i64::from(d - b'0')),
        _ => Err(TimeError::Form),
    })
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar. Years are counted from March, so
/// that the leap day is the last of its year and month lengths follow one linear formula.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`].
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + (month <= 2) as i64;
    (year, month, day)
}

super::stored::printed_fields!(UtcTime);

#[cfg(test)]
mod tests;
