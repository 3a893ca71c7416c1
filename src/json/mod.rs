//! Strict JSON, read once, and the canonical form that signatures are made over.
//!
//! One parser decides. `Reader` is the only code in the crate that reads JSON: it checks the
//! syntax, the limits, and that no object has a key twice *while* the caller decodes, and it notes
//! what the canonical form needs. Whatever reads the same bytes again (an entry decoded on
//! demand, the canonical form streamed into a hash) goes through the same reader, so two readings
//! cannot disagree.
//!
//! Refused, beyond what RFC 8259 refuses: duplicate keys (compared decoded), numbers with a
//! fraction or an exponent, `-0`, integers outside `i64::MIN..=u64::MAX`, lone surrogates, a byte
//! order mark, more nesting or longer strings than the limits allow, and anything but white space
//! after the value. Claims of a signed token that nobody reads may hold any number, and nothing
//! else is so.

pub(crate) mod canonical;
mod error;
pub(crate) mod fields;
mod grow;
mod keys;
mod numbers;
#[cfg(feature = "repository")]
mod object;
mod reader;
mod record;
#[cfg(test)]
pub(crate) mod schemas;
#[cfg(test)]
mod shapes;
mod sort;
mod text;
mod unsorted;
#[cfg(feature = "repository")]
mod value;

pub use error::{JsonError, JsonProblem};
pub(crate) use keys::{Index, decoded_bytes, raw_bytes, text_at, texts};
#[cfg(feature = "repository")]
pub(crate) use object::{Object, array, strings, texts_to_json};
pub(crate) use reader::{Form, Reader};
pub use record::RecordError;
pub(crate) use record::{Scanned, record, room};
pub(crate) use sort::{sort, sort_heads};
pub(crate) use text::Text;
pub(crate) use text::write_str;
#[cfg(feature = "repository")]
pub use value::Json;

use alloc::vec::Vec;

use crate::primitives::Limits;

/// Reads `bytes` for its syntax alone.
///
/// ```
/// use ota_trust::{json, primitives::Limits};
/// assert!(json::check(br#"{"a":1,"b":[]}"#, &Limits::default()).is_ok());
/// assert!(json::check(br#"{"a":1,"\u0061":2}"#, &Limits::default()).is_err());
/// ```
pub fn check(bytes: &[u8], limits: &Limits) -> Result<(), JsonError> {
    read(bytes, limits).map(|_| ())
}

/// The canonical form of `bytes` (TUF §4.2.1): what signatures over it are made over.
///
/// ```
/// use ota_trust::{json, primitives::Limits};
/// let form = json::canonical_form(br#"{ "b": 1, "a": "\n" }"#, &Limits::default())?;
/// assert_eq!(form, b"{\"a\":\"\n\",\"b\":1}");
/// # Ok::<(), ota_trust::json::JsonError>(())
/// ```
pub fn canonical_form(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, JsonError> {
    let (text, span, form) = read(bytes, limits)?;
    let mut out = Vec::with_capacity(span.len());
    canonical::stream(text, span, &form, &mut |chunk| out.extend_from_slice(chunk))?;
    Ok(out)
}

/// The text of `bytes`, where its value stands, and how that differs from its canonical form.
fn read<'b>(
    bytes: &'b [u8],
    limits: &Limits,
) -> Result<(&'b str, core::ops::Range<usize>, Form), JsonError> {
    let text = core::str::from_utf8(bytes)
        .map_err(|e| JsonError { problem: JsonProblem::Encoding, offset: e.valid_up_to() })?;
    let mut reader = Reader::new(text, limits)?;
    reader.begin_canonical();
    let start = reader.offset();
    reader.skip()?;
    let (span, form) = (start..reader.offset(), reader.end_canonical());
    reader.end()?;
    Ok((text, span, form))
}
