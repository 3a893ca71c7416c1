//! The provenance gate: what an attacker may write into an envelope, and what a policy takes.
//!
//! The cases in `tests/data/provenance` were written by its `generate.py`, with securesystemslib and
//! in-toto-attestation.

use ota_trust::Error;
use ota_trust::key::{Key, KeyId, Unusable};
use ota_trust::primitives::{Digest, Hashes, Limits, Remedy};
use ota_trust::provenance::{
    PolicyBuilder, PolicyError, PredicateType, Provenance, ProvenanceError, ProvenancePolicy,
    ProvenanceShortfall,
};
use ota_trust::verify::NotCounted;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::corpus::fuzz::provenance::{ARTIFACT, BUILDERS, sealed};
use crate::corpus::fuzz::signing::{Signer, public, sha256};

fn folder() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/data/provenance").to_owned()
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap())
}

/// The policy of a case. Its ids are the names of the keys, numbered: one may be listed twice.
fn policy_of(case: &Value, keys: &Value) -> Result<ProvenancePolicy, PolicyError> {
    let mut policy = ProvenancePolicy::builder();
    for (number, name) in texts(&case["keys"]).enumerate() {
        let [key_type, scheme, value] =
            ["keytype", "scheme", "public"].map(|field| keys[name][field].as_str().unwrap());
        // What signers call their key is the id of the first of its name.
        let first = texts(&case["keys"]).position(|other| other == name) == Some(number);
        let id = if first { keys[name]["id"].as_str().unwrap() } else { "alias" };
        policy = policy.key(KeyId::new(id), Key::new(key_type, scheme, value));
    }
    policy = texts(&case["builders"]).fold(policy, PolicyBuilder::builder_id);
    let types = texts(&case["predicate_types"]).map(|uri| PredicateType::from_uri(uri).unwrap());
    policy = types.fold(policy, PolicyBuilder::predicate_type);
    policy.threshold(u32::try_from(case["threshold"].as_u64().unwrap()).unwrap()).build()
}

fn artifact_of(case: &Value) -> Hashes {
    let mut hashes = Hashes::default();
    for (algorithm, digest) in case["artifact"].as_object().unwrap() {
        let bytes = hex::decode(digest.as_str().unwrap()).unwrap();
        hashes.insert(match algorithm.as_str() {
            "sha256" => Digest::Sha256(bytes.try_into().unwrap()),
            "sha512" => Digest::Sha512(bytes.try_into().unwrap()),
            other => panic!("{other}"),
        });
    }
    hashes
}

#[test]
fn every_case_ends_as_expected() {
    let index = std::fs::read(folder() + "/cases.json").unwrap();
    let index: Value = serde_json::from_slice(&index).unwrap();
    let (mut accepted, mut refused) = (0, 0);
    for (name, case) in index["cases"].as_object().unwrap() {
        let policy = match policy_of(case, &index["keys"]) {
            Ok(policy) => policy,
            // This build cannot verify all of it.
            Err(PolicyError::UnusableKey { reason: Unusable::Unsupported, .. })
                if !cfg!(all(feature = "ecdsa", feature = "rsa")) =>
            {
                continue;
            }
            Err(e) => panic!("{name}: {e}"),
        };
        let envelope = std::fs::read(format!("{}/envelopes/{name}.json", folder())).ok();
        match (policy.verify(envelope.as_deref(), &artifact_of(case)), case["expected"].as_str()) {
            (Ok(found), None) => {
                accepted += 1;
                assert_eq!(found.builder_id(), case["builder"], "{name}");
                assert_eq!(found.predicate_type().uri(), case["predicate_type"], "{name}");
                assert_eq!(hex::encode(found.subject()), case["artifact"]["sha256"], "{name}");
                let signers = texts(&case["signers"]).map(|s| index["keys"][s]["id"].as_str());
                let signers: Vec<&str> = signers.map(Option::unwrap).collect();
                assert_eq!(found.keys().len() as u64, case["threshold"], "{name}");
                assert!(found.keys().iter().all(|id| signers.contains(&id.as_str())), "{name}");
            }
            (Err(e), Some(code)) => {
                refused += 1;
                assert_eq!(e.code(), code, "{name}: {e}");
            }
            (found, expected) => panic!("{name}: {found:?}, expected {expected:?}"),
        }
    }
    assert!(accepted >= 20 && refused >= 50, "{accepted} accepted, {refused} refused");
}

