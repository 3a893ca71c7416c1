//! Metadata that is genuine, and perhaps old.

use core::fmt;

use super::Trusted;
use crate::metadata::{Document, Root, Signed};
use crate::primitives::{Sha256Digest, UtcTime, Version};

/// A file of the role `R` that enough of the role's present keys have signed.
///
/// It may have expired long ago and may not be the current one: a device's stored timestamp and
/// snapshot are this, and serve as rollback baselines. It becomes [`Trusted`](super::Trusted) only
/// by the remaining checks, and only under the root whose keys have signed it.
pub struct Authentic<'a, R> {
    pub(super) document: Document<'a, R>,
    /// What is signed of the root whose keys these are; `None` where another role has delegated.
    root: Option<Sha256Digest>,
}

impl<'a, R> Authentic<'a, R> {
    /// The keys that this root lists for the role have signed the file.
    pub(super) fn under(root: &Trusted<'_, Root>, document: Document<'a, R>) -> Self {
        Self { document, root: Some(root.signed_digest()) }
    }

    /// Whether it is this root whose keys have signed the file.
    pub(super) fn is_under(&self, root: &Trusted<'_, Root>) -> bool {
        self.root == Some(root.signed_digest())
    }
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
    /// The keys that another role lists have signed the file, or it is a root.
    pub(super) fn delegated(document: Document<'a, R>) -> Self {
        Self { document, root: None }
    }

    pub(crate) fn document(&self) -> &Document<'a, R> {
        &self.document
    }
}

impl<R: fmt::Debug> fmt::Debug for Authentic<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authentic").field(self.document.signed()).finish()
    }
}
