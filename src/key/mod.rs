//! Public keys and signature schemes.
//!
//! A [`Key`] is what metadata lists: a type, a scheme and an encoded value. It is decoded once. A
//! key of an unknown type, or with a value that does not decode, is no error until its signature is
//! needed: then it counts for nothing, and the refusal says why ([`Unusable`]).
//!
//! Keys are told apart by what they *decode* to. Key ids are opaque, and one key that is listed
//! under two ids, or once as PEM and once as hexadecimal, is still one key.
//!
//! **Adding a scheme is one file**: a constant `Scheme`, named in `SCHEMES`.
//!
//! With feature `repository`, keys sign too: a `Signer` is a secret key in memory, or whatever
//! stands between the caller and a token. Nothing here draws entropy: seeds are an input.

#[cfg(feature = "ecdsa")]
mod curve;
#[cfg(feature = "ecdsa")]
mod ecdsa;
mod ed25519;
#[cfg(feature = "repository")]
mod ed25519_signer;
#[cfg(feature = "repository")]
mod error;
mod id;
#[cfg(feature = "repository")]
mod named;
#[cfg(feature = "repository")]
mod normalise;
#[cfg(all(feature = "repository", feature = "ecdsa"))]
mod p256_signer;
#[cfg(feature = "repository")]
mod pkcs8;
#[cfg(feature = "rsa")]
mod rsa;
mod scheme;
#[cfg(feature = "repository")]
mod secret;
#[cfg(feature = "repository")]
mod signer;

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

#[cfg(feature = "ecdsa")]
pub use curve::EcdsaCurve;
#[cfg(feature = "repository")]
pub use ed25519_signer::Ed25519Signer;
#[cfg(feature = "repository")]
pub use error::{SecretKeyError, SignError, SigningError};
pub use id::{KeyFingerprint, KeyId};
#[cfg(feature = "repository")]
pub use named::NamedKey;
#[cfg(all(feature = "repository", feature = "ecdsa"))]
pub use p256_signer::P256Signer;
pub(crate) use scheme::Verification;
use scheme::{PublicKey, Scheme};
#[cfg(feature = "repository")]
pub use secret::{SecretBytes, SecretText};
#[cfg(feature = "repository")]
pub use signer::Signer;
#[cfg(feature = "repository")]
pub(crate) use {normalise::normalised, signer::sign_checked};

use crate::primitives::{Quoted, refusals};

/// Every scheme that this build verifies.
const SCHEMES: &[Scheme] = &[
    ed25519::SCHEME,
    #[cfg(feature = "ecdsa")]
    ecdsa::P256,
    #[cfg(feature = "ecdsa")]
    ecdsa::P384,
    #[cfg(feature = "rsa")]
    rsa::PSS_SHA256,
];

/// A public key as metadata lists it (TUF §4.2.1, `KEY`).
#[derive(Clone)]
pub struct Key {
    key_type: Box<str>,
    scheme: Box<str>,
    public: Result<Arc<dyn PublicKey>, Unusable>,
}

refusals!(
    Primitives,
    /// Why the signatures of a key count for nothing.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum Unusable {
        /// This build does not verify signatures of the key's type and scheme.
        #[refusal("key.unsupported", Operator)]
        #[error("its type and scheme are not supported by this build")]
        Unsupported,
        /// The key's value does not decode to a public key.
        #[refusal("key.undecodable", Operator)]
        #[error("its value does not decode to a public key")]
        Malformed,
        /// The key decodes, but nobody should rely on it: a point of small order, or an RSA modulus
        /// of under 2048 bits.
        #[refusal("key.weak", Operator)]
        #[error("it is too weak")]
        Weak,
    }
);

impl Key {
    /// Decodes `value`, the `public` part of a key's `keyval`.
    #[must_use]
    pub fn new(key_type: &str, scheme: &str, value: &str) -> Self {
        let known = SCHEMES.iter().find(|s| s.is_named(key_type, scheme));
        let public = known.ok_or(Unusable::Unsupported).and_then(|s| (s.decode)(value));
        Self { key_type: key_type.into(), scheme: scheme.into(), public }
    }

    /// A key under a scheme that there is not: it verifies the signature with these bytes, of
    /// whatever message.
    #[cfg(test)]
    pub(crate) fn that_verifies(scheme: &str, key: &[u8], signature: &'static [u8]) -> Self {
        let public =
            test_scheme::TestKey { fingerprint: KeyFingerprint::of("test", key), signature };
        Self { key_type: "test".into(), scheme: scheme.into(), public: Ok(Arc::new(public)) }
    }

