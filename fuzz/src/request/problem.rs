//! Refusals on the wire (RFC 9457): what a server writes, and what a device makes of anything.
//!
//! An input chooses a refusal, whose problem has to say what the table says and no more, and is
//! heard as it was meant; and then a status, fields and a body, of which library and model hear the
//! same.

use ota_trust::identity::HandleStatus;
use ota_trust::request::{NoKey, Problem, RequestError, TransportError};
use serde_json::{Value, json};

use super::super::choices::Choices;
use super::answer::{CODES, code_in};
use super::ask::ask;
use super::http_request::status;
use super::http_response::agree;
use super::message::{Response, first, has};
use super::model::bytes_of;
use super::odd::LATER;
use super::world::{NOW, World, time};
use super::{base64, mac};

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let verifier = World::default().verifier();
    let refusals = refusals();
    let refused = choices.one_of(&refusals).clone();
    let code = refused.code();
    let random = [choices.number(); 16];
    let problem = verifier.problem(&refused.into(), time(NOW), random);
    // Nobody knows for whom a challenge would be.
    judge(&problem, code, None);
    let mut response = written(&problem);
    let (asked, pending) = ask(&mut choices);
    agree(&asked, pending, &response);

    let (asked, pending) = ask(&mut choices);
    spoil(&mut response, &mut choices);
    agree(&asked, pending, &response);
}

/// The response that carries a problem.
pub fn written(problem: &Problem) -> Response {
    let fields = problem.fields().into_iter();
    Response {
        status: problem.code().status(),
        fields: fields.map(|(name, value)| (name.to_owned(), value.into_bytes())).collect(),
        body: problem.body().into_bytes(),
    }
}

/// A problem says what it has to, and no more. `asks` are the handle and the name for which there
/// is a challenge.
pub fn judge(problem: &Problem, refused: &str, asks: Option<(&str, &str)>) {
    let response = written(problem);
    assert_eq!(response.status, status(refused), "{refused}");
    let read: Value = serde_json::from_slice(&response.body).expect("JSON");
    let code = code_in(&response.body).expect("a code");
    let title = read["title"].as_str().expect("a title");
    assert!(CODES.contains(&(&*code, response.status)), "{read}");
    let expected =
        json!({"type": "about:blank", "title": title, "status": response.status, "code": code});
    assert_eq!(read, expected);

    let fields = &response.fields;
    assert_eq!(first(fields, "content-type"), b"application/problem+json");
    assert_eq!(first(fields, "cache-control"), b"no-store");
    let is_sign_again = response.status == 401;
    assert_eq!(has(fields, "www-authenticate"), is_sign_again);
    assert!(!is_sign_again || first(fields, "www-authenticate") == b"OTA-Signature");
    assert_eq!(has(fields, "ota-challenge"), is_sign_again && asks.is_some());
    if let (true, Some((handle, name))) = (is_sign_again, asks) {
        let given = bytes_of(&first(fields, "ota-challenge")).expect("bytes");
        let given = given.try_into().expect("32 bytes");
        assert!(mac::issued(&given, handle, name).is_some(), "{refused}");
    }
    let waits = [429, 503].contains(&response.status);
    assert_eq!(has(fields, "retry-after"), waits);
    let seconds = String::from_utf8(first(fields, "retry-after")).expect("ASCII");
    assert!(!waits || (30..=300).contains(&seconds.parse().expect("a number")), "{seconds}");
    let known =
        ["content-type", "cache-control", "www-authenticate", "ota-challenge", "retry-after"];
    assert!(fields.iter().all(|(name, _)| known.contains(&&**name)), "{response:?}");
    assert_eq!(problem.closes(), [403, 413, 415, 431].contains(&response.status), "{refused}");
}

/// Anybody can answer so.
fn spoil(response: &mut Response, choices: &mut Choices<'_>) {
    let statuses = [response.status, 400, 401, 409, 429, 503, 599, 600, 399, 302, 200, 1000];
    response.status = *choices.one_of(&statuses);
    for _ in 0..choices.below(4) {
        match choices.below(10) {
            0 => response.fields.clear(),
            1 => {
                let value = *choices.one_of(&LATER);
                response.fields.push(("Retry-After".to_owned(), value.into()));
            }
            2 => response.fields.push(("retry-after".to_owned(), choices.text(40).to_vec())),
            3 => {
                let value = format!(":{}:", base64::encode(choices.text(33)));
                response.fields.push(("ota-challenge".to_owned(), value.into()));
            }
            4 => response.fields.push(("OTA-Challenge".to_owned(), choices.text(64).to_vec())),
            5 => {
                let name = *choices.one_of(&["content-encoding", "content-digest", "content-type"]);
                response.fields.push((name.to_owned(), choices.text(64).to_vec()));
            }
            6 => {
                let (code, _) = *choices.one_of(&CODES);
                response.body = json!({ "code": code }).to_string().into_bytes();
            }
            7 => {
                let bytes = choices.text(255);
                let place = choices.wide() % (response.body.len() + 1);
                let end = (place + choices.below(64)).min(response.body.len());
                response.body.splice(place..end, bytes.iter().copied());
            }
            8 => {
                let length = *choices.one_of(&[1980, 1990, 2000, 24, 65_536]) + choices.below(64);
                response.body.resize(length.max(response.body.len()), b' ');
            }
            _ => response.body = choices.text(255).to_vec(),
        }
    }
}

/// One refusal of each kind that requests have.
fn refusals() -> Vec<RequestError> {
    let name = || "x".into();
    let at = time(NOW);
    vec![
        RequestError::TooLarge { what: "x", limit: 1 },
        TransportError::EarlyData.into(),
        TransportError::Mismatch.into(),
        TransportError::Unavailable.into(),
        TransportError::NoPeer.into(),
        TransportError::UndeclaredHop.into(),
        TransportError::ClientCert.into(),
        RequestError::Field { name: name() },
        RequestError::FieldTwice { name: name() },
        RequestError::FieldAbsent { name: name() },
        RequestError::Encoding,
        RequestError::Method { found: name() },
        RequestError::AuthorityForm,
        RequestError::Path,
        RequestError::Query,
        RequestError::SignatureInput,
        RequestError::SignatureField,
        RequestError::Signatures,
        RequestError::NotSigned,
        RequestError::Parameter { name: name() },
        RequestError::Lifetime { limit: 300 },
        RequestError::Component { name: name() },
        RequestError::ComponentTwice { name: name() },
        RequestError::Coverage { name: name() },
        RequestError::DigestField,
        RequestError::DigestWeak,
        RequestError::DigestNone,
        RequestError::Authority,
        RequestError::Window { created: at, now: at },
        RequestError::Challenge,
        RequestError::Replayed,
        NoKey::Unknown.into(),
        NoKey::OtherHandle.into(),
        NoKey::Ended(HandleStatus::Withdrawn).into(),
        RequestError::Signature,
        RequestError::BodyTooLarge { limit: 1 },
        RequestError::BodyUncovered { name: "x" },
        RequestError::Digest,
        RequestError::Counter,
        RequestError::Quota,
        RequestError::StoreFull,
        RequestError::StoreUnavailable,
    ]
}
