use super::*;
use crate::dice::Dice;
use alloc::format;
use alloc::string::{String, ToString};

#[test]
fn every_day_of_the_calendar_agrees_with_counting() {
    // A naive oracle: walk the days one by one from the first.
    let (mut year, mut month, mut day) = (1, 1, 1);
    let mut days = FIRST / SECONDS_PER_DAY;
    while year < 10_000 {
        assert_eq!(days_from_civil(year, month, day), days);
        assert_eq!(civil_from_days(days), (year, month, day));
        days += 1;
        day += 1;
        if day > days_in_month(year, month) {
            day = 1;
            month += 1;
        }
        if month > 12 {
            month = 1;
            year += 1;
        }
    }
    assert_eq!(days * SECONDS_PER_DAY - 1, LAST);
}

#[test]
fn one_form_and_no_other() {
    for good in ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2024-02-29T12:00:00Z"] {
        assert_eq!(UtcTime::parse(good).map(|t| t.to_string()), Ok(good.to_string()));
    }
    for (bad, why) in [
        ("2026-11-23T09:36:05", TimeError::Form),
        ("2026-11-23T09:36:05z", TimeError::Form),
        ("2026-11-23t09:36:05Z", TimeError::Form),
        ("2026-11-23 09:36:05Z", TimeError::Form),
        ("2026-11-23T09:36:05.0Z", TimeError::Form),
        ("2026-11-23T09:36:05+00:00", TimeError::Form),
        ("+026-11-23T09:36:05Z", TimeError::Form),
        (" 026-11-23T09:36:05Z", TimeError::Form),
        ("２026-11-23T09:36:0Z", TimeError::Form),
        ("0000-01-01T00:00:00Z", TimeError::Range),
        ("0000-12-31T23:59:59Z", TimeError::Range),
        ("2026-02-29T00:00:00Z", TimeError::Range),
        ("2100-02-29T00:00:00Z", TimeError::Range),
        ("2026-13-01T00:00:00Z", TimeError::Range),
        ("2026-00-01T00:00:00Z", TimeError::Range),
        ("2026-01-00T00:00:00Z", TimeError::Range),
        ("2026-01-01T24:00:00Z", TimeError::Range),
        ("2016-12-31T23:59:60Z", TimeError::Range),
    ] {
        assert_eq!(UtcTime::parse(bad), Err(why), "{bad}");
    }
}

#[test]
#[cfg(feature = "chrono")]
fn chrono_has_the_same_calendar() {
    use chrono::{DateTime, Utc};
    for text in ["0001-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "9999-12-31T23:59:59Z"] {
        let ours = UtcTime::parse(text).expect(text);
        let theirs: DateTime<Utc> = text.parse().expect(text);
        assert_eq!(DateTime::<Utc>::from(ours), theirs);
        assert_eq!(UtcTime::try_from(theirs), Ok(ours));
    }
    let half = "2026-11-23T09:36:05.5Z".parse::<DateTime<Utc>>().expect("a time");
    assert_eq!(UtcTime::try_from(half), UtcTime::parse("2026-11-23T09:36:05Z"));
    assert_eq!(UtcTime::try_from(DateTime::<Utc>::MAX_UTC), Err(TimeError::Range));
}

#[test]
fn bounds_hold() {
    assert!(UtcTime::from_unix(FIRST - 1).is_err());
    assert!(UtcTime::from_unix(LAST + 1).is_err());
    assert_eq!(UtcTime(LAST).saturating_add(u64::MAX), UtcTime(LAST));
}

