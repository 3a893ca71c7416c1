//! Globs against a matcher that tries everything.
//!
//! The input is a pattern and a path with a line break between them; long ones are cut, since the
//! naive matcher takes exponential time.

use ota_trust::metadata::PathPattern;

const LONGEST: usize = 10;

pub fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (pattern, path) = text.split_once('\n').unwrap_or((&text, ""));
    let cut = |text: &str| text.chars().take(LONGEST).collect::<String>();
    let (pattern, path) = (cut(pattern), cut(path));
    let matched = PathPattern::new(pattern.as_str().into()).matches(&path);
    assert_eq!(matched, matches(&pattern, &path), "{pattern:?} {path:?}");
}

/// Whether `path` matches: as many segments, and each matches its pattern (TUF §4.5,
/// `PATHPATTERN`).
pub fn matches(pattern: &str, path: &str) -> bool {
    let patterns: Vec<Vec<char>> = pattern.split('/').map(|s| s.chars().collect()).collect();
    let segments: Vec<Vec<char>> = path.split('/').map(|s| s.chars().collect()).collect();
    patterns.len() == segments.len()
        && patterns.iter().zip(&segments).all(|(pattern, segment)| glob(pattern, segment))
}

/// Python's `fnmatchcase`, which the reference implementation uses.
fn glob(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], _) => text.is_empty(),
        (['*', rest @ ..], _) => (0..=text.len()).any(|taken| glob(rest, &text[taken..])),
        (_, []) => false,
        (['?', rest @ ..], [_, left @ ..]) => glob(rest, left),
        (['[', rest @ ..], [c, left @ ..]) => match set(rest) {
            Some((negated, members, rest)) => contains(members, *c) != negated && glob(rest, left),
            None => *c == '[' && glob(rest, left),
        },
        ([p, rest @ ..], [c, left @ ..]) => p == c && glob(rest, left),
    }
}

/// What follows a `[`: whether it starts with `!`, the members, and what follows the `]`.
fn set(pattern: &[char]) -> Option<(bool, &[char], &[char])> {
    let (negated, set) = match pattern {
        ['!', rest @ ..] => (true, rest),
        _ => (false, pattern),
    };
    // A `]` at the start is a member.
    let close = 1 + set.iter().skip(1).position(|c| *c == ']')?;
    Some((negated, &set[..close], &set[close + 1..]))
}

fn contains(members: &[char], c: char) -> bool {
    match members {
        [] => false,
        [low, '-', high, rest @ ..] => (*low <= c && c <= *high) || contains(rest, c),
        [member, rest @ ..] => *member == c || contains(rest, c),
    }
}