/// A Statement v1 with SLSA provenance v1, right in all its parts.
fn statement() -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"sha256": sha256(ARTIFACT)}}],
        "predicateType": PredicateType::SlsaV1.uri(),
        "predicate": {"runDetails": {"builder": {"id": BUILDERS[0]}}},
    })
}

fn signers(list: &[(&str, usize)]) -> Vec<Signer> {
    list.iter().map(|(id, number)| ((*id).to_owned(), *number)).collect()
}

/// The statement in an envelope, signed by the keys of these numbers, under these ids.
fn envelope(statement: &Value, list: &[(&str, usize)]) -> Value {
    sealed(statement.to_string().as_bytes(), &signers(list), false)
}

/// A policy with keys of these numbers.
fn asks_for(threshold: u32, list: &[(&str, usize)]) -> PolicyBuilder {
    let policy = ProvenancePolicy::builder().threshold(threshold).builder_id(BUILDERS[0]);
    let key = |number: usize| Key::new("ed25519", "ed25519", public(number));
    let add = |policy: PolicyBuilder, (id, n): &(&str, usize)| policy.key(KeyId::new(id), key(*n));
    list.iter().fold(policy.predicate_type(PredicateType::SlsaV1), add)
}

fn artifact() -> Hashes {
    Hashes::from_digest(Digest::Sha256(Sha256::digest(ARTIFACT).into()))
}

fn verdict(policy: PolicyBuilder, envelope: &Value) -> Result<Provenance, ProvenanceError> {
    policy.build().unwrap().verify(Some(envelope.to_string().as_bytes()), &artifact())
}

