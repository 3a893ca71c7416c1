//! What reviews have found: each was accepted or lost once.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ota_trust::attestation::{
    AttestationError, AttestationPolicyBuilder, AttestationSignal, AttestedKey, Challenge, Tier,
    TimedSignal,
};
use ota_trust::primitives::{Now, StartTime, Uptime};
use serde_json::{Value, json};

use super::world::{
    NOW, affirming, challenge, claims, ed25519, judge, policy, sealed, time, verifier_keys,
};
use crate::corpus::fuzz::signing::public;

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

/// A device that can be debugged had no result, for whatever else its token lacked.
#[test]
fn enabled_debugging_stands_whatever_the_token_lacks() {
    let usual = || policy().attested_key(AttestedKey::IfPresent);
    let inflated = json!({"hardware": 33});
    let cases = [
        (usual().require_submodule("TEE"), None),
        (usual(), Some(("ear_trustworthiness_vector", inflated.clone()))),
        (usual().require_submodule("TEE"), Some(("ear_trustworthiness_vector", inflated))),
        (usual().refuse_device_ids(), Some(("ueid", json!("AQ")))),
        (usual().attested_key(AttestedKey::Required), None),
        (usual(), Some(("cnf", json!({})))),
    ];
    let now = StartTime::Known(time(NOW));
    let verify = |policy: AttestationPolicyBuilder, claims: &Value| {
        let (policy, token) = (policy.build().unwrap(), sealed(claims));
        policy.verify(&token, challenge(), &verifier_keys(), Some(&ed25519(1)), now).unwrap_err()
    };
    for (policy, lacks) in cases {
        for of_token in [true, false] {
            let mut claims = affirming();
            if let Some((claim, value)) = &lacks {
                claims["submods"]["PSA"][*claim] = value.clone();
            }
            let other = verify(policy.clone(), &claims);
            assert_ne!(other.signal().said(), AttestationSignal::Contraindicated, "{other}");
            let object = if of_token { &mut claims } else { &mut claims["submods"]["PSA"] };
            object["dbgstat"] = "enabled".into();
            assert_eq!(verify(policy.clone(), &claims), AttestationError::DebugEnabled, "{other}");
        }
    }
}

/// A word that is no state took the verdict away.
#[test]
fn a_bad_device_stays_bad_where_its_debug_state_is_none() {
    let policy = policy().require_submodule("TEE").build().unwrap();
    for (status, value, signal) in [
        ("contraindicated", 97, AttestationSignal::Contraindicated),
        ("affirming", 97, AttestationSignal::Contraindicated),
        ("warning", 32, AttestationSignal::Unavailable),
        ("affirming", 2, AttestationSignal::Unavailable),
    ] {
        for state in [json!("Enabled"), json!(5), json!(null), json!(["enabled"])] {
            let mut claims = claims(&appraised(status, &json!({"hardware": value})));
            claims["submods"]["PSA"]["dbgstat"] = state.clone();
            let refused = judge(&policy, &sealed(&claims)).unwrap_err();
            assert_eq!(refused.code(), "attestation.debug-state", "{status} {state}");
            assert_eq!(refused.signal().said(), signal, "{status} {state}");
        }
    }
}

/// Counters go on from token to token, and so link them.
#[test]
fn what_counts_boots_or_seconds_or_tokens_names_a_device() {
    let policy = policy().refuse_device_ids().build().unwrap();
    for claim in ["bootcount", "uptime", "jti"] {
        for of_token in [true, false] {
            let mut claims = affirming();
            let object = if of_token { &mut claims } else { &mut claims["submods"]["PSA"] };
            object[claim] = json!(4711);
            let refused = judge(&policy, &sealed(&claims)).map_err(|e| e.code());
            assert_eq!(refused, Err("attestation.device-id"), "{claim}");
        }
    }
}

