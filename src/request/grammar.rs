//! Structured fields (RFC 9651), as far as they occur here: dictionaries, and what their members hold.
//!
//! A dictionary of others' members has to be well-formed and nothing more. What is ours is read as it
//! stands: it has to be in the one form that serialising gives (RFC 9651 §4.1), so nothing is ever
//! serialised again to be verified.

use alloc::vec::Vec;

use base64ct::{Base64, Encoding as _};

use crate::primitives::lower_hex_decode;

/// Not well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

type Result<T> = core::result::Result<T, Malformed>;

/// A member of a dictionary.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member<'a> {
    /// Its key.
    pub(super) key: &'a str,
    /// What stands behind the `=`, with the parameters; empty for a bare key.
    pub(super) text: &'a str,
}

/// The members of one line in their order, those that occur twice as well. Ends behind the first that
/// is malformed.
#[derive(Debug)]
pub(super) struct Members<'a> {
    scanner: Scanner<'a>,
    is_over: bool,
    is_canonical: bool,
}

impl<'a> Members<'a> {
    pub(super) fn of(line: &'a str) -> Self {
        Self { scanner: Scanner::new(line), is_over: false, is_canonical: true }
    }

    /// Whether those so far are apart as serialising would have them, by `, `.
    pub(super) fn is_canonical(&self) -> bool {
        self.is_canonical
    }

    fn read(&mut self) -> Result<Member<'a>> {
        let member = self.scanner.member()?;
        if self.scanner.is_at_end() {
            self.is_over = true;
            return Ok(member);
        }
        let blanks = self.scanner.white_space();
        self.scanner.expect(b',')?;
        self.is_canonical &= blanks == 0 && self.scanner.rest().starts_with(' ');
        self.is_canonical &= self.scanner.white_space() == 1;
        Ok(member)
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Result<Member<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let read = self.read();
        self.is_over |= read.is_err();
        Some(read)
    }
}

/// The bytes of an item that is a byte sequence without parameters, in canonical form (RFC 9651 §3.3.5):
/// padded, and with no bits that stand for nothing.
///
/// `None` for anything else, and for more bytes than `buffer` has.
pub(super) fn bytes<'b>(item: &str, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    Base64::decode(base64(item)?, buffer).ok()
}

/// The same for as many bytes as there are in `N`.
pub(super) fn fixed_bytes<const N: usize>(item: &str) -> Option<[u8; N]> {
    let mut buffer = [0; N];
    // A text that is longer is not looked at.
    let fits = item.len() == 2 + N.div_ceil(3) * 4;
    (fits && bytes(item, &mut buffer)?.len() == N).then_some(buffer)
}

/// What stands between the colons of a byte sequence.
pub(super) fn base64(item: &str) -> Option<&str> {
    item.strip_prefix(':')?.strip_suffix(':')
}

/// An item that is an integer without parameters, not negative, in canonical form (RFC 9651 §3.3.1): at
/// most 15 digits.
pub(super) fn integer(item: &str) -> Option<u64> {
    let is_canonical = item == "0" || !item.starts_with('0');
    let is_number = (1..=15).contains(&item.len()) && item.bytes().all(|b| b.is_ascii_digit());
    (is_canonical && is_number).then(|| item.parse().ok()).flatten()
}

/// The text of an item that is a string without escapes and without parameters (RFC 9651 §3.3.3).
pub(super) fn plain_string(item: &str) -> Option<&str> {
    let text = item.strip_prefix('"')?.strip_suffix('"')?;
    let is_plain = |b: u8| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\');
    text.bytes().all(is_plain).then_some(text)
}

