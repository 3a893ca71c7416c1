//! Ed25519 (RFC 8032), strict.

use alloc::boxed::Box;
use alloc::sync::Arc;

use ed25519_dalek::{Signature, StreamVerifier, VerifyingKey};

use super::scheme::{PublicKey, Scheme, Verification};
use super::{KeyFingerprint, Unusable};
use crate::primitives::hex_decode;

/// Keys are 32 bytes in hexadecimal, signatures 64 bytes.
pub(super) const SCHEME: Scheme = Scheme { key_types: &["ed25519"], schemes: &["ed25519"], decode };

fn decode(value: &str) -> Result<Arc<dyn PublicKey>, Unusable> {
    let bytes = hex_decode(value).ok_or(Unusable::Malformed)?;
    let bytes = bytes.as_slice().try_into().map_err(|_| Unusable::Malformed)?;
    let key = VerifyingKey::from_bytes(bytes).map_err(|_| Unusable::Malformed)?;
    if key.is_weak() {
        return Err(Unusable::Weak);
    }
    Ok(Arc::new(Ed25519(key)))
}

struct Ed25519(VerifyingKey);

impl PublicKey for Ed25519 {
    fn fingerprint(&self) -> KeyFingerprint {
        // Encodings that are not canonical decode too: the point tells keys apart, not its bytes.
        KeyFingerprint::of("ed25519", self.0.to_edwards().compress().as_bytes())
    }

    fn begin(&self, signature: &[u8]) -> Option<Box<dyn Verification>> {
        let signature = Signature::from_slice(signature).ok()?;
        // The streaming verifier alone would be lax: it has no rule for `R`. A point is a point,
        // so the type of keys serves to decode it and to ask for small order.
        let commitment = VerifyingKey::from_bytes(signature.r_bytes()).ok()?;
        if commitment.is_weak() {
            return None;
        }
        let stream = self.0.verify_stream(&signature).ok()?;
        Some(Box::new(Ed25519Verification(stream)))
    }
}

struct Ed25519Verification(StreamVerifier);

impl Verification for Ed25519Verification {
    fn update(&mut self, chunk: &[u8]) {
        self.0.update(chunk);
    }

    fn finish(self: Box<Self>) -> bool {
        self.0.finalize_and_verify().is_ok()
    }
}
