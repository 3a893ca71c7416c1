//! Signers: what they sign, which files they are read from, and what they keep to themselves.
//!
//! The files in `tests/data/signers` were written by its `generate.py`, with OpenSSL and
//! securesystemslib.

use std::error::Error as _;

use ota_trust::key::{
    Ed25519Signer, KeyId, NamedKey, SecretKeyError, SignError, Signer, SigningError, Unusable,
};
use ota_trust::primitives::Remedy;
use proptest::prelude::*;

macro_rules! data {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/signers/", $name))
    };
}

/// The example of RFC 8410 §10.3 without the public key, the one with it, and that key (§10.1).
const RFC8410_V1: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";
const RFC8410_V2: &str = "-----BEGIN PRIVATE KEY-----
MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
Z9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PRIVATE KEY-----
";
const RFC8410_PUBLIC: &str = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// A file of version 1 as one of version 2 with `public_key`, whose last `unused` bits do not count.
fn with_public_key(der: &[u8], unused: u8, public_key: &[u8]) -> Vec<u8> {
    let header = if der[1] == 0x81 { 3 } else { 2 };
    let bits = u8::try_from(1 + public_key.len()).unwrap();
    let field = [&[0x81, bits, unused], public_key].concat();
    let mut body = [&der[header..], &field].concat();
    body[2] = 1;
    let length = u8::try_from(body.len()).unwrap();
    let head: &[u8] = if length < 0x80 { &[0x30] } else { &[0x30, 0x81] };
    [head, &[length], &body].concat()
}

/// `der` holds a secret and its public key. Every file that is shorter or longer is refused; one
/// that differs in a bit is refused, or what differs means nothing.
fn assert_strict<S: Signer>(der: &[u8], read: impl Fn(&[u8]) -> Result<S, SecretKeyError>) {
    let key = read(der).ok().unwrap().public_key().clone();
    for end in 0..der.len() {
        assert_eq!(read(&der[..end]).err(), Some(SecretKeyError::Malformed), "cut at {end}");
    }
    assert_eq!(read(&[der, &[0]].concat()).err(), Some(SecretKeyError::Malformed));
    for bit in 0..8 * der.len() {
        let mut other = der.to_vec();
        other[bit / 8] ^= 1 << (bit % 8);
        if let Ok(signer) = read(&other) {
            assert_eq!(*signer.public_key(), key, "bit {bit}");
        }
    }
}

/// No way to write bytes that shows `secret` is part of `text`.
fn assert_hidden(text: &str, secret: &[u8]) {
    let lower = hex::encode(secret);
    let list = format!("{secret:?}");
    let inner = list.trim_matches(['[', ']']);
    for shown in [&lower[..16], &lower.to_uppercase()[..16], &inner[..20]] {
        assert!(!text.contains(shown), "{text}");
    }
}

mod ed25519 {
    use super::*;

    /// RFC 8032 §7.1: seed, public key, message, signature.
    const RFC8032: [[&str; 4]; 4] = [
        [
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ],
        [
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ],
        [
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ],
        [
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
        ],
    ];

    #[test]
    fn rfc_8032_vectors() {
        for [seed, public, message, signature] in RFC8032 {
            let signer = Ed25519Signer::from_seed(&unhex(seed).try_into().unwrap());
            assert_eq!(signer.public_key().value(), public);
            assert_eq!(signer.public_key().key_type(), "ed25519");
            assert_eq!(signer.public_key().scheme(), "ed25519");
            assert_eq!(hex::encode(signer.sign(&unhex(message)).unwrap()), signature);
        }
    }

    #[test]
    fn rfc_8410_files_are_read_with_and_without_the_public_key() {
        for pem in [RFC8410_V1, RFC8410_V2] {
            let signer = Ed25519Signer::from_pkcs8_pem(pem).unwrap();
            assert_eq!(signer.public_key().value(), RFC8410_PUBLIC);
            assert_eq!(signer.to_pkcs8_pem().as_str(), RFC8410_V1);
        }
    }

