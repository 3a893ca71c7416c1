//! Patterns of target paths (TUF §4.5, `PATHPATTERN`).

use alloc::boxed::Box;
use core::fmt;

/// A glob: `*`, `?` and `[…]` match within one segment of a path, never a `/`.
///
/// `?` is one code point; `[abc]`, `[a-z]` and `[!a-z]` are sets, in which a `]` that comes first
/// stands for itself; a `[` without its `]` stands for itself; there is no escape, and a leading
/// dot is not special. This is Python's `fnmatchcase` on each segment, which is what the reference
/// implementation uses.
///
/// A match takes at most as many steps as pattern and path have characters, multiplied; it never
/// goes back further than the last `*`.
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
        matches(&self.0, path)
    }
}

/// Whether `path` matches the pattern with the text `pattern`.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let mut patterns = pattern.split('/');
    let mut segments = path.split('/');
    loop {
        match (patterns.next(), segments.next()) {
            (Some(pattern), Some(segment)) if matches_segment(pattern, segment) => {}
            (None, None) => return true,
            _ => return false,
        }
    }
}

impl fmt::Debug for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Greedy with one way back: when what follows a `*` does not fit, the `*` takes one character
/// more. An earlier `*` never has to be tried again, because the later one can take whatever it
/// would.
fn matches_segment(mut pattern: &str, mut text: &str) -> bool {
    // What is left of the pattern from its last `]` on: where less is left, no set can be closed.
    let closable = pattern.rfind(']').map_or(usize::MAX, |at| pattern.len() - at);
    let mut star: Option<(&str, &str)> = None;
    loop {
        if let Some(after) = pattern.strip_prefix('*') {
            star = Some((after, text));
            pattern = after;
            continue;
        }
        if pattern.is_empty() && text.is_empty() {
            return true;
        }
        if let Some((rest, remaining)) = match_one(pattern, text, closable) {
            (pattern, text) = (rest, remaining);
            continue;
        }
        let Some((after, from)) = star else { return false };
        let mut longer = from.chars();
        if longer.next().is_none() {
            return false;
        }
        star = Some((after, longer.as_str()));
        (pattern, text) = (after, longer.as_str());
    }
}

/// Matches one element of the pattern with one character; what is left of both.
fn match_one<'p, 't>(
    pattern: &'p str,
    text: &'t str,
    closable: usize,
) -> Option<(&'p str, &'t str)> {
    let mut rest = pattern.chars();
    let element = rest.next()?;
    let mut chars = text.chars();
    let c = chars.next()?;
    let (matched, rest) = match element {
        '?' => (true, rest.as_str()),
        '[' if rest.as_str().len() >= closable => {
            match_set(rest.as_str(), c).unwrap_or((c == '[', rest.as_str()))
        }
        _ => (c == element, rest.as_str()),
    };
    matched.then_some((rest, chars.as_str()))
}

/// Matches a set whose `[` has been read; `None` where it is not closed.
fn match_set(set: &str, c: char) -> Option<(bool, &str)> {
    let (negated, set) = match set.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, set),
    };
    // A `]` in the first place is a member.
    let close = set.char_indices().skip(1).find(|&(_, m)| m == ']').map(|(at, _)| at)?;
    let (members, rest) = (set.get(..close)?, set.get(close + 1..)?);
    let mut found = false;
    let mut chars = members.chars();
    while let Some(low) = chars.next() {
        let mut ahead = chars.clone();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(high)) => {
                found |= (low..=high).contains(&c);
                chars = ahead;
            }
            _ => found |= c == low,
        }
    }
    Some((found != negated, rest))
}