    /// The `keytype`, as listed.
    #[must_use]
    pub fn key_type(&self) -> &str {
        &self.key_type
    }

    /// The `scheme`, as listed.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Whether signatures of this key can be verified, and why not.
    pub fn usable(&self) -> Result<(), Unusable> {
        self.public.as_ref().map(|_| ()).map_err(|&why| why)
    }

    /// What tells the decoded key from every other; `None` for one that is not usable.
    #[must_use]
    pub fn fingerprint(&self) -> Option<KeyFingerprint> {
        self.public.as_ref().ok().map(|key| key.fingerprint())
    }

    /// Starts to verify a signature over a message that follows in chunks.
    ///
    /// `None` where the key is not usable, and where the signature is malformed: both verify
    /// nothing.
    pub(crate) fn verification(&self, signature: &[u8]) -> Option<Box<dyn Verification>> {
        self.public.as_ref().ok().and_then(|key| key.begin(signature))
    }

    /// Verifies a signature over a whole message.
    ///
    /// ed25519 is strict (RFC 8032 with `s < L`; keys and `R` of small order refused). ECDSA takes
    /// DER signatures, with an `s` in either half. RSA is PSS with SHA-256, for MGF1 too, and a
    /// salt of any length.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verification(signature).is_some_and(|mut verification| {
            verification.update(message);
            verification.finish()
        })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("key_type", &Quoted::from(&*self.key_type))
            .field("scheme", &Quoted::from(&*self.scheme))
            .field("fingerprint", &self.public.as_ref().map(|key| key.fingerprint()))
            .finish()
    }
}

#[cfg(test)]
mod test_scheme {
    use super::*;

    pub(super) struct TestKey {
        pub(super) fingerprint: KeyFingerprint,
        pub(super) signature: &'static [u8],
    }

    struct TestVerification(bool);

    impl PublicKey for TestKey {
        fn fingerprint(&self) -> KeyFingerprint {
            self.fingerprint
        }

        fn begin(&self, signature: &[u8]) -> Option<Box<dyn Verification>> {
            Some(Box::new(TestVerification(signature == self.signature)))
        }
    }

    impl Verification for TestVerification {
        fn update(&mut self, _: &[u8]) {}

        fn finish(self: Box<Self>) -> bool {
            self.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::hex_decode;

    macro_rules! data {
        ($name:literal) => {
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/keys/", $name))
        };
    }

    /// What the signatures in `tests/data/keys` are over.
    const MESSAGE: &[u8] = b"ota-trust";

    fn verifies<'a>(
        key: &Key,
        signature: &[u8],
        chunks: impl IntoIterator<Item = &'a [u8]>,
    ) -> bool {
        key.verification(signature).is_some_and(|mut verification| {
            chunks.into_iter().for_each(|chunk| verification.update(chunk));
            verification.finish()
        })
    }

    #[test]
    fn chunks_do_not_matter() {
        for (key_type, scheme, value, signatures) in [
            ("ed25519", "ed25519", data!("ed25519.txt"), data!("ed25519.hex")),
            #[cfg(feature = "ecdsa")]
            ("ecdsa", "ecdsa-sha2-nistp256", data!("p256.pem"), data!("p256.hex")),
            #[cfg(feature = "ecdsa")]
            ("ecdsa", "ecdsa-sha2-nistp384", data!("p384.pem"), data!("p384.hex")),
            #[cfg(feature = "rsa")]
            ("rsa", "rsassa-pss-sha256", data!("rsa2048.pem"), data!("rsa2048.hex")),
        ] {
            let key = Key::new(key_type, scheme, value.trim());
            let signature = signatures.lines().next().and_then(hex_decode).unwrap_or_default();
            for at in 0..=MESSAGE.len() {
                let (head, tail) = MESSAGE.split_at(at);
                assert!(verifies(&key, &signature, [head, tail]), "{scheme}, cut at {at}");
                assert_eq!(verifies(&key, &signature, [head]), tail.is_empty());
                assert_eq!(
                    verifies(&key, &signature, [tail, head]),
                    head.is_empty() || tail.is_empty()
                );
            }
            assert!(verifies(&key, &signature, MESSAGE.chunks(1)), "{scheme}");
            assert!(!verifies(&key, &signature, []), "{scheme}");
        }
    }
}
