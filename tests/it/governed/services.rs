//! Keys of online helpers, from the repository.

use ota_trust::key::Key;
use ota_trust::primitives::Limits;
use ota_trust::services::{Purpose, ServiceKeys};
use serde_json::{Value, json};

use super::agent::Agent;
use super::vendor::{Vendor, product};
use crate::publishing::house::public;

fn document(purpose: &str, keys: &[&str]) -> Value {
    let keys: serde_json::Map<String, Value> = keys
        .iter()
        .map(|name| {
            let key = public(name);
            let listed = json!({
                "keytype": key.key_type(), "scheme": key.scheme(), "keyval": {"public": key.value()},
            });
            (key.id().as_str().to_owned(), listed)
        })
        .collect();
    json!({"schema": 1, "purpose": purpose, "expires": "2027-06-01T00:00:00Z", "keys": keys})
}

/// Reads what lies under a path; a refusal is its code.
fn read(vendor: &Vendor, at: Purpose) -> Result<ServiceKeys, &'static str> {
    let mut agent = Agent::new(vendor, product("lamp"));
    let repository = agent.device.refresh(&vendor.house.web);
    let (web, contents) = (&vendor.house.web, &vendor.contents);
    let (target, bytes) = agent.fetch(web, contents, repository, &at.path()).1.unwrap();
    let now = agent.device.start;
    ServiceKeys::read(&target, &bytes, now, &Limits::default()).map_err(|e| e.code())
}

fn published(document: &Value) -> Vendor {
    let mut vendor = Vendor::new();
    let bytes = document.to_string().into_bytes();
    vendor.put(&[("services/attestation.json".into(), bytes)]);
    vendor
}

#[test]
fn keys_have_one_purpose() {
    let keys = read(&published(&document("attestation", &["verifier"])), Purpose::Attestation);
    let keys = keys.unwrap();
    assert_eq!(keys.purpose(), Purpose::Attestation);
    let id = public("verifier").id().clone();
    assert_eq!(keys.key(&id).and_then(Key::fingerprint), public("verifier").key().fingerprint());
    assert_eq!(keys.keys().len(), 1);

    for (document, code) in [
        (document("enrolment", &["enroller"]), "services.other-purpose"),
        (document("releases", &["enroller"]), "record.value"),
        (json!({"schema": 2}), "record.schema"),
        (json!({"schema": 1, "purpose": "attestation", "keys": {}}), "record.missing-field"),
        (
            json!({"schema": 1, "purpose": "attestation", "expires": "2027-01-01T00:00:00Z", "keys": {}}),
            "services.expired",
        ),
        (json!({"schema": 1, "crit": ["x"], "x": 1, "purpose": "attestation"}), "record.critical"),
    ] {
        let refusal = read(&published(&document), Purpose::Attestation).unwrap_err();
        assert_eq!(refusal, code, "{document}");
    }
}

#[test]
fn keys_that_cannot_be_used_are_left_out() {
    let mut with = document("attestation", &["verifier"]);
    with["keys"]["odd"] =
        json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": "00"}});
    assert_eq!(read(&published(&with), Purpose::Attestation).unwrap().keys().len(), 1);
}

/// Keys that are left out count towards the limit all the same.
#[test]
fn there_is_a_limit_to_the_keys() {
    let most = usize::try_from(Limits::default().max_list).unwrap();
    for (count, expected) in [(most, Ok(0)), (most + 1, Err("record.too-many"))] {
        let mut document = document("attestation", &[]);
        for number in 0..count {
            document["keys"][format!("key {number}")] =
                json!({"keytype": "odd", "scheme": "odd", "keyval": {"public": ""}});
        }
        let keys = read(&published(&document), Purpose::Attestation);
        assert_eq!(keys.map(|keys| keys.keys().len()), expected);
    }
}

#[test]
fn keys_count_no_longer_than_what_vouches_for_them() {
    let vendor = published(&document("attestation", &["verifier"]));
    let keys = read(&vendor, Purpose::Attestation).unwrap();
    let timestamp = vendor.house.published.timestamp().unwrap().expires();
    assert_eq!(keys.expires(), timestamp, "the list itself holds until June");
}

#[test]
fn a_key_of_two_services_is_found() {
    let mut vendor = published(&document("attestation", &["one", "both"]));
    for (keys, shared) in [(["two", "both"], Some("both")), (["two", "three"], None)] {
        let bytes = document("enrolment", &keys).to_string().into_bytes();
        vendor.put(&[("services/enrolment.json".into(), bytes)]);
        let attestation = read(&vendor, Purpose::Attestation).unwrap();
        let enrolment = read(&vendor, Purpose::Enrolment).unwrap();
        let expected = shared.and_then(|name| public(name).key().fingerprint());
        assert_eq!(attestation.shared_key(&enrolment), expected);
    }
}

#[test]
fn targets_itself_lists_no_services() {
    let mut vendor = Vendor::with_authorities([]);
    let bytes = document("attestation", &["verifier"]).to_string().into_bytes();
    vendor.put(&[("services/attestation.json".into(), bytes)]);
    assert_eq!(read(&vendor, Purpose::Attestation).unwrap_err(), "services.not-delegated");
}
