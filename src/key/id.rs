//! Names of keys: the one that metadata gives, and the one that the key itself gives.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use sha2::{Digest as _, Sha256};

use crate::primitives::stored::Field;
use crate::primitives::{Sha256Digest, hex_print, printed, quoted};

/// A key id: any text that metadata uses for a key. It proves nothing about the key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Box<str>);

impl KeyId {
    /// A key id from its text.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    /// Fit for a log, as [`Quoted`](crate::primitives::Quoted), without quotation marks: what cannot be
    /// seen is escaped, and a long id is cut.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        printed(&self.0, f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        quoted(&self.0, f)
    }
}

/// The SHA-256 of a decoded public key and its algorithm: equal for one key, however it is written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyFingerprint(Sha256Digest);

impl KeyFingerprint {
    /// Of the decoded key `bytes` for `algorithm`; the two are kept apart by a zero byte.
    pub(super) fn of(algorithm: &str, bytes: &[u8]) -> Self {
        let hash = Sha256::new().chain_update(algorithm).chain_update([0]).chain_update(bytes);
        Self(hash.finalize().into())
    }

    /// A fingerprint that was kept somewhere.
    #[must_use]
    pub const fn from_bytes(bytes: Sha256Digest) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &Sha256Digest {
        &self.0
    }
}

impl Field for KeyFingerprint {
    fn read(word: &str) -> Option<Self> {
        Field::read(word).map(Self)
    }

    fn write(&self, text: &mut String) {
        self.0.write(text);
    }
}

impl fmt::Display for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex_print(&self.0, f)
    }
}

impl fmt::Debug for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
