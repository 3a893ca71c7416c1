//! The cases in `tests/data/attestation`: each has one fault, or two of which the first in the order
//! of the checks is the one that is found.
//!
//! `generate.py` there has written them with `PyJWT`, `tests/interop/attestation` with crate `ear`.

use std::collections::BTreeSet;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ota_trust::attestation::{
    AttestationError, AttestationGate, AttestationPolicy, AttestationPolicyError,
    AttestationResult, AttestationSignal, AttestedKey, Challenge, EarProfile, GateVerdict, Tier,
};
use ota_trust::key::{Key, KeyId};
use ota_trust::primitives::{Now, Remedy, StartTime, Uptime};
use ota_trust::release::Channel;
use ota_trust::services::{Purpose, ServiceKeys};
use serde_json::Value;

use super::world::{RANDOM, VERIFIER, policy, time};

struct Cases(Value);

impl Cases {
    /// Those of `PyJWT`, and those of crate `ear` beside them.
    fn read() -> Self {
        let read = |name: &str| -> Value {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data/attestation");
            let bytes = std::fs::read(format!("{folder}/{name}.json")).unwrap();
            serde_json::from_slice(&bytes).unwrap()
        };
        let mut all = read("cases");
        let peer = read("ear");
        assert!(peer.as_object().unwrap().len() >= 20, "both algorithms and every tier");
        for (name, case) in peer.as_object().unwrap() {
            all["cases"][format!("ear-{name}")] = case.clone();
        }
        Self(all)
    }

    fn all(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0["cases"].as_object().unwrap().iter()
    }

    fn now(&self) -> i64 {
        self.0["now"].as_i64().unwrap()
    }

    fn key(&self, name: &str) -> Key {
        let key = &self.0["keys"][name];
        let scheme = key["scheme"].as_str().unwrap();
        let key_type = scheme.split('-').next().unwrap();
        Key::new(key_type, scheme, key["public"].as_str().unwrap())
    }

    fn keys(&self, case: &Value) -> ServiceKeys {
        let names: Vec<&str> = case["keys"].as_array().map_or_else(
            || vec!["verifier"],
            |names| names.iter().map(|name| name.as_str().unwrap()).collect(),
        );
        let purpose = match case["purpose"].as_str() {
            Some("Response") => Purpose::Response,
            Some("Enrolment") => Purpose::Enrolment,
            _ => Purpose::Attestation,
        };
        let expires = case["keys_expire"].as_i64().unwrap_or(self.now() + 86_400);
        let keys = names.into_iter().map(|name| (KeyId::new(name), self.key(name))).collect();
        ServiceKeys::assume_trusted(purpose, keys, time(expires))
    }

    fn verify(&self, case: &Value) -> Result<AttestationResult, AttestationError> {
        let is_set = |name: &str| case[name].as_bool() == Some(true);
        let mut policy = AttestationPolicy::builder()
            .profile(EarProfile::DRAFT_05)
            .profile(EarProfile::DRAFT_04)
            .profile(EarProfile::VERAISON_2023)
            .verifier(VERIFIER)
            .verifier_build("https://b.example", "7");
        if case["attested_key"] != "required" {
            policy = policy.attested_key(AttestedKey::IfPresent);
        }
        if is_set("require_expiry") {
            policy = policy.require_expiry();
        }
        if is_set("accept_debug") {
            policy = policy.accept_debug();
        }
        if is_set("refuse_device_ids") {
            policy = policy.refuse_device_ids();
        }
        for name in case["required"].as_array().into_iter().flatten() {
            policy = policy.require_submodule(name.as_str().unwrap());
        }
        let now = case["now"].as_i64().unwrap_or(self.now());
        let random = hex::decode(self.0["challenge"].as_str().unwrap()).unwrap();
        let issued = case["challenge_issued"].as_i64().unwrap_or(now - 10);
        let challenge = Challenge::new(random.try_into().unwrap(), time(issued));
        // When the challenge was given out, and now.
        let uptime = |at: usize| match &case["uptime"] {
            Value::Null => Some(Uptime::from_seconds([100, 110][at])),
            both => both[at].as_u64().map(Uptime::from_seconds),
        };
        let challenge = match uptime(0) {
            _ if is_set("stored") => Challenge::from_bytes(&challenge.to_bytes()).unwrap(),
            Some(uptime) => challenge.with_uptime(uptime),
            None => challenge,
        };
        let request_key = match case.get("request_key") {
            None => Some(self.key("device")),
            Some(name) => name.as_str().map(|name| self.key(name)),
        };
        let start = if is_set("not_before") { StartTime::NotBefore } else { StartTime::Known };
        let now = Now { time: start(time(now)), uptime: uptime(1) };
        let token = case["token"].as_str().unwrap();
        policy.build().unwrap().verify(
            token.as_bytes(),
            challenge,
            &self.keys(case),
            request_key.as_ref(),
            now,
        )
    }
}

