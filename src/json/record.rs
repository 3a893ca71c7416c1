//! Objects of this crate's own documents: known fields, and others that are passed over.
//!
//! A later version may add a field. Whoever adds one that must not be passed over lists its name
//! under `crit` in the same object (as RFC 7515 §4.1.11 has it for JWS): then a reader that does not
//! know it refuses.

use alloc::boxed::Box;
use core::fmt;

use super::{JsonError, JsonProblem, Reader};
use crate::primitives::{HashesError, Limits, PathError, Remedy, TimeError, printed};

const CRITICAL: &str = "crit";
const SCHEMA: &str = "schema";

/// Why a document of this crate's own is not well-formed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It is not strict JSON of the expected shape.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It is longer than the limits allow.
    #[error("{length} bytes, the limit is {limit}")]
    TooLong {
        /// The limit in bytes.
        limit: u64,
        /// The length.
        length: u64,
    },
    /// Its `schema` is another than the one that this version reads.
    #[error("`schema` is {found}, this version reads {known}")]
    Schema {
        /// What it says.
        found: u64,
        /// What is known.
        known: u64,
    },
    /// A field that this version does not know is listed as critical.
    #[error("the critical field \"{}\" is not known", Printed(field))]
    Critical {
        /// Its name.
        field: Box<str>,
    },
    /// A required field is absent.
    #[error("the field `{field}` is missing")]
    Missing {
        /// Its name.
        field: &'static str,
    },
    /// A field has a value that it may not have.
    #[error("`{field}`: {problem}")]
    Value {
        /// Its name.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A field holds a malformed digest, or none of a known algorithm.
    #[error("{0}")]
    Digest(#[from] HashesError),
    /// A field holds a path that no client would ask for.
    #[error("{0}")]
    Path(#[from] PathError),
    /// A field holds no time.
    #[error("{0}")]
    Time(#[from] TimeError),
    /// A list is longer than the limits allow.
    #[error("more than {limit} {what}")]
    TooMany {
        /// What the list holds.
        what: &'static str,
        /// The limit.
        limit: u32,
    },
}

impl RecordError {
    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json(_) => "record.json",
            Self::TooLong { .. } => "record.too-long",
            Self::Schema { .. } => "record.schema",
            Self::Critical { .. } => "record.critical",
            Self::Missing { .. } => "record.missing-field",
            Self::Value { .. } => "record.value",
            Self::Digest(_) => "record.digest",
            Self::Path(_) => "record.path",
            Self::Time(_) => "record.time",
            Self::TooMany { .. } => "record.too-many",
        }
    }

    /// What helps: another document.
    #[must_use]
    pub const fn remedy(&self) -> Remedy {
        Remedy::Operator
    }

    /// A field with a value that it may not have.
    pub(crate) const fn value(field: &'static str, problem: &'static str) -> Self {
        Self::Value { field, problem }
    }
}

/// The text of a document of at most the allowed length.
pub(crate) fn text<'b>(bytes: &'b [u8], limits: &Limits) -> Result<&'b str, RecordError> {
    let (length, limit) = (bytes.len() as u64, limits.max_document_length);
    if length > limit {
        return Err(RecordError::TooLong { limit, length });
    }
    core::str::from_utf8(bytes)
        .map_err(|e| JsonError { problem: JsonProblem::Encoding, offset: e.valid_up_to() }.into())
}

/// Reads an object. `read` is given each field that is among `known`; others are passed over, unless
/// the object lists them under `crit`.
pub(crate) fn record<'b>(
    r: &mut Reader<'b>,
    known: &'static [&'static str],
    mut read: impl FnMut(&mut Reader<'b>, &'static str) -> Result<(), RecordError>,
) -> Result<(), RecordError> {
    r.object(|r, key| {
        if key.is(CRITICAL) {
            return critical(r, known);
        }
        match known.iter().find(|name| key.is(name)) {
            Some(name) => read(r, name),
            None => Ok(r.skip()?),
        }
    })
}

/// The value of a field that the format requires.
pub(crate) fn required<T>(value: Option<T>, field: &'static str) -> Result<T, RecordError> {
    value.ok_or(RecordError::Missing { field })
}

/// The `schema` of a document, which must be 1.
pub(crate) fn schema_one(found: Option<u64>) -> Result<(), RecordError> {
    match required(found, SCHEMA)? {
        1 => Ok(()),
        found => Err(RecordError::Schema { found, known: 1 }),
    }
}

/// One more of `what`, unless there are `limit` already.
pub(crate) fn room<T>(list: &[T], limit: u32, what: &'static str) -> Result<(), RecordError> {
    if list.len() < usize::try_from(limit).unwrap_or(usize::MAX) {
        Ok(())
    } else {
        Err(RecordError::TooMany { what, limit })
    }
}

fn critical(r: &mut Reader<'_>, known: &[&str]) -> Result<(), RecordError> {
    let mut names = 0_u32;
    r.array(|r| {
        names = names.saturating_add(1);
        let name = r.text()?;
        if known.iter().any(|known| name.is(known)) {
            return Ok(());
        }
        Err(RecordError::Critical { field: name.decode().into() })
    })?;
    // RFC 7515 §4.1.11: "the empty list" is refused too, as what nobody would write on purpose.
    if names == 0 { Err(r.fail(JsonProblem::Unexpected).into()) } else { Ok(()) }
}

/// Text of a document, fit for a log.
struct Printed<'a>(&'a str);

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        printed(self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<u64, RecordError> {
        let mut r = Reader::new(text, &Limits::default())?;
        let mut found = None;
        record(&mut r, &["a"], |r, _| {
            found = Some(r.u64()?);
            Ok(())
        })?;
        required(found, "a")
    }

    #[test]
    fn unknown_fields_are_passed_over_and_critical_ones_are_not() {
        assert_eq!(read(r#"{"a":1,"b":[{}]}"#), Ok(1));
        assert_eq!(read(r#"{"crit":["a"],"a":1,"b":2}"#), Ok(1));
        assert_eq!(read("{}").map_err(|e| e.code()), Err("record.missing-field"));
        for (text, code) in [
            (r#"{"a":1,"b":2,"crit":["b"]}"#, "record.critical"),
            (r#"{"crit":["a","b"],"a":1}"#, "record.critical"),
            (r#"{"crit":["crit"],"a":1}"#, "record.critical"),
            (r#"{"crit":[],"a":1}"#, "record.json"),
            (r#"{"crit":"a","a":1}"#, "record.json"),
            (r#"{"a":1,"\u0061":1}"#, "record.json"),
        ] {
            assert_eq!(read(text).map_err(|e| e.code()), Err(code), "{text}");
        }
    }
}
