//! Strings as they stand in the file, and their decoded form.

use alloc::borrow::Cow;
use alloc::string::String;
use core::cmp::Ordering;

/// A JSON string that the reader has checked: what stands between its quotes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Text<'b> {
    raw: &'b str,
    escaped: bool,
}

impl<'b> Text<'b> {
    /// `raw` is what stands between the quotes; `escaped` is whether it has a backslash.
    pub(super) fn new(raw: &'b str, escaped: bool) -> Self {
        Self { raw, escaped }
    }

    /// The checked string at the start of `text`, which ends at the first quote that no backslash
    /// escapes.
    pub(super) fn up_to_quote(text: &'b str) -> Self {
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut escaped = false;
        loop {
            at += run_length(bytes.get(at..).unwrap_or_default());
            match bytes.get(at) {
                Some(b'\\') => {
                    escaped = true;
                    at += 2;
                }
                _ => break,
            }
        }
        Self { raw: text.get(..at).unwrap_or_default(), escaped }
    }

    /// The string that is meant.
    pub(crate) fn decode(&self) -> Cow<'b, str> {
        if self.escaped { Cow::Owned(self.chars().collect()) } else { Cow::Borrowed(self.raw) }
    }

    /// Whether the string that is meant is `other`; allocates nothing.
    pub(crate) fn is(&self, other: &str) -> bool {
        self.compare_str(other) == Ordering::Equal
    }

    /// Compares by code points of the decoded strings. (UTF-8 keeps their order in its bytes.)
    #[inline]
    pub(crate) fn compare(&self, other: &Text<'_>) -> Ordering {
        // The keys of most objects differ in their first letter.
        if let (Some(a), Some(b)) = (self.raw.as_bytes().first(), other.raw.as_bytes().first())
            && a != b
            && *a != b'\\'
            && *b != b'\\'
        {
            return a.cmp(b);
        }
        if self.escaped || other.escaped {
            self.chars().cmp(other.chars())
        } else {
            self.raw.cmp(other.raw)
        }
    }

    /// [`compare`](Self::compare) with a plain string.
    pub(crate) fn compare_str(&self, other: &str) -> Ordering {
        if self.escaped { self.chars().cmp(other.chars()) } else { self.raw.cmp(other) }
    }

    /// The string between quotes. In canonical form only `"` and `\` are escaped; as it is
    /// `published`, control characters are too.
    pub(crate) fn write(&self, published: bool, mut out: impl FnMut(&[u8])) {
        out(b"\"");
        if self.escaped {
            let mut buffer = [0; 4];
            for c in self.chars() {
                if published && c < ' ' {
                    control(c, &mut out);
                    continue;
                }
                if matches!(c, '"' | '\\') {
                    out(b"\\");
                }
                out(c.encode_utf8(&mut buffer).as_bytes());
            }
        } else {
            out(self.raw.as_bytes());
        }
        out(b"\"");
    }

    /// The number of bytes between the quotes.
    #[cfg(feature = "repository")]
    pub(super) fn raw_length(&self) -> usize {
        self.raw.len()
    }

    fn chars(&self) -> Chars<'b> {
        Chars { rest: self.raw }
    }
}

