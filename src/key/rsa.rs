//! RSASSA-PSS (RFC 8017) with SHA-256, for the message and for MGF1.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rsa::hazmat::rsa_encrypt;
use rsa::pkcs1::{self, der::Encode as _};
use rsa::pkcs8::{Document, SubjectPublicKeyInfoRef};
use rsa::pss::{Signature, VerifyingKey};
use rsa::sha2::{Digest, Sha256};
use rsa::signature::hazmat::PrehashVerifier as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, RsaPublicKey};

use super::scheme::{PublicKey, Scheme, Verification};
use super::{KeyFingerprint, Unusable};

/// Keys are PEM, either `PUBLIC KEY` or `RSA PUBLIC KEY`.
pub(super) const PSS_SHA256: Scheme =
    Scheme { key_types: &["rsa"], schemes: &["rsassa-pss-sha256"], decode };

/// A shorter modulus is within reach of those who factor numbers (NIST SP 800-131A).
const MIN_MODULUS_BITS: usize = 2048;

/// Bounds the time that one verification takes.
const MAX_MODULUS_BITS: usize = 16384;

const HASH_LEN: usize = 32;

fn decode(value: &str) -> Result<Arc<dyn PublicKey>, Unusable> {
    let (label, document) = Document::from_pem(value.trim()).map_err(|_| Unusable::Malformed)?;
    let key = match label {
        "PUBLIC KEY" => from_spki(document.as_bytes()),
        "RSA PUBLIC KEY" => from_pkcs1(document.as_bytes()),
        _ => None,
    };
    let key = key.ok_or(Unusable::Malformed)?;
    if key.public.n().bits() < MIN_MODULUS_BITS {
        return Err(Unusable::Weak);
    }
    Ok(Arc::new(key))
}

fn from_spki(der: &[u8]) -> Option<Rsa> {
    let spki = SubjectPublicKeyInfoRef::try_from(der).ok()?;
    // Not `id-RSASSA-PSS`, which may bind the key to other parameters than the scheme's.
    if spki.algorithm != pkcs1::ALGORITHM_ID {
        return None;
    }
    from_pkcs1(spki.subject_public_key.as_bytes()?)
}

fn from_pkcs1(der: &[u8]) -> Option<Rsa> {
    let key = pkcs1::RsaPublicKey::try_from(der).ok()?;
    let fingerprint = KeyFingerprint::of("rsa", &key.to_der().ok()?);
    let modulus = BigUint::from_bytes_be(key.modulus.as_bytes());
    let exponent = BigUint::from_bytes_be(key.public_exponent.as_bytes());
    // Refuses a modulus that is even, and an exponent that is even, 1, or of more than 33 bits.
    let public = RsaPublicKey::new_with_max_size(modulus, exponent, MAX_MODULUS_BITS).ok()?;
    Some(Rsa { public, fingerprint })
}

struct Rsa {
    public: RsaPublicKey,
    fingerprint: KeyFingerprint,
}

impl PublicKey for Rsa {
    fn fingerprint(&self) -> KeyFingerprint {
        self.fingerprint
    }

    fn begin(&self, signature: &[u8]) -> Option<Box<dyn Verification>> {
        // Before any arithmetic on it, whose time depends on the length.
        if signature.len() != self.public.size() {
            return None;
        }
        let salt_len = salt_len(&self.public, &BigUint::from_bytes_be(signature))?;
        let key = VerifyingKey::new_with_salt_len(self.public.clone(), salt_len);
        let signature = Signature::try_from(signature).ok()?;
        Some(Box::new(RsaVerification { key, signature, hash: Sha256::new() }))
    }
}

struct RsaVerification {
    key: VerifyingKey<Sha256>,
    signature: Signature,
    hash: Sha256,
}

impl Verification for RsaVerification {
    fn update(&mut self, chunk: &[u8]) {
        self.hash.update(chunk);
    }

    fn finish(self: Box<Self>) -> bool {
        self.key.verify_prehash(&self.hash.finalize(), &self.signature).is_ok()
    }
}

/// The length of the salt inside `signature`.
///
/// TUF fixes no length: some signers take that of the hash, others the longest that fits, and
/// verifiers read it from the encoded message (RFC 8017 §9.1.2, steps 5 to 10). The `rsa` crate
/// wants to be told. This does no more than tell it: a wrong length is refused there.
fn salt_len(key: &RsaPublicKey, signature: &BigUint) -> Option<usize> {
    let bits = key.n().bits().checked_sub(1)?;
    let encoded = rsa_encrypt(key, signature).ok()?.to_bytes_be();
    // Longer is possible where `bits` is a multiple of 8. The `rsa` crate lets that pass.
    let padding = bits.div_ceil(8).checked_sub(encoded.len())?;
    let encoded: Vec<u8> = core::iter::repeat_n(0, padding).chain(encoded).collect();

    let (_trailer, encoded) = encoded.split_last()?;
    let (masked, hash) = encoded.split_at_checked(encoded.len().checked_sub(HASH_LEN)?)?;
    let mut block = masked.iter().zip(mgf1(hash)).map(|(byte, mask)| byte ^ mask);
    // Of the leftmost byte, `bits` leave some bits unused; the mask does not know.
    let first = block.next()? & (0xff >> (bits.wrapping_neg() % 8));
    let mut block = core::iter::once(first).chain(block).skip_while(|&byte| byte == 0);
    block.next().filter(|&end_of_zeros| end_of_zeros == 1)?;
    Some(block.count())
}

/// The mask that grows out of `seed`, without end for any purpose here (RFC 8017 §B.2.1).
fn mgf1(seed: &[u8]) -> impl Iterator<Item = u8> {
    (0..=u32::MAX).flat_map(move |counter| {
        Sha256::new().chain_update(seed).chain_update(counter.to_be_bytes()).finalize()
    })
}
