//! Patterns of target paths (TUF §4.5, `PATHPATTERN`).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::OnceCell;
use core::fmt;
use core::ops::RangeInclusive;

/// A glob: `*`, `?` and `[…]` match within one segment of a path, never a `/`.
///
/// `?` is one code point; `[abc]`, `[a-z]` and `[!a-z]` are sets, in which a `]` that comes first
/// stands for itself; a `[` without its `]` stands for itself; there is no escape, and a leading
/// dot is not special. This is Python's `fnmatchcase` on each segment, which is what the reference
/// implementation uses.
///
/// A match takes a few steps for each character of the pattern and of the path; where that does not
/// decide, one more for each character of the pattern and each 64 of the path.
///
/// ```
/// use ota_trust::metadata::PathPattern;
/// let pattern = PathPattern::new("releases/*/v[0-9].bin".into());
/// assert!(pattern.matches("releases/lamp/v2.bin"));
/// assert!(!pattern.matches("releases/lamp/old/v2.bin"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PathPattern(Box<str>);

impl PathPattern {
    /// A pattern from its text; any text is one.
    #[must_use]
    pub fn new(pattern: Box<str>) -> Self {
        Self(pattern)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `path` matches.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        Subject::new(path).matches(&self.0)
    }
}

impl fmt::Debug for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::primitives::quoted(&self.0, f)
    }
}

/// A path that patterns are held against.
pub(super) struct Subject<'t> {
    path: &'t str,
    /// Of each segment; made when it is needed, once for all patterns.
    places: OnceCell<Vec<Places>>,
}

impl<'t> Subject<'t> {
    pub(super) fn new(path: &'t str) -> Self {
        Self { path, places: OnceCell::new() }
    }

    /// Whether the path matches this pattern.
    pub(super) fn matches(&self, pattern: &str) -> bool {
        let mut patterns = pattern.split('/');
        let mut segments = self.path.split('/').enumerate();
        loop {
            match (patterns.next(), segments.next()) {
                (Some(pattern), Some((number, segment))) => {
                    let decided = try_segment(pattern, segment);
                    if !decided.unwrap_or_else(|| self.places(number, pattern)) {
                        return false;
                    }
                }
                (None, None) => return true,
                _ => return false,
            }
        }
    }

    /// Whether the segment with this number matches.
    fn places(&self, number: usize, pattern: &str) -> bool {
        let places = self.places.get_or_init(|| self.path.split('/').map(Places::of).collect());
        places.get(number).is_some_and(|places| places.match_segment(pattern))
    }
}

/// Greedy with one way back: when what follows a `*` does not fit, the `*` takes one character
/// more. An earlier `*` never has to be tried again, because the later one can take whatever it
/// would.
///
/// Nearly all patterns are decided so. `None` for one that keeps being nearly matched, which would
/// take as many steps as pattern and text have characters, multiplied.
fn try_segment(mut pattern: &str, mut text: &str) -> Option<bool> {
    let mut steps = pattern.len() + text.len();
    let closable = closable(pattern);
    let mut star: Option<(&str, &str)> = None;
    loop {
        if let Some(after) = pattern.strip_prefix('*') {
            star = Some((after, text));
            pattern = after;
            continue;
        }
        if pattern.is_empty() && text.is_empty() {
            return Some(true);
        }
        let mut chars = text.chars();
        if let Some((element, rest)) = Element::first(pattern, closable) {
            steps = steps.checked_sub(pattern.len() - rest.len())?;
            if chars.next().is_some_and(|c| element.takes(c)) {
                (pattern, text) = (rest, chars.as_str());
                continue;
            }
        }
        let Some((after, from)) = star else { return Some(false) };
        let mut longer = from.chars();
        if longer.next().is_none() {
            return Some(false);
        }
        star = Some((after, longer.as_str()));
        (pattern, text) = (after, longer.as_str());
    }
}

/// What is left of a pattern from its last `]` on: where less is left, no set can be closed.
fn closable(pattern: &str) -> usize {
    pattern.rfind(']').map_or(usize::MAX, |at| pattern.len() - at)
}

