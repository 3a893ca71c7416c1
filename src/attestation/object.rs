//! JSON objects of a token, read strictly once and then looked into by name.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::str::FromStr;

use crate::json::{JsonError, JsonProblem, Reader};
use crate::primitives::Limits;

/// The members of an object, in the order of the text. No name is there twice.
pub(super) struct Object<'b>(Vec<(Cow<'b, str>, Value<'b>)>);

/// The text of a value that has been read in full.
#[derive(Clone, Copy)]
pub(super) struct Value<'b>(&'b str);

impl<'b> Object<'b> {
    /// Reads the bytes of a header: one object, in which all numbers are integers of 64 bits.
    pub(super) fn read_header(bytes: &'b [u8], limits: &Limits) -> Result<Self, JsonError> {
        Self::read(Reader::new(text(bytes)?, limits)?)
    }

    /// Reads the bytes of claims: one object. Other claims than those of EAR may hold any number;
    /// what is read as one is an [integer](Value::integer).
    pub(super) fn read_claims(bytes: &'b [u8], limits: &Limits) -> Result<Self, JsonError> {
        Self::read(Reader::new(text(bytes)?, limits)?.pass_any_numbers())
    }

    fn read(mut reader: Reader<'b>) -> Result<Self, JsonError> {
        let object = Self::members_of(&mut reader)?;
        reader.end()?;
        Ok(object)
    }

    fn members_of(reader: &mut Reader<'b>) -> Result<Self, JsonError> {
        let mut members = Vec::new();
        reader.object(|reader, name| {
            members.push((name.decode(), Value(reader.raw()?)));
            Ok::<_, JsonError>(())
        })?;
        Ok(Self(members))
    }

    pub(super) fn get(&self, name: &str) -> Option<Value<'b>> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Value<'b>)> {
        self.0.iter().map(|(name, value)| (&**name, *value))
    }
}

impl<'b> Value<'b> {
    pub(super) fn text(self) -> Option<Cow<'b, str>> {
        self.reader().text().ok().map(|text| text.decode())
    }

    pub(super) fn object(self) -> Option<Object<'b>> {
        Object::members_of(&mut self.reader()).ok()
    }

    fn reader(self) -> Reader<'b> {
        Reader::again(self.0, 0).pass_any_numbers()
    }

    /// The element of an array that has one.
    pub(super) fn only_element(self) -> Option<Self> {
        let mut elements = Vec::new();
        let read = self.reader().array(|reader| {
            elements.push(Self(reader.raw()?));
            Ok::<_, JsonError>(())
        });
        match elements[..] {
            [only] => read.is_ok().then_some(only),
            _ => None,
        }
    }

    /// An integer that `T` holds, without fraction and exponent (RFC 9711 §4.3.1 for times). JSON
    /// writes one as Rust does, without a `+`, and has a negative zero besides, which is none.
    pub(super) fn integer<T: FromStr>(self) -> Option<T> {
        self.0.parse().ok().filter(|_| self.0 != "-0")
    }

    /// Whether a member of any object within has one of these names, and which.
    pub(super) fn mentions(self, names: &[&'static str]) -> Option<&'static str> {
        let mut found = None;
        let result = search(&mut self.reader(), names, &mut found);
        debug_assert!(result.is_ok(), "it has been read before");
        found
    }
}

fn text(bytes: &[u8]) -> Result<&str, JsonError> {
    core::str::from_utf8(bytes)
        .map_err(|e| JsonError { problem: JsonProblem::Encoding, offset: e.valid_up_to() })
}

/// Recurses as deep as the first reading did, which has a limit.
fn search(
    reader: &mut Reader<'_>,
    names: &[&'static str],
    found: &mut Option<&'static str>,
) -> Result<(), JsonError> {
    match reader.peek()? {
        b'{' => reader.object(|reader, key| {
            *found = found.or(names.iter().find(|name| key.is(name)).copied());
            search(reader, names, found)
        }),
        b'[' => reader.array(|reader| search(reader, names, found)),
        _ => reader.skip(),
    }
}