/// Appends `text` as a published string, between quotes.
pub(crate) fn write_str(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => control(c, |bytes| out.extend(bytes.iter().map(|&b| char::from(b)))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The escape of a control character, as most writers have it.
fn control(c: char, mut out: impl FnMut(&[u8])) {
    match c {
        '\n' => out(b"\\n"),
        '\r' => out(b"\\r"),
        '\t' => out(b"\\t"),
        '\u{8}' => out(b"\\b"),
        '\u{c}' => out(b"\\f"),
        _ => out(alloc::format!("\\u{:04x}", u32::from(c)).as_bytes()),
    }
}

/// The number of bytes up to the next quote, backslash or control character.
///
/// The lowest mark of each eight bytes is the one that is used.
pub(super) fn run_length(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let marks = marks(*word);
        if marks != 0 {
            return i * 8 + (marks.trailing_zeros() / 8) as usize;
        }
    }
    let stop = tail.iter().position(|&b| b < 0x20 || b == b'"' || b == b'\\');
    bytes.len() - tail.len() + stop.unwrap_or(tail.len())
}

/// Eight bytes, with a bit at the top of each that is a quote, a backslash or a control character.
///
/// In each byte, the subtractions carry into the top bit where the byte is below 0x20, or equal to
/// the quote or the backslash. A carry out of a lower byte can only mark a byte above one that is
/// marked already: none is marked where none should be, and the lowest mark is right.
fn marks(bytes: [u8; 8]) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const TOPS: u64 = ONES << 7;
    const QUOTES: u64 = ONES * b'"' as u64;
    const SLASHES: u64 = ONES * b'\\' as u64;
    let word = u64::from_le_bytes(bytes);
    let zero_at = |word: u64| word.wrapping_sub(ONES) & !word;
    let controls = word.wrapping_sub(ONES * 0x20) & !word;
    (controls | zero_at(word ^ QUOTES) | zero_at(word ^ SLASHES)) & TOPS
}

/// A multiple of eight bytes that `a` and `b` begin with in common.
pub(super) fn shared_words(a: &[u8], b: &[u8]) -> usize {
    let pairs = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
    8 * pairs.take_while(|(a, b)| a == b).count()
}

/// Compares what two checked strings mean, each given from behind its opening quote on, and each up
/// to the first ASCII character that `ends` it.
///
/// Both are read only as far as they are equal. To look for their ends first would let one long
/// key, compared with many others, cost its whole length each time.
pub(super) fn compare_until(mut a: &str, mut b: &str, ends: impl Fn(u8) -> bool) -> Ordering {
    let plain = |byte: u8| !matches!(byte, b'"' | b'\\') && !ends(byte);
    loop {
        let words = a.as_bytes().as_chunks::<8>().0.iter().zip(b.as_bytes().as_chunks::<8>().0);
        let same = |(a, b): &(&[u8; 8], &[u8; 8])| {
            a == b && marks(**a) == 0 && !a.iter().any(|&byte| ends(byte))
        };
        let from = 8 * words.take_while(same).count();
        let bytes = a.bytes().zip(b.bytes()).skip(from);
        let at = from + bytes.take_while(|&(x, y)| x == y && plain(x)).count();
        match (a.as_bytes().get(at), b.as_bytes().get(at)) {
            (Some(x), Some(y)) if plain(*x) && plain(*y) => return x.cmp(y),
            _ => {}
        }
        // One of them is at an end or an escape, and so both are at the start of a character.
        let next = |text: &'_ str| {
            let (c, rest) = decode_one(text.get(at..)?)?;
            let over = text.as_bytes().get(at) == Some(&b'"') || u8::try_from(c).is_ok_and(&ends);
            (!over).then_some((c, text.len() - rest.len()))
        };
        match (next(a), next(b)) {
            (Some((x, after_x)), Some((y, after_y))) if x == y => {
                a = a.get(after_x..).unwrap_or_default();
                b = b.get(after_y..).unwrap_or_default();
            }
            (x, y) => return x.map(|(c, _)| c).cmp(&y.map(|(c, _)| c)),
        }
    }
}

/// The bytes of what a checked string means, from behind its opening quote on, one by one.
pub(super) struct DecodedBytes<'b> {
    text: &'b str,
    at: usize,
    /// What an escape meant, and how much of it has been given.
    pending: ([u8; 4], usize, usize),
}

impl<'b> DecodedBytes<'b> {
    pub(super) fn new(text: &'b str) -> Self {
        Self { text, at: 0, pending: ([0; 4], 0, 0) }
    }

    fn escape(&mut self) -> Option<u8> {
        let rest = self.text.get(self.at..)?;
        let (c, after) = decode_one(rest)?;
        self.at += rest.len() - after.len();
        let mut bytes = [0; 4];
        let length = c.encode_utf8(&mut bytes).len();
        self.pending = (bytes, 1, length);
        bytes.first().copied()
    }
}

