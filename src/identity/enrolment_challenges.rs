//! The challenges of an enrolment that have been sent and not been answered.

use super::enrolment_lines::Lines;
use crate::primitives::UtcTime;
use crate::primitives::stored::{Fields, Line, Reader, Writer};

/// How long a challenge may be answered, in seconds: two days. A device that asks once a day has
/// time.
const OPEN_SECONDS: u64 = 2 * 86_400;

/// How much of that is left of a challenge that is handed out, at least.
const LASTING_SECONDS: u64 = OPEN_SECONDS / 2;

/// How many are kept, those that are over included. Of those that are open there are one or two; as
/// with keys, no clock alone takes one away.
const MAX_CHALLENGES: usize = 8;

/// A challenge that has been sent, and when it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OpenChallenge {
    pub(super) random: [u8; 32],
    opened: UtcTime,
}

impl OpenChallenge {
    fn expires(&self) -> UtcTime {
        self.opened.saturating_add(OPEN_SECONDS)
    }

    /// Whether it may be answered. One that was opened more than a day from now, by a clock that
    /// was ahead, is void: it would stay open for as long as the clock was ahead.
    pub(super) fn is_open(&self, now: UtcTime) -> bool {
        now < self.expires() && self.opened <= now.saturating_add(LASTING_SECONDS)
    }

    fn is_lasting(&self, now: UtcTime) -> bool {
        self.is_open(now) && now.saturating_add(LASTING_SECONDS) <= self.expires()
    }
}

impl Lines {
    /// The challenge to send: one that is open, and will be for long enough, or else a new one.
    pub(super) fn challenge_with(&mut self, random: [u8; 32], now: UtcTime) -> [u8; 32] {
        if let Some(open) = self.challenge.iter().find(|open| open.is_lasting(now)) {
            return open.random;
        }
        if self.challenge.len() >= MAX_CHALLENGES {
            self.challenge.retain(|open| open.is_open(now));
        }
        self.challenge.push(Line::new(OpenChallenge { random, opened: now }));
        random
    }
}

impl Fields for OpenChallenge {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        Some(Self { random: line.field()?, opened: line.field()? })
    }

    fn write(&self, line: &mut Writer<'_>) {
        line.field(&self.random).field(&self.opened);
    }
}
