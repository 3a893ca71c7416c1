//! Text from files, in texts for people: the one way in which it is shown.
//!
//! A file says what it likes, at any length: without this it could fill a log, forge a line of it, or
//! turn a line around.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use core::char::EscapeDebug;
use core::fmt::{self, Display as _, Write as _};

/// Enough to tell names apart, and too little to fill a log.
const LONGEST: usize = 100;

/// The same for lists.
const MOST: usize = 8;

/// What somebody else wrote: text of a file or a token, in a refusal of it.
///
/// It displays between quotation marks, fit for a log: on one line, with control characters and
/// whatever else cannot be seen escaped. Of a text that is longer than 100 characters, escaped, that
/// many are shown, and its length. `as_str` is the whole of it, as it was.
///
/// ```
/// use ota_trust::primitives::Quoted;
///
/// let forged = Quoted::from("x\n2027-01-01 update OK");
/// assert_eq!(forged.to_string(), r#""x\n2027-01-01 update OK""#);
/// let long = Quoted::from("x".repeat(50_000)).to_string();
/// assert!(long.len() < 150 && long.ends_with("x…\" (50000 bytes)"));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quoted(Box<str>);

impl Quoted {
    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! from {
    ($($text:ty)*) => {$(
        impl From<$text> for Quoted {
            fn from(text: $text) -> Self {
                Self(text.into())
            }
        }
    )*};
}

from! { &str String Box<str> Cow<'_, str> }

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        quoted(&self.0, f)
    }
}

impl fmt::Debug for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        quoted(&self.0, f)
    }
}

/// Writes text that anybody may have written as [`Quoted`] does, without quotation marks.
pub(crate) fn printed(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    between("", text, f)
}

/// The same with quotation marks.
pub(crate) fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    between("\"", text, f)
}

fn between(mark: &str, text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(mark)?;
    let mut room = LONGEST;
    for (at, c) in text.char_indices() {
        let escape = escape_of(c, at > 0);
        let width = escape.as_ref().map_or(1, ExactSizeIterator::len);
        let Some(left) = room.checked_sub(width) else {
            return write!(f, "…{mark} ({} bytes)", text.len());
        };
        room = left;
        match escape {
            Some(escape) => escape.fmt(f)?,
            None => f.write_char(c)?,
        }
    }
    f.write_str(mark)
}

/// Text that is shown as [`printed`] shows it, where it is no part of a type that does so itself.
pub(crate) struct Printed<T>(pub(crate) T);

impl<T: AsRef<str>> fmt::Display for Printed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        printed(self.0.as_ref(), f)
    }
}

/// The escape of a character that cannot be seen, or that is a quotation mark or a backslash. A mark
/// that combines with the character before is seen on that, and alone is not.
pub(super) fn escape_of(c: char, follows_another: bool) -> Option<EscapeDebug> {
    let mut pair = [b'a'; 5];
    let [_, own @ ..] = &mut pair;
    let end = 1 + c.encode_utf8(own).len();
    let bytes = pair.get(usize::from(!follows_another)..end).unwrap_or_default();
    let text = core::str::from_utf8(bytes).unwrap_or_default();
    (text.escape_debug().count() > text.chars().count()).then(|| c.escape_debug())
}

/// Writes the first of a list, each by `show`, and how many more there are.
pub(crate) fn few<T>(
    list: &[T],
    f: &mut fmt::Formatter<'_>,
    mut show: impl FnMut(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    list.iter().take(MOST).try_for_each(|item| show(item, f))?;
    match list.len().saturating_sub(MOST) {
        0 => Ok(()),
        more => write!(f, "; and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString as _;

    use super::*;
    use crate::dice::Dice;

    /// What forges lines, hides, or turns a line around; marks and escapes; and what is none of that.
    const CHARACTERS: &str = "\n\r\t\0\u{1b}\u{7f}\u{85}\u{9b}\u{ad}\u{61c}\u{200b}\u{200d}\u{200e}\u{200f}\
        \u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\
        \u{3000}\u{e000}\u{feff}\u{e0041}\u{10ffff}\u{301}\u{20dd}\u{fe0f}\"'\\{}nu…a é漢\u{1f600}";

    /// The first characters above, which are never to be seen.
    const UNSEEN: usize = 30;

    /// What an escaped text means, read naively.
    fn unescaped(text: &str) -> String {
        let (mut out, mut rest) = (String::new(), text);
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            if c != '\\' {
                out.push(c);
                continue;
            }
            let kind = rest.chars().next().expect("an escape is not cut");
            rest = &rest[1..];
            out.push(match kind {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '0' => '\0',
                'u' => {
                    let (number, after) = rest[1..].split_once('}').expect("an escape is not cut");
                    rest = after;
                    char::from_u32(u32::from_str_radix(number, 16).expect("a number")).expect("one")
                }
                same => same,
            });
        }
        out
    }

    #[test]
    fn whatever_is_shown_is_one_short_line_that_says_what_was_written() {
        let all: alloc::vec::Vec<char> = CHARACTERS.chars().collect();
        let (unseen, _) = all.split_at(UNSEEN);
        let (mut dice, mut cut) = (Dice::new(11), 0);
        for _ in 0..20_000 {
            let text: String = dice.list(60, |dice| all[dice.below(all.len())]).iter().collect();
            let shown = Quoted::from(&*text).to_string();
            assert!(!shown.contains(unseen), "{shown}");
            assert_eq!(shown, format!("{:?}", Quoted::from(text.clone())));
            let body = shown.strip_prefix('"').expect("a quotation mark");
            if let Some(whole) = body.strip_suffix('"') {
                assert!(whole.chars().count() <= LONGEST);
                assert_eq!(unescaped(whole), text);
                assert_eq!(Printed(&text).to_string(), whole);
            } else {
                let length = format!("…\" ({} bytes)", text.len());
                let start = body.strip_suffix(&length).expect("the length");
                // One more character does not fit, and takes ten at most.
                assert!((LONGEST - 9..=LONGEST).contains(&start.chars().count()), "{start}");
                assert!(text.starts_with(&unescaped(start)), "{start}");
                cut += 1;
            }
        }
        assert!((5_000..15_000).contains(&cut), "{cut} are cut");
    }

    #[test]
    fn a_key_id_of_a_digest_fits_and_what_is_longer_is_cut_with_its_length() {
        let shown = |text: &str| Printed(text).to_string();
        assert_eq!(shown(&"f".repeat(LONGEST)), "f".repeat(LONGEST));
        let cut = format!("{}… (101 bytes)", "f".repeat(LONGEST));
        assert_eq!(shown(&"f".repeat(LONGEST + 1)), cut);
        assert_eq!(shown("e\u{301}"), "e\u{301}");
        assert_eq!(shown("\u{301}e"), "\\u{301}e");
        assert_eq!(shown(""), "");
    }

    #[test]
    fn of_a_list_the_first_are_shown() {
        struct List(u8);
        impl fmt::Display for List {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let list: alloc::vec::Vec<u8> = (1..=self.0).collect();
                few(&list, f, |n, f| write!(f, " {n}"))
            }
        }
        assert_eq!(List(0).to_string(), "");
        assert_eq!(List(8).to_string(), " 1 2 3 4 5 6 7 8");
        assert_eq!(List(10).to_string(), " 1 2 3 4 5 6 7 8; and 2 more");
    }
}
