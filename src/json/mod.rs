//! Strict JSON, read once, and the canonical form that signatures are made over.
//!
//! One parser decides. [`Reader`] is the only code in the crate that reads JSON: it checks the
//! syntax, the limits, and that no object has a key twice *while* the caller decodes, and it notes
//! what the [`canonical`] form needs. Whatever reads the same bytes again (an entry decoded on
//! demand, the canonical form streamed into a hash) goes through the same reader, so two readings
//! cannot disagree.
//!
//! Refused, beyond what RFC 8259 refuses: duplicate keys (compared decoded), numbers with a fraction
//! or an exponent, `-0`, integers outside `i64::MIN..=u64::MAX`, lone surrogates, a byte order mark,
//! more nesting or longer strings than the limits allow, and anything but white space after the value.

pub(crate) mod canonical;
mod error;
mod keys;
mod reader;
mod text;

pub use error::{JsonError, JsonProblem};
pub(crate) use keys::Index;
pub(crate) use reader::{Form, Reader};
pub(crate) use text::Text;
