//! PKCS#8 files (RFC 5208, RFC 5958), and the PEM around them (RFC 7468).

use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::pkcs8::{PrivateKeyInfoRef, SecretDocument};
use zeroize::Zeroizing;

use super::SecretKeyError;

/// The DER inside of a PEM document. White space around it does no harm.
pub(super) fn from_pem(text: &str) -> Result<SecretDocument, SecretKeyError> {
    match SecretDocument::from_pem(text.trim()) {
        Ok(("PRIVATE KEY", document)) => Ok(document),
        Ok(("ENCRYPTED PRIVATE KEY", _)) => Err(SecretKeyError::Encrypted),
        _ => Err(SecretKeyError::Pem),
    }
}

/// Reads either version of the format; attributes are passed over.
pub(super) fn from_der(der: &[u8]) -> Result<PrivateKeyInfoRef<'_>, SecretKeyError> {
    PrivateKeyInfoRef::try_from(der).map_err(|_| SecretKeyError::Malformed)
}

/// DER from its parts. Secrets have a fixed length, so all but them and the public key is fixed.
pub(super) fn der(parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    // `concat` takes all of the room at once: a vector that grows leaves copies behind.
    Zeroizing::new(parts.concat())
}

/// Writes PEM with lines of 64 characters.
pub(super) fn to_pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let lines = || der.chunks(48);
    let boundaries = 2 * ("-----BEGIN -----\n".len() + label.len());
    // Room for all of it at once, for the same reason.
    let mut text = Zeroizing::new(String::with_capacity(boundaries + 65 * lines().len()));
    for part in ["-----BEGIN ", label, "-----\n"] {
        text.push_str(part);
    }
    for line in lines() {
        text.push_str(&Zeroizing::new(Base64::encode_string(line)));
        text.push('\n');
    }
    for part in ["-----END ", label, "-----\n"] {
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn pem_has_lines_of_64_characters_and_reads_back() {
        for length in [2, 47, 48, 49, 96, 97, 200_u8] {
            // A sequence, whose length may take a second byte.
            let head: &[u8] = if length < 0x80 { &[0x30] } else { &[0x30, 0x81] };
            let document = [head, &[length], &vec![7; length.into()]].concat();
            let pem = to_pem("PRIVATE KEY", &document);
            assert_eq!(from_pem(&pem).unwrap().as_bytes(), document);
            assert_eq!(
                from_pem(&alloc::format!("\r\n {}\n\n", *pem)).unwrap().as_bytes(),
                document
            );
            assert!(pem.ends_with("\n-----END PRIVATE KEY-----\n"));
            assert!(pem.lines().all(|line| line.len() <= 64));
            assert_eq!(pem.lines().count(), 2 + document.len().div_ceil(48));
        }
    }
}
