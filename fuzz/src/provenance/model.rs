//! The model: DSSE's protocol, the in-toto Statement, and where SLSA names the builder.

use ed25519_dalek::{Signature, VerifyingKey};
use ota_trust::primitives::Limits;
use ota_trust::provenance::PredicateType;
use serde_json::Value;

use super::super::signing::{public, sha256, sha512, verifies};
use super::super::strict;
use super::{ARTIFACT, Asked, BUILDERS, IN_TOTO, base64};

/// What is proven.
pub struct Proven {
    pub builder: String,
    pub predicate_type: String,
    /// The numbers of all keys of the policy that have signed.
    pub signers: Vec<usize>,
}

const ENVELOPE: &str = "provenance.envelope";
const STATEMENT: &str = "provenance.statement";

pub fn verify(envelope: &[u8], asked: &Asked) -> Result<Proven, &'static str> {
    if envelope.len() as u64 > asked.limits.max_provenance_length {
        return Err("provenance.too-long");
    }
    let any_string = {
        let mut limits = asked.limits.clone();
        limits.max_string = u32::MAX;
        limits
    };
    let envelope = strict::read(envelope, &any_string).ok_or(ENVELOPE)?;
    let payload_type = text(&envelope, "payloadType").ok_or(ENVELOPE)?;
    let payload = text(&envelope, "payload").ok_or(ENVELOPE)?;
    let signatures = signatures(&envelope, &asked.limits).ok_or(ENVELOPE)?;
    if payload_type != IN_TOTO {
        return Err("provenance.payload-type");
    }
    let decode = |text| base64::decode(text).ok_or("provenance.encoding");
    let payload = decode(payload)?;
    let signatures = signatures.into_iter().map(decode).collect::<Result<Vec<_>, _>>()?;

    let signers = signers(&pre_authentication_encoding(payload_type, &payload), &signatures, asked);
    if signers.len() < asked.threshold {
        return Err("provenance.signatures");
    }
    let (builder, predicate_type) = read_statement(&payload, asked)?;
    Ok(Proven { builder, predicate_type, signers })
}

/// `PAE(type, body)`
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let type_length = payload_type.len();
    let mut message =
        format!("DSSEv1 {type_length} {payload_type} {} ", payload.len()).into_bytes();
    message.extend_from_slice(payload);
    message
}

fn text<'v>(object: &'v Value, key: &str) -> Option<&'v str> {
    object.get(key)?.as_str()
}

/// The signatures, in base64.
fn signatures<'v>(envelope: &'v Value, limits: &Limits) -> Option<Vec<&'v str>> {
    let list = envelope.get("signatures")?.as_array()?;
    if list.len() > limits.max_signatures as usize {
        return None;
    }
    let signature = |signature: &'v Value| {
        if !signature.get("keyid").is_none_or(Value::is_string) {
            return None;
        }
        text(signature, "sig")
    };
    list.iter().map(signature).collect()
}

/// The keys under which any of the signatures verifies, each once.
fn signers(message: &[u8], signatures: &[Vec<u8>], asked: &Asked) -> Vec<usize> {
    let mut signers = Vec::new();
    for (_, number) in asked.keys {
        let key = hex::decode(public(*number)).expect("hexadecimal");
        let key = VerifyingKey::try_from(&key[..]).expect("a key");
        let signed = signatures.iter().any(|bytes| {
            Signature::from_slice(bytes).is_ok_and(|signature| verifies(&key, message, &signature))
        });
        if signed && !signers.contains(number) {
            signers.push(*number);
        }
    }
    signers
}

/// The builder and the type of the predicate.
fn read_statement(payload: &[u8], asked: &Asked) -> Result<(String, String), &'static str> {
    let statement = strict::read(payload, &asked.limits).ok_or(STATEMENT)?;
    let statement_type = text(&statement, "_type").ok_or(STATEMENT)?;
    let predicate_type = text(&statement, "predicateType").ok_or(STATEMENT)?;
    let subjects = statement.get("subject").and_then(Value::as_array).ok_or(STATEMENT)?;
    for subject in subjects {
        let digests = subject.get("digest").and_then(Value::as_object).ok_or(STATEMENT)?;
        for (algorithm, digest) in digests {
            let digest = digest.as_str().ok_or(STATEMENT)?;
            let length = match algorithm.as_str() {
                "sha256" => 64,
                "sha512" => 128,
                _ => continue,
            };
            if digest.len() != length || digest.contains(|c| !"0123456789abcdef".contains(c)) {
                return Err(STATEMENT);
            }
        }
    }
    let versions = ["v1", "v0.1"].map(|version| format!("https://in-toto.io/Statement/{version}"));
    if !versions.iter().any(|known| known == statement_type) {
        return Err("provenance.statement-type");
    }
    let Some(kind) = asked.types.iter().find(|allowed| allowed.uri() == predicate_type) else {
        return Err("provenance.predicate-type");
    };
    if !asked.sha256 || !subjects.iter().any(|subject| is_artifact(&subject["digest"], asked)) {
        return Err("provenance.subject");
    }
    let path = match kind {
        PredicateType::SlsaV1 => "/predicate/runDetails/builder/id",
        _ => "/predicate/builder/id",
    };
    let builder = statement.pointer(path).and_then(Value::as_str).ok_or(STATEMENT)?;
    if !BUILDERS.contains(&builder) {
        return Err("provenance.builder");
    }
    Ok((builder.to_owned(), predicate_type.to_owned()))
}

/// Whether the digests are those of the artifact, as far as both are known.
fn is_artifact(digests: &Value, asked: &Asked) -> bool {
    let sha512_is_right = digests["sha512"].is_null() || digests["sha512"] == sha512(ARTIFACT);
    digests["sha256"] == sha256(ARTIFACT) && (sha512_is_right || !asked.sha512)
}