#[test]
fn what_rfc_3339_leaves_open_is_refused() {
    for (text, same) in [
        ("2034-01-01T00:00:00Z", "2034-01-01T00:00:00Z"),
        ("2034-01-01T00:00:00-04:00", "2034-01-01T04:00:00Z"),
        ("2034-01-01T00:00:00.188963Z", "2034-01-01T00:00:00Z"),
        ("2034-01-01T00:00:00.999999999+00:00", "2034-01-01T00:00:00Z"),
        ("1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59Z"),
        ("2024-02-29T23:59:59-23:59", "2024-03-01T23:58:59Z"),
        ("2024-03-01T00:00:00+00:01", "2024-02-29T23:59:00Z"),
        ("2023-03-01T00:00:00+00:01", "2023-02-28T23:59:00Z"),
        ("0001-01-01T23:59:00+23:59", "0001-01-01T00:00:00Z"),
        ("0000-12-31T00:01:00-23:59", "0001-01-01T00:00:00Z"),
        ("9999-12-31T00:00:59-23:59", "9999-12-31T23:59:59Z"),
    ] {
        assert_eq!(UtcTime::parse_rfc3339(text), UtcTime::parse(same), "{text}");
    }
    for (text, why) in [
        ("2034-01-01T00:00:00-00:00", TimeError::Form),
        ("2034-01-01t00:00:00Z", TimeError::Form),
        ("2034-01-01T00:00:00z", TimeError::Form),
        ("2034-01-01 00:00:00Z", TimeError::Form),
        ("2034-01-01T00:00:00", TimeError::Form),
        ("2034-01-01T00:00:00.Z", TimeError::Form),
        ("2034-01-01T00:00:00,5Z", TimeError::Form),
        ("2034-01-01T00:00:00.0123456789Z", TimeError::Form),
        ("2034-01-01T00:00:00.5", TimeError::Form),
        ("2034-01-01T00:00:00.٣Z", TimeError::Form),
        ("2034-01-01T00:00:00+0400", TimeError::Form),
        ("2034-01-01T00:00:00+04", TimeError::Form),
        ("2034-01-01T00:00:00\u{2212}04:00", TimeError::Form),
        ("2034-01-01T00:00Z", TimeError::Form),
        ("2034-01-01T00:00:00Z ", TimeError::Form),
        ("2034-01-01T00:00:00ZZ", TimeError::Form),
        ("2034-01-01T00:00:00+24:00", TimeError::Range),
        ("2034-01-01T00:00:00+23:60", TimeError::Range),
        ("2033-12-31T23:59:60Z", TimeError::Range),
        ("2034-02-29T00:00:00-04:00", TimeError::Range),
        ("0000-12-31T00:00:59-23:59", TimeError::Range),
        ("0001-01-01T00:00:59.9+00:01", TimeError::Range),
        ("9999-12-31T23:59:00-00:01", TimeError::Range),
    ] {
        assert_eq!(UtcTime::parse_rfc3339(text), Err(why), "{text}");
    }
}