    #[test]
    fn files_of_openssl_are_read_and_written() {
        let signer = Ed25519Signer::from_pkcs8_pem(data!("ed25519.pem")).unwrap();
        assert_eq!(signer.to_pkcs8_pem().as_str(), data!("ed25519.pem"));
        let again = Ed25519Signer::from_pkcs8_der(signer.to_pkcs8_der().as_bytes()).unwrap();
        assert_eq!(again.public_key(), signer.public_key());
        // There is one signature, and OpenSSL made it.
        let signature = signer.sign(b"ota-trust").unwrap();
        assert_eq!(hex::encode(signature), data!("ed25519.hex").trim());
    }

    #[test]
    fn rustsec_2022_0093_a_file_with_the_public_key_of_another_is_refused() {
        let signer = Ed25519Signer::from_pkcs8_pem(RFC8410_V1).unwrap();
        let der = signer.to_pkcs8_der();
        let own = unhex(RFC8410_PUBLIC);
        let read = |unused, public_key: &[u8]| {
            let der = with_public_key(der.as_bytes(), unused, public_key);
            Ed25519Signer::from_pkcs8_der(&der).map(|signer| signer.public_key().clone())
        };
        assert_eq!(read(0, &own).as_ref(), Ok(signer.public_key()));

        for bit in 0..256 {
            let mut other = own.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read(0, &other), Err(SecretKeyError::PublicKey), "bit {bit}");
        }
        let another = Ed25519Signer::from_seed(&[1; 32]).public_key().value().to_owned();
        for other in [&unhex(&another)[..], &own[1..], &[&own[..], &[0]].concat(), &[]] {
            assert_eq!(read(0, other), Err(SecretKeyError::PublicKey), "{other:02x?}");
        }
        // The same bytes, of which not all bits count.
        let even = [&own[..31], &[own[31] & 0xfe]].concat();
        assert_eq!(read(1, &even), Err(SecretKeyError::PublicKey));
    }

    #[test]
    fn files_of_other_kinds_are_refused() {
        for (pem, why) in [
            (data!("p256.pem"), SecretKeyError::Algorithm),
            (data!("x25519.pem"), SecretKeyError::Algorithm),
            (data!("encrypted.pem"), SecretKeyError::Encrypted),
            (data!("sec1.pem"), SecretKeyError::Pem),
            (data!("ed25519.pub.pem"), SecretKeyError::Pem),
            (&RFC8410_V1.replace("BEGIN PRIVATE", "BEGIN PUBLIC"), SecretKeyError::Pem),
            (&RFC8410_V1.repeat(2), SecretKeyError::Pem),
            (&RFC8410_V1[1..], SecretKeyError::Pem),
            ("", SecretKeyError::Pem),
        ] {
            assert_eq!(Ed25519Signer::from_pkcs8_pem(pem).unwrap_err(), why, "{pem}");
        }
        let der = Ed25519Signer::from_pkcs8_pem(RFC8410_V1).unwrap().to_pkcs8_der();
        let der = with_public_key(der.as_bytes(), 0, &unhex(RFC8410_PUBLIC));
        assert_strict(&der, Ed25519Signer::from_pkcs8_der);
        // A seed that is not inside of a second `OCTET STRING`; parameters that should be absent.
        let flat = [&b"\x30\x2c\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x20"[..], &[1; 32]];
        let null = [
            &b"\x30\x30\x02\x01\x00\x30\x07\x06\x03\x2b\x65\x70\x05\x00\x04\x22\x04\x20"[..],
            &[1; 32],
        ];
        let short =
            [&b"\x30\x2d\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x21\x04\x1f"[..], &[1; 31]];
        for (parts, why) in [
            (flat, SecretKeyError::Malformed),
            (null, SecretKeyError::Algorithm),
            (short, SecretKeyError::Malformed),
        ] {
            assert_eq!(Ed25519Signer::from_pkcs8_der(&parts.concat()).unwrap_err(), why);
        }
    }

    proptest! {
        #[test]
        fn any_seed_signs_and_survives_a_file(seed: [u8; 32], message: Vec<u8>) {
            let signer = Ed25519Signer::from_seed(&seed);
            let signature = signer.sign(&message).unwrap();
            prop_assert!(signer.public_key().key().verifies(&message, &signature));
            let pem = signer.to_pkcs8_pem();
            let again = Ed25519Signer::from_pkcs8_pem(pem.as_str()).unwrap();
            prop_assert_eq!(again.public_key(), signer.public_key());
            prop_assert_eq!(again.sign(&message).unwrap(), signature);
        }
    }
}

