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
            compare(self.raw, other.raw)
        } else {
            self.raw.cmp(other.raw)
        }
    }

    /// [`compare`](Self::compare) with a plain string.
    pub(crate) fn compare_str(&self, other: &str) -> Ordering {
        if self.escaped { compare_with(self.raw, other.as_bytes()) } else { self.raw.cmp(other) }
    }

    /// What stands between the quotes: in canonical form only `"` and `\` are escaped; as it is
    /// `published`, control characters are too.
    pub(crate) fn write_inside(&self, published: bool, mut out: impl FnMut(&[u8])) {
        if self.escaped {
            self.write_escaped(published, out);
        } else {
            out(self.raw.as_bytes());
        }
    }

    fn write_escaped(&self, published: bool, mut out: impl FnMut(&[u8])) {
        let mut rest = self.raw.as_bytes();
        loop {
            let (run, escape) = rest.split_at(run_length(rest));
            if !run.is_empty() {
                out(run);
            }
            let Some((c, length)) = decode_escape(escape) else { return };
            rest = escape.get(length..).unwrap_or_default();
            if published && c < ' ' {
                control(c, &mut out);
                continue;
            }
            if matches!(c, '"' | '\\') {
                out(b"\\");
            }
            out(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    /// Whether it surely means more than `previous`; escaped ones are not compared.
    #[inline]
    pub(super) fn is_plainly_behind(self, previous: Text<'_>) -> bool {
        !self.escaped && !previous.escaped && previous.compare(&self).is_lt()
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

/// Compares what two checked strings mean.
///
/// Both are read only as far as they are equal. To look for their ends first would let one long
/// key, compared with many others, cost its whole length each time.
fn compare(a: &str, b: &str) -> Ordering {
    let ((mut x, mut after_x), (mut y, mut after_y)) = Default::default();
    loop {
        (x, after_x) = Part::next(x, a.as_bytes(), after_x, |_| false);
        (y, after_y) = Part::next(y, b.as_bytes(), after_y, |_| false);
        if x != y || !x.is_full() {
            return x.cmp(&y);
        }
    }
}

/// Compares what a checked string means, from behind its opening quote on, with a plain one.
pub(super) fn compare_with(text: &str, mut plain: &[u8]) -> Ordering {
    let (mut part, mut after) = (Part::default(), 0);
    loop {
        (part, after) = part.next(text.as_bytes(), after, |_| false);
        let other = Part::of(plain);
        if part != other || !part.is_full() {
            return part.cmp(&other);
        }
        plain = plain.get(Part::LENGTH..).unwrap_or_default();
    }
}

/// Some of the bytes that a string means, in their order: seven, or fewer where it ends. What means
/// less is less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part(u64);

impl Part {
    const LENGTH: usize = 7;
    const APART: u64 = 1 << 7;

    /// The next bytes of a checked string, which stand at `at`, and where those after them stand.
    /// The string ends before the first ASCII character that `ends` it.
    #[inline]
    pub(super) fn next(self, text: &[u8], at: usize, ends: impl Fn(u8) -> bool) -> (Self, usize) {
        let Some(&word) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) else {
            return self.next_one_by_one(text, at, ends);
        };
        let until = (marks(word).trailing_zeros() as usize / 8).min(Self::LENGTH);
        if word.get(until) == Some(&b'\\') || word.iter().take(until).any(|&b| ends(b)) {
            return self.next_one_by_one(text, at, ends);
        }
        let kept = u64::from_be_bytes(word) & !(u64::MAX >> (8 * until));
        (Self(kept | until as u64), at + until)
    }

    fn next_one_by_one(
        self,
        text: &[u8],
        mut at: usize,
        ends: impl Fn(u8) -> bool,
    ) -> (Self, usize) {
        let (mut word, mut length) = (0, 0);
        while length < Self::LENGTH {
            let (byte, width) = match text.get(at) {
                None | Some(b'"') => break,
                Some(b'\\') => {
                    let Some((c, width)) = text.get(at..).and_then(decode_escape) else { break };
                    let Ok(byte @ ..0x80) = u8::try_from(c) else {
                        let begins = length == 0 && self.is_full();
                        let (utf8, bytes) = utf8_behind(c, if begins { self.begun() } else { 0 });
                        let fit = bytes.min(Self::LENGTH - length);
                        word = word << (8 * fit) | utf8 >> (8 * (bytes - fit));
                        length += fit;
                        if fit < bytes {
                            // The part after it starts with the rest.
                            break;
                        }
                        at += width;
                        continue;
                    };
                    (byte, width)
                }
                Some(&byte) => (byte, 1),
            };
            if byte.is_ascii() && ends(byte) {
                break;
            }
            word = word << 8 | u64::from(byte);
            length += 1;
            at += width;
        }
        (Self::filled(word, length), at)
    }

    /// The last bytes of a number, and how many they are.
    fn filled(word: u64, length: usize) -> Self {
        Self(word << (8 * (Self::LENGTH - length)) << 8 | length as u64)
    }

    /// The first bytes of a plain string.
    fn of(plain: &[u8]) -> Self {
        let length = plain.len().min(Self::LENGTH);
        let word = plain.iter().take(length).fold(0, |word, &b| word << 8 | u64::from(b));
        Self::filled(word, length)
    }

    /// How many bytes at its end are the first of a character that goes on behind it.
    // Out of the way of strings that are short.
    #[inline(never)]
    fn begun(self) -> usize {
        let bytes = self.0.to_be_bytes();
        let end = bytes.iter().take(Self::LENGTH).rev();
        let more = end.clone().take_while(|&&b| b & 0xc0 == 0x80).count();
        match end.clone().nth(more) {
            Some(lead) if lead.leading_ones() as usize > more + 1 => more + 1,
            _ => 0,
        }
    }

    /// Whether the string may go on.
    pub(super) fn is_full(self) -> bool {
        self.0 & 7 == Self::LENGTH as u64
    }

    /// Makes it unequal to all others until the next bytes are read.
    pub(super) fn set_apart(&mut self) {
        self.0 |= Self::APART;
    }

    /// Whether `other`, which is not set apart, is equal.
    pub(super) fn is(self, other: Self) -> bool {
        self.0 & !Self::APART == other.0
    }
}

/// The UTF-8 of a character, but for the first `given` bytes of it, in the low end of a number, and
/// how many bytes that is.
fn utf8_behind(c: char, given: usize) -> (u64, usize) {
    let mut utf8 = [0; 4];
    let rest = c.encode_utf8(&mut utf8).as_bytes().get(given..).unwrap_or_default();
    (rest.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)), rest.len())
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
        let (c, length) = decode_escape(self.text.as_bytes().get(self.at..)?)?;
        self.at += length;
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
        let mut chars = self.rest.chars();
        let (c, rest) = match chars.next()? {
            '"' => return None,
            '\\' => {
                let (c, length) = decode_escape(self.rest.as_bytes())?;
                (c, self.rest.get(length..)?)
            }
            c => (c, chars.as_str()),
        };
        self.rest = rest;
        Some(c)
    }
}

