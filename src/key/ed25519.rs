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
        if is_canonical(self.0.as_bytes()) {
            return KeyFingerprint::of("ed25519", self.0.as_bytes());
        }
        KeyFingerprint::of("ed25519", self.0.to_edwards().compress().as_bytes())
    }

    fn begin(&self, signature: &[u8]) -> Option<Box<dyn Verification>> {
        let signature = Signature::from_slice(signature).ok()?;
        // The streaming verifier alone would be lax: it has no rule for `R`. It takes none but the
        // canonical encoding of the point that it computes, so only those can be of small order.
        if is_of_small_order(*signature.r_bytes()) {
            return None;
        }
        let stream = self.0.verify_stream(&signature).ok()?;
        Some(Box::new(Ed25519Verification(stream)))
    }
}

/// Whether a point that decodes has no other encoding: y is below the prime 2^255 - 19. (A point
/// with x = 0 decodes with either sign, but such points are of small order, which no key is.)
fn is_canonical(encoding: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = encoding;
    *first < 0xed || *last & 0x7f != 0x7f || middle.iter().any(|&b| b != 0xff)
}

/// Whether `encoding` is the canonical one of a point whose order divides 8.
fn is_of_small_order(mut encoding: [u8; 32]) -> bool {
    let [.., last] = &mut encoding;
    *last &= 0x7f;
    SMALL_ORDER.contains(&encoding)
}

/// The y of the eight points whose order divides 8: 0, 1, -1, and the two y of order 8.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    *b"\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    *b"\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
       \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    *b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\
       \xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
    *b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\
       \x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
];

struct Ed25519Verification(StreamVerifier);

impl Verification for Ed25519Verification {
    fn update(&mut self, chunk: &[u8]) {
        self.0.update(chunk);
    }

    fn finish(self: Box<Self>) -> bool {
        self.0.finalize_and_verify().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// Either sign with each y around the prime and each of the table.
    fn encodings() -> impl Iterator<Item = [u8; 32]> {
        let near_the_prime = (0xe0..=0xff).map(|first| {
            let mut y = [0xff; 32];
            (y[0], y[31]) = (first, 0x7f);
            y
        });
        near_the_prime.chain(SMALL_ORDER).flat_map(|y| {
            let mut negative = y;
            negative[31] |= 0x80;
            [y, negative]
        })
    }

    #[test]
    fn the_table_is_the_points_of_small_order() {
        let mut points = Vec::new();
        for y in encodings() {
            let Ok(key) = VerifyingKey::from_bytes(&y) else { continue };
            let canonical = key.to_edwards().compress().to_bytes();
            if key.is_weak() && !points.contains(&canonical) {
                points.push(canonical);
            }
            assert_eq!(is_of_small_order(canonical), key.is_weak(), "{y:02x?}");
        }
        assert_eq!(points.len(), 8, "there are no more");
    }

    #[test]
    fn an_encoding_is_canonical_if_it_is_what_the_point_encodes_to() {
        let mut others = 0;
        for y in encodings() {
            let Ok(key) = VerifyingKey::from_bytes(&y) else { continue };
            if !key.is_weak() {
                let canonical = key.to_edwards().compress().to_bytes();
                assert_eq!(is_canonical(&y), canonical == y, "{y:02x?}");
                others += usize::from(canonical != y);
            }
        }
        assert!(others > 0, "some of these have another encoding");
    }
}
