//! ECDSA (FIPS 186-5) over P-256 with SHA-256 and over P-384 with SHA-384.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::pkcs8::DecodePublicKey;
use sha2::{Digest, Sha256, Sha384};

use super::scheme::{PublicKey, Scheme, Verification};
use super::{KeyFingerprint, Unusable};
use crate::primitives::hex_decode;

/// Keys come as `ecdsa` from python-tuf, and as the name of the scheme from go-tuf.
pub(super) const P256: Scheme = Scheme {
    key_types: &["ecdsa", "ecdsa-sha2-nistp256"],
    schemes: &["ecdsa-sha2-nistp256"],
    decode: decode::<NistP256>,
};

/// As [`P256`].
pub(super) const P384: Scheme = Scheme {
    key_types: &["ecdsa", "ecdsa-sha2-nistp384"],
    schemes: &["ecdsa-sha2-nistp384"],
    decode: decode::<NistP384>,
};

/// What the two curves differ in.
trait Curve: Sized + 'static {
    /// Its part of a fingerprint.
    const NAME: &'static str;
    /// Decodes from SEC1 bytes, and from a `SubjectPublicKeyInfo` that names this curve.
    type Key: DecodePublicKey
        + for<'a> TryFrom<&'a [u8]>
        + PrehashVerifier<Self::Signature>
        + Clone
        + Send
        + Sync;
    /// Decodes from DER and from nothing else: no BER, no trailing bytes.
    type Signature: for<'a> TryFrom<&'a [u8]>;
    type Hash: Digest;

    /// The point without compression: one key has one such encoding.
    fn encode(key: &Self::Key) -> Vec<u8>;
}

struct NistP256;

impl Curve for NistP256 {
    const NAME: &'static str = "ecdsa-p256";
    type Key = p256::ecdsa::VerifyingKey;
    type Signature = p256::ecdsa::DerSignature;
    type Hash = Sha256;

    fn encode(key: &Self::Key) -> Vec<u8> {
        key.to_sec1_point(false).as_bytes().to_vec()
    }
}

struct NistP384;

impl Curve for NistP384 {
    const NAME: &'static str = "ecdsa-p384";
    type Key = p384::ecdsa::VerifyingKey;
    type Signature = p384::ecdsa::DerSignature;
    type Hash = Sha384;

    fn encode(key: &Self::Key) -> Vec<u8> {
        key.to_sec1_point(false).as_bytes().to_vec()
    }
}

/// Decodes PEM, or hexadecimal of a SEC1 point or of DER.
fn decode<C: Curve>(value: &str) -> Result<Arc<dyn PublicKey>, Unusable> {
    let value = value.trim();
    let key = if value.starts_with("-----BEGIN ") {
        C::Key::from_public_key_pem(value).ok()
    } else {
        hex_decode(value).and_then(|bytes| from_bytes::<C>(&bytes))
    };
    Ok(Arc::new(Ecdsa::<C>(key.ok_or(Unusable::Malformed)?)))
}

fn from_bytes<C: Curve>(bytes: &[u8]) -> Option<C::Key> {
    match bytes.first()? {
        // Compressed or not. SEC1 crates know further forms that no other TUF client reads.
        0x02..=0x04 => C::Key::try_from(bytes).ok(),
        _ => C::Key::from_public_key_der(bytes).ok(),
    }
}

struct Ecdsa<C: Curve>(C::Key);

impl<C: Curve> PublicKey for Ecdsa<C> {
    fn fingerprint(&self) -> KeyFingerprint {
        KeyFingerprint::of(C::NAME, &C::encode(&self.0))
    }

    fn begin(&self, signature: &[u8]) -> Option<Box<dyn Verification>> {
        // An `s` in the upper half is as good as one in the lower: signers in the field use both.
        let signature = C::Signature::try_from(signature).ok()?;
        let hash = C::Hash::new();
        Some(Box::new(EcdsaVerification::<C> { key: self.0.clone(), signature, hash }))
    }
}

struct EcdsaVerification<C: Curve> {
    key: C::Key,
    signature: C::Signature,
    hash: C::Hash,
}

impl<C: Curve> Verification for EcdsaVerification<C> {
    fn update(&mut self, chunk: &[u8]) {
        self.hash.update(chunk);
    }

    fn finish(self: Box<Self>) -> bool {
        self.key.verify_prehash(&self.hash.finalize(), &self.signature).is_ok()
    }
}
