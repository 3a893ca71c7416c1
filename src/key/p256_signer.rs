//! A P-256 secret key in memory, for ECDSA with SHA-256 (FIPS 186-5).

use alloc::vec::Vec;
use core::fmt;

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey, VerifyingKey};
use p256::elliptic_curve::ALGORITHM_OID;
use p256::pkcs8::der::{ErrorKind, Tag};
use p256::pkcs8::{AssociatedOid as _, Error};
use p256::{NistP256, SecretKey};
use zeroize::Zeroizing;

use super::{KeyId, NamedKey, SecretBytes, SecretKeyError, SecretText, SignError, Signer, pkcs8};

/// Signs with a P-256 key. The secret is overwritten with zeros when this is dropped.
///
/// Signatures are deterministic (RFC 6979): no entropy is drawn, so none can be poor. They are
/// DER, with `s` in either half.
///
/// ```
/// use ota_trust::key::{P256Signer, Signer};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256` writes such a file.
/// let signer = P256Signer::from_pkcs8_pem(
///     "-----BEGIN PRIVATE KEY-----\n\
///      MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgya+p2EW6dRZrXCFX\n\
///      Z7HWk05Qw9s26JsSe4piKxIPZyGhRANCAARg/tS6JVqdMclh63TGNW1owEm4kjth\n\
///      +mzmaWIuYPKftnkD/hAIuLyZpBrp6VYovGTy8bIMLX6fUXejwpTURiKZ\n\
///      -----END PRIVATE KEY-----\n",
/// )?;
/// let signature = signer.sign(b"metadata")?;
/// assert!(signer.public_key().key().verifies(b"metadata", &signature));
/// # Ok(()) }
/// ```
pub struct P256Signer {
    key: SigningKey,
    public_key: NamedKey,
}

impl P256Signer {
    /// From the secret scalar, 32 bytes with the highest first: not zero, and below the order of
    /// the curve. It must come from a source of entropy that is fit for keys: this crate draws
    /// none.
    pub fn from_secret_scalar(scalar: &[u8; 32]) -> Result<Self, SecretKeyError> {
        let key = SigningKey::from_slice(scalar).map_err(|_| SecretKeyError::OutOfRange)?;
        Ok(Self::new(key))
    }

    fn new(key: SigningKey) -> Self {
        let spki = pkcs8::der(&[b"\x30\x59", ALGORITHM, b"\x03\x42\x00", &point(&key)]);
        let value = pkcs8::to_pem("PUBLIC KEY", &spki);
        Self { public_key: NamedKey::new("ecdsa", "ecdsa-sha2-nistp256", &value), key }
    }

    /// From a PKCS#8 file in DER (RFC 5915, RFC 5958), of either version, with the public key or
    /// without.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, SecretKeyError> {
        let info = pkcs8::from_der(der)?;
        let algorithm = info.algorithm.assert_oids(ALGORITHM_OID, NistP256::OID);
        algorithm.map_err(|_| SecretKeyError::Algorithm)?;
        // The file has up to two public keys. This looks at the one inside of the secret's part.
        let listed = info.public_key;
        let signer = Self::new(SecretKey::try_from(info).map_err(refusal)?.into());
        if let Some(listed) = listed {
            let listed = listed.as_bytes().and_then(|p| VerifyingKey::from_sec1_bytes(p).ok());
            if listed.as_ref() != Some(signer.key.verifying_key()) {
                return Err(SecretKeyError::PublicKey);
            }
        }
        Ok(signer)
    }

    /// From a PKCS#8 file in PEM, as [`from_pkcs8_der`](Self::from_pkcs8_der).
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, SecretKeyError> {
        Self::from_pkcs8_der(pkcs8::from_pem(pem)?.as_bytes())
    }

    /// A PKCS#8 file in DER, of version 1, with the public key where RFC 5915 has it.
    #[must_use]
    pub fn to_pkcs8_der(&self) -> SecretBytes {
        let scalar = Zeroizing::new(self.key.to_bytes());
        let parts: &[&[u8]] = &[
            b"\x30\x81\x87\x02\x01\x00",
            ALGORITHM,
            b"\x04\x6d\x30\x6b\x02\x01\x01\x04\x20",
            &scalar,
            b"\xa1\x44\x03\x42\x00",
            &point(&self.key),
        ];
        SecretBytes::new(pkcs8::der(parts))
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

/// `AlgorithmIdentifier` of a key on P-256 (RFC 5480 §2.1.1): 1.2.840.10045.2.1 and
/// 1.2.840.10045.3.1.7.
const ALGORITHM: &[u8] =
    b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";

/// The public point without compression (SEC 1 §2.3.3): 65 bytes.
fn point(key: &SigningKey) -> Vec<u8> {
    key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
}

/// Which part of an `ECPrivateKey` (RFC 5915 §3) has a value that it should not have.
fn refusal(error: Error) -> SecretKeyError {
    let Error::Asn1(error) = error else { return SecretKeyError::Malformed };
    match error.kind() {
        ErrorKind::Value { tag: Tag::OctetString } => SecretKeyError::OutOfRange,
        ErrorKind::Value { tag: Tag::ObjectIdentifier } => SecretKeyError::Algorithm,
        ErrorKind::Value { tag: Tag::BitString } => SecretKeyError::PublicKey,
        _ => SecretKeyError::Malformed,
    }
}

impl Signer for P256Signer {
    fn public_key(&self) -> &NamedKey {
        &self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature: DerSignature = self.key.try_sign(message).map_err(SignError::new)?;
        Ok(signature.as_bytes().to_vec())
    }
}

impl fmt::Debug for P256Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("P256Signer").field("public_key", &self.public_key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use zeroize::ZeroizeOnDrop;

    use super::*;

    #[test]
    fn what_holds_the_secret_is_wiped() {
        fn wiped<T: ZeroizeOnDrop>(_: &T) {}
        let P256Signer { key, public_key: _ } = P256Signer::from_secret_scalar(&[1; 32]).unwrap();
        wiped(&key);
    }
}
