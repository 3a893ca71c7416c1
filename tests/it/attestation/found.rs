//! What reviews have found: each was accepted or lost once.

use ota_trust::attestation::{AttestationSignal, AttestedKey};
use ota_trust::primitives::StartTime;
use serde_json::{Value, json};

use super::world::{NOW, challenge, claims, ed25519, judge, policy, sealed, time, verifier_keys};

fn appraised(status: &str, vector: &Value) -> Value {
    json!({"PSA": {"ear_status": status, "ear_trustworthiness_vector": vector}})
}

/// What a verifier hands on of the evidence names the device in words of its own.
#[test]
fn evidence_that_is_annotated_names_the_device_as_raw_evidence_does() {
    let policy = policy().refuse_device_ids().build().unwrap();
    for claim in ["ear_veraison_annotated_evidence", "ear.veraison.annotated-evidence"] {
        let mut submods = appraised("affirming", &json!({"hardware": 2}));
        submods["PSA"][claim] = json!({"psa-instance-id": "AQICAwQ"});
        let refused = judge(&policy, &sealed(&claims(&submods))).map_err(|e| e.code());
        assert_eq!(refused, Err("attestation.device-id"), "{claim}");
    }
}

/// The verdict on the device stands, whatever is wrong with the answer beside it.
#[test]
fn a_bad_device_does_not_become_better_without_a_key() {
    let policy = policy().attested_key(AttestedKey::Required).build().unwrap();
    let submods = appraised("contraindicated", &json!({"hardware": 97}));
    let token = sealed(&claims(&submods));
    let now = StartTime::Known(time(NOW));
    let refused = policy.verify(&token, challenge(), &verifier_keys(), Some(&ed25519(1)), now);
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), "attestation.no-attested-key");
    assert_eq!(refused.signal(), AttestationSignal::Contraindicated);
}
