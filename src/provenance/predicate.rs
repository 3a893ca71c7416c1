//! The predicate: what a Statement says of its subjects. Here, which builder made them.

use alloc::borrow::Cow;
use core::fmt;

use super::Malformed;
use crate::json::{JsonError, Reader, Text};

/// A type of predicate that names a builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PredicateType {
    /// SLSA provenance v1, the current one. The builder is `runDetails.builder.id`.
    SlsaV1,
    /// SLSA provenance v0.2. The builder is `builder.id`.
    SlsaV02,
    /// SLSA provenance v0.1. The builder is `builder.id`.
    SlsaV01,
}

impl PredicateType {
    const ALL: [Self; 3] = [Self::SlsaV1, Self::SlsaV02, Self::SlsaV01];

    /// The type that a Statement names so in `predicateType`; `None` for one that this crate does
    /// not read.
    ///
    /// ```
    /// use ota_trust::provenance::PredicateType;
    /// let uri = "https://slsa.dev/provenance/v1";
    /// assert_eq!(PredicateType::from_uri(uri), Some(PredicateType::SlsaV1));
    /// ```
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.uri() == uri)
    }

    /// Its name in `predicateType`.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::SlsaV1 => "https://slsa.dev/provenance/v1",
            Self::SlsaV02 => "https://slsa.dev/provenance/v0.2",
            Self::SlsaV01 => "https://slsa.dev/provenance/v0.1",
        }
    }

    /// The builder that a predicate of this type names, where `predicate` is its text.
    pub(super) fn builder(self, predicate: Option<&str>) -> Result<Cow<'_, str>, Malformed> {
        let (path, field): (&[&str], _) = match self {
            Self::SlsaV1 => (&["runDetails", "builder", "id"], "predicate.runDetails.builder.id"),
            Self::SlsaV02 | Self::SlsaV01 => (&["builder", "id"], "predicate.builder.id"),
        };
        let found = match predicate {
            Some(text) => text_at(&mut Reader::again(text, 0), path)?,
            None => None,
        };
        found.map(|id| id.decode()).ok_or(Malformed::MissingField { field })
    }
}

impl fmt::Display for PredicateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.uri())
    }
}

/// The string that stands where `path` leads, through objects.
fn text_at<'b>(r: &mut Reader<'b>, path: &[&str]) -> Result<Option<Text<'b>>, JsonError> {
    let Some((name, path)) = path.split_first() else { return r.text().map(Some) };
    let mut found = None;
    r.object(|r, key| {
        if key.is(name) {
            found = text_at(r, path)?;
        } else {
            r.skip()?;
        }
        Ok::<_, JsonError>(())
    })?;
    Ok(found)
}