/// What stands for one character.
#[derive(Clone, Copy)]
enum Element<'p> {
    Any,
    Is(char),
    Set { negated: bool, members: &'p str },
}

impl<'p> Element<'p> {
    /// The first element of a pattern, and what follows it.
    fn first(pattern: &'p str, closable: usize) -> Option<(Self, &'p str)> {
        let mut chars = pattern.chars();
        let (first, rest) = (chars.next()?, chars.as_str());
        Some(match first {
            '?' => (Self::Any, rest),
            '[' if rest.len() >= closable => Self::set(rest).unwrap_or((Self::Is('['), rest)),
            _ => (Self::Is(first), rest),
        })
    }

    /// A set whose `[` has been read; `None` where it is not closed.
    fn set(set: &'p str) -> Option<(Self, &'p str)> {
        let (negated, set) = match set.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, set),
        };
        // A `]` in the first place is a member.
        let close = set.char_indices().skip(1).find(|&(_, m)| m == ']').map(|(at, _)| at)?;
        let (members, rest) = (set.get(..close)?, set.get(close + 1..)?);
        Some((Self::Set { negated, members }, rest))
    }

    fn takes(self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::Is(one) => c == one,
            Self::Set { negated, members } => {
                ranges(members).any(|range| range.contains(&c)) != negated
            }
        }
    }
}

/// The members of a set; one alone is a range, too.
fn ranges(members: &str) -> impl Iterator<Item = RangeInclusive<char>> {
    let mut chars = members.chars();
    core::iter::from_fn(move || {
        let low = chars.next()?;
        let mut ahead = chars.clone();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(high)) => {
                chars = ahead;
                Some(low..=high)
            }
            _ => Some(low..=low),
        }
    })
}

/// Where in a text each of its characters stands, one bit for each place.
struct Places {
    /// The characters that there are, ascending.
    chars: Vec<char>,
    /// For each of these its places, in so many words.
    of_each: Vec<u64>,
    /// For each, the places of it and of all below it.
    up_to: Vec<u64>,
    words: usize,
    /// The number of places.
    length: usize,
}

impl Places {
    fn of(text: &str) -> Self {
        let mut chars: Vec<char> = text.chars().collect();
        let length = chars.len();
        // A pattern may also end behind the last character.
        let words = length / 64 + 1;
        chars.sort_unstable();
        chars.dedup();
        let mut of_each = alloc::vec![0; words * chars.len()];
        for (place, c) in text.chars().enumerate() {
            let number = chars.partition_point(|&known| known < c);
            if let Some(word) = of_each.get_mut(number * words + place / 64) {
                *word |= 1 << (place % 64);
            }
        }
        let mut up_to: Vec<u64> = Vec::with_capacity(of_each.len());
        for (at, own) in of_each.iter().enumerate() {
            let below = at.checked_sub(words).and_then(|below| up_to.get(below));
            up_to.push(own | below.copied().unwrap_or_default());
        }
        Self { chars, of_each, up_to, words, length }
    }

    /// The places of one character.
    fn places_of(&self, c: char) -> &[u64] {
        let number = self.chars.binary_search(&c).ok();
        let words = number.and_then(|n| self.of_each.get(n * self.words..(n + 1) * self.words));
        words.unwrap_or_default()
    }

    /// Follows the pattern through all places at once: after each element, those are set up to which
    /// the pattern so far matches.
    fn match_segment(&self, mut pattern: &str) -> bool {
        let closable = closable(pattern);
        let mut reached = alloc::vec![0_u64; self.words];
        let mut taken = reached.clone();
        reached.iter_mut().take(1).for_each(|word| *word = 1);
        loop {
            if let Some(after) = pattern.strip_prefix('*') {
                // All places from the first on.
                let mut below = true;
                for word in &mut reached {
                    *word = if below { *word | word.wrapping_neg() } else { u64::MAX };
                    below &= *word == 0;
                }
                pattern = after;
                continue;
            }
            let Some((element, rest)) = Element::first(pattern, closable) else { break };
            let places = if let Element::Is(c) = element {
                self.places_of(c)
            } else {
                taken.fill(0);
                self.add_places(element, &mut taken);
                &taken
            };
            let (mut carry, mut any) = (0, 0);
            for (word, place) in reached.iter_mut().zip(places) {
                let met = *word & place;
                any |= met;
                (*word, carry) = (met << 1 | carry, met >> 63);
            }
            if any == 0 {
                return false;
            }
            pattern = rest;
        }
        reached.get(self.length / 64).is_some_and(|word| word >> (self.length % 64) & 1 == 1)
    }

