//! The pull parser: checks everything, decodes what the caller asks for.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::text::{decode_escape, run_length};
use super::unsorted::Unsorted;
use super::{Index, JsonError, JsonProblem, Text};
use super::{grow, numbers, sort};
use crate::primitives::Limits;

/// Reads one JSON text from left to right.
///
/// The caller drives: `object`, `array`, `text`, `u64`, `boolean`, or `skip` for whatever does not
/// matter. All of them check in full. Positions are `u32`, which bounds a file to 4 GiB.
pub(crate) struct Reader<'b> {
    text: &'b str,
    at: usize,
    depth: u32,
    max_depth: u32,
    max_string: usize,
    pass: Pass,
    /// Whether values that are skipped may hold numbers that are no integers of 64 bits.
    any_numbers: bool,
    /// Where the keys stand of all objects that are open now, innermost last.
    keys: Vec<u32>,
    /// Nothing seen since [`begin_canonical`](Self::begin_canonical) but canonical bytes.
    plain: bool,
    unsorted: Unsorted,
    /// Whether such objects are noted.
    watching: bool,
}

/// How a text is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// For the first time.
    First,
    /// It has been read before: objects have no key twice, and where they stand is known.
    Again,
    /// The same, by those who read fields and refuse what they do not know.
    Strict,
}

/// Reading recurses once a level, and takes half a KiB of stack for each; whatever the limits say, no
/// deeper than a stack of 64 KiB bears.
const DEEPEST: u32 = 128;

/// How the bytes of a value differ from its canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// They are the canonical form.
    Canonical,
    /// Another; the keys of these objects are out of order.
    Other(Box<Unsorted>),
}

type Result<T> = core::result::Result<T, JsonError>;

impl<'b> Reader<'b> {
    /// A reader at the start of `text`.
    pub(crate) fn new(text: &'b str, limits: &Limits) -> Result<Self> {
        let fail = |problem| JsonError { problem, offset: 0 };
        if u32::try_from(text.len()).is_err() {
            return Err(fail(JsonProblem::TooLarge));
        }
        if text.starts_with('\u{feff}') {
            return Err(fail(JsonProblem::Encoding));
        }
        let max_depth = limits.max_depth.min(DEEPEST);
        let max_string = usize::try_from(limits.max_string).unwrap_or(usize::MAX);
        Ok(Self { max_depth, max_string, pass: Pass::First, ..Self::again(text, 0) })
    }

    /// A reader at the offset `at` of a text that another reader has read before, and found to be
    /// within its limits.
    pub(crate) fn again(text: &'b str, at: usize) -> Self {
        Self {
            text,
            at,
            depth: 0,
            max_depth: DEEPEST,
            max_string: usize::MAX,
            pass: Pass::Again,
            any_numbers: false,
            keys: Vec::new(),
            plain: true,
            unsorted: Unsorted::default(),
            watching: false,
        }
    }

    /// Passes over any number of RFC 8259 §6 in values that are skipped. Those that are read stay
    /// integers.
    #[cfg(feature = "attestation")]
    pub(crate) fn pass_any_numbers(self) -> Self {
        Self { any_numbers: true, ..self }
    }

    /// Whoever reads fields refuses those that are not known.
    pub(super) fn refuse_unknown(&mut self) {
        self.pass = Pass::Strict;
    }

    /// Whether fields that are not known are refused.
    pub(super) fn refuses_unknown(&self) -> bool {
        self.pass == Pass::Strict
    }

    /// Goes to the offset `at` of a text that is read again.
    pub(super) fn go_to(&mut self, at: usize) {
        debug_assert!(self.pass != Pass::First, "what is passed over has to be checked");
        self.at = at;
    }

    /// Goes on behind the object whose last value ends at `end`.
    pub(super) fn leave_object(&mut self, end: usize) -> Result<()> {
        self.go_to(end);
        self.next_or_close(b'}').map(|_| ())
    }

    /// The offset of the next byte to read.
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    /// Where the next value stands, for those who come back to it.
    pub(crate) fn position(&mut self) -> Result<u32> {
        self.peek().map(|_| position(self.at))
    }

    /// Starts to watch whether what follows is canonical.
    pub(crate) fn begin_canonical(&mut self) {
        self.skip_white();
        self.plain = true;
        self.watching = true;
    }

    /// How what was read since [`begin_canonical`](Self::begin_canonical) differs from its
    /// canonical form.
    pub(crate) fn end_canonical(&mut self) -> Form {
        self.watching = false;
        let unsorted = core::mem::take(&mut self.unsorted);
        if self.plain && unsorted.is_empty() {
            return Form::Canonical;
        }
        Form::Other(Box::new(unsorted.complete()))
    }

    /// Nothing but white space may follow.
    pub(crate) fn end(&mut self) -> Result<()> {
        self.skip_white();
        if self.at == self.text.len() { Ok(()) } else { Err(self.fail(JsonProblem::Trailing)) }
    }