#[cfg(feature = "ecdsa")]
mod p256 {
    use ota_trust::key::{EcdsaCurve, P256Signer};

    use super::*;

    /// RFC 6979 §A.2.5: the secret, and for SHA-256 two messages with `r` and `s`.
    const SECRET: &str = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
    const POINT: &str = "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6\
                         7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
    const SIGNATURES: [[&str; 3]; 2] = [
        [
            "sample",
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
            "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        ],
        [
            "test",
            "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
            "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
        ],
    ];

    /// The orders of the curves (SP 800-186 §3.2.1): what `r`, `s` and secrets stay below.
    const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    const P384_ORDER: &str = "ffffffffffffffffffffffffffffffffffffffffffffffff\
                              c7634d81f4372ddf581a0db248b0a77aecec196accc52973";

    fn signer() -> P256Signer {
        P256Signer::from_secret_scalar(&unhex(SECRET).try_into().unwrap()).unwrap()
    }

    #[test]
    fn rfc_6979_vectors() {
        let signer = signer();
        let point = NamedKey::new("ecdsa", "ecdsa-sha2-nistp256", POINT);
        assert_eq!(signer.public_key().key().fingerprint(), point.key().fingerprint());
        for [message, r, s] in SIGNATURES {
            let signature = signer.sign(message.as_bytes()).unwrap();
            let fixed = EcdsaCurve::P256.der_to_fixed(&signature).unwrap();
            assert_eq!(hex::encode(fixed), [r, s].concat());
            assert!(signer.public_key().key().verifies(message.as_bytes(), &signature));
        }
    }

    #[test]
    fn files_of_openssl_are_read_and_written() {
        let signer = P256Signer::from_pkcs8_pem(data!("p256.pem")).unwrap();
        assert_eq!(signer.public_key().value(), data!("p256.pub.pem"));
        assert_eq!(signer.to_pkcs8_pem().as_str(), data!("p256.pem"));
        for again in [
            P256Signer::from_pkcs8_der(signer.to_pkcs8_der().as_bytes()).unwrap(),
            P256Signer::from_pkcs8_pem(data!("p256-compressed.pem")).unwrap(),
        ] {
            assert_eq!(again.public_key(), signer.public_key());
            assert_eq!(again.to_pkcs8_pem().as_str(), data!("p256.pem"));
        }
    }

    #[test]
    fn rustsec_2022_0093_a_file_with_the_public_key_of_another_is_refused() {
        let signer = signer();
        let der = signer.to_pkcs8_der();
        let own = unhex(POINT);
        let other = P256Signer::from_pkcs8_pem(data!("p256.pem")).unwrap().to_pkcs8_der();
        let other = &other.as_bytes()[der.as_bytes().len() - 65..];
        let compressed = [&[0x02 | own[64] & 1], &own[1..33]].concat();
        let negative = [&[0x02 | !own[64] & 1], &own[1..33]].concat();

        // Inside of the secret's part.
        let inside = [&der.as_bytes()[..der.as_bytes().len() - 65], other].concat();
        let refused = P256Signer::from_pkcs8_der(&inside).unwrap_err();
        assert_eq!(refused, SecretKeyError::PublicKey);

        // Beside it.
        let read = |unused, public_key: &[u8]| {
            let der = with_public_key(der.as_bytes(), unused, public_key);
            P256Signer::from_pkcs8_der(&der).map(|signer| signer.public_key().clone())
        };
        assert_eq!(read(0, &own).as_ref(), Ok(signer.public_key()));
        assert_eq!(read(0, &compressed).as_ref(), Ok(signer.public_key()));
        for other in [other, &negative, &own[1..], &own[..64], &[]] {
            assert_eq!(read(0, other), Err(SecretKeyError::PublicKey), "{other:02x?}");
        }
        let even = [&own[..64], &[own[64] & 0xfe]].concat();
        assert_eq!(read(1, &even), Err(SecretKeyError::PublicKey));
    }

    #[test]
    fn files_of_other_kinds_are_refused() {
        for (pem, why) in [
            (data!("ed25519.pem"), SecretKeyError::Algorithm),
            (data!("p384.pem"), SecretKeyError::Algorithm),
            (data!("secp256k1.pem"), SecretKeyError::Algorithm),
            (data!("p256-explicit.pem"), SecretKeyError::Algorithm),
            (data!("encrypted.pem"), SecretKeyError::Encrypted),
            (data!("sec1.pem"), SecretKeyError::Pem),
            (data!("p256.pub.pem"), SecretKeyError::Pem),
        ] {
            assert_eq!(P256Signer::from_pkcs8_pem(pem).unwrap_err(), why, "{pem}");
        }
        assert_strict(signer().to_pkcs8_der().as_bytes(), P256Signer::from_pkcs8_der);
    }

    #[test]
    fn a_secret_is_in_the_range_of_the_curve() {
        let order: [u8; 32] = unhex(ORDER).try_into().unwrap();
        let with_last = |last| {
            let mut scalar = order;
            scalar[31] = last;
            P256Signer::from_secret_scalar(&scalar)
        };
        assert!(with_last(order[31] - 1).is_ok());
        assert_eq!(with_last(order[31]).unwrap_err(), SecretKeyError::OutOfRange);
        assert_eq!(with_last(order[31] + 1).unwrap_err(), SecretKeyError::OutOfRange);
        for scalar in [[0; 32], [0xff; 32]] {
            let refused = P256Signer::from_secret_scalar(&scalar).unwrap_err();
            assert_eq!(refused, SecretKeyError::OutOfRange);
            let der = signer().to_pkcs8_der();
            let mut der = der.as_bytes().to_vec();
            let at = der.windows(32).position(|w| w == unhex(SECRET)).unwrap();
            der[at..at + 32].copy_from_slice(&scalar);
            let refused = P256Signer::from_pkcs8_der(&der).unwrap_err();
            assert_eq!(refused, SecretKeyError::OutOfRange);
        }
    }

    #[test]
    fn nothing_prints_the_secret() {
        let signer = signer();
        let (der, pem) = (signer.to_pkcs8_der(), signer.to_pkcs8_pem());
        let text = format!("{signer:?}{signer:#?}{der:?}{pem:?}");
        assert_hidden(&text, &unhex(SECRET));
        assert!(!text.contains(pem.as_str().lines().nth(1).unwrap()));
        assert!(text.contains(signer.public_key().id().as_str()));
    }

    /// Numbers of every length, zero among them, and those at either end.
    fn number(order: &'static str) -> impl Strategy<Value = Vec<u8>> {
        let order = unhex(order);
        let length = order.len();
        let any_length = (0..=length, proptest::collection::vec(any::<u8>(), length)).prop_map(
            move |(zeros, mut number)| {
                number[..zeros].fill(0);
                number
            },
        );
        // The last byte of an order is in the middle of its range: no borrow, no carry.
        let at_the_order = (-2..=2_i8).prop_map(move |by| {
            let mut number = order.clone();
            number[length - 1] = number[length - 1].wrapping_add_signed(by);
            number
        });
        prop_oneof![4 => any_length, 1 => at_the_order]
    }

    fn check_forms(curve: EcdsaCurve, order: &str, r: &[u8], s: &[u8]) {
        let fixed = [r, s].concat();
        let order = unhex(order);
        let in_range = |number: &[u8]| number.iter().any(|&b| b != 0) && *number < order[..];
        let der = curve.fixed_to_der(&fixed);
        assert_eq!(der.is_some(), in_range(r) && in_range(s));
        if let Some(der) = der {
            assert_eq!(curve.der_to_fixed(&der), Some(fixed));
            assert_eq!(curve.der_to_fixed(&der[1..]), None);
            assert_eq!(curve.der_to_fixed(&[&der[..], &[0]].concat()), None);
        }
    }

    proptest! {
        #[test]
        fn p256_signatures_go_from_fixed_to_der_and_back(r in number(ORDER), s in number(ORDER)) {
            check_forms(EcdsaCurve::P256, ORDER, &r, &s);
        }

        #[test]
        fn p384_signatures_go_from_fixed_to_der_and_back(
            r in number(P384_ORDER),
            s in number(P384_ORDER),
        ) {
            check_forms(EcdsaCurve::P384, P384_ORDER, &r, &s);
        }

        #[test]
        fn only_the_length_of_the_curve_is_fixed_form(length in 0..200_usize) {
            let fixed = vec![1; length];
            prop_assert_eq!(EcdsaCurve::P256.fixed_to_der(&fixed).is_some(), length == 64);
            prop_assert_eq!(EcdsaCurve::P384.fixed_to_der(&fixed).is_some(), length == 96);
        }

        #[test]
        fn any_secret_signs_and_survives_a_file(mut secret: [u8; 32], message: Vec<u8>) {
            // Below the order, and not zero.
            (secret[0], secret[31]) = (secret[0] & 0x7f, secret[31] | 1);
            let signer = P256Signer::from_secret_scalar(&secret).unwrap();
            let signature = signer.sign(&message).unwrap();
            prop_assert!(signer.public_key().key().verifies(&message, &signature));
            let pem = signer.to_pkcs8_pem();
            let again = P256Signer::from_pkcs8_pem(pem.as_str()).unwrap();
            prop_assert_eq!(again.public_key(), signer.public_key());
            prop_assert_eq!(again.sign(&message).unwrap(), signature);
        }
    }
}

#[test]
fn key_ids_are_those_of_securesystemslib() {
    let mut found = 0;
    for line in data!("ids.jsonl").lines() {
        let listed: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| listed[name].as_str().unwrap();
        let key = NamedKey::new(text("keytype"), text("scheme"), text("public"));
        assert_eq!(key.id().as_str(), text("keyid"), "{line}");
        found += 1;
    }
    assert_eq!(found, 8);
    // Those of the signers are among them.
    let signer = Ed25519Signer::from_pkcs8_pem(data!("ed25519.pem")).unwrap();
    assert!(data!("ids.jsonl").contains(signer.public_key().id().as_str()));
}

#[test]
fn a_key_is_listed_under_another_id_on_request() {
    let signer = Ed25519Signer::from_seed(&[1; 32]);
    let key = signer.public_key().clone();
    let signer = signer.with_key_id(KeyId::new("release-2026"));
    assert_eq!(signer.public_key().id().as_str(), "release-2026");
    assert_eq!(*signer.public_key(), key.clone().with_id(KeyId::new("release-2026")));
    assert_eq!(signer.public_key().key().fingerprint(), key.key().fingerprint());
}

#[test]
fn nothing_prints_the_secret() {
    let seed = [0x5a, 0xc3, 0x17, 0xe8].repeat(8);
    let signer = Ed25519Signer::from_seed(&seed.clone().try_into().unwrap());
    let (der, pem) = (signer.to_pkcs8_der(), signer.to_pkcs8_pem());
    let text = format!("{signer:?}{signer:#?}{der:?}{der:#?}{pem:?}{pem:#?}");
    assert_hidden(&text, &seed);
    assert!(!text.contains(pem.as_str().lines().nth(1).unwrap()));
    assert!(text.contains(signer.public_key().id().as_str()), "but it says whose it is");
}

#[test]
fn errors_say_what_happened_and_what_helps() {
    let inner = std::io::Error::other("no answer");
    let error = SignError::new(inner);
    assert_eq!(error.to_string(), "no answer");
    assert!(error.source().unwrap().is::<std::io::Error>(), "the caller's own error comes back");

    let id = KeyId::new("release");
    let error = SigningError::Signer { id: id.clone(), source: error };
    assert_eq!(error.to_string(), "key release did not sign");
    assert_eq!(error.report().to_string(), "key release did not sign: no answer");
    assert_eq!((error.code(), error.remedy()), ("signing.signer", Remedy::Retry));
    let error = SigningError::Faulty { id: id.clone() };
    assert_eq!((error.code(), error.remedy()), ("signing.faulty", Remedy::Operator));
    let error = SigningError::Unusable { id, reason: Unusable::Weak };
    assert_eq!((error.code(), error.remedy()), ("signing.unusable", Remedy::Operator));
    let error = SecretKeyError::PublicKey;
    assert_eq!((error.code(), error.remedy()), ("key.public-key", Remedy::Operator));
}
