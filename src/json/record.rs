//! Objects of this crate's own documents: known fields, and others that are passed over.
//!
//! A later version may add a field. Whoever adds one that must not be passed over lists its name
//! under `crit` in the same object (as RFC 7515 §4.1.11 has it for JWS): then a reader that does
//! not know it refuses. A later version may also be another format, which its `schema` says.
//!
//! Both are read first, wherever they stand: `schema` before all else in the document, `crit`
//! before the other fields of its object. A document of a later version is refused as one, and not
//! as damaged, whatever its other fields say, as long as it is strict JSON within the limits.

use super::{JsonError, JsonProblem, Reader};
use crate::primitives::{HashesError, Limits, PathError, Quoted, TimeError, refusals};

const CRITICAL: &str = "crit";
const SCHEMA: &str = "schema";

refusals!(
    Manifest,
    /// Why a document of this crate's own is not well-formed.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum RecordError {
        /// It is not strict JSON of the expected shape.
        #[refusal("record.json", Operator)]
        #[error(transparent)]
        Json(#[from] JsonError),
        /// It is longer than the limits allow.
        #[refusal("record.too-long", Operator)]
        #[error("{length} bytes, the limit is {limit}")]
        TooLong {
            /// The limit in bytes.
            limit: u64,
            /// The length.
            length: u64,
        },
        /// Its `schema` is another than the one that this version reads.
        #[refusal("record.schema", Operator)]
        #[error("`schema` is {found}, this version reads {known}")]
        Schema {
            /// What it says.
            found: u64,
            /// What is known.
            known: u64,
        },
        /// A field that this version does not know is listed as critical.
        #[refusal("record.critical", Operator)]
        #[error("the critical field {field} is not known")]
        Critical {
            /// Its name.
            field: Quoted,
        },
        /// A field is not known, in a document that may have none.
        #[refusal("record.unknown-field", Operator)]
        #[error("the field {field} is not known")]
        Unknown {
            /// Its name.
            field: Quoted,
        },
        /// A required field is absent.
        #[refusal("record.missing-field", Operator)]
        #[error("the field `{field}` is missing")]
        Missing {
            /// Its name.
            field: &'static str,
        },
        /// A field has a value that it may not have.
        #[refusal("record.value", Operator)]
        #[error("`{field}`: {problem}")]
        Value {
            /// Its name.
            field: &'static str,
            /// What is wrong with it.
            problem: &'static str,
        },
        /// A field holds a malformed digest, or none of a known algorithm.
        #[refusal("record.digest", Operator)]
        #[error(transparent)]
        Digest(#[from] HashesError),
        /// A field holds a path that no client would ask for.
        #[refusal("record.path", Operator)]
        #[error(transparent)]
        Path(#[from] PathError),
        /// A field holds no time.
        #[refusal("record.time", Operator)]
        #[error(transparent)]
        Time(#[from] TimeError),
        /// A list is longer than the limits allow.
        #[refusal("record.too-many", Operator)]
        #[error("more than {limit} {what}")]
        TooMany {
            /// What the list holds.
            what: &'static str,
            /// The limit.
            limit: u32,
        },
    }
);

impl RecordError {
    /// A field with a value that it may not have.
    pub(crate) const fn value(field: &'static str, problem: &'static str) -> Self {
        Self::Value { field, problem }
    }
}

/// Reads an object of this crate's own, with one row for each field that is known:
///
/// ```text
/// record!(r, |r, field| Self {
///     path: required(fields::path(r)?),
///     group: optional(fields::name(r, field, Group::new)?),
///     deltas: default(deltas(r, field)?, Vec::new()),
/// })
/// ```
///
/// In a row, `r` is the reader at the value, and `field` is the name. A field that the object lacks
/// is [`RecordError::Missing`] where it is `required`, `None` where it is `optional`, and what the
/// row says where it is `default`.
///
/// The names are those of the document. They hide local variables of the same name, and a keyword of
/// Rust cannot be one: `stringify!(r#type)` keeps the `r#`.
///
/// Where the parts of `Self` are other than the fields, an expression follows that makes it from
/// them: `Self::new(path?, group)`. A required field has to be unwrapped there, with `?`. The order
/// of these is the order in which missing fields are reported.
///
/// The table of a whole document begins with `schema: schema(1)`, and reads a [`Scanned`] one.
macro_rules! record {
    (@object $object:expr, [$($version:literal $schema:literal)?], |$r:ident, $field:ident|
    $of:ident {
        $($name:ident: $kind:ident($value:expr $(, $otherwise:expr)? $(,)?)),* $(,)?
    } $(, $then:expr)?) => {{
        const KNOWN: &[&str] = &[$($schema,)? $(stringify!($name)),*];
        $(let mut $name = None;)*
        $object.fields($($version,)? KNOWN, |$r, $field| {
            $(
                if $field == stringify!($name) {
                    $name = Some($value);
                    return Ok(true);
                }
            )*
            Ok(false)
        })?;
        $($crate::json::record!(@found $kind $name $(, $otherwise)?);)*
        $crate::json::record!(@then $of { $($kind $name)* } $($then)?)
    }};
    (@found required $name:ident) => {
        let $name = $name.ok_or($crate::json::RecordError::Missing { field: stringify!($name) });
    };
    (@found optional $name:ident) => {
        // So that the compiler says when the expression forgets it.
        let $name = $name;
    };
    (@found default $name:ident, $otherwise:expr) => {
        let $name = match $name {
            Some(found) => found,
            None => $otherwise,
        };
    };
    (@then $of:ident { $($kind:ident $name:ident)* }) => {
        $of { $($name: $crate::json::record!(@part $kind $name)),* }
    };
    (@then $of:ident { $($kind:ident $name:ident)* } $then:expr) => { $then };
    (@part required $name:ident) => { $name? };
    (@part $kind:ident $name:ident) => { $name };
    ($scanned:expr, |$r:ident, $field:ident| $of:ident {
        schema: schema($version:literal), $($rows:tt)*
    } $(, $then:expr)? $(,)?) => {
        $crate::json::record!(
            @object $scanned, [$version "schema"], |$r, $field| $of { $($rows)* } $(, $then)?
        )
    };
    ($reader:expr, |$r:ident, $field:ident| $of:ident { $($rows:tt)* } $(, $then:expr)? $(,)?) => {
        $crate::json::record!(@object $reader, [], |$r, $field| $of { $($rows)* } $(, $then)?)
    };
}

pub(crate) use record;

/// A document of this crate's own that is well-formed JSON, within the limits. Nothing in it is
/// believed before that is known.
pub(crate) struct Scanned<'b> {
    text: &'b str,
    ahead: Ahead,
    is_strict: bool,
}

impl<'b> Scanned<'b> {
    pub(crate) fn new(bytes: &'b [u8], limits: &Limits) -> Result<Self, RecordError> {
        let text = text(bytes, limits)?;
        let mut r = Reader::new(text, limits)?;
        let ahead = Ahead::of(&mut r)?;
        r.end()?;
        Ok(Self { text, ahead, is_strict: false })
    }

    /// The same, with no field that is not known, in any of its objects.
    pub(crate) fn strictly(self) -> Self {
        Self { is_strict: true, ..self }
    }

    /// Reads the document as [`Reader::fields`] does, if it has this schema.
    pub(crate) fn fields(
        self,
        schema: u64,
        known: &'static [&'static str],
        read: impl FnMut(&mut Reader<'b>, &'static str) -> Result<bool, RecordError>,
    ) -> Result<(), RecordError> {
        let at = self.ahead.schema.ok_or(RecordError::Missing { field: SCHEMA })?;
        let found = Reader::again(self.text, at).u64()?;
        if found != schema {
            return Err(RecordError::Schema { found, known: schema });
        }
        let mut reader = Reader::again(self.text, 0);
        if self.is_strict {
            reader.refuse_unknown();
        }
        // `schema` has been read.
        fields(&mut reader, &self.ahead, known, read)
    }
}

impl Reader<'_> {
    /// Reads an object of a document that has been [`Scanned`]. `read` is given each field that is
    /// among `known`, and says whether it has read it. Others are passed over, unless the object
    /// lists them under `crit`, which is read before all of them.
    ///
    /// To find `crit`, the object is passed over once before it is read. The total stays linear:
    /// the format fixes how deep such objects are nested, and no document can nest them deeper.
    /// The deepest is the source of a delta of a component of a manifest. Its bytes are read by
    /// the scan, by three passes and as fields, and its `crit` once more: six times at most.
    pub(crate) fn fields(
        &mut self,
        known: &'static [&'static str],
        read: impl FnMut(&mut Self, &'static str) -> Result<bool, RecordError>,
    ) -> Result<(), RecordError> {
        let ahead = Ahead::of(&mut Reader::again(self.source(), self.offset()))?;
        fields(self, &ahead, known, read)
    }
}