    /// The first byte of the next value.
    pub(crate) fn peek(&mut self) -> Result<u8> {
        #[cfg(test)]
        crate::steps::add(1);
        self.skip_white();
        self.byte().ok_or_else(|| self.fail(JsonProblem::End))
    }

    /// Reads an object, handing each key and the reader at its value to `member`, which must read
    /// that value in full.
    pub(crate) fn object<E: From<JsonError>>(
        &mut self,
        member: impl FnMut(&mut Self, Text<'b>) -> core::result::Result<(), E>,
    ) -> core::result::Result<(), E> {
        self.object_with(member, |_| ())
    }

    /// Reads an object as [`object`](Self::object) does, and returns where its entries stand. Not
    /// for a text that is read again.
    pub(crate) fn indexed_object<E: From<JsonError>>(
        &mut self,
        member: impl FnMut(&mut Self, Text<'b>) -> core::result::Result<(), E>,
    ) -> core::result::Result<Index, E> {
        debug_assert!(self.pass == Pass::First, "where the entries stand is known");
        self.object_with(member, Index::new)
    }

    fn object_with<T, E: From<JsonError>>(
        &mut self,
        mut member: impl FnMut(&mut Self, Text<'b>) -> core::result::Result<(), E>,
        finish: impl FnOnce(&[u32]) -> T,
    ) -> core::result::Result<T, E> {
        self.open(b'{')?;
        let start = self.at - 1;
        let base = self.keys.len();
        let mut sorted = true;
        let mut previous: Option<Text<'b>> = None;
        if self.peek()? == b'}' {
            self.at += 1;
        } else {
            loop {
                self.skip_white();
                let at = position(self.at);
                let key = self.text()?;
                if self.pass == Pass::First {
                    grow::push(&mut self.keys, at);
                    sorted = sorted && previous.is_none_or(|p| key.is_plainly_behind(p));
                    previous = Some(key);
                }
                self.colon()?;
                member(self, key)?;
                if self.next_or_close(b'}')? {
                    break;
                }
            }
        }
        self.depth -= 1;
        if !sorted {
            sorted = self.sort_keys(base)?;
        }
        let keys = self.keys.get(base..).unwrap_or_default();
        if !sorted && self.watching {
            self.unsorted.note(position(start), keys);
        }
        let result = finish(keys);
        self.keys.truncate(base);
        Ok(result)
    }

    /// Reads an array, with the reader handed to `item` at each of its values.
    pub(crate) fn array<E: From<JsonError>>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> core::result::Result<(), E>,
    ) -> core::result::Result<(), E> {
        self.open(b'[')?;
        if self.peek()? == b']' {
            self.at += 1;
        } else {
            loop {
                item(self)?;
                if self.next_or_close(b']')? {
                    break;
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads a string.
    pub(crate) fn text(&mut self) -> Result<Text<'b>> {
        if self.peek()? != b'"' {
            return Err(self.fail(JsonProblem::Type));
        }
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += run_length(self.text.as_bytes().get(self.at..).unwrap_or_default());
            match self.byte() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    if self.pass == Pass::First { self.escapes()? } else { self.pass_escapes() }
                }
                Some(_) => return Err(self.fail(JsonProblem::Control)),
                None => return Err(self.fail(JsonProblem::End)),
            }
        }
        let raw = self.text.get(start..self.at).unwrap_or_default();
        #[cfg(test)]
        crate::steps::add(raw.len());
        if raw.len() > self.max_string {
            return Err(self.fail(JsonProblem::StringTooLong));
        }
        self.at += 1;
        Ok(Text::new(raw, escaped))
    }

    /// Reads an integer that is not negative.
    pub(crate) fn u64(&mut self) -> Result<u64> {
        let start = self.peek()?;
        if !start.is_ascii_digit() && start != b'-' {
            return Err(self.fail(JsonProblem::Type));
        }
        let negative = self.fail(JsonProblem::Number);
        self.integer()?.ok_or(negative)
    }

    /// Reads `true` or `false`.
    pub(crate) fn boolean(&mut self) -> Result<bool> {
        match self.peek()? {
            b't' => self.word("true").map(|()| true),
            b'f' => self.word("false").map(|()| false),
            _ => Err(self.fail(JsonProblem::Type)),
        }
    }

    /// Reads any value for its syntax alone.
    pub(crate) fn skip(&mut self) -> Result<()> {
        match self.peek()? {
            b'{' => self.object(|r, _| r.skip()),
            b'[' => self.array(Self::skip),
            b'"' => self.text().map(|_| ()),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            b'-' | b'0'..=b'9' => {
                let start = self.at;
                self.integer().map(|_| ()).or_else(|e| self.other_number(start, e))
            }
            _ => Err(self.fail(JsonProblem::Unexpected)),
        }
    }

    /// Reads any value for its syntax alone and returns its text.
    pub(crate) fn raw(&mut self) -> Result<&'b str> {
        self.skip_white();
        let start = self.at;
        self.skip()?;
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    /// Moves past the colon between a key and its value.
    pub(super) fn colon(&mut self) -> Result<()> {
        self.skip_white();
        self.expect(b':')
    }

    /// An error at the present place.
    pub(crate) fn fail(&self, problem: JsonProblem) -> JsonError {
        JsonError { problem, offset: self.at }
    }

    /// The whole text that is read.
    pub(crate) fn source(&self) -> &'b str {
        self.text
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn skip_white(&mut self) {
        if self.byte() > Some(b' ') {
            return;
        }
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            #[cfg(test)]
            crate::steps::add(1);
            self.plain = false;
            self.at += 1;
        }
    }

    fn expect(&mut self, wanted: u8) -> Result<()> {
        match self.byte() {
            Some(b) if b == wanted => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(self.fail(JsonProblem::Unexpected)),
            None => Err(self.fail(JsonProblem::End)),
        }
    }

    fn open(&mut self, bracket: u8) -> Result<()> {
        if self.peek()? != bracket {
            return Err(self.fail(JsonProblem::Type));
        }
        if self.depth >= self.max_depth {
            return Err(self.fail(JsonProblem::Depth));
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    /// After a member or an item: a comma (`false`) or the closing bracket (`true`).
    fn next_or_close(&mut self, close: u8) -> Result<bool> {
        let byte = self.peek()?;
        if byte != b',' && byte != close {
            return Err(self.fail(JsonProblem::Unexpected));
        }
        self.at += 1;
        Ok(byte == close)
    }

    fn word(&mut self, word: &str) -> Result<()> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err(self.fail(JsonProblem::Unexpected));
        }
        self.at += word.len();
        Ok(())
    }

    /// Reads an integer; `None` for a negative one.
    fn integer(&mut self) -> Result<Option<u64>> {
        let negative = self.byte() == Some(b'-');
        let problem = self.fail(JsonProblem::Number);
        self.at += usize::from(negative);
        let first = self.at;
        let mut value: u64 = 0;
        while let Some(digit @ b'0'..=b'9') = self.byte() {
            value = value
                .checked_mul(10)
                .and_then(|v| v.checked_add(u64::from(digit - b'0')))
                .ok_or(problem)?;
            self.at += 1;
        }
        let digits = self.at - first;
        #[cfg(test)]
        crate::steps::add(digits);
        let zero_led = digits > 1 && self.text.as_bytes().get(first) == Some(&b'0');
        let not_an_integer = matches!(self.byte(), Some(b'.' | b'e' | b'E'));
        if digits == 0 || zero_led || not_an_integer {
            return Err(problem);
        }
        if !negative {
            return Ok(Some(value));
        }
        // -0 has two canonical forms; below i64::MIN there is no common type.
        if value == 0 || value > i64::MIN.unsigned_abs() { Err(problem) } else { Ok(None) }
    }

    /// Moves past a number that is no integer of 64 bits, if that is allowed.
    // Out of the way of integers.
    #[cold]
    fn other_number(&mut self, start: usize, refusal: JsonError) -> Result<()> {
        let text = self.text.as_bytes().get(start..).unwrap_or_default();
        let length = if self.any_numbers { numbers::length(text) } else { None };
        let length = length.ok_or(refusal)?;
        #[cfg(test)]
        crate::steps::add(length);
        self.at = start + length;
        Ok(())
    }

    /// Checks the escapes at the present place, one after the other, and moves past them.
    // Out of the way of strings that have none.
    #[inline(never)]
    fn escapes(&mut self) -> Result<()> {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            if byte == b'\\' {
                let escape = bytes.get(self.at..).and_then(decode_escape);
                let (_, length) = escape.ok_or_else(|| self.fail(JsonProblem::Escape))?;
                self.plain &= matches!(bytes.get(self.at + 1), Some(b'"' | b'\\'));
                self.at += length;
            } else if byte >= b' ' && byte != b'"' && bytes.get(self.at + 1) == Some(&b'\\') {
                // Not worth to look for the end of what is between two escapes.
                self.at += 1;
            } else {
                break;
            }
        }
        Ok(())
    }

    /// Moves past the escapes at the present place, which were checked before.
    fn pass_escapes(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some([b'\\', kind, ..]) = bytes.get(self.at..) {
            self.at += if *kind == b'u' { 6 } else { 2 };
        }
    }

    /// Brings the keys of the object that ends here into order, and finds those that stand twice.
    /// Whether they were in order.
    fn sort_keys(&mut self, base: usize) -> Result<bool> {
        let keys = self.keys.get_mut(base..).unwrap_or_default();
        sort::sort(self.text, keys).map_err(|twice| {
            let offset = usize::try_from(twice).unwrap_or(usize::MAX);
            JsonError { problem: JsonProblem::DuplicateKey, offset }
        })?;
        Ok(keys.is_sorted())
    }
}

/// An offset as it is kept; [`Reader::new`] has refused texts that it could not hold.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
