//! What one key signs for several purposes: nothing of one is anything of another.

use ota_trust::identity::*;
use ota_trust::key::Signer as _;
use ota_trust::primitives::Limits;
use ota_trust::release::{ManifestDigest, Product};
use ota_trust::rollout::{Report, ReportKind, VerifiedReport};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::fleet::*;
use crate::world::canonical;

/// As in the table of the module.
const MESSAGE: &[u8] = b"ota-trust device message 1\0";

fn lamp() -> DeviceIdentity {
    identity("a lamp", 6)
}

fn report() -> Vec<u8> {
    let (product, manifest) = (Product::new("lamp").unwrap(), ManifestDigest::from_bytes([7; 32]));
    Report::assume(product, manifest, ReportKind::Failed).sign(&lamp())
}

fn rotation() -> Vec<u8> {
    Rotation::prove(&lamp(), &identity("a lamp", 7)).unwrap()
}

/// What is signed of a document.
fn signed(document: &[u8]) -> String {
    canonical(&serde_json::from_slice::<Value>(document).unwrap()["signed"])
}

/// What the answer to a challenge is signed over, put together afresh.
fn answered(challenge: &[u8; 32]) -> Vec<u8> {
    let (key, epoch) = (identity("a lamp", 7), 7_u64.to_be_bytes());
    let (title, by) = (b"ota-trust enrolment challenge 1", lamp());
    let fields: [&[u8]; 6] =
        [title, challenge, b"lamps.example", by.public_key(), &epoch, key.public_key()];
    let framed = fields.map(|field| [&(field.len() as u64).to_be_bytes(), field].concat());
    framed.concat()
}

/// A server that sent a report as its challenge had the report signed.
#[test]
fn a_signed_challenge_is_no_report() {
    let text = signed(&report());
    let certified = verify(&certificate("a lamp", 6, &window())).unwrap();
    let with = |signature: &[u8]| {
        let keyid = lamp().handle().key_id();
        let signatures = json!([{"keyid": keyid.as_str(), "sig": hex::encode(signature)}]);
        let signed: Value = serde_json::from_str(&text).unwrap();
        let bytes = json!({"signatures": signatures, "signed": signed}).to_string();
        let report = VerifiedReport::verify(
            bytes.as_bytes(),
            &certified,
            window().not_before(),
            &Limits::default(),
        );
        report.map_err(|refused| refused.code())
    };
    let raw = raw_key("a lamp", 6);
    assert!(with(&raw.sign(text.as_bytes()).unwrap()).is_ok(), "that is how one is signed");
    assert_eq!(with(&lamp().sign(text.as_bytes())).unwrap_err(), "identity.not-signed");
}

#[test]
fn what_is_signed_for_one_purpose_is_signed_for_no_other() {
    let device = lamp();
    let (challenge, next) = ([7; 32], identity("a lamp", 7));
    // Everything that the key signs, with the bytes that it signs.
    let message = Sha256::digest("a challenge");
    let made: [(Vec<u8>, Vec<u8>); 4] = [
        ([MESSAGE, &message].concat(), device.sign(&message).to_vec()),
        (signed(&report()).into_bytes(), signature(&report())),
        (signed(&rotation()).into_bytes(), signature(&rotation())),
        (answered(&challenge), device.answer(&challenge, &next)[..64].to_vec()),
    ];
    let key = device.epoch_key().key();
    for (at, (bytes, _)) in made.iter().enumerate() {
        for (of, (_, signature)) in made.iter().enumerate() {
            assert_eq!(key.verifies(bytes, signature), at == of, "{at} with the signature of {of}");
        }
        // Asked to sign the very bytes, the device signs something else.
        let asked = device.sign(bytes);
        assert!(!key.verifies(bytes, &asked), "{at}");
        assert!(device.epoch_key().verifies(bytes, &asked), "{at}");
        assert_ne!(raw_key("a lamp", 6).sign(bytes).unwrap(), asked, "{at}");
    }
    // The first bytes say which it is, also of what is to come.
    let begins = made.map(|(bytes, _)| bytes[0]);
    assert_eq!(begins, [b'o', b'{', b'{', 0]);
    let reserved = [b'"', b' ', 0x30];
    assert!(!begins.iter().any(|first| reserved.contains(first)));
}

/// The device's signature of a document.
fn signature(document: &[u8]) -> Vec<u8> {
    let document: Value = serde_json::from_slice(document).unwrap();
    let of = lamp().handle().key_id();
    let mut all = document["signatures"].as_array().unwrap().iter();
    let own = all.find(|signature| signature["keyid"] == of.as_str()).unwrap();
    hex::decode(own["sig"].as_str().unwrap()).unwrap()
}
