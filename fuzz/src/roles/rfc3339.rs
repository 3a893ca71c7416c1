//! `expires` of TUF's files, read naively: RFC 3339, stepped to UTC one minute at a time.

use super::document::is_time;

/// The same moment as `YYYY-MM-DDTHH:MM:SSZ`, without its fraction; `None` for what is no time, or is
/// outside of the years 1 to 9999.
pub fn utc(text: &str) -> Option<String> {
    let (date_time, rest) = text.split_at_checked("YYYY-MM-DDTHH:MM:SS".len())?;
    // Four centuries later the calendar is the same, so the year 0 can be asked for, too.
    let exists = match date_time.strip_prefix("0000") {
        Some(rest) => is_time(&format!("0400{rest}Z")),
        None => is_time(&format!("{date_time}Z")),
    };
    let offset = match rest.strip_prefix('.') {
        Some(fraction) => {
            let offset = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            (1..=9).contains(&(fraction.len() - offset.len())).then_some(offset)?
        }
        None => rest,
    };
    if !exists {
        return None;
    }
    let mut minute = Minute::read(date_time)?;
    if offset != "Z" {
        let (hours, minutes) = offset.get(1..)?.split_once(':')?;
        let number = |text: &str| {
            let formed = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
            formed.then(|| text.parse::<u32>().ok()).flatten()
        };
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        let step = match &offset[..1] {
            "+" => Minute::back,
            "-" if hours + minutes > 0 => Minute::on,
            _ => return None,
        };
        if hours > 23 || minutes > 59 {
            return None;
        }
        (0..60 * hours + minutes).for_each(|_| step(&mut minute));
    }
    let seconds = &date_time["YYYY-MM-DDTHH:MM:".len()..];
    (1..=9999).contains(&minute.year).then(|| format!("{minute}{seconds}Z"))
}

struct Minute {
    year: i32,
    month: i32,
    day: i32,
    hour: i32,
    minute: i32,
}

impl Minute {
    fn read(text: &str) -> Option<Self> {
        let number = |from: usize, to: usize| text.get(from..to)?.parse().ok();
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        Some(Self { year, month, day, hour: number(11, 13)?, minute: number(14, 16)? })
    }

    fn days(&self) -> i32 {
        let leap = self.year % 400 == 0 || (self.year % 4 == 0 && self.year % 100 != 0);
        match self.month {
            2 => 28 + i32::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    fn on(&mut self) {
        self.minute += 1;
        if self.minute == 60 {
            (self.hour, self.minute) = (self.hour + 1, 0);
        }
        if self.hour == 24 {
            (self.day, self.hour) = (self.day + 1, 0);
        }
        if self.day > self.days() {
            (self.month, self.day) = (self.month + 1, 1);
        }
        if self.month > 12 {
            (self.year, self.month) = (self.year + 1, 1);
        }
    }

    fn back(&mut self) {
        self.minute -= 1;
        if self.minute < 0 {
            (self.hour, self.minute) = (self.hour - 1, 59);
        }
        if self.hour < 0 {
            (self.day, self.hour) = (self.day - 1, 23);
        }
        if self.day == 0 {
            self.month -= 1;
            if self.month == 0 {
                (self.year, self.month) = (self.year - 1, 12);
            }
            self.day = self.days();
        }
    }
}

impl std::fmt::Display for Minute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { year, month, day, hour, minute } = self;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:")
    }
}
