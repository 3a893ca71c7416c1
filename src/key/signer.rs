//! What signs: a secret key in memory, a token, a service.

use alloc::vec::Vec;

use super::normalise::normalised;
use super::{NamedKey, SignError, SigningError};

/// Something that signs with one key.
///
/// ```
/// use ota_trust::key::{Ed25519Signer, NamedKey, SignError, Signer};
///
/// /// A key that lies somewhere else.
/// struct Token {
///     public_key: NamedKey,
///     session: fn(&[u8]) -> Result<Vec<u8>, String>,
/// }
///
/// impl Signer for Token {
///     fn public_key(&self) -> &NamedKey {
///         &self.public_key
///     }
///
///     fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
///         (self.session)(message).map_err(SignError::new)
///     }
/// }
///
/// let key = Ed25519Signer::from_seed(&[7; 32]);
/// let token =
///     Token { public_key: key.public_key().clone(), session: |_| Err("no such session".into()) };
/// assert_eq!(token.sign(b"metadata").unwrap_err().to_string(), "no such session");
/// ```
pub trait Signer {
    /// The key that verifies the signatures, as metadata shall list it.
    fn public_key(&self) -> &NamedKey;

    /// Signs `message`: the whole of it, not a digest.
    ///
    /// ed25519: 64 bytes (RFC 8032). ECDSA: DER as TUF carries it, or `r` and `s` side by side,
    /// each as long as the field, as PKCS#11, JWS and `WebCrypto` have it. RSA: PSS with SHA-256,
    /// as long as the modulus.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// Signs, and brings the signature into the form that metadata carries.
///
/// It is verified with the signer's own public key before anybody sees it. That finds a key that
/// does not belong to the signer, and a fault while it signed, from which its secret might be
/// computed (RUSTSEC-2022-0093).
pub(crate) fn sign_checked(signer: &dyn Signer, message: &[u8]) -> Result<Vec<u8>, SigningError> {
    let public_key = signer.public_key();
    let id = || public_key.id().clone();
    public_key.key().usable().map_err(|reason| SigningError::Unusable { id: id(), reason })?;
    let signature =
        signer.sign(message).map_err(|source| SigningError::Signer { id: id(), source })?;
    normalised(public_key.key(), message, &signature).ok_or_else(|| SigningError::Faulty { id: id() })
}