/// Reads on in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The text that `read` passes over.
    fn span(&mut self, read: impl FnOnce(&mut Self) -> Result<()>) -> Result<&'a str> {
        let from = self.at;
        read(self)?;
        self.text.get(from..self.at).ok_or(Malformed)
    }

    /// Passes over characters for as long as they fit, and says how many they are.
    fn pass(&mut self, fits: impl Fn(u8) -> bool) -> usize {
        let count = self.rest().bytes().take_while(|&b| fits(b)).count();
        self.at += count;
        count
    }

    /// Passes over this character, if it is the next one.
    pub(super) fn skip(&mut self, character: u8) -> bool {
        let is_there = self.peek() == Some(character);
        self.at += usize::from(is_there);
        is_there
    }

    pub(super) fn expect(&mut self, character: u8) -> Result<()> {
        if self.skip(character) { Ok(()) } else { Err(Malformed) }
    }

    pub(super) fn blanks(&mut self) {
        self.pass(|b| b == b' ');
    }

    fn white_space(&mut self) -> usize {
        self.pass(|b| matches!(b, b' ' | b'\t'))
    }

    fn member(&mut self) -> Result<Member<'a>> {
        let key = self.key()?;
        let text = if self.skip(b'=') {
            self.span(|s| {
                if s.peek() == Some(b'(') { s.inner_list() } else { s.bare_item().map(|_| ()) }?;
                s.parameters()
            })?
        } else {
            self.parameters()?;
            ""
        };
        Ok(Member { key, text })
    }

    /// RFC 9651 §4.2.3.3.
    pub(super) fn key(&mut self) -> Result<&'a str> {
        self.span(|s| {
            let starts = s.peek().is_some_and(|b| b.is_ascii_lowercase() || b == b'*');
            let is_of_a_key = |b: u8| {
                b.is_ascii_lowercase()
                    || b.is_ascii_digit()
                    || matches!(b, b'_' | b'-' | b'.' | b'*')
            };
            s.pass(is_of_a_key);
            if starts { Ok(()) } else { Err(Malformed) }
        })
    }

    /// RFC 9651 §4.2.1.2, without what follows the bracket.
    fn inner_list(&mut self) -> Result<()> {
        self.expect(b'(')?;
        loop {
            let blanks = self.pass(|b| b == b' ');
            if self.skip(b')') {
                return Ok(());
            }
            if blanks == 0 && !self.follows(b'(') {
                return Err(Malformed);
            }
            self.bare_item()?;
            self.parameters()?;
        }
    }

    /// Whether the character before is this one.
    fn follows(&self, character: u8) -> bool {
        self.at.checked_sub(1).and_then(|at| self.text.as_bytes().get(at)) == Some(&character)
    }

    fn parameters(&mut self) -> Result<()> {
        self.each_parameter(|_, _| ())
    }

    /// RFC 9651 §4.2.3.2: gives out each parameter, without a value where it is only named.
    pub(super) fn each_parameter(
        &mut self,
        mut take: impl FnMut(&'a str, Option<&'a str>),
    ) -> Result<()> {
        while self.skip(b';') {
            self.blanks();
            let key = self.key()?;
            let item = if self.skip(b'=') { Some(self.bare_item()?) } else { None };
            take(key, item);
        }
        Ok(())
    }

    /// RFC 9651 §4.2.3.1: the item as it stands.
    pub(super) fn bare_item(&mut self) -> Result<&'a str> {
        self.span(|s| match s.peek().ok_or(Malformed)? {
            b'"' => s.string(),
            b':' => s.byte_sequence(),
            b'?' => {
                s.at += 1;
                if s.skip(b'0') || s.skip(b'1') { Ok(()) } else { Err(Malformed) }
            }
            b'@' => {
                s.at += 1;
                if s.number()? { Err(Malformed) } else { Ok(()) }
            }
            b'%' => s.display_string(),
            b'-' | b'0'..=b'9' => s.number().map(|_| ()),
            b if b.is_ascii_alphabetic() || b == b'*' => {
                s.pass(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&b));
                Ok(())
            }
            _ => Err(Malformed),
        })
    }

    /// An integer, or a decimal, and whether it is that.
    fn number(&mut self) -> Result<bool> {
        self.skip(b'-');
        let whole = self.pass(|b| b.is_ascii_digit());
        if !self.skip(b'.') {
            return if (1..=15).contains(&whole) { Ok(false) } else { Err(Malformed) };
        }
        let fraction = self.pass(|b| b.is_ascii_digit());
        let fits = (1..=12).contains(&whole) && (1..=3).contains(&fraction);
        if fits { Ok(true) } else { Err(Malformed) }
    }

    fn string(&mut self) -> Result<()> {
        self.expect(b'"')?;
        loop {
            self.pass(|b| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\'));
            if self.skip(b'"') {
                return Ok(());
            }
            self.expect(b'\\')?;
            if !self.skip(b'"') {
                self.expect(b'\\')?;
            }
        }
    }

    fn byte_sequence(&mut self) -> Result<()> {
        self.expect(b':')?;
        let digits = self.pass(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
        let padding = self.pass(|b| b == b'=');
        self.expect(b':')?;
        // Less padding than there should be is passed on by others (RFC 9651 §4.2.7).
        let wanted = match digits % 4 {
            0 => 0,
            1 => return Err(Malformed),
            rest => 4 - rest,
        };
        if padding <= wanted { Ok(()) } else { Err(Malformed) }
    }

    /// `%"…"`: UTF-8, in which a byte that is not printed is `%xx` (RFC 9651 §4.2.10).
    fn display_string(&mut self) -> Result<()> {
        self.expect(b'%')?;
        self.expect(b'"')?;
        let mut bytes = Vec::new();
        loop {
            let from = self.rest();
            let printed = self.pass(|b| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'%'));
            bytes.extend_from_slice(from.as_bytes().get(..printed).unwrap_or_default());
            if self.skip(b'"') {
                return core::str::from_utf8(&bytes).map(|_| ()).map_err(|_| Malformed);
            }
            self.expect(b'%')?;
            let digits = self.text.get(self.at..self.at + 2).ok_or(Malformed)?;
            let [byte] = lower_hex_decode(digits).ok_or(Malformed)?;
            bytes.push(byte);
            self.at += 2;
        }
    }
}
