//! From an envelope to a proof of provenance, against DSSE, in-toto and SLSA read naively.
//!
//! An input starts with choices: the policy, the artifact, the limits. The rest is a payload, which
//! is signed and put into an envelope before the library sees it, so that mutations reach what lies
//! behind the signatures; or, after `=`, a whole envelope. Library and model have to agree on the
//! verdict, on the check that refused, and on what is proven.
//!
//! The model shares these choices with the library, which the specifications leave open: strict
//! JSON, as [`strict`](super::strict) has it; base64 that is padded, and of one alphabet in each
//! text; a known digest that is not lower-case hexadecimal refuses the statement; all known digests
//! of a subject decide, and a SHA-256 has to be among them.

mod base64;
mod model;

use ota_trust::key::{Key, KeyId};
use ota_trust::primitives::{Digest, Hashes, Limits};
use ota_trust::provenance::{PredicateType, ProvenancePolicy};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

use super::choices::Choices;
use super::signing::{Signer, public, sign};

pub const IN_TOTO: &str = "application/vnd.in-toto+json";
/// The builders that policies allow.
pub const BUILDERS: [&str; 2] = ["https://builds.example/lamp@v1", "b"];
/// What was built.
pub const ARTIFACT: &[u8] = b"firmware of the lamp";

/// Ids and numbers of the keys of a policy. In the last, one key has two ids.
const KEYS: [&[(&str, usize)]; 4] = [
    &[("a", 0)],
    &[("a", 0), ("b", 1)],
    &[("c", 2), ("b", 1), ("a", 0)],
    &[("a", 0), ("a, again", 0), ("b", 1)],
];

const TYPES: [&[PredicateType]; 4] = [
    &[PredicateType::SlsaV1],
    &[PredicateType::SlsaV02],
    &[PredicateType::SlsaV01],
    &[PredicateType::SlsaV01, PredicateType::SlsaV1, PredicateType::SlsaV02],
];

/// What is asked: a policy, and the artifact with the digests that are known of it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub keys: &'static [(&'static str, usize)],
    pub threshold: usize,
    pub sha256: bool,
    pub sha512: bool,
    pub types: &'static [PredicateType],
    pub limits: Limits,
}

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let asked = Asked::chosen(&mut choices);
    let envelope = offered(&mut choices);
    agree(&envelope, &asked);
}

impl Asked {
    pub fn chosen(choices: &mut Choices<'_>) -> Self {
        let keys = choices.one_of(&KEYS);
        let threshold = 1 + choices.below(3);
        let (sha256, sha512) = *choices.one_of(&[(true, false), (true, true), (false, true)]);
        let types = choices.one_of(&TYPES);
        let mut limits = Limits::default();
        match choices.below(5) {
            1 => limits.max_provenance_length = 700,
            2 => limits.max_signatures = 2,
            3 => limits.max_depth = 3,
            4 => limits.max_string = 40,
            _ => {}
        }
        Self { keys, threshold, sha256, sha512, types, limits }
    }

    /// The number of keys that are not the same.
    fn distinct(&self) -> usize {
        let mut numbers: Vec<usize> = self.keys.iter().map(|(_, number)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.len()
    }
}

/// Library and model judge this envelope alike; whether they accept it.
pub fn agree(envelope: &[u8], asked: &Asked) -> bool {
    let mut policy = ProvenancePolicy::builder();
    for (id, number) in asked.keys {
        policy = policy.key(KeyId::new(id), Key::new("ed25519", "ed25519", public(*number)));
    }
    policy = BUILDERS.iter().fold(policy, |policy, id| policy.builder_id(id));
    policy = asked.types.iter().fold(policy, |policy, t| policy.predicate_type(*t));
    let threshold = u32::try_from(asked.threshold).expect("a small number");
    let policy = match policy.threshold(threshold).limits(asked.limits.clone()).build() {
        Ok(policy) => policy,
        Err(e) => {
            assert!(
                e.code() == "provenance.policy-threshold" && asked.threshold > asked.distinct(),
                "{e}"
            );
            return false;
        }
    };
    assert!(asked.threshold <= asked.distinct(), "no envelope can meet it");

    let mut artifact = Hashes::default();
    if asked.sha256 {
        artifact.insert(Digest::Sha256(Sha256::digest(ARTIFACT).into()));
    }
    if asked.sha512 {
        artifact.insert(Digest::Sha512(Sha512::digest(ARTIFACT).into()));
    }
    match (policy.verify(Some(envelope), &artifact), model::verify(envelope, asked)) {
        (Ok(found), Ok(expected)) => {
            assert_eq!(found.builder_id(), expected.builder);
            assert_eq!(found.predicate_type().uri(), expected.predicate_type);
            assert_eq!(found.subject()[..], Sha256::digest(ARTIFACT)[..]);
            let number = |id: &KeyId| asked.keys.iter().find(|(known, _)| *known == id.as_str());
            let mut numbers: Vec<usize> =
                found.keys().iter().map(|id| number(id).expect("a key of the policy").1).collect();
            assert!(numbers.iter().all(|number| expected.signers.contains(number)));
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!((numbers.len(), found.keys().len()), (asked.threshold, asked.threshold));
            true
        }
        (Err(e), Err(expected)) => {
            assert_eq!(e.code(), expected, "{e}");
            false
        }
        (Ok(_), Err(expected)) => panic!("accepted, expected {expected}"),
        (Err(e), Ok(_)) => panic!("refused: {e}"),
    }
}

/// The envelope that an input offers.
fn offered(choices: &mut Choices<'_>) -> Vec<u8> {
    let chosen = choices.number();
    if chosen == b'=' {
        return choices.rest().to_vec();
    }
    // The keys of all policies, and a stranger.
    let signers: Vec<usize> = [0, 1, 2, 20]
        .into_iter()
        .enumerate()
        .filter(|(bit, _)| chosen >> bit & 1 == 1)
        .map(|(_, n)| n)
        .collect();
    let ids = *choices.one_of(&[["a", "b", "c"], ["b", "c", "a"], ["a", "a", "a"], ["", "x", "b"]]);
    let signers: Vec<Signer> =
        signers.into_iter().zip(ids.iter().cycle()).map(|(n, id)| ((*id).to_owned(), n)).collect();
    let url_safe = choices.yes();
    sealed(choices.rest(), &signers, url_safe).to_string().into_bytes()
}

/// A payload in its envelope.
pub fn sealed(payload: &[u8], signers: &[Signer], url_safe: bool) -> Value {
    let encode = |bytes: &[u8]| base64::encode(bytes, url_safe);
    let message = model::pre_authentication_encoding(IN_TOTO, payload);
    let signature = |(id, key): &Signer| json!({"keyid": id, "sig": encode(&sign(*key, &message))});
    json!({
        "payloadType": IN_TOTO,
        "payload": encode(payload),
        "signatures": signers.iter().map(signature).collect::<Vec<_>>(),
    })
}
