//! What reviews have found: each was accepted or lost once.

use serde_json::{Value, json};

use super::world::{claims, judge, policy, sealed};

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
