//! Two copies of the ledger, written in turn: a bad sector, or a write that is torn, costs the last
//! step and not the floors.

use super::lines::Lines;
use crate::primitives::stored::{self, Rewrite, Stored};

/// One of the two copies in which a device keeps its ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LedgerCopy {
    /// The first.
    First,
    /// The second.
    Second,
}

impl LedgerCopy {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

/// What the storage says of one copy.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there are two in a cycle, and they are soon read")]
pub(crate) enum Found {
    Bytes(Stored<Lines>),
    /// The caller gives it up: whatever was in it is lost.
    AssumedLost,
    /// The storage failed.
    Unreadable,
}

impl Found {
    pub(crate) fn read(bytes: Option<&[u8]>) -> Self {
        Self::Bytes(stored::read(bytes))
    }
}

/// What comes of both copies.
pub(super) struct Read {
    pub(super) lines: Lines,
    /// `None` where newer firmware has written the ledger, and this one must not write over it.
    pub(super) rewrite: Option<Rewrite<Lines>>,
    pub(super) turn: Turn,
    pub(super) outcome: Outcome,
}

/// What is known of the ledger as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is there.
    Whole,
    /// It is there; the other copy is not.
    OneCopy,
    /// It is the first of all, and has no other copy yet: unless something is stored that was entered later.
    First,
    /// There never was one, or it is gone.
    Absent,
    /// It was there, and is gone.
    Lost,
}

/// Which copy is written next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    /// The copy that holds the present ledger; `None` where there is none.
    holder: Option<LedgerCopy>,
    /// The only copy for which the storage works, if it is not both.
    only: Option<LedgerCopy>,
}

impl Turn {
    /// Whether neither copy has been stored, and both can be.
    pub(super) fn begins(self) -> bool {
        self.holder.is_none() && self.only.is_none()
    }

    /// By how much the generation rises. The copy that cannot be read may be ahead by one: what is written
    /// alone must be newer than that, once both can be read.
    pub(super) fn step(self) -> u64 {
        if self.only.is_some() { 2 } else { 1 }
    }

    pub(super) fn next(self) -> LedgerCopy {
        let turn = self.holder.map_or(LedgerCopy::First, LedgerCopy::other);
        self.only.unwrap_or(turn)
    }

    /// The next copy has been written.
    pub(super) fn passes(&mut self) {
        self.holder = Some(self.next());
    }
}

/// A copy that could be read.
struct Copy {
    which: LedgerCopy,
    lines: Lines,
    rewrite: Option<Rewrite<Lines>>,
}

impl Copy {
    fn of(which: LedgerCopy, found: Found) -> Option<Self> {
        let (lines, rewrite) = match found {
            Found::Bytes(Stored::Found(lines, rewrite)) => (lines, Some(rewrite)),
            Found::Bytes(Stored::Newer(lines)) => (lines, None),
            _ => return None,
        };
        Some(Self { which, lines, rewrite })
    }

    /// `None` where firmware has written it that is so new that none of its lines is known.
    fn generation(&self) -> Option<u64> {
        let known = self.lines.generation.as_ref().map(|line| **line);
        known.or_else(|| self.rewrite.as_ref().map(|_| 0))
    }
}

/// What both copies come to; `None` if the storage failed, and nobody knows what there is.
pub(super) fn newest(first: Found, second: Found) -> Option<Read> {
    let has_failed = [&first, &second].into_iter().any(|found| matches!(found, Found::Unreadable));
    let is_gone = [&first, &second]
        .into_iter()
        .any(|found| matches!(found, Found::AssumedLost | Found::Bytes(Stored::Damaged)));
    let works = |found: &Found| matches!(found, Found::Bytes(_));
    let only = match (works(&first), works(&second)) {
        (true, false) => Some(LedgerCopy::First),
        (false, true) => Some(LedgerCopy::Second),
        _ => None,
    };
    let copies = (Copy::of(LedgerCopy::First, first), Copy::of(LedgerCopy::Second, second));
    let (Copy { which, lines, rewrite }, outcome) = match copies {
        (Some(first), Some(second)) => both(first, second),
        (Some(copy), None) | (None, Some(copy)) => {
            let is_first = !is_gone && !has_failed && copy.generation().is_none_or(|n| n <= 1);
            (copy, if is_first { Outcome::First } else { Outcome::OneCopy })
        }
        (None, None) if has_failed => return None,
        (None, None) => {
            let outcome = if is_gone { Outcome::Lost } else { Outcome::Absent };
            let turn = Turn { holder: None, only };
            return Some(Read { turn, outcome, ..nothing() });
        }
    };
    let turn = Turn { holder: Some(which), only };
    Some(Read { lines, rewrite, turn, outcome })
}

/// The newer copy; and higher floors of the other one, where the two speak of one root or are out of step.
/// One may have been written while the storage failed for the other, and then a number says little. (In
/// step, and of two roots, the other one has what the newer root has ended.) A higher floor of the other one
/// does not take the place of the newer one's: it may be on the word of keys that are gone, which is known
/// after the walk.
///
/// What either of them has that must not be passed over is not passed over. So firmware that takes
/// such a line back writes both.
fn both(first: Copy, second: Copy) -> (Copy, Outcome) {
    let generations = (first.generation(), second.generation());
    let (mut newer, other) = match generations {
        (None, _) => (first, second),
        (_, None) => (second, first),
        (a, b) if b > a => (second, first),
        _ => (first, second),
    };
    if newer.generation().is_none() {
        newer.lines = other.lines.clone();
    }
    if other.rewrite.is_none() {
        newer.rewrite = None;
    }
    let is_in_step = match generations {
        (Some(a), Some(b)) => a.abs_diff(b) <= 1,
        _ => true,
    };
    let root = |copy: &Copy| copy.lines.root.as_ref().map(|root| root.mark);
    if !is_in_step || root(&newer) == root(&other) {
        for floor in other.lines.floor {
            let floors = &mut newer.lines.floor;
            let of_role = floors.iter().filter(|known| known.role == floor.role);
            if of_role.map(|known| known.version).max() >= Some(floor.version) {
                continue;
            }
            match floors.iter_mut().find(|known| known.is_by_same(&floor)) {
                Some(known) => *known = floor,
                None => floors.push(floor),
            }
        }
    }
    (newer, if is_in_step { Outcome::Whole } else { Outcome::OneCopy })
}

/// No ledger at all.
pub(super) fn nothing() -> Read {
    let (lines, rewrite) = Stored::Absent.open();
    let turn = Turn { holder: None, only: None };
    Read { lines, rewrite, turn, outcome: Outcome::Absent }
}