fn tier(name: &str) -> Tier {
    match name {
        "affirming" => Tier::Affirming,
        "none" => Tier::NoClaim,
        "warning" => Tier::Warning,
        "contraindicated" => Tier::Contraindicated,
        other => panic!("{other}"),
    }
}

#[test]
fn every_case_ends_as_expected() {
    let cases = Cases::read();
    let (mut accepted, mut codes) = (0, BTreeSet::new());
    for (name, case) in cases.all() {
        let expected = case["expected"].as_str().unwrap();
        match cases.verify(case) {
            Ok(result) => {
                accepted += 1;
                assert_eq!(result.tier(), tier(expected), "{name}");
                assert_eq!(result.signal().said(), tier(expected).signal(), "{name}");
                let attested = case["attested"].as_bool();
                let attested = attested.unwrap_or_else(|| attests(case));
                assert_eq!(result.key_is_attested(), attested, "{name}");
            }
            Err(e) => {
                assert_eq!(e.code(), expected, "{name}: {e}");
                let signal = case["signal"].as_str();
                let signal = signal.map_or_else(|| usual_signal(&e), signal_of);
                assert_eq!(e.signal().said(), signal, "{name}");
                assert_eq!(e.signal().not_after(), None, "{name}: nothing of a refusal ends");
                codes.insert(e.code());
            }
        }
    }
    assert!(accepted >= 40, "{accepted} accepted");
    assert_eq!(codes.len(), 32, "every code has a case");
}

/// Whether the token of a case that is accepted, which has one key or none, attests a key.
fn attests(case: &Value) -> bool {
    let payload = case["token"].as_str().unwrap().split('.').nth(1).unwrap();
    let payload = String::from_utf8(Base64UrlUnpadded::decode_vec(payload).unwrap()).unwrap();
    payload.contains("\"cnf\"") || payload.contains("akpub")
}

fn signal_of(name: &str) -> AttestationSignal {
    assert_eq!(name, "Contraindicated");
    AttestationSignal::Contraindicated
}

/// What a refusal signals, read off its code.
fn usual_signal(e: &AttestationError) -> AttestationSignal {
    match e.code().strip_prefix("attestation.").unwrap() {
        "not-yet-valid" | "too-old" | "expired" | "challenge-expired" | "challenge-stored"
        | "challenge-overdue" | "nonce" => AttestationSignal::Stale,
        _ => AttestationSignal::Unavailable,
    }
}

#[test]
fn no_refusal_opens_what_a_missing_result_would_not() {
    let cases = Cases::read();
    let stable = Channel::new("stable").unwrap();
    let channels = vec![stable.clone()];
    let gates = [
        AttestationGate::Prefer,
        AttestationGate::Require { channels: channels.clone(), allow_warning: false },
        AttestationGate::Require { channels, allow_warning: true },
    ];
    for (name, case) in cases.all() {
        let Err(e) = cases.verify(case) else { continue };
        for gate in &gates {
            if gate.check(e.signal().said(), &stable) == GateVerdict::Open {
                let missing = gate.check(AttestationSignal::Unavailable, &stable);
                assert_eq!(missing, GateVerdict::Open, "{name}");
            }
        }
    }
}