/// `cnf` of a submodule was passed over, so that any key would do.
#[test]
fn a_submodule_that_counts_confirms_a_key_as_the_token_does() {
    let jwk = |number: usize| {
        let key = hex::decode(public(number)).unwrap();
        json!({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": Base64UrlUnpadded::encode_string(&key)}})
    };
    let now = StartTime::Known(time(NOW));
    let verify = |policy: AttestationPolicyBuilder, confirmation: &Value| {
        let mut claims = affirming();
        claims["submods"]["PSA"]["cnf"] = confirmation.clone();
        claims["submods"]["TPM"] = affirming()["submods"]["PSA"].clone();
        let token = sealed(&claims);
        let policy = policy.build().unwrap();
        let result = policy.verify(&token, challenge(), &verifier_keys(), Some(&ed25519(1)), now);
        result.map(|result| result.key_is_attested())
    };
    let psa = || policy().require_submodule("PSA").attested_key(AttestedKey::Required);
    for counting in [policy(), psa()] {
        assert_eq!(verify(counting.clone(), &jwk(1)), Ok(true));
        assert_eq!(verify(counting.clone(), &jwk(2)), Err(AttestationError::AttestedKey));
        let malformed = Err(AttestationError::Claim { claim: "cnf" });
        assert_eq!(verify(counting, &json!({"kid": "1"})), malformed);
    }
    // That of another part proves nothing of the one that was asked for.
    for number in [1, 2] {
        assert_eq!(verify(policy().require_submodule("TPM"), &jwk(number)), Ok(false));
    }
}

/// Without a clock, a token that is never good was.
#[test]
fn a_token_that_is_over_before_it_begins_is_none() {
    let policy = policy().build().unwrap();
    let verify = |begins: i64, time: StartTime| {
        let mut claims = affirming();
        (claims["nbf"], claims["exp"]) = (json!(NOW + begins), json!(NOW + 50));
        let challenge = challenge().with_uptime(Uptime::from_seconds(5));
        let now = Now { time, uptime: Some(Uptime::from_seconds(9)) };
        policy.verify(&sealed(&claims), challenge, &verifier_keys(), None, now).err()
    };
    for now in [StartTime::Known(time(NOW)), StartTime::NotBefore(time(NOW))] {
        assert_eq!(verify(49, now), None);
        for begins in [50, 51, 10_000_000] {
            assert_eq!(verify(begins, now), Some(AttestationError::Claim { claim: "nbf" }));
        }
    }
}

/// What the profile does not call so was not read, and could say anything.
#[test]
fn claims_of_the_other_spelling_refuse_the_token() {
    let other = [
        ("ear.status", json!("contraindicated")),
        ("ear.trustworthiness-vector", json!({"hardware": 97})),
        ("ear.verifier-id", json!({"developer": "x", "build": "1"})),
        ("ear.veraison.key-attestation", json!({"akpub": "AQ"})),
    ];
    for (claim, value) in other {
        for of_token in [true, false] {
            let mut claims = affirming();
            let object = if of_token { &mut claims } else { &mut claims["submods"]["PSA"] };
            object[claim] = value.clone();
            let refused = judge(&policy().build().unwrap(), &sealed(&claims));
            assert_eq!(refused, Err(AttestationError::Claim { claim }));
        }
    }
}

/// Ten years before it was verified, it was as good as on that day.
#[test]
fn a_clock_that_is_set_back_heals_nothing() {
    let at = |seconds: i64| StartTime::Known(time(NOW + seconds));
    let up = |time, seconds| Now { time, uptime: Some(Uptime::from_seconds(seconds)) };
    let result = judge(&policy().build().unwrap(), &sealed(&affirming())).unwrap();
    let assumed = TimedSignal::assume_verified(AttestationSignal::Affirming, at(0), 300);
    for (signal, skew) in [(result.signal(), 60), (assumed, 0)] {
        assert_eq!(signal.at(at(100_000)), AttestationSignal::Stale);
        assert_eq!(signal.at(at(-skew)), AttestationSignal::Affirming);
        assert_eq!(signal.at(at(-skew - 1)), AttestationSignal::Stale);
        assert_eq!(signal.at(at(-315_360_000)), AttestationSignal::Stale);
        assert_eq!(signal.at(up(at(-315_360_000), 5)), AttestationSignal::Stale, "from when on?");
    }
    // The uptime of the same boot says more than a clock.
    let measured = TimedSignal::assume_verified(AttestationSignal::Warning, up(at(0), 1000), 300);
    let bad =
        TimedSignal::assume_verified(AttestationSignal::Contraindicated, up(at(0), 1000), 300);
    for (seconds, uptime, expected) in [
        (-5000, 1299, AttestationSignal::Warning),
        (-5000, 1300, AttestationSignal::Stale),
        (-5000, 5, AttestationSignal::Stale),
        (10, 5, AttestationSignal::Stale), // another boot, with a clock that may have been set back
        (10, 999, AttestationSignal::Stale),
        (10, 1000, AttestationSignal::Warning),
        (10, 1300, AttestationSignal::Stale),
        (300, 1001, AttestationSignal::Stale),
    ] {
        assert_eq!(measured.at(up(at(seconds), uptime)), expected, "{seconds} {uptime}");
        assert_eq!(bad.at(up(at(seconds), uptime)), AttestationSignal::Contraindicated);
    }
}

/// A bad device asked again, with junk: its signal was that of one that nobody has asked.
#[test]
fn a_bad_device_does_not_heal_by_answering_again_with_junk_or_not_at_all() {
    let policy = policy().build().unwrap();
    let now = StartTime::Known(time(NOW));
    let said = |token: &[u8]| match judge(&policy, token) {
        Ok(result) => result.signal(),
        Err(refused) => refused.signal(),
    };
    let token =
        |status: &str, value: i64| sealed(&claims(&appraised(status, &json!({"hardware": value}))));
    let bad = said(&token("contraindicated", 97)).after(TimedSignal::UNAVAILABLE);
    let mut of_another_challenge = affirming();
    of_another_challenge["eat_nonce"] = json!("x");
    let mut debugged = affirming();
    debugged["dbgstat"] = json!("enabled");
    let stale = said(&sealed(&of_another_challenge));
    assert_eq!(stale.said(), AttestationSignal::Stale);
    for bad in [bad, said(&sealed(&debugged))] {
        for nothing in [said(b"junk"), stale, TimedSignal::UNAVAILABLE] {
            let signal = nothing.after(bad);
            assert_eq!(signal, bad);
            assert_eq!(nothing.after(signal), bad, "nor the second time");
            assert_eq!(signal.at(now), AttestationSignal::Contraindicated);
        }
        // A new result replaces it, whatever it says.
        for (status, value) in [("affirming", 2), ("warning", 32), ("none", 0)] {
            let healed = said(&token(status, value)).after(bad);
            assert_eq!(healed.said(), Tier::of_value(value.try_into().unwrap()).signal());
            assert_eq!(stale.after(healed), stale);
        }
    }
    // What was good is not kept: nobody vouches for it now.
    let good = said(&token("affirming", 2));
    for nothing in [said(b"junk"), stale, TimedSignal::UNAVAILABLE] {
        assert_eq!(nothing.after(good), nothing);
    }
}
