//! Metadata that is genuine, and perhaps old.

use core::fmt;

use crate::metadata::{Document, Signed};
use crate::primitives::{UtcTime, Version};

/// A file of the role `R` that enough of the role's present keys have signed.
///
/// It may have expired long ago and may not be the current one: a device's stored timestamp and
/// snapshot are this, and serve as rollback baselines. It becomes [`Trusted`](super::Trusted) only
/// by the remaining checks.
pub struct Authentic<'a, R> {
    pub(super) document: Document<'a, R>,
}

#[allow(private_bounds, reason = "`Signed` is sealed: the four roles implement it")]
impl<R: Signed> Authentic<'_, R> {
    /// The version of the file.
    #[must_use]
    pub fn version(&self) -> Version {
        self.document.signed().version()
    }

    /// When the file expires, or expired.
    #[must_use]
    pub fn expires(&self) -> UtcTime {
        self.document.signed().expires()
    }

    /// The file, byte for byte as stored.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.document.text().as_bytes()
    }
}

#[cfg(feature = "repository")]
impl<'a, R> Authentic<'a, R> {
    pub(crate) fn document(&self) -> &Document<'a, R> {
        &self.document
    }
}

impl<R: fmt::Debug> fmt::Debug for Authentic<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authentic").field(self.document.signed()).finish()
    }
}