    /// Sets the places of the characters that an element takes.
    fn add_places(&self, element: Element<'_>, out: &mut [u64]) {
        match element {
            Element::Any => self.add_range('\0'..=char::MAX, out),
            Element::Is(c) => self.add_range(c..=c, out),
            Element::Set { negated, members } => {
                ranges(members).for_each(|range| self.add_range(range, out));
                if negated {
                    let all = self.words_up_to(self.chars.len());
                    out.iter_mut().zip(all).for_each(|(out, all)| *out = all & !*out);
                }
            }
        }
    }

    fn add_range(&self, range: RangeInclusive<char>, out: &mut [u64]) {
        let until = self.chars.partition_point(|c| c <= range.end());
        let from = self.chars.partition_point(|c| c < range.start()).min(until);
        let below = self.words_up_to(from).chain(core::iter::repeat(0));
        for ((out, word), below) in out.iter_mut().zip(self.words_up_to(until)).zip(below) {
            *out |= word & !below;
        }
    }

    /// The places of the first so many characters; nothing for none.
    fn words_up_to(&self, chars: usize) -> impl Iterator<Item = u64> {
        let end = chars * self.words;
        let set = self.up_to.get(end.saturating_sub(self.words)..end).unwrap_or_default();
        set.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;
    use crate::dice::Dice;

    /// Tries everything.
    fn naive(pattern: &str, text: &str, closable: usize) -> bool {
        if let Some(rest) = pattern.strip_prefix('*') {
            return (0..=text.len())
                .any(|at| text.get(at..).is_some_and(|t| naive(rest, t, closable)));
        }
        let mut chars = text.chars();
        match (Element::first(pattern, closable), chars.next()) {
            (None, c) => c.is_none(),
            (Some(_), None) => false,
            (Some((element, rest)), Some(c)) => {
                element.takes(c) && naive(rest, chars.as_str(), closable)
            }
        }
    }

    #[test]
    fn both_ways_to_match_match_the_same() {
        const OF_PATTERNS: [&str; 13] = [
            "*",
            "*",
            "?",
            "a",
            "a",
            "b",
            "\u{e9}",
            "[ab]",
            "[!a]",
            "[a-\u{ffff}]",
            "[]]",
            "[b-a]",
            "[",
        ];
        let (mut dice, mut undecided, mut matched) = (Dice::new(1), 0, 0);
        for round in 0..6000 {
            let pattern: String = dice.list(9, |dice| dice.one_of(&OF_PATTERNS)).concat();
            let text = |dice: &mut Dice| dice.one_of(&["a", "a", "a", "b", "\u{e9}", "]", "["]);
            let mut text: String = dice.list(9, text).concat();
            // Over the edges of words.
            let more = [0, 50, 56, 60, 64, 120, 124][round % 7];
            text.extend(core::iter::repeat_n(
                'a',
                if pattern.matches('*').count() < 4 { more } else { 0 },
            ));
            let expected = naive(&pattern, &text, closable(&pattern));
            let tried = try_segment(&pattern, &text);
            assert!(tried.is_none_or(|tried| tried == expected), "{pattern} {text}");
            assert_eq!(Places::of(&text).match_segment(&pattern), expected, "{pattern} {text}");
            assert_eq!(PathPattern::new(pattern.as_str().into()).matches(&text), expected);
            undecided += u32::from(tried.is_none());
            matched += u32::from(expected);
        }
        assert!(undecided > 100 && matched > 300, "{undecided} {matched}");
    }
}