#[test]
fn a_result_says_who_appraised_what_and_until_when() {
    let cases = Cases::read();
    let now = cases.now();
    let result = |name: &str| cases.verify(&cases.0["cases"][name]).unwrap();
    let composite = result("worst-of-two");
    let submodules: Vec<(&str, Tier)> = composite.submodules().collect();
    assert_eq!(submodules, [("cpu", Tier::Affirming), ("gpu", Tier::Warning)]);
    assert_eq!(composite.verifier_developer(), VERIFIER);
    assert_eq!(composite.verifier_build(), "vts 0.0.1");
    assert_eq!(composite.not_after(), time(now + 100 + 60), "`exp`, and what clocks may differ by");
    let mut old = cases.0["cases"]["at-the-age"].clone();
    assert_eq!(
        cases.verify(&old).unwrap().not_after(),
        time(now + 1),
        "`iat` and the age of tokens"
    );
    old["now"] = (now + 1).into();
    assert_eq!(cases.verify(&old).unwrap_err().code(), "attestation.too-old");
    assert_eq!(result("no-exp").not_after(), time(now + 300), "the age of results");
    let mut short_lived = cases.0["cases"]["eddsa"].clone();
    short_lived["keys_expire"] = (now + 7).into();
    assert_eq!(cases.verify(&short_lived).unwrap().not_after(), time(now + 7), "the keys");
}

#[test]
fn nothing_that_names_the_device_is_in_a_result() {
    let cases = Cases::read();
    let result = cases.verify(&cases.0["cases"]["device-ids-passed-over"]).unwrap();
    let shown = format!("{result:?}");
    assert!(!shown.contains("lamp 7") && !shown.contains("AQ"), "{shown}");
}

#[test]
fn refusals_say_what_helps_and_are_fit_for_a_log() {
    let cases = Cases::read();
    for (name, case) in cases.all() {
        let Err(e) = cases.verify(case) else { continue };
        let expected = match (e.signal().said(), e.code()) {
            (AttestationSignal::Stale, _) => Remedy::Retry,
            (
                _,
                "attestation.key-purpose" | "attestation.no-request-key" | "attestation.no-uptime",
            ) => Remedy::FixCaller,
            (_, "attestation.keys-expired" | "attestation.unknown-key") => Remedy::Refresh,
            _ => Remedy::Operator,
        };
        assert_eq!(e.remedy(), expected, "{name}");
        let line = e.to_string();
        assert!(!line.is_empty() && !line.contains(char::is_control), "{name}: {line}");
    }
}

#[test]
fn a_policy_that_nothing_could_meet_is_refused() {
    let nothing = AttestationPolicy::builder();
    let e = nothing.clone().verifier("x").build().unwrap_err();
    assert_eq!((e, e.code()), (AttestationPolicyError::NoProfile, "attestation.policy-no-profile"));
    let e = nothing.profile(EarProfile::DRAFT_05).build().unwrap_err();
    assert_eq!(
        (e, e.code()),
        (AttestationPolicyError::NoVerifier, "attestation.policy-no-verifier")
    );
    assert_eq!(e.remedy(), Remedy::FixCaller);
    let e = policy().max_token_age(0).build().unwrap_err();
    assert_eq!((e, e.code()), (AttestationPolicyError::NoAge, "attestation.policy-no-age"));
    assert!(policy().max_token_age(1).build().is_ok());
}

#[test]
fn a_challenge_survives_a_restart_and_nothing_else_does() {
    let challenge = Challenge::new(RANDOM, time(-1));
    let bytes = challenge.to_bytes();
    assert_eq!(bytes[..32], RANDOM);
    assert_eq!(bytes[32..], [0xff; 8]);
    let restored = Challenge::from_bytes(&bytes).unwrap();
    assert_eq!((restored.nonce(), restored.issued()), (challenge.nonce(), challenge.issued()));
    assert_eq!(restored.to_bytes(), bytes);
    assert_ne!(restored, challenge, "it may be of another boot");
    assert_eq!(challenge.nonce().len(), 43);
    let out_of_range = [&RANDOM[..], &i64::MAX.to_be_bytes()].concat();
    for bad in [&bytes[..39], &[&bytes[..], &[0]].concat(), &out_of_range, &[]] {
        assert_eq!(Challenge::from_bytes(bad), None);
    }
}
