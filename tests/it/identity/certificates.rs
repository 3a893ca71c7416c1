//! What a server takes for a certificate.

use ota_trust::identity::*;
use ota_trust::key::{Ed25519Signer, Signer as _};
use ota_trust::primitives::{Limits, StartTime};
use ota_trust::services::Purpose;
use ota_trust::verify::Freshness;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::fleet::*;
use crate::world::canonical;

fn good() -> Vec<u8> {
    certificate("a lamp", 6, &window())
}

/// What the enroller has signed, with one change that it signs, too.
fn signed(change: impl Fn(&mut Value)) -> Vec<u8> {
    let mut document: Value = serde_json::from_slice(&good()).unwrap();
    change(&mut document["signed"]);
    let message = canonical(&document["signed"]);
    let signature = enroller().sign(message.as_bytes()).unwrap();
    document["signatures"][0]["sig"] = hex::encode(signature).into();
    serde_json::to_vec_pretty(&document).unwrap()
}

#[test]
fn a_certificate_vouches_for_the_key_of_an_epoch() {
    let device = identity("a lamp", 6);
    let certified = verify(&good()).unwrap();
    assert_eq!(certified.handle(), device.handle());
    assert_eq!(certified.epoch_key(), device.epoch_key());
    assert_eq!(certified.epoch(), IdentityEpoch::new(6));
    assert_eq!(certified.expires(), window().expires());
    assert_eq!(certified.freshness(), Freshness::Proven);
    assert!(certified.verifies(b"a request", &device.sign(b"a request")));
    assert!(!certified.verifies(b"a request", &identity("a lamp", 7).sign(b"a request")));
    assert_eq!(code(verify(&signed(|_| ()))), "accepted", "in another layout, too");
}

#[test]
fn it_has_these_fields_and_no_other() {
    let document: Value = serde_json::from_slice(&good()).unwrap();
    let names: Vec<&String> = document["signed"].as_object().unwrap().keys().collect();
    let expected = ["_type", "epoch", "expires", "fleet", "not_before", "public", "schema"];
    assert_eq!(names, expected);
}

#[test]
fn one_fault_each() {
    let set = |name: &'static str, value: Value| signed(move |s| s[name] = value.clone());
    let without =
        |name: &'static str| signed(move |s| drop(s.as_object_mut().unwrap().remove(name)));
    for (fault, bytes, expected) in [
        ("another type", set("_type", json!("handle-rotation")), "identity.kind"),
        ("another schema", set("schema", json!(2)), "identity.kind"),
        ("a device id", set("serial", json!("0815")), "identity.unknown-field"),
        ("a tag that is no text", set("tag", json!([1])), "identity.unknown-field"),
        ("no type", without("_type"), "identity.field"),
        ("no schema", without("schema"), "identity.field"),
        ("no fleet", without("fleet"), "identity.field"),
        ("no epoch", without("epoch"), "identity.field"),
        ("no key", without("public"), "identity.field"),
        ("no beginning", without("not_before"), "identity.field"),
        ("no end", without("expires"), "identity.field"),
        ("a negative epoch", set("epoch", json!(-1)), "identity.field"),
        ("an epoch as text", set("epoch", json!("6")), "identity.field"),
        ("a short key", set("public", json!("00")), "identity.field"),
        ("a weak key", set("public", json!("00".repeat(32))), "identity.public-key"),
        ("a fleet that is none", set("fleet", json!("")), "identity.fleet"),
        ("another fleet", set("fleet", json!("locks.example")), "identity.other-fleet"),
        ("the key of enrolment", set("epoch", json!(0)), "identity.enrolment-key"),
        ("a fine time", set("not_before", json!("2026-06-01T00:00:01Z")), "identity.window"),
        ("a fine end", set("expires", json!("2026-07-03T00:01:00Z")), "identity.window"),
        (
            "an end at the beginning",
            set("expires", json!("2026-06-01T00:00:00Z")),
            "identity.window",
        ),
        ("no time", set("expires", json!("soon")), "identity.field"),
        ("expired", set("expires", json!("2026-06-09T00:00:00Z")), "identity.expired"),
        ("not yet", set("not_before", json!("2026-06-10T00:00:00Z")), "identity.not-yet-valid"),
        ("no JSON", good()[1..].to_vec(), "identity.malformed"),
        ("too long", [good(), vec![b' '; 8192]].concat(), "identity.too-long"),
    ] {
        assert_eq!(code(verify(&bytes)), expected, "{fault}");
    }
}

