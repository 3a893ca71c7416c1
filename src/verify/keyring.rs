//! Keys that have been decoded, so that they need not be again.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::NotCounted;
use crate::key::{Key, KeyFingerprint, Unusable};
use crate::metadata::ListedKey;
use crate::primitives::{Sha256Digest, sha256};

/// A key that signatures can be verified with.
pub(crate) struct UsableKey {
    pub(super) key: Key,
    pub(super) fingerprint: KeyFingerprint,
}

impl UsableKey {
    /// The key, if its signatures can be verified.
    pub(crate) fn new(key: Key) -> Result<Self, Unusable> {
        key.usable()?;
        let fingerprint = key.fingerprint().ok_or(Unusable::Malformed)?;
        Ok(Self { key, fingerprint })
    }

    /// Whether both find the same of any signature: the same key, under the same scheme.
    pub(super) fn verifies_as(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint && self.key.scheme() == other.key.scheme()
    }
}

/// A listed key decoded, or why its signatures count for nothing.
type Decoded = Result<Arc<UsableKey>, NotCounted>;

/// Decoded keys, by the SHA-256 of how they are written: in whatever file a key stands in the same
/// words, it is the same key.
///
/// To decode a key costs a tenth of what it costs to verify its signature, and in a chain of roots
/// the same few keys sign.
#[derive(Clone, Default)]
pub(super) struct Keyring(Vec<(Sha256Digest, Decoded)>);

impl Keyring {
    /// The key, decoded now if it is neither here nor in `other`; it is here from now on.
    pub(super) fn decoded(&mut self, listed: ListedKey<'_>, other: &Self) -> Decoded {
        let written = sha256(listed.as_str().as_bytes());
        if let Some(known) = self.get(&written) {
            return known.clone();
        }
        let decoded = other.get(&written).cloned().unwrap_or_else(|| decode(listed));
        self.0.push((written, decoded.clone()));
        decoded
    }

    fn get(&self, written: &Sha256Digest) -> Option<&Decoded> {
        self.0.iter().find(|(known, _)| known == written).map(|(_, decoded)| decoded)
    }
}

fn decode(listed: ListedKey<'_>) -> Decoded {
    let key = listed.decode().ok_or(NotCounted::NotListed)?;
    UsableKey::new(key).map(Arc::new).map_err(NotCounted::Unusable)
}