fn shortfall(refusal: Result<Provenance, ProvenanceError>) -> ProvenanceShortfall {
    match refusal {
        Err(ProvenanceError::Signatures(shortfall)) => *shortfall,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_artifact_without_provenance_is_refused() {
    let policy = asks_for(1, &[("a", 0)]).build().unwrap();
    let refusal = policy.verify(None, &artifact()).unwrap_err();
    assert_eq!((refusal.code(), refusal.remedy()), ("provenance.missing", Remedy::Retry));
    let refusal = policy.verify(Some(b""), &artifact()).unwrap_err();
    assert_eq!((refusal.code(), refusal.remedy()), ("provenance.envelope", Remedy::Operator));
    assert_eq!(Error::from(refusal).layer(), ota_trust::Layer::Provenance);
}

#[test]
fn the_checks_are_made_in_their_order() {
    // Everything is wrong with it. Then one fault after the other is mended.
    let mut limits = Limits::default();
    limits.max_provenance_length = 10;
    let policy = |limits: &Limits| asks_for(2, &[("a", 0), ("b", 1)]).limits(limits.clone());
    let mut envelope = envelope(&json!({"_type": 1}), &[("a", 0)]);
    let signed = envelope["payload"].clone();
    envelope["payload"] = json!("%");
    envelope["payloadType"] = json!("text/plain");
    envelope["signatures"][0]["keyid"] = json!(7);
    let code = |limits: &Limits, envelope: &Value| {
        verdict(policy(limits), envelope).map_or_else(|e| e.code(), |_| "good")
    };
    assert_eq!(code(&limits, &envelope), "provenance.too-long");
    limits = Limits::default();
    assert_eq!(code(&limits, &envelope), "provenance.envelope");
    envelope["signatures"][0]["keyid"] = json!("a");
    assert_eq!(code(&limits, &envelope), "provenance.payload-type");
    envelope["payloadType"] = json!("application/vnd.in-toto+json");
    assert_eq!(code(&limits, &envelope), "provenance.encoding");
    envelope["payload"] = signed;
    assert_eq!(code(&limits, &envelope), "provenance.signatures");

    let both = [("a", 0), ("b", 1)];
    let mut bad = json!({"_type": "x", "predicateType": "x", "predicate": 0});
    assert_eq!(code(&limits, &self::envelope(&bad, &both)), "provenance.statement");
    bad["subject"] = json!([]);
    assert_eq!(code(&limits, &self::envelope(&bad, &both)), "provenance.statement-type");
    bad["_type"] = statement()["_type"].clone();
    assert_eq!(code(&limits, &self::envelope(&bad, &both)), "provenance.predicate-type");
    bad["predicateType"] = statement()["predicateType"].clone();
    assert_eq!(code(&limits, &self::envelope(&bad, &both)), "provenance.subject");
    bad["subject"] = statement()["subject"].clone();
    assert_eq!(code(&limits, &self::envelope(&bad, &both)), "provenance.statement");
    bad["predicate"] = json!({"runDetails": {"builder": {"id": "x"}}});
    assert_eq!(code(&limits, &self::envelope(&bad, &both)), "provenance.builder");
    bad["predicate"] = statement()["predicate"].clone();
    assert_eq!(code(&limits, &self::envelope(&bad, &both)), "good");
}

#[test]
fn every_flipped_bit_of_a_payload_is_refused_before_it_is_read() {
    let payload = statement().to_string().into_bytes();
    let good = sealed(&payload, &signers(&[("a", 0)]), false);
    for bit in 0..payload.len() * 8 {
        let mut flipped = payload.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let mut envelope = sealed(&flipped, &[], false);
        envelope["signatures"] = good["signatures"].clone();
        let refusal = verdict(asks_for(1, &[("a", 0)]), &envelope).unwrap_err();
        assert_eq!(refusal.code(), "provenance.signatures", "bit {bit}");
    }
}

#[test]
fn one_key_counts_once_whatever_its_signatures_and_ids_say() {
    let (a, b, alias) = (("a", 0), ("b", 1), ("again", 0));
    for policy in [[a, b].as_slice(), &[a, alias, b], &[alias, b, a]] {
        for by in [[("a", 0), ("a", 0)], [("a", 0), ("b", 0)], [("again", 0), ("", 0)]] {
            let envelope = envelope(&statement(), &by);
            let found = shortfall(verdict(asks_for(2, policy), &envelope));
            assert_eq!((found.need, found.have.len()), (2, 1), "{found}");
            assert!(found.rest.contains(&(KeyId::new("b"), NotCounted::BadSignature)), "{found}");
            assert_eq!(found.have.len() + found.rest.len(), policy.len(), "each key once: {found}");
        }
        let good = envelope(&statement(), &[("a", 0), ("b", 1)]);
        assert!(verdict(asks_for(2, policy), &good).is_ok());
    }
}

#[test]
fn a_keyid_is_only_a_hint() {
    let ids = ["a", "b", "c", "", "\u{202e}a\n", "stranger"];
    for first in ids {
        for second in ids {
            let envelope = envelope(&statement(), &[(first, 1), ("c", 20), (second, 0)]);
            let found = verdict(asks_for(2, &[("a", 0), ("b", 1)]), &envelope).unwrap();
            assert_eq!(found.keys().len(), 2, "{first} {second}");
            let found = shortfall(verdict(asks_for(2, &[("a", 2), ("b", 1)]), &envelope));
            assert_eq!(found.have, [KeyId::new("b")]);
        }
    }
}

#[test]
fn signatures_cost_no_more_than_the_limits_allow() {
    let message = "DSSEv1 28 application/vnd.in-toto+json 1000 ".len() + 1000;
    let mut payload = statement().to_string();
    payload += &" ".repeat(1000 - payload.len());
    let seal = |list: &[(&str, usize)]| sealed(payload.as_bytes(), &signers(list), false);
    let policy = |passes: u64, signatures: u32, less: u64| {
        let mut limits = Limits::default();
        limits.max_signature_bytes = passes * message as u64 - less;
        limits.max_signatures = signatures;
        asks_for(2, &[("a", 0), ("b", 1)]).limits(limits)
    };
    // Those under the ids of the keys come first, so junk under other ids costs nothing.
    let mut list = vec![("x", 20); 30];
    list.extend([("b", 1), ("a", 0)]);
    let junk_first = seal(&list);
    assert!(verdict(policy(2, 32, 0), &junk_first).is_ok());
    let refusal = verdict(policy(2, 32, 1), &junk_first).unwrap_err();
    assert_eq!(refusal.code(), "provenance.signature-work");
    let refusal = verdict(policy(2, 31, 0), &junk_first).unwrap_err();
    let report = "the envelope is not well-formed: more than 31 signatures";
    assert_eq!(refusal.report().to_string(), report);
    // Junk under their ids is tried, up to the limit and not beyond it.
    let mut list = vec![("a", 20); 10];
    list.extend([("b", 1), ("a", 0)]);
    assert!(verdict(policy(12, 12, 0), &seal(&list)).is_ok());
    let refusal = verdict(policy(12, 12, 1), &seal(&list)).unwrap_err();
    assert_eq!(refusal.code(), "provenance.signature-work");
}

#[test]
fn an_envelope_is_as_long_as_the_limit_at_most() {
    let bytes = envelope(&statement(), &[("a", 0)]).to_string();
    let mut limits = Limits::default();
    // Strings are bounded by that, and not by what is right for other strings.
    (limits.max_provenance_length, limits.max_string) = (bytes.len() as u64, 100);
    let policy = asks_for(1, &[("a", 0)]).limits(limits.clone()).build().unwrap();
    assert!(policy.verify(Some(bytes.as_bytes()), &artifact()).is_ok());
    let longer = bytes.clone() + " ";
    let refusal = policy.verify(Some(longer.as_bytes()), &artifact()).unwrap_err();
    let (limit, length) = (bytes.len() as u64, longer.len() as u64);
    assert_eq!(refusal, ProvenanceError::TooLong { limit, length });
    // Inside of the payload, strings are as long as they are anywhere.
    limits.max_string = 20;
    let policy = asks_for(1, &[("a", 0)]).limits(limits).build().unwrap();
    let refusal = policy.verify(Some(bytes.as_bytes()), &artifact()).unwrap_err();
    assert_eq!(refusal.code(), "provenance.statement");
}

#[test]
fn a_builder_is_allowed_by_its_exact_id() {
    let id = BUILDERS[0];
    let near = [
        String::new(),
        format!("{id}/"),
        format!(" {id}"),
        id[..id.len() - 1].to_owned(),
        id.to_uppercase(),
        format!("{id}\0"),
    ];
    for other in near {
        let mut statement = statement();
        statement["predicate"]["runDetails"]["builder"]["id"] = json!(other);
        let refusal = verdict(asks_for(1, &[("a", 0)]), &envelope(&statement, &[("a", 0)]));
        assert_eq!(refusal, Err(ProvenanceError::Builder { found: other.into() }));
    }
}

#[test]
fn refusals_are_fit_for_a_log() {
    let mut hostile = envelope(&statement(), &[("a", 0)]);
    hostile["payloadType"] = json!(format!("\n\u{1b}[2J{}", "x".repeat(1000)));
    let text = verdict(asks_for(1, &[("a", 0)]), &hostile).unwrap_err().to_string();
    assert!(!text.contains(char::is_control) && text.len() < 200, "{text}");
    let refusal = verdict(asks_for(1, &[("a", 0)]), &envelope(&statement(), &[("a", 1)]));
    let text = "0 of the 1 signatures that the policy asks for; key a has a bad signature";
    assert_eq!(refusal.unwrap_err().to_string(), text);
}

#[test]
fn a_policy_that_nothing_could_meet_is_refused() {
    let code = |policy: PolicyBuilder| {
        let refusal = policy.build().unwrap_err();
        assert_eq!(refusal.remedy(), Remedy::FixCaller);
        refusal.code()
    };
    let (a, alias) = (("a", 0), ("alias", 0));
    let thresholds: [(u32, &[_]); 5] =
        [(0, &[a]), (2, &[a]), (2, &[a, alias]), (u32::MAX, &[a]), (1, &[])];
    for (threshold, keys) in thresholds {
        assert_eq!(code(asks_for(threshold, keys)), "provenance.policy-threshold");
    }
    assert_eq!(code(asks_for(1, &[a, a])), "provenance.policy-duplicate-key-id");
    let strange = asks_for(1, &[a]).key(KeyId::new("b"), Key::new("ed25519", "ed25519", ""));
    assert_eq!(code(strange), "provenance.policy-unusable-key");
    let key = Key::new("ed25519", "ed25519", public(0));
    let no_builder = ProvenancePolicy::builder().threshold(1).key(KeyId::new("a"), key);
    assert_eq!(code(no_builder.clone()), "provenance.policy-no-builder");
    assert_eq!(code(no_builder.builder_id("b")), "provenance.policy-no-predicate-type");
}
