//! A JSON value as text, in the form in which repositories publish.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use super::{JsonError, canonical, read, text};
use crate::primitives::Limits;

/// A JSON value in the form in which it is published: compact, keys sorted, only `"`, `\` and
/// control characters escaped.
///
/// What a draft keeps of fields that this crate does not know, and what callers give for `custom`.
///
/// ```
/// use ota_trust::json::Json;
/// let value = Json::parse(r#"{ "b": [1, 2], "a": "\u0041\n" }"#)?;
/// assert_eq!(value.as_str(), r#"{"a":"A\n","b":[1,2]}"#);
/// assert!(Json::parse("1.5").is_err(), "TUF knows no fractions");
/// # Ok::<(), ota_trust::json::JsonError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Json(Box<str>);

impl Json {
    /// Reads a value strictly, within the default [`Limits`] for depth and strings.
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        Self::read(text.as_bytes(), &Limits::default())
    }

    /// Reads a value strictly.
    pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Self, JsonError> {
        let (text, span, form) = read(bytes, limits)?;
        let mut out = String::with_capacity(span.len());
        canonical::stream_published(text, span, &form, &mut |chunk| {
            out.push_str(core::str::from_utf8(chunk).unwrap_or_default());
        })?;
        Ok(Self(out.into()))
    }

    /// A string.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let mut out = String::with_capacity(text.len() + 2);
        text::write_str(&mut out, text);
        Self(out.into())
    }

    /// A number.
    #[must_use]
    pub fn number(number: u64) -> Self {
        Self(alloc::format!("{number}").into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.0.starts_with('{')
    }

    /// A value whose text is in this form already.
    pub(crate) fn published(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::primitives::printed(&self.0, f)
    }
}