/// RFC 3339 from left to right, its days counted year by year and month by month.
fn naive(text: &str) -> Option<i64> {
    fn number(rest: &mut &str, digits: usize) -> Option<i64> {
        let (number, after) = rest.split_at_checked(digits)?;
        *rest = after;
        number.bytes().all(|b| b.is_ascii_digit()).then(|| number.parse().ok()).flatten()
    }
    fn mark<'m>(rest: &mut &str, marks: &[&'m str]) -> Option<&'m str> {
        let mark = marks.iter().find(|mark| rest.starts_with(**mark))?;
        *rest = &rest[mark.len()..];
        Some(*mark)
    }
    let rest = &mut { text };
    let year = number(rest, 4)?;
    mark(rest, &["-"])?;
    let month = number(rest, 2)?;
    mark(rest, &["-"])?;
    let day = number(rest, 2)?;
    mark(rest, &["T"])?;
    let hour = number(rest, 2)?;
    mark(rest, &[":"])?;
    let minute = number(rest, 2)?;
    mark(rest, &[":"])?;
    let second = number(rest, 2)?;
    if mark(rest, &["."]).is_some() {
        let digits = rest.find(|c| !"0123456789".contains(c))?;
        number(rest, digits).filter(|_| (1..10).contains(&digits))?;
    }
    let ahead = match mark(rest, &["Z", "+", "-"])? {
        "Z" => 0,
        sign => {
            let hours = number(rest, 2)?;
            mark(rest, &[":"])?;
            let minutes = number(rest, 2)?;
            let known = sign == "+" || (hours, minutes) != (0, 0);
            (known && hours < 24 && minutes < 60).then_some(())?;
            (hours * 60 + minutes) * if sign == "+" { 60 } else { -60 }
        }
    };
    let february = |year: i64| match (year % 4, year % 100, year % 400) {
        (_, _, 0) => 29,
        (_, 0, _) => 28,
        (0, _, _) => 29,
        _ => 28,
    };
    let months = [31, february(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = months.get(..usize::try_from(month - 1).ok()?)?;
    let of_month = months.get(before.len())?;
    let exists = (1..=*of_month).contains(&day) && hour < 24 && minute < 60 && second < 60;
    (exists && rest.is_empty()).then_some(())?;
    let of_years = |years: core::ops::Range<i64>| -> i64 { years.map(|y| 337 + february(y)).sum() };
    let days = of_years(0..year) - of_years(0..1970) + before.iter().sum::<i64>() + day - 1;
    let time = ((days * 24 + hour) * 60 + minute) * 60 + second - ahead;
    (FIRST..=LAST).contains(&time).then_some(time)
}

/// A text that is nearly a time, and in most cases is one.
fn nearly_a_time(dice: &mut Dice) -> String {
    let years = ["0000", "0001", "1900", "1969", "1970", "2000", "2024", "2100", "9999"];
    let two = |dice: &mut Dice, from: usize, to: usize, beyond: &'static str| {
        let number = from + dice.below(to + 1 - from);
        // The ends, and what lies beyond them, are worth more than the rest.
        match dice.below(16) {
            0 => format!("{from:02}"),
            1 => format!("{to:02}"),
            2 => beyond.to_string(),
            _ => format!("{number:02}"),
        }
    };
    let mut text = dice.one_of(&years).to_string();
    for (mark, from, to, beyond) in [
        ("-", 1, 12, "13"),
        ("-", 1, 31, "00"),
        ("T", 0, 23, "24"),
        (":", 0, 59, "60"),
        (":", 0, 59, "60"),
    ] {
        text += mark;
        text += &two(dice, from, to, beyond);
    }
    if dice.coin() {
        text.push('.');
        (0..dice.below(11)).for_each(|_| text.push(char::from(b'0' + dice.byte() % 10)));
    }
    match dice.below(4) {
        0 => text.push('Z'),
        1 => text += "-00:00",
        _ => {
            text += dice.one_of(&["+", "-"]);
            text += &two(dice, 0, 23, "24");
            text.push(':');
            text += &two(dice, 0, 59, "60");
        }
    }
    if dice.below(4) == 0 {
        let at = dice.below(text.len());
        let end = at + dice.below(2);
        text.replace_range(
            at..end,
            dice.one_of(&["", " ", "Z", "t", "z", "-", "+", ":", ".", "0"]),
        );
    }
    text
}

#[test]
fn times_are_read_as_a_naive_reader_has_them() {
    let mut dice = Dice::new(3339);
    let mut read = 0;
    for _ in 0..100_000 {
        let text = nearly_a_time(&mut dice);
        let ours = UtcTime::parse_rfc3339(&text).map(UtcTime::unix).ok();
        assert_eq!(ours, naive(&text), "{text}");
        read += usize::from(ours.is_some());
        let strict = ours.filter(|_| text.len() == 20 && text.ends_with('Z'));
        assert_eq!(UtcTime::parse(&text).map(UtcTime::unix).ok(), strict, "{text}");
        #[cfg(feature = "chrono")]
        if let Some(ours) = ours {
            let theirs = chrono::DateTime::parse_from_rfc3339(&text).map(|time| time.timestamp());
            assert_eq!(theirs, Ok(ours), "{text}");
        }
    }
    assert!((20_000..80_000).contains(&read), "{read} are times");
}