impl<'b> Reader<'b> {
    /// Reads a value that is not believed where it says, at any depth, that something in it must not be
    /// passed over that is not known: then it is passed over whole, and there is `None`.
    ///
    /// For the entries of a list of which one must not refuse the others.
    pub(crate) fn unless_critical<T>(
        &mut self,
        read: impl FnOnce(&mut Reader<'b>) -> Result<T, RecordError>,
    ) -> Result<Option<T>, RecordError> {
        let mut ahead = Reader::again(self.source(), self.offset());
        match read(&mut ahead) {
            Ok(value) => {
                self.go_to(ahead.offset());
                Ok(Some(value))
            }
            Err(RecordError::Critical { .. }) => {
                self.skip()?;
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }
}

/// Where the values stand that are read before the other fields of an object.
#[derive(Default)]
struct Ahead {
    schema: Option<usize>,
    critical: Option<usize>,
}

impl Ahead {
    /// Passes over an object.
    fn of(r: &mut Reader<'_>) -> Result<Self, JsonError> {
        let mut ahead = Self::default();
        r.object(|r, key| {
            if key.is(SCHEMA) {
                ahead.schema = Some(r.offset());
            } else if key.is(CRITICAL) {
                ahead.critical = Some(r.offset());
            }
            r.skip()
        })?;
        Ok(ahead)
    }
}

fn fields<'b>(
    r: &mut Reader<'b>,
    ahead: &Ahead,
    known: &'static [&'static str],
    mut read: impl FnMut(&mut Reader<'b>, &'static str) -> Result<bool, RecordError>,
) -> Result<(), RecordError> {
    #[cfg(test)]
    super::schemas::note(r.position()?, known);
    if let Some(at) = ahead.critical {
        critical(&mut Reader::again(r.source(), at), known)?;
    }
    r.object(|r, key| {
        let name = known.iter().find(|name| key.is(name));
        if name.is_none() && r.refuses_unknown() && !key.is(CRITICAL) {
            return Err(RecordError::Unknown { field: key.decode().into() });
        }
        let is_read = match name {
            Some(name) => read(r, name)?,
            None => false,
        };
        if is_read { Ok(()) } else { Ok(r.skip()?) }
    })
}

/// The text of a document of at most the allowed length.
fn text<'b>(bytes: &'b [u8], limits: &Limits) -> Result<&'b str, RecordError> {
    let (length, limit) = (bytes.len() as u64, limits.max_document_length);
    if length > limit {
        return Err(RecordError::TooLong { limit, length });
    }
    core::str::from_utf8(bytes)
        .map_err(|e| JsonError { problem: JsonProblem::Encoding, offset: e.valid_up_to() }.into())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Outer {
        a: u64,
        b: Option<Inner>,
        c: bool,
    }

    #[derive(Debug, PartialEq)]
    struct Inner {
        a: u64,
    }

    fn read(text: &str) -> Result<Outer, RecordError> {
        let scanned = Scanned::new(text.as_bytes(), &Limits::default())?;
        Ok(record!(scanned, |r, field| Outer {
            schema: schema(1),
            a: required(r.u64()?),
            b: optional(record!(r, |r, field| Inner { a: required(r.u64()?) })),
            c: default(r.boolean()?, true),
        }))
    }

    fn code_of(text: &str) -> &'static str {
        read(text).map_or_else(|refusal| refusal.code(), |_| "none")
    }

    #[test]
    fn what_is_absent_is_refused_or_none_or_what_the_row_says() {
        assert_eq!(read(r#"{"schema":1,"a":1}"#), Ok(Outer { a: 1, b: None, c: true }));
        let all = Outer { a: 1, b: Some(Inner { a: 2 }), c: false };
        assert_eq!(read(r#"{"c":false,"b":{"a":2},"\u0061":1,"schema":1}"#), Ok(all));
        let missing = |field| Err(RecordError::Missing { field });
        assert_eq!(read("{}"), missing("schema"));
        assert_eq!(read(r#"{"a":1,"b":{}}"#), missing("schema"));
        assert_eq!(read(r#"{"schema":1,"b":{"a":1}}"#), missing("a"));
        assert_eq!(read(r#"{"schema":1,"b":{},"a":1}"#), missing("a"));
    }

    #[test]
    fn unknown_fields_are_passed_over_and_critical_ones_are_not() {
        for (text, code) in [
            (r#"{"schema":1,"a":1,"d":[{}]}"#, "none"),
            (r#"{"schema":1,"crit":["a","schema","b"],"a":1,"d":2}"#, "none"),
            (r#"{"schema":1,"a":1,"d":2,"crit":["d"]}"#, "record.critical"),
            (r#"{"schema":1,"crit":["a","d"],"a":1}"#, "record.critical"),
            (r#"{"schema":1,"crit":["crit"],"a":1}"#, "record.critical"),
            (r#"{"schema":1,"crit":[],"a":1}"#, "record.json"),
            (r#"{"schema":1,"crit":"a","a":1}"#, "record.json"),
            (r#"{"schema":1,"crit":["a"],"crit":["a"],"a":1}"#, "record.json"),
            (r#"{"schema":1,"a":1,"\u0061":1}"#, "record.json"),
            (r#"{"schema":1,"a":1,"b":{"a":1,"crit":["schema"]}}"#, "record.critical"),
        ] {
            assert_eq!(code_of(text), code, "{text}");
        }
    }

    /// Wherever they stand, and whatever else is wrong: `schema`, then `crit`, then the fields.
    #[test]
    fn schema_and_crit_are_read_first() {
        for (text, code) in [
            (r#"{"a":"A","b":[],"c":null,"crit":["d"],"schema":2}"#, "record.schema"),
            (r#"{"crit":7,"a":{"schema":1},"schema":2}"#, "record.schema"),
            (r#"{"crit":["d"],"schema":"1"}"#, "record.json"),
            (r#"{"crit":["d"],"a":1}"#, "record.missing-field"),
            (r#"{"a":"A","crit":["d"],"schema":1}"#, "record.critical"),
            (r#"{"a":"A","b":{"a":1,"crit":["d"]},"schema":1}"#, "record.json"),
            (r#"{"a":1,"b":{"a":"A","crit":["d"]},"schema":1}"#, "record.critical"),
            (r#"{"a":1,"b":{"a":"A","crit":[1,"d"]},"crit":["d"],"schema":1}"#, "record.critical"),
            // What is not well-formed says nothing of itself.
            (r#"{"a":1,"schema":2"#, "record.json"),
            (r#"{"schema":2}{}"#, "record.json"),
            (r#"{"schema":2,"schema":2}"#, "record.json"),
            (r#"{"schema":2,"a":{"b":1,"b":1}}"#, "record.json"),
            (r#"{"schema":2,"a":0.5}"#, "record.json"),
            (r#"[{"schema":2}]"#, "record.json"),
        ] {
            assert_eq!(code_of(text), code, "{text}");
        }
    }
}
