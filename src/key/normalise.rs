//! Signatures as tokens write them, in the form that TUF carries.
//!
//! ECDSA has two: `r` and `s` side by side, each as long as the field (PKCS#11, JWS, `WebCrypto`),
//! and DER (RFC 3279 §2.2.3, TUF). No length tells them apart: DER of 64 bytes is rare, but it is
//! there. So nothing is guessed: the form is the one in which the signature verifies.

use alloc::vec::Vec;

#[cfg(feature = "ecdsa")]
use super::EcdsaCurve;
use super::Key;

/// The signature in the form that TUF carries, if it verifies in it; `None` if it verifies in no
/// known form.
pub(crate) fn normalised(key: &Key, message: &[u8], signature: &[u8]) -> Option<Vec<u8>> {
    let as_it_is = core::iter::once(signature.to_vec());
    as_it_is
        .chain(other_form(key.scheme(), signature))
        .find(|signature| key.verifies(message, signature))
}

/// What the signature is if it is not in the form of TUF.
#[cfg(feature = "ecdsa")]
fn other_form(scheme: &str, signature: &[u8]) -> Option<Vec<u8>> {
    EcdsaCurve::of_scheme(scheme)?.fixed_to_der(signature)
}

/// What the signature is if it is not in the form of TUF: ed25519 and RSA have one form.
#[cfg(not(feature = "ecdsa"))]
fn other_form(_scheme: &str, _signature: &[u8]) -> Option<Vec<u8>> {
    None
}

#[cfg(test)]
#[cfg(feature = "ecdsa")]
mod tests {
    use p256::ecdsa::{RecoveryId, Signature, VerifyingKey};
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::dice::Dice;
    use crate::key::NamedKey;

    const MESSAGE: &[u8] = b"metadata";

    /// A key that the signature of [`MESSAGE`] verifies with: to any `s`, and any `r` that is a
    /// point's, there is one (SEC 1 §4.1.6). So signatures of any shape can be had.
    fn key_of(signature: &Signature) -> Option<NamedKey> {
        let hash = Sha256::digest(MESSAGE);
        let even = RecoveryId::from_byte(0)?;
        let key = VerifyingKey::recover_from_prehash(&hash, signature, even).ok()?;
        let value = hex::encode(key.to_sec1_point(true).as_bytes());
        Some(NamedKey::new("ecdsa", "ecdsa-sha2-nistp256", &value))
    }

    /// 64 bytes of DER: two integers whose first bytes are neither zero nor negative.
    fn der_of_64_bytes(dice: &mut Dice) -> Vec<u8> {
        let r_length = u8::try_from(26 + dice.below(7)).unwrap();
        let mut numbers: [u8; 58] = core::array::from_fn(|_| dice.byte());
        let (r, s) = numbers.split_at_mut(r_length.into());
        for number in [&mut *r, &mut *s] {
            number[0] = number[0] & 0x7f | 1;
        }
        [&[0x30, 62, 0x02, r_length], &*r, &[0x02, 58 - r_length], &*s].concat()
    }

    #[test]
    fn der_is_understood_as_der_though_it_is_as_long_as_the_fixed_form() {
        let (mut dice, mut tried) = (Dice::new(1), 0);
        for _ in 0..1000 {
            let der = der_of_64_bytes(&mut dice);
            let Some(key) = key_of(&Signature::from_der(&der).unwrap()) else { continue };
            assert_eq!(normalised(key.key(), MESSAGE, &der), Some(der.clone()));
            let fixed = EcdsaCurve::P256.der_to_fixed(&der).unwrap();
            assert_eq!(normalised(key.key(), MESSAGE, &fixed), Some(der.clone()));
            assert_eq!(normalised(key.key(), b"other", &der), None);
            tried += 1;
        }
        assert!(tried > 250, "{tried}");
    }

    #[test]
    fn the_fixed_form_is_understood_as_such_though_it_reads_as_der() {
        let (mut dice, mut tried) = (Dice::new(2), 0);
        for _ in 0..1000 {
            let fixed = der_of_64_bytes(&mut dice);
            assert!(EcdsaCurve::P256.der_to_fixed(&fixed).is_some());
            let Ok(signature) = Signature::from_slice(&fixed) else { continue };
            let Some(key) = key_of(&signature) else { continue };
            let der = signature.to_der().as_bytes().to_vec();
            assert_eq!(normalised(key.key(), MESSAGE, &fixed), Some(der));
            tried += 1;
        }
        assert!(tried > 250, "{tried}");
    }

    /// As the other tests have it of P-256. (Wycheproof's vectors of this form are run from outside.)
    #[test]
    fn both_forms_are_understood_on_either_curve() {
        macro_rules! data {
            ($name:literal) => {
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/keys/", $name))
            };
        }
        let message = b"ota-trust";
        for (curve, scheme, pem, signatures) in [
            (EcdsaCurve::P256, "ecdsa-sha2-nistp256", data!("p256.pem"), data!("p256.hex")),
            (EcdsaCurve::P384, "ecdsa-sha2-nistp384", data!("p384.pem"), data!("p384.hex")),
        ] {
            let key = NamedKey::new("ecdsa", scheme, pem);
            let der = hex::decode(signatures.lines().next().unwrap()).unwrap();
            let fixed = curve.der_to_fixed(&der).unwrap();
            for signature in [&der, &fixed] {
                assert_eq!(normalised(key.key(), message, signature), Some(der.clone()));
                assert_eq!(normalised(key.key(), b"other", signature), None);
            }
            let mut flipped = fixed.clone();
            flipped[7] ^= 1;
            assert_eq!(normalised(key.key(), message, &flipped), None);
        }
    }

    #[test]
    fn other_algorithms_have_one_form() {
        let ed25519 = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";
        let key = NamedKey::new("ed25519", "ed25519", ed25519);
        assert_eq!(other_form(key.scheme(), &[1; 64]), None);
        assert_eq!(normalised(key.key(), MESSAGE, &[1; 64]), None);
    }
}