impl Iterator for DecodedBytes<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (bytes, given, length) = &mut self.pending;
        if *given < *length {
            *given += 1;
            return bytes.get(*given - 1).copied();
        }
        match *self.text.as_bytes().get(self.at)? {
            b'"' => None,
            b'\\' => self.escape(),
            byte => {
                self.at += 1;
                Some(byte)
            }
        }
    }
}

/// The decoded characters of a checked string, up to its closing quote or the end of `rest`.
struct Chars<'b> {
    rest: &'b str,
}

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        if self.rest.starts_with('"') {
            return None;
        }
        let (c, rest) = decode_one(self.rest)?;
        self.rest = rest;
        Some(c)
    }
}

/// The first character that `raw` stands for, and what follows it; `None` at the end, and where an
/// escape means no character, which a checked string does not have.
pub(super) fn decode_one(raw: &str) -> Option<(char, &str)> {
    let mut chars = raw.chars();
    let c = chars.next()?;
    if c != '\\' {
        return Some((c, chars.as_str()));
    }
    let meant = match chars.next()? {
        c @ ('"' | '\\' | '/') => c,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return decode_unicode(chars.as_str()),
        _ => return None,
    };
    Some((meant, chars.as_str()))
}

/// What follows `\u`: four digits, or a surrogate pair of twice four.
fn decode_unicode(raw: &str) -> Option<(char, &str)> {
    let (unit, rest) = code_unit(raw)?;
    if !(0xd800..0xdc00).contains(&unit) {
        return char::from_u32(unit).map(|c| (c, rest));
    }
    let (low, rest) = code_unit(rest.strip_prefix("\\u")?)?;
    if !(0xdc00..0xe000).contains(&low) {
        return None;
    }
    let point = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    char::from_u32(point).map(|c| (c, rest))
}

fn code_unit(raw: &str) -> Option<(u32, &str)> {
    let (digits, rest) = raw.split_at_checked(4)?;
    // `from_str_radix` would take a sign.
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok().map(|unit| (unit, rest))
}

impl From<Text<'_>> for String {
    fn from(text: Text<'_>) -> Self {
        text.decode().into_owned()
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec::Vec;

    use super::*;

    /// What stands before the first `end`, or all.
    fn head(raw: &str, end: char) -> String {
        Text::up_to_quote(raw).decode().chars().take_while(|&c| c != end).collect()
    }

    #[test]
    fn strings_compare_by_what_they_mean_up_to_an_end() {
        let parts = [
            "",
            "a",
            "\\u0061",
            "*",
            "\\u002a",
            "\\\"",
            "\\\\",
            " ",
            "!",
            "\u{e4}",
            "\u{fffd}",
            "\u{1f600}",
            "\\ud83d\\ude00",
        ];
        let pairs = parts.iter().flat_map(|a| parts.iter().map(move |b| format!("{a}{b}\": 1")));
        let pairs: Vec<String> = pairs.collect();
        // Around the eight bytes that are compared at once.
        for length in [0, 6, 7, 8, 15] {
            let texts = pairs.iter().map(|pair| format!("{}{pair}", "x".repeat(length)));
            let texts: Vec<String> = texts.collect();
            for (a, b) in texts.iter().flat_map(|a| texts.iter().map(move |b| (a, b))) {
                let whole = compare_until(a, b, |_| false);
                assert_eq!(whole, head(a, '\0').cmp(&head(b, '\0')), "{a} {b}");
                let heads = compare_until(a, b, |byte| byte == b'*');
                assert_eq!(heads, head(a, '*').cmp(&head(b, '*')), "{a} {b}");
                let bytes: Vec<u8> = DecodedBytes::new(a).collect();
                assert_eq!(bytes, head(a, '\0').into_bytes());
            }
        }
    }
}
