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
    /// Reads bytes that are one object and nothing else.
    ///
    /// Numbers with a fraction or an exponent are refused here, wherever they stand: RFC 9711
    /// §4.3.1 forbids them in times, and EAR has no other.
    pub(super) fn read(bytes: &'b [u8], limits: &Limits) -> Result<Self, JsonError> {
        let text = core::str::from_utf8(bytes)
            .map_err(|e| JsonError { problem: JsonProblem::Encoding, offset: e.valid_up_to() })?;
        let mut reader = Reader::new(text, limits)?;
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
        Reader::again(self.0, 0).text().ok().map(|text| text.decode())
    }

    pub(super) fn object(self) -> Option<Object<'b>> {
        Object::members_of(&mut Reader::again(self.0, 0)).ok()
    }

    /// The element of an array that has one.
    pub(super) fn only_element(self) -> Option<Self> {
        let mut elements = Vec::new();
        let read = Reader::again(self.0, 0).array(|reader| {
            elements.push(Self(reader.raw()?));
            Ok::<_, JsonError>(())
        });
        match elements[..] {
            [only] => read.is_ok().then_some(only),
            _ => None,
        }
    }

    /// An integer that `T` holds. JSON writes one as Rust does, without a `+`.
    pub(super) fn integer<T: FromStr>(self) -> Option<T> {
        self.0.parse().ok()
    }

    /// Whether a member of any object within has one of these names, and which.
    pub(super) fn mentions(self, names: &[&'static str]) -> Option<&'static str> {
        let mut found = None;
        let result = search(&mut Reader::again(self.0, 0), names, &mut found);
        debug_assert!(result.is_ok(), "it has been read before");
        found
    }
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
