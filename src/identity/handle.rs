//! What a server calls a device, for one epoch.

use core::fmt;

use sha2::{Digest as _, Sha256};

use crate::key::KeyId;
use crate::primitives::{Sha256Digest, hex_encode, lower_hex_decode};

/// Keeps handles apart from all other digests.
const DOMAIN: &[u8] = b"ota-trust handle 1\0";

/// The name of a device in one epoch: a digest of its key of that epoch.
///
/// It comes from that key, or from the `keyid` of a request or a certificate, and becomes a
/// [`KeyId`]: there is no way to or from any other name of a device. It does not print, since a
/// log that has handles of many epochs is what rotation is to prevent;
/// [`key_id`](Self::key_id) is for the wire and for a look-up.
///
/// Whoever asks sends it in the clear, so comparing two gives away nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(Sha256Digest);

impl Handle {
    /// The handle of the device with this public key.
    pub(super) fn of(public_key: &[u8; 32]) -> Self {
        Self(Sha256::new().chain_update(DOMAIN).chain_update(public_key).finalize().into())
    }

    /// The handle in a `keyid`: 64 hexadecimal digits in lower case.
    ///
    /// ```
    /// use ota_trust::{identity::Handle, key::KeyId};
    /// let id = KeyId::new(&"0a".repeat(32));
    /// assert_eq!(Handle::from_key_id(&id).map(|handle| handle.key_id()), Some(id));
    /// assert!(Handle::from_key_id(&KeyId::new("device 7")).is_none());
    /// ```
    #[must_use]
    pub fn from_key_id(id: &KeyId) -> Option<Self> {
        Self::from_hex(id.as_str())
    }

    /// The handle in the text of a `keyid`.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        lower_hex_decode(text).map(Self)
    }

    /// The digest.
    #[cfg(feature = "request")]
    pub(crate) fn as_bytes(&self) -> &Sha256Digest {
        &self.0
    }

    /// The `keyid` of what this device signs (RFC 9421 §2.3).
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        KeyId::new(core::str::from_utf8(&hex_encode(&self.0)).unwrap_or_default())
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle(..)")
    }
}
