//! An ed25519 secret key in memory (RFC 8032).

use alloc::vec::Vec;
use core::fmt;

use ed25519_dalek::ed25519::pkcs8::ALGORITHM_ID;
use ed25519_dalek::{Signer as _, SigningKey};

use super::{KeyId, NamedKey, SecretBytes, SecretKeyError, SecretText, SignError, Signer, pkcs8};
use crate::primitives::hex_encode;

/// Signs with an ed25519 key. The secret is overwritten with zeros when this is dropped.
///
/// ```
/// use ota_trust::key::{Ed25519Signer, Signer};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // `openssl genpkey -algorithm ed25519` writes such a file.
/// let signer = Ed25519Signer::from_pkcs8_pem(
///     "-----BEGIN PRIVATE KEY-----\n\
///      MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
///      -----END PRIVATE KEY-----\n",
/// )?;
/// let signature = signer.sign(b"metadata")?;
/// assert!(signer.public_key().key().verifies(b"metadata", &signature));
/// # Ok(()) }
/// ```
pub struct Ed25519Signer {
    key: SigningKey,
    public_key: NamedKey,
}

impl Ed25519Signer {
    /// From the 32 bytes that RFC 8032 calls the private key. They must come from a source of
    /// entropy that is fit for keys: this crate draws none.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let value = hex_encode(key.as_ref().as_bytes());
        let value = core::str::from_utf8(&value).unwrap_or_default();
        Self { public_key: NamedKey::new("ed25519", "ed25519", value), key }
    }

    /// From a PKCS#8 file in DER (RFC 8410 §7), of version 1, or of version 2 with the public key.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, SecretKeyError> {
        let info = pkcs8::from_der(der)?;
        if info.algorithm != ALGORITHM_ID {
            return Err(SecretKeyError::Algorithm);
        }
        // An `OCTET STRING` inside of the one that PKCS#8 has.
        let Some(seed) = info.private_key.as_bytes().strip_prefix(&[0x04, 0x20]) else {
            return Err(SecretKeyError::Malformed);
        };
        let signer = Self::from_seed(seed.try_into().map_err(|_| SecretKeyError::Malformed)?);
        if let Some(listed) = info.public_key
            && listed.as_bytes() != Some(signer.key.as_ref().as_bytes())
        {
            return Err(SecretKeyError::PublicKey);
        }
        Ok(signer)
    }

    /// From a PKCS#8 file in PEM, as [`from_pkcs8_der`](Self::from_pkcs8_der).
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, SecretKeyError> {
        Self::from_pkcs8_der(pkcs8::from_pem(pem)?.as_bytes())
    }

    /// A PKCS#8 file in DER. It is of version 1, which every tool reads.
    #[must_use]
    pub fn to_pkcs8_der(&self) -> SecretBytes {
        SecretBytes::new(pkcs8::der(&[PKCS8, self.key.as_bytes()]))
    }

    /// A PKCS#8 file in PEM, the same as OpenSSL writes.
    #[must_use]
    pub fn to_pkcs8_pem(&self) -> SecretText {
        SecretText::new(pkcs8::to_pem("PRIVATE KEY", self.to_pkcs8_der().as_bytes()))
    }

    /// The same signer, its key listed under another id.
    #[must_use]
    pub fn with_key_id(self, id: KeyId) -> Self {
        Self { public_key: self.public_key.with_id(id), ..self }
    }
}

/// What stands before the seed: version 1, the algorithm (1.3.101.112), two `OCTET STRING`s.
const PKCS8: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

impl Signer for Ed25519Signer {
    fn public_key(&self) -> &NamedKey {
        &self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(self.key.try_sign(message).map_err(SignError::new)?.to_vec())
    }
}

impl fmt::Debug for Ed25519Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ed25519Signer")
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use zeroize::ZeroizeOnDrop;

    use super::*;

    #[test]
    fn what_holds_the_secret_is_wiped() {
        fn wiped<T: ZeroizeOnDrop>(_: &T) {}
        let Ed25519Signer { key, public_key: _ } = Ed25519Signer::from_seed(&[1; 32]);
        wiped(&key);
    }
}
