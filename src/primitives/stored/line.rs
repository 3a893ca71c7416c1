//! One line of stored state, and its fields.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt::Write as _;
use core::iter::Skip;
use core::ops::{Deref, DerefMut};
use core::str::Split;

use crate::primitives::{Sha256Digest, Version, hex_encode, lower_hex_decode};

/// What a line says, and what newer code has added to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line<V> {
    value: V,
    /// Written as `!word`: still critical for code that does not know the word.
    is_critical: bool,
    /// The fields `key=value` that are not known, with the spaces before them.
    unknown: Box<str>,
}

impl<V> Line<V> {
    /// A new line.
    pub(crate) fn new(value: V) -> Self {
        Self { value, is_critical: false, unknown: Box::default() }
    }

    /// The line with another value for the same subject.
    pub(crate) fn with(self, value: V) -> Self {
        Self { value, ..self }
    }
}

impl<V> Deref for Line<V> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.value
    }
}

impl<V> DerefMut for Line<V> {
    fn deref_mut(&mut self) -> &mut V {
        &mut self.value
    }
}

impl<V: Fields> Line<V> {
    /// From all that stands after the word.
    pub(super) fn read(is_critical: bool, fields: &str) -> Option<Self> {
        // The first field with a `=` in it, and the space before it.
        let known = match fields.find('=') {
            Some(equals) => fields.get(..equals)?.rfind(' ')?,
            None => fields.len(),
        };
        let (known, unknown) = fields.split_at_checked(known)?;
        let is_named = |field: &str| field.find('=').is_some_and(|equals| equals > 0);
        if !unknown.split(' ').skip(1).all(is_named) {
            return None;
        }
        let mut reader = Reader { words: known.split(' ').skip(1), unknown: unknown.into() };
        let value = V::read(&mut reader)?;
        let unknown = reader.unknown.into_boxed_str();
        reader.words.next().is_none().then_some(Self { value, is_critical, unknown })
    }

    pub(super) fn write(&self, word: &str, text: &mut String) {
        text.push_str(if self.is_critical { "!" } else { "" });
        text.push_str(word);
        self.value.write(&mut Writer { text });
        text.push_str(&self.unknown);
        text.push('\n');
    }
}

/// What a line says after its word.
pub(crate) trait Fields: Sized {
    /// Reads it; `None` if it cannot be read. Fields that are left over make it unreadable, too.
    fn read(line: &mut Reader<'_>) -> Option<Self>;

    /// Writes what [`read`](Self::read) reads.
    fn write(&self, line: &mut Writer<'_>);
}

/// A line whose word says all.
impl Fields for () {
    fn read(_: &mut Reader<'_>) -> Option<Self> {
        Some(())
    }

    fn write(&self, _: &mut Writer<'_>) {}
}

/// A line of one field.
impl<F: Field> Fields for F {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        line.field()
    }

    fn write(&self, line: &mut Writer<'_>) {
        line.field(self);
    }
}

/// The fields of a line that is read, one after the other.
pub(crate) struct Reader<'l> {
    words: Skip<Split<'l, char>>,
    /// The fields `key=value`. Whoever knows one takes it out; no word has one yet.
    pub(super) unknown: String,
}

impl<'l> Reader<'l> {
    /// The next field, as it stands.
    pub(crate) fn word(&mut self) -> Option<&'l str> {
        self.words.next()
    }

    /// The next field.
    pub(crate) fn field<F: Field>(&mut self) -> Option<F> {
        F::read(self.word()?)
    }

    /// All fields that are left, of which there may be none.
    pub(crate) fn fields<F: Field, C: FromIterator<F>>(&mut self) -> Option<C> {
        self.words.by_ref().map(F::read).collect()
    }
}

/// A line that is written.
pub(crate) struct Writer<'t> {
    text: &'t mut String,
}

impl Writer<'_> {
    /// The next field, as it is to stand: not empty, without spaces, `=` and control characters.
    pub(crate) fn word(&mut self, word: &str) -> &mut Self {
        self.text.push(' ');
        self.text.push_str(word);
        self
    }

    /// The next field.
    pub(crate) fn field(&mut self, field: &impl Field) -> &mut Self {
        self.text.push(' ');
        field.write(self.text);
        self
    }
}

/// A value that is one field. It has one spelling.
pub(crate) trait Field: Sized {
    /// Reads it.
    fn read(word: &str) -> Option<Self>;

    /// Writes it, as a [`word`](Writer::word).
    fn write(&self, text: &mut String);
}

/// Values whose field is the text that they print and are read from. Only that one spelling is read.
macro_rules! printed_fields {
    ($($value:ty),* $(,)?) => {$(
        impl $crate::primitives::stored::Field for $value {
            fn read(word: &str) -> Option<Self> {
                let value = word.parse::<Self>().ok()?;
                (*alloc::format!("{value}") == *word).then_some(value)
            }

            fn write(&self, text: &mut alloc::string::String) {
                // Writing to a string does not fail.
                let _ = core::fmt::Write::write_fmt(text, format_args!("{self}"));
            }
        }
    )*};
}

pub(crate) use printed_fields;

impl Field for u64 {
    fn read(word: &str) -> Option<Self> {
        // The standard library also reads `+7` and `007`.
        let is_plain = word == "0" || word.starts_with(|first| matches!(first, '1'..='9'));
        word.parse().ok().filter(|_| is_plain)
    }

    fn write(&self, text: &mut String) {
        // Writing to a string does not fail.
        let _ = write!(text, "{self}");
    }
}

impl Field for Version {
    fn read(word: &str) -> Option<Self> {
        Self::new(Field::read(word)?).ok()
    }

    fn write(&self, text: &mut String) {
        Field::write(&self.get(), text);
    }
}

/// In lower-case hexadecimal.
impl Field for Sha256Digest {
    fn read(word: &str) -> Option<Self> {
        lower_hex_decode(word)
    }

    fn write(&self, text: &mut String) {
        text.extend(hex_encode(self).map(char::from));
    }
}
