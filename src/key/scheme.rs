//! What a signature scheme is to the rest of the crate.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::{KeyFingerprint, Unusable};

/// One way to encode keys and to sign.
pub(super) struct Scheme {
    /// The values of `keytype` under which it occurs.
    pub(super) key_types: &'static [&'static str],
    /// The values of `scheme` under which it occurs.
    pub(super) schemes: &'static [&'static str],
    /// Decodes the `public` part of a `keyval`.
    pub(super) decode: fn(&str) -> Result<Arc<dyn PublicKey>, Unusable>,
}

impl Scheme {
    pub(super) fn is_named(&self, key_type: &str, scheme: &str) -> bool {
        self.key_types.contains(&key_type) && self.schemes.contains(&scheme)
    }
}

/// A decoded public key.
pub(super) trait PublicKey: Send + Sync {
    /// Equal exactly for equal keys.
    fn fingerprint(&self) -> KeyFingerprint;

    /// Starts to verify `signature`; `None` for one that is malformed.
    fn begin(&self, signature: &[u8]) -> Option<Box<dyn Verification>>;
}

/// The verification of one signature over a message that comes in chunks.
///
/// Every signature is verified this way, whether the message lies in memory as a whole or is a
/// canonical form that nobody holds: there is one verdict because there is one path.
pub(crate) trait Verification {
    /// Takes the next chunk of the message.
    fn update(&mut self, chunk: &[u8]);

    /// Whether the signature is the key's over all chunks.
    fn finish(self: Box<Self>) -> bool;
}
