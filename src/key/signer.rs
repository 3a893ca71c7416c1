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
    normalised(public_key.key(), message, &signature)
        .ok_or_else(|| SigningError::Faulty { id: id() })
}

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned as _;
    use alloc::string::ToString as _;
    use alloc::vec;
    use core::cell::Cell;
    use core::error::Error as _;

    use super::*;
    use crate::key::{Ed25519Signer, KeyId, Unusable};

    /// Says that `public_key` is its own, and signs as `sign` does.
    struct Other<F> {
        public_key: NamedKey,
        sign: F,
    }

    impl<F: Fn(&[u8]) -> Result<Vec<u8>, SignError>> Signer for Other<F> {
        fn public_key(&self) -> &NamedKey {
            &self.public_key
        }

        fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
            (self.sign)(message)
        }
    }

    fn is_faulty(result: Result<Vec<u8>, SigningError>, signer: &dyn Signer) -> bool {
        matches!(result, Err(SigningError::Faulty { id }) if id == *signer.public_key().id())
    }

    #[test]
    fn a_signature_that_verifies_is_handed_out_as_it_is() {
        let signer = Ed25519Signer::from_seed(&[1; 32]).with_key_id(KeyId::new("mine"));
        for message in [&b""[..], b"metadata"] {
            let expected = signer.sign(message).unwrap();
            assert_eq!(sign_checked(&signer, message).unwrap(), expected);
        }
    }

    #[test]
    fn rustsec_2022_0093_a_signer_with_the_public_key_of_another_is_refused() {
        let (one, two) = (Ed25519Signer::from_seed(&[1; 32]), Ed25519Signer::from_seed(&[2; 32]));
        let liar = Other { public_key: two.public_key().clone(), sign: |m: &[u8]| one.sign(m) };
        assert!(is_faulty(sign_checked(&liar, b"metadata"), &liar));
        let honest = Other { public_key: one.public_key().clone(), sign: |m: &[u8]| one.sign(m) };
        assert!(sign_checked(&honest, b"metadata").is_ok());
    }

    #[test]
    fn no_faulty_signature_is_handed_out() {
        let signer = Ed25519Signer::from_seed(&[1; 32]);
        let public_key = signer.public_key().clone();
        let good = signer.sign(b"metadata").unwrap();
        for bit in 0..8 * good.len() {
            let mut faulty = good.clone();
            faulty[bit / 8] ^= 1 << (bit % 8);
            let token =
                Other { public_key: public_key.clone(), sign: |_: &[u8]| Ok(faulty.clone()) };
            assert!(is_faulty(sign_checked(&token, b"metadata"), &token), "bit {bit}");
        }
        for other in [vec![], good[1..].to_vec(), [&good[..], &[0]].concat()] {
            let token =
                Other { public_key: public_key.clone(), sign: |_: &[u8]| Ok(other.clone()) };
            assert!(is_faulty(sign_checked(&token, b"metadata"), &token), "{other:02x?}");
        }
        // The token signs, but something else.
        let token = Other { public_key, sign: |m: &[u8]| signer.sign(&m[1..]) };
        assert!(is_faulty(sign_checked(&token, b"metadata"), &token));
    }

    #[test]
    fn what_the_signer_says_is_passed_on() {
        let public_key = Ed25519Signer::from_seed(&[1; 32]).public_key().clone();
        let public_key = public_key.with_id(KeyId::new("token-1"));
        let token = Other { public_key, sign: |_: &[u8]| Err(SignError::new("it is locked")) };
        let error = sign_checked(&token, b"metadata").unwrap_err();
        assert_eq!(error.report().to_string(), "key token-1 did not sign: it is locked");
        assert_eq!(error.code(), "signing.signer");
        assert_eq!(error.source().unwrap().to_string(), "it is locked");
    }

    #[test]
    fn a_signer_whose_key_is_of_no_use_is_not_asked() {
        for (scheme, value, why) in [
            ("unknown", "00".to_owned(), Unusable::Unsupported),
            ("ed25519", "00".to_owned(), Unusable::Malformed),
            ("ed25519", "00".repeat(32), Unusable::Weak),
        ] {
            let asked = Cell::new(false);
            let sign = |_: &[u8]| {
                asked.set(true);
                Ok(vec![0; 64])
            };
            let token = Other { public_key: NamedKey::new("ed25519", scheme, &value), sign };
            let error = sign_checked(&token, b"metadata").unwrap_err();
            assert!(matches!(error, SigningError::Unusable { reason, .. } if reason == why));
            assert!(!asked.get());
        }
    }
}