/// The character that the escape at the start of `raw` stands for, and the length of the escape;
/// `None` where it means no character, which no escape of a checked string does.
pub(super) fn decode_escape(raw: &[u8]) -> Option<(char, usize)> {
    let meant = match raw.get(1)? {
        c @ (b'"' | b'\\' | b'/') => char::from(*c),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return decode_unicode(raw),
        _ => return None,
    };
    Some((meant, 2))
}

/// `\u` and four digits, or a surrogate pair of twice that.
fn decode_unicode(raw: &[u8]) -> Option<(char, usize)> {
    let unit = code_unit(raw)?;
    if !(0xd800..0xdc00).contains(&unit) {
        return char::from_u32(unit).map(|c| (c, 6));
    }
    let low = code_unit(raw.get(6..)?)?;
    if !(0xdc00..0xe000).contains(&low) {
        return None;
    }
    let point = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    char::from_u32(point).map(|c| (c, 12))
}

fn code_unit(raw: &[u8]) -> Option<u32> {
    let [b'\\', b'u', digits @ ..] = raw.first_chunk::<6>()? else { return None };
    let unit = digits.iter().fold(0, |unit, &digit| unit << 4 | hex_value(digit));
    // One that is no digit has set a bit above those of four.
    (unit <= 0xffff).then_some(unit)
}

fn hex_value(digit: u8) -> u32 {
    char::from(digit).to_digit(16).unwrap_or(1 << 16)
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

    #[test]
    fn strings_compare_by_what_they_mean() {
        let parts = [
            "",
            "a",
            "\\u0061",
            "\\\"",
            "\\\\",
            " ",
            "\\u0000",
            "\u{e4}",
            "\\u00e4",
            "\u{fffd}",
            "\u{1f600}",
            "\\ud83d\\ude00",
        ];
        let pairs = parts.iter().flat_map(|a| parts.iter().map(move |b| format!("{a}{b}\": 1")));
        let pairs: Vec<String> = pairs.collect();
        // Around the bytes that are compared at once.
        for length in [0, 4, 5, 6, 7, 8, 14] {
            let texts = pairs.iter().map(|pair| format!("{}{pair}", "x".repeat(length)));
            let texts: Vec<String> = texts.collect();
            for (raw, other) in texts.iter().flat_map(|a| texts.iter().map(move |b| (a, b))) {
                let (a, b) = (Text::up_to_quote(raw), Text::up_to_quote(other));
                let expected = a.decode().cmp(&b.decode());
                assert_eq!(a.compare(&b), expected, "{raw} {other}");
                assert_eq!(a.compare_str(&b.decode()), expected, "{raw} {other}");
                assert_eq!(compare_with(raw, b.decode().as_bytes()), expected, "{raw} {other}");
            }
        }
        for raw in &pairs {
            let bytes: Vec<u8> = DecodedBytes::new(raw).collect();
            assert_eq!(bytes, Text::up_to_quote(raw).decode().as_bytes());
        }
    }
}
