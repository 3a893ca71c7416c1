//! The name that everything beyond the manifest knows a release by.

use core::fmt;

use crate::primitives::{
    DigestAlgorithm, HashesError, Sha256Digest, hex_print, lower_hex_decode, parsed, sha256,
};

/// The SHA-256 of a release manifest, byte for byte.
///
/// A plan binds it, and so all that the manifest says: a digest of the artifact alone would leave
/// hardware ids and indexes free to change after the approval.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ManifestDigest(Sha256Digest);

impl ManifestDigest {
    /// Of the bytes of a manifest.
    #[must_use]
    pub fn of(manifest: &[u8]) -> Self {
        Self(sha256(manifest))
    }

    /// From its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: Sha256Digest) -> Self {
        Self(bytes)
    }

    /// From 64 lower-case hexadecimal digits, as it prints; `parse()` says why not.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        lower_hex_decode(text).map(Self)
    }

    fn read(text: &str) -> Result<Self, HashesError> {
        let algorithm = DigestAlgorithm::Sha256;
        Self::from_hex(text).ok_or(HashesError::Malformed { algorithm })
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &Sha256Digest {
        &self.0
    }
}

parsed! { ManifestDigest, HashesError, ManifestDigest::read; }

impl fmt::Display for ManifestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex_print(&self.0, f)
    }
}

impl fmt::Debug for ManifestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
