//! Responses, as the coordinator takes them in: a genuine one that was changed, or any bytes at
//! all.
//!
//! One is taken exactly if, in the words of another parser, it is about the file that waits, names
//! a key of the role that has not signed, and holds that key's signature of the payload. One that
//! is refused changes nothing, and the ceremony ends well after all of them.

use ed25519_dalek::{Signature, VerifyingKey};
use ota_trust::key::Signer as _;
use ota_trust::primitives::{Limits, RoleName};
use ota_trust::repository::ceremony::SigningResponse;
use ota_trust::repository::{Next, Signing};
use serde_json::Value;

use super::super::choices::Choices;
use super::super::strict;
use super::{SIGNERS, WAITING, key, now, public};

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let (waiting, request) = &*WAITING;
    let mut signing = waiting.clone();
    for _ in 0..4 {
        let document = document(&mut choices);
        let Ok(response) = SigningResponse::parse(&document, &Limits::default()) else { continue };
        let at = if choices.one_of(&[false, false, false, true]) == &true {
            request.expires()
        } else {
            now()
        };
        let before = file(&signing);
        let expected = at == now() && is_good(&document, &signing);
        let taken = signing.attach(request, &response, at);
        assert_eq!(taken.is_ok(), expected, "{taken:?} {}", String::from_utf8_lossy(&document));
        if taken.is_err() {
            assert_eq!(file(&signing), before, "what is refused changes nothing");
        }
    }
    // Whatever came before, the ceremony goes on.
    for seed in SIGNERS {
        let answer = request.sign(&key(seed), now()).expect("a signature");
        let known = signed_by(&signing).contains(&public(seed).id().to_string());
        assert_eq!(signing.attach(request, &answer, now()).is_err(), known);
    }
    signing.sign(&key(4)).expect("the root's key signs");
    assert!(matches!(signing.complete(now()), Ok(Next::Sign(_))));
}

/// A genuine response with a field changed, or what is left of the input.
fn document(choices: &mut Choices<'_>) -> Vec<u8> {
    let (_, request) = &*WAITING;
    let seed = *choices.one_of(&[1, 2, 3, 4]);
    let genuine = if let Ok(response) = request.sign(&key(seed), now()) {
        response.to_bytes()
    } else {
        // Not asked: the thief signs by hand, and sends what the others would.
        let response = request.sign(&key(1), now()).expect("a signature").to_bytes();
        let mut value: Value = serde_json::from_slice(&response).expect("JSON");
        let signature = key(seed).sign(request.payload().as_bytes()).expect("a signature");
        value["keyid"] = public(seed).id().as_str().into();
        value["sig"] = hex::encode(signature).into();
        value.to_string().into_bytes()
    };
    let mut value: Value = serde_json::from_slice(&genuine).expect("JSON");
    match choices.one_of(&[0, 1, 2, 3, 4, 5, 6]) {
        0 => return genuine,
        1 => value["keyid"] = public(*choices.one_of(&[1, 2, 3, 4])).id().as_str().into(),
        2 => value["digest"] = "00".repeat(32).into(),
        3 => value["version"] = 2.into(),
        4 => value["role"] = (*choices.one_of(&["root", "snapshot", "x"])).into(),
        5 => value["sig"] = "00".repeat(64).into(),
        _ => return choices.rest().to_vec(),
    }
    value.to_string().into_bytes()
}

/// Whether a response counts, naively.
fn is_good(document: &[u8], signing: &Signing) -> bool {
    let Some(value) = strict::read(document, &Limits::default()) else { return false };
    let Some(waiting) = signing.file(&RoleName::targets()) else { return false };
    let about = value["role"] == "targets"
        && value["version"] == 1
        && value["digest"] == hex::encode(waiting.digest());
    let id = value["keyid"].as_str().unwrap_or_default();
    let signer = SIGNERS.into_iter().find(|&seed| public(seed).id().as_str() == id);
    let signature = hex::decode(value["sig"].as_str().unwrap_or_default()).unwrap_or_default();
    let verifies = signer.is_some_and(|seed| {
        let point: [u8; 32] = hex::decode(public(seed).value())
            .ok()
            .and_then(|b| b.try_into().ok())
            .expect("a point");
        let key = VerifyingKey::from_bytes(&point).expect("a key");
        let signature = Signature::from_slice(&signature);
        signature.is_ok_and(|s| key.verify_strict(waiting.payload().as_bytes(), &s).is_ok())
    });
    about && verifies && !signed_by(signing).contains(&id.to_owned())
}

fn file(signing: &Signing) -> Vec<u8> {
    signing.file(&RoleName::targets()).expect("it waits").to_bytes()
}

fn signed_by(signing: &Signing) -> Vec<String> {
    let file = signing.file(&RoleName::targets()).expect("it waits");
    file.signed_by().map(ToString::to_string).collect()
}