#[test]
fn nothing_is_believed_before_the_signature() {
    let mut document: Value = serde_json::from_slice(&good()).unwrap();
    document["signed"]["serial"] = json!("0815");
    document["signed"]["fleet"] = json!("locks.example");
    assert_eq!(code(verify(&serde_json::to_vec(&document).unwrap())), "identity.not-signed");
    document["signatures"] = json!([]);
    assert_eq!(code(verify(&serde_json::to_vec(&document).unwrap())), "identity.not-signed");
}

#[test]
fn only_keys_for_enrolment_count_and_only_until_they_expire() {
    let with = |signer: &Ed25519Signer, purpose, now| {
        CertifiedHandle::verify(&good(), &keys(signer, purpose), &fleet(), now, &Limits::default())
    };
    let now = june();
    assert_eq!(code(with(&enroller(), Purpose::Enrolment, now)), "accepted");
    assert_eq!(code(with(&enroller(), Purpose::Attestation, now)), "identity.purpose");
    assert_eq!(code(with(&enroller(), Purpose::Response, now)), "identity.purpose");
    let other = Ed25519Signer::from_seed(&[9; 32]);
    assert_eq!(code(with(&other, Purpose::Enrolment, now)), "identity.not-signed");
    // Under the enroller's id, it still is not the enroller's key.
    let other = other.with_key_id(enroller().public_key().id().clone());
    assert_eq!(code(with(&other, Purpose::Enrolment, now)), "identity.not-signed");
    let later = StartTime::Known(time("2027-01-01T00:00:00Z"));
    assert_eq!(code(with(&enroller(), Purpose::Enrolment, later)), "identity.keys-expired");
}

#[test]
fn without_a_clock_only_expiry_can_be_proven() {
    let at = |now| {
        let keys = keys(&enroller(), Purpose::Enrolment);
        CertifiedHandle::verify(&good(), &keys, &fleet(), now, &Limits::default())
    };
    for (moment, known, not_before) in [
        ("2026-05-31T23:59:59Z", "identity.not-yet-valid", "accepted"),
        ("2026-06-01T00:00:00Z", "accepted", "accepted"),
        ("2026-07-02T23:59:59Z", "accepted", "accepted"),
        ("2026-07-03T00:00:00Z", "identity.expired", "identity.expired"),
    ] {
        assert_eq!(code(at(StartTime::Known(time(moment)))), known, "{moment}");
        let unproven = at(StartTime::NotBefore(time(moment)));
        if let Ok(certified) = &unproven {
            assert_eq!(certified.freshness(), Freshness::Unproven);
        }
        assert_eq!(code(unproven), not_before, "{moment}");
    }
}

#[test]
fn the_work_is_bounded() {
    let mut limits = Limits::default();
    limits.max_signature_bytes = 10;
    let keys = keys(&enroller(), Purpose::Enrolment);
    let result = CertifiedHandle::verify(&good(), &keys, &fleet(), june(), &limits);
    assert_eq!(code(result), "identity.signature-work");
}

#[test]
fn any_single_flipped_bit_is_refused_or_changes_nothing() {
    let good = good();
    let certified = verify(&good).unwrap();
    for bit in 0..8 * good.len() {
        let mut flipped = good.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        // Digits of a signature may be capitals: that is the same signature.
        if let Ok(other) = verify(&flipped) {
            assert_eq!(other, certified, "bit {bit}");
            assert!(flipped.eq_ignore_ascii_case(&good), "bit {bit}");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(at in 0..400_usize, junk: Vec<u8>) {
        let mut bytes = good();
        let at = at.min(bytes.len());
        let end = (at + junk.len()).min(bytes.len());
        bytes.splice(at..end, junk);
        if let Ok(certified) = verify(&bytes) {
            prop_assert_eq!(certified, verify(&good()).unwrap());
        }
    }
}
