//! What reviews have found: each was accepted or lost once.

use ota_trust::attestation::{AttestationError, AttestationSignal, AttestedKey, Challenge, Tier};
use ota_trust::primitives::{Now, StartTime, Uptime};
use serde_json::{Value, json};

use super::world::{
    NOW, affirming, challenge, claims, ed25519, judge, policy, sealed, time, verifier_keys,
};

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
    assert_eq!(refused.signal().said(), AttestationSignal::Contraindicated);
}

/// Without a clock, a challenge and its answer were good for ever.
#[test]
fn without_a_clock_a_challenge_ages_by_the_uptime_and_within_one_boot() {
    let policy = policy().build().unwrap();
    let floor = StartTime::NotBefore(time(NOW)); // the build time; years have gone by
    let mut claims = claims(&appraised("affirming", &json!({"hardware": 2})));
    claims["iat"] = (NOW + 99_999_999).into();
    let token = sealed(&claims);
    let up = |seconds| Now { time: floor, uptime: Some(Uptime::from_seconds(seconds)) };
    let verify = |challenge: Challenge, now: Now| {
        policy.verify(&token, challenge, &verifier_keys(), None, now).map_err(|e| e.code())
    };
    let of_this_boot = || challenge().with_uptime(Uptime::from_seconds(1000));
    let stored = || Challenge::from_bytes(&of_this_boot().to_bytes()).unwrap();

    assert_eq!(verify(challenge(), floor.into()), Err("attestation.no-uptime"));
    assert_eq!(verify(challenge(), up(1000)), Err("attestation.no-uptime"));
    assert_eq!(verify(of_this_boot(), floor.into()), Err("attestation.no-uptime"));
    assert_eq!(verify(of_this_boot(), up(999)), Err("attestation.no-uptime"));
    assert_eq!(verify(of_this_boot(), up(1301)), Err("attestation.challenge-overdue"));
    assert_eq!(verify(stored(), up(1000)), Err("attestation.challenge-stored"));
    let claimed = stored().with_uptime(Uptime::from_seconds(1000));
    assert_eq!(verify(claimed, up(1000)), Err("attestation.challenge-stored"));

    let signal = verify(of_this_boot(), up(1300)).unwrap().signal();
    assert_eq!(signal.at(up(1300)), AttestationSignal::Affirming);
    assert_eq!(signal.at(up(1599)), AttestationSignal::Affirming);
    assert_eq!(signal.at(up(1600)), AttestationSignal::Stale);
    assert_eq!(signal.at(up(1299)), AttestationSignal::Stale, "that is another boot");
    assert_eq!(signal.at(floor), AttestationSignal::Stale, "nobody knows how old it is");
    // A bound of the time that proves it over still ends it.
    let over = StartTime::NotBefore(time(NOW + 300));
    let over = Now { time: over, uptime: Some(Uptime::from_seconds(1300)) };
    assert_eq!(signal.at(over), AttestationSignal::Stale);
}

/// A result of a clock that was believed does not last for ever once it is not.
#[test]
fn a_result_does_not_get_younger_where_the_clock_is_lost() {
    let submods = appraised("affirming", &json!({"hardware": 2}));
    let result = judge(&policy().build().unwrap(), &sealed(&claims(&submods))).unwrap();
    let floor = StartTime::NotBefore(time(NOW - 86_400));
    assert_eq!(result.signal().at(StartTime::Known(time(NOW))), AttestationSignal::Affirming);
    assert_eq!(result.signal().at(floor), AttestationSignal::Stale);
}

/// A verifier that says worse never opens more.
#[test]
fn a_device_that_can_be_debugged_is_bad_whatever_its_status() {
    let refusing = policy().build().unwrap();
    let accepting = policy().accept_debug().build().unwrap();
    for (status, value) in [("affirming", 2), ("none", 0), ("warning", 32), ("contraindicated", 96)]
    {
        for of_token in [true, false] {
            let mut claims = claims(&appraised(status, &json!({"hardware": value})));
            let object = if of_token { &mut claims } else { &mut claims["submods"]["PSA"] };
            object["dbgstat"] = "enabled".into();
            let refused = judge(&refusing, &sealed(&claims)).unwrap_err();
            assert_eq!(refused.code(), "attestation.debug-enabled");
            assert_eq!(refused.signal().said(), AttestationSignal::Contraindicated);
            let taken = judge(&accepting, &sealed(&claims)).unwrap().tier();
            assert_eq!(taken, Tier::of_value(value), "{status}");
        }
    }
}

/// The token answered the challenge, and what it said of a part was of another time.
#[test]
fn a_submodule_that_answers_another_challenge_refuses_the_token() {
    let nonce = challenge().nonce();
    let other = "b".repeat(43);
    let refuses = |of_token: &Value, of_submodule: &Value, required: Option<&str>| {
        let mut claims = affirming();
        claims["eat_nonce"] = of_token.clone();
        claims["submods"]["PSA"]["eat_nonce"] = of_submodule.clone();
        let policy = required.map_or(policy(), |name| policy().require_submodule(name));
        judge(&policy.build().unwrap(), &sealed(&claims)).err()
    };
    for required in [None, Some("PSA"), Some("TEE")] {
        for wrong in [json!(other), json!([other]), json!("")] {
            let refused = refuses(&json!(nonce), &wrong, required).unwrap();
            assert_eq!(refused.code(), "attestation.nonce", "{wrong} {required:?}");
            assert_eq!(refused.signal().said(), AttestationSignal::Stale);
        }
    }
    assert_eq!(refuses(&json!(nonce), &json!(7), None).unwrap().code(), "attestation.claim");
    for same in [json!(nonce), json!([nonce])] {
        assert_eq!(refuses(&json!(nonce), &same, Some("PSA")), None);
        assert_eq!(refuses(&json!([nonce]), &same, None), None);
    }
    // Both answer, and neither answers us.
    assert_eq!(refuses(&json!(other), &json!(other), None).unwrap().code(), "attestation.nonce");
}

/// What was said below an appraisal was never read, whatever it was.
#[test]
fn nothing_is_nested_in_an_appraisal() {
    let bad = json!({"ear_status": "contraindicated", "dbgstat": "enabled",
        "ear_trustworthiness_vector": {"hardware": 97}});
    for nested in [
        json!({"TEE": bad}),
        json!({"TEE": ["JWT", "e30.e30.AA"]}),
        json!({"TEE": "e30.e30.AA"}),
        json!({}),
        json!([]),
        Value::Null,
    ] {
        for of_two in [false, true] {
            let mut claims = affirming();
            if of_two {
                claims["submods"]["TPM"] = claims["submods"]["PSA"].clone();
            }
            claims["submods"]["PSA"]["submods"] = nested.clone();
            let refused = judge(&policy().build().unwrap(), &sealed(&claims)).unwrap_err();
            assert_eq!(refused, AttestationError::Claim { claim: "submods" }, "{nested}");
        }
    }
}
