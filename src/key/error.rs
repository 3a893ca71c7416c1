//! Why a secret key was not read, and why a signature was not made.

use alloc::boxed::Box;
use core::error::Error;
use core::fmt;

use super::{KeyId, Unusable};
use crate::primitives::refusals;

refusals!(
    Signing,
    /// A secret key that was not read. Says nothing of what the file contains.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum SecretKeyError {
        /// The text is not one PEM document (RFC 7468) with the label `PRIVATE KEY`.
        #[refusal("key.pem", Operator)]
        #[error("no PEM document with the label PRIVATE KEY")]
        Pem,
        /// The key is encrypted. Decrypting is left to the caller, who knows the pass phrase.
        #[refusal("key.encrypted", Operator)]
        #[error("the key is encrypted")]
        Encrypted,
        /// The bytes are not PKCS#8 (RFC 5208, RFC 5958) in DER, or what it holds does not decode.
        #[refusal("key.malformed", Operator)]
        #[error("no well-formed PKCS#8 file")]
        Malformed,
        /// The file holds a key of another algorithm, or on another curve.
        #[refusal("key.algorithm", Operator)]
        #[error("a key of another algorithm")]
        Algorithm,
        /// The secret is zero, or not below the order of the curve.
        #[refusal("key.out-of-range", Operator)]
        #[error("the secret is out of range")]
        OutOfRange,
        /// The file names a public key, and it is not that of its secret. To sign with such a pair
        /// can give the secret away (RUSTSEC-2022-0093).
        #[refusal("key.public-key", Operator)]
        #[error("the file's public key does not belong to its secret")]
        PublicKey,
    }
);

/// What a [`Signer`](super::Signer) says when it cannot sign: an error of the caller's own, which
/// [`source`](Error::source) gives back.
///
/// ```
/// use ota_trust::key::SignError;
/// assert_eq!(SignError::new("the token is locked").to_string(), "the token is locked");
/// ```
#[derive(Debug)]
pub struct SignError(Box<dyn Error + Send + Sync>);

impl SignError {
    /// From any error, or from a text.
    #[must_use]
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for SignError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

refusals!(
    Signing,
    /// A signature that was not made, or that nobody would have accepted.
    #[derive(Debug, thiserror::Error)]
    #[non_exhaustive]
    pub enum SigningError {
        /// The signer failed.
        #[refusal("signing.signer", Retry)]
        #[error("key {id} did not sign")]
        Signer {
            /// The id of the signer's key.
            id: KeyId,
            /// What the signer says.
            source: SignError,
        },
        /// The signature is not that of the signer's public key: the signer is faulty, or has another
        /// secret than it says. It was not handed out: a faulty one can give the secret away.
        #[refusal("signing.faulty", Operator)]
        #[error("key {id}: the signature does not verify with the signer's own public key")]
        Faulty {
            /// The id of the signer's key.
            id: KeyId,
        },
        /// No signature of the signer's public key can be verified. It was not asked to sign.
        #[refusal("signing.unusable", Operator)]
        #[error("key {id} cannot be used")]
        Unusable {
            /// The id of the signer's key.
            id: KeyId,
            /// Why not.
            #[source]
            reason: Unusable,
        },
    }
);
