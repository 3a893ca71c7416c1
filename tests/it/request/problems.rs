//! What goes back to whoever was refused, and what a device makes of it.

use std::collections::{BTreeMap, BTreeSet};

use ota_trust::identity::{DeviceSecret, IdentityError};
use ota_trust::request::{
    Answer, NoKey, Nonce, PendingResponse, Problem, ProblemCode, Refused, RequestDraft,
    RequestError, ResponseParts, ResponsePolicy, Target, TransportError, Validity,
};

use super::*;

fn pending() -> PendingResponse {
    let secret = DeviceSecret::new(&mut counted(0)).unwrap();
    let identity = secret.identity(&Fleet::new("lamps.example").unwrap(), IdentityEpoch::new(6));
    let nonce = Nonce::new(counted(0)).unwrap();
    let target = Target::new(AUTHORITY, "/").unwrap();
    let validity = Validity::from(StartTime::Known(at(NOW)));
    RequestDraft::get(target).sign(&identity, validity, nonce).unwrap().pending()
}

fn read(status: u16, fields: &[(&str, &str)], body: &[u8]) -> Refused {
    let fields = fields.iter().map(|(name, value)| (*name, value.as_bytes()));
    read_parts(ResponseParts::new(status).fields(fields), body)
}

/// What a device makes of an unsigned response.
pub(super) fn read_parts<'m, F>(parts: ResponseParts<F>, body: &[u8]) -> Refused
where
    F: IntoIterator<Item = (&'m str, &'m [u8])>,
{
    let keys = service_keys(Purpose::Response, &[&enroller()]);
    let policy = ResponsePolicy::default();
    let mut response = pending().read(parts, &keys, StartTime::Known(at(NOW)), &policy).unwrap();
    response.update(body).unwrap();
    match response.finish().unwrap() {
        Answer::Refused(refused) => refused,
        Answer::Verified(response) => panic!("{response:?}"),
    }
}

fn read_problem(problem: &Problem) -> Refused {
    let fields = problem.fields();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
    read(problem.code().status(), &fields, problem.body().as_bytes())
}

/// One of each refusal, as the design's table has them: with what goes over the wire.
fn table() -> Vec<(RequestError, u16, &'static str)> {
    let name = || "x".into();
    let (created, now) = (at(NOW), at(NOW));
    let limit = 1;
    vec![
        (RequestError::TooLarge { what: "x", limit }, 431, "fields"),
        (TransportError::EarlyData.into(), 425, "too-early"),
        (TransportError::Mismatch.into(), 403, "channel"),
        (TransportError::Unavailable.into(), 403, "channel"),
        (TransportError::NoPeer.into(), 403, "channel"),
        (TransportError::UndeclaredHop.into(), 400, "malformed"),
        (TransportError::ClientCert.into(), 400, "malformed"),
        (RequestError::Field { name: name() }, 400, "malformed"),
        (RequestError::FieldTwice { name: name() }, 400, "malformed"),
        (RequestError::FieldAbsent { name: name() }, 400, "malformed"),
        (RequestError::Encoding, 415, "encoding"),
        (RequestError::Method { found: name() }, 400, "malformed"),
        (RequestError::AuthorityForm, 400, "malformed"),
        (RequestError::Path, 400, "malformed"),
        (RequestError::Query, 400, "malformed"),
        (RequestError::SignatureInput, 400, "malformed"),
        (RequestError::SignatureField, 400, "malformed"),
        (RequestError::Signatures, 400, "malformed"),
        (RequestError::NotSigned, 400, "malformed"),
        (RequestError::Parameter { name: name() }, 400, "malformed"),
        (RequestError::Lifetime { limit: 300 }, 400, "malformed"),
        (RequestError::Component { name: name() }, 400, "malformed"),
        (RequestError::ComponentTwice { name: name() }, 400, "malformed"),
        (RequestError::Coverage { name: name() }, 400, "malformed"),
        (RequestError::DigestField, 400, "malformed"),
        (RequestError::DigestWeak, 400, "malformed"),
        (RequestError::DigestNone, 400, "malformed"),
        (RequestError::Authority, 421, "authority"),
        (RequestError::Window { created, now }, 401, "sign-again"),
        (RequestError::Challenge, 401, "sign-again"),
        (RequestError::Replayed, 409, "replayed"),
        (NoKey::Unknown.into(), 401, "sign-again"),
        (NoKey::OtherHandle.into(), 401, "sign-again"),
        (NoKey::Ended(HandleStatus::Withdrawn).into(), 401, "sign-again"),
        (NoKey::from(IdentityError::PublicKey).into(), 401, "sign-again"),
        (RequestError::Signature, 401, "sign-again"),
        (RequestError::BodyTooLarge { limit: 1 }, 413, "too-large"),
        (RequestError::BodyUncovered { name: "x" }, 400, "malformed"),
        (RequestError::Digest, 401, "sign-again"),
        (RequestError::Counter, 401, "sign-again"),
        (RequestError::Quota, 429, "quota"),
        (RequestError::StoreFull, 503, "unavailable"),
        (RequestError::StoreUnavailable, 503, "unavailable"),
    ]
}

#[test]
fn each_refusal_has_its_problem_and_says_no_more() {
    let world = World::new();
    let mut bodies: BTreeMap<u16, BTreeSet<String>> = BTreeMap::new();
    let mut codes = BTreeSet::new();
    for (error, status, name) in table() {
        codes.insert(error.code());
        let problem = world.verifier.problem(&error.clone().into(), at(NOW), [7; 16]);
        assert_eq!((problem.code().status(), problem.code().name()), (status, name), "{error:?}");
        let body: serde_json::Value = serde_json::from_str(&problem.body()).unwrap();
        assert_eq!(body["type"], "about:blank");
        assert_eq!((&body["status"], &body["code"]), (&status.into(), &name.into()));
        assert_eq!(body.as_object().unwrap().len(), 4, "{body}");
        bodies.entry(status).or_default().insert(format!(
            "{} {:?}",
            problem.body(),
            problem.fields()
        ));
        let said = read_problem(&problem);
        assert_eq!((said.status(), said.code()), (status, Some(problem.code())));
        assert_eq!(said.asks_to_sign_again(), matches!(status, 401 | 409 | 425));
        assert!(!said.is_signed());
    }
    let request_codes = ota_trust::refusals()
        .map(ota_trust::RefusalInfo::code)
        .filter(|code| code.starts_with("request.") || code.starts_with("transport."));
    assert_eq!(codes, request_codes.collect(), "each code has been asked");
    for (status, bodies) in bodies {
        assert_eq!(bodies.len(), 1, "{status} looks the same, whatever it was: {bodies:?}");
    }
    let all: BTreeSet<&str> = ProblemCode::ALL.into_iter().map(ProblemCode::name).collect();
    assert_eq!(all.len(), ProblemCode::ALL.len());
}

#[test]
fn whoever_has_to_sign_again_gets_a_challenge_for_it() {
    let mut world = World::new();
    let stale = world.post().created(1, 2).sign();
    let refused = world.accept(&stale).unwrap_err();
    let problem = world.verifier.problem(&refused, at(NOW), [7; 16]);
    let fields: BTreeMap<&str, String> = problem.fields().into_iter().collect();
    assert_eq!(fields["www-authenticate"], "OTA-Signature");
    assert_eq!(fields["cache-control"], "no-store");
    assert_eq!(fields["content-type"], "application/problem+json");
    assert_eq!(read_problem(&problem).challenge(), Some(challenge_in(&problem.fields())));
    // Nobody else does, and it is another one each time.
    let other = world.verifier.problem(&refused, at(NOW), [8; 16]);
    assert_ne!(challenge_in(&other.fields()), challenge_in(&problem.fields()));
    assert_eq!(other.body(), problem.body());
    world.refuses(&world.post().param("alg", "\"ed25519\"").sign(), "request.parameter", 400);
    let malformed = world.accept(&world.post().param("alg", "\"ed25519\"").sign()).unwrap_err();
    let problem = world.verifier.problem(&malformed, at(NOW), [7; 16]);
    assert!(problem.fields().iter().all(|(name, _)| *name != "ota-challenge"));
}

#[test]
fn devices_come_again_at_different_times() {
    let world = World::new();
    let mut seconds = BTreeSet::new();
    for byte in 0..=255 {
        let random = core::array::from_fn(|n| if n == 8 { byte } else { 0 });
        let problem = world.verifier.problem(&RequestError::Quota.into(), at(NOW), random);
        let later = read_problem(&problem).retry_after().unwrap();
        assert!((30..=300).contains(&later));
        seconds.insert(later);
    }
    assert!(seconds.len() > 200 && seconds.contains(&30), "{seconds:?}");
}

#[test]
fn a_connection_ends_where_it_cannot_go_on() {
    let world = World::new();
    for (error, status, _) in table() {
        let problem = world.verifier.problem(&error.into(), at(NOW), [7; 16]);
        assert_eq!(problem.closes(), matches!(status, 403 | 413 | 415 | 431), "{status}");
    }
}

#[test]
fn a_hint_is_taken_as_far_as_it_can_be_read() {
    let body = br#"{"code":"sign-again","more":{"code":"quota"}}"#;
    let challenge = bytes(&[7; 32]);
    let fields = [("ota-challenge", &*challenge), ("retry-after", "7")];
    let hint = read(401, &fields, body);
    assert_eq!(
        (hint.code(), hint.challenge(), hint.retry_after()),
        (Some(ProblemCode::SignAgain), Some([7; 32]), Some(7))
    );
    for body in [
        &b""[..],
        b"<html>",
        b"{}",
        br#"{"code":1}"#,
        br#"{"code":"other"}"#,
        br#"["code"]"#,
        b"\xff",
        br#"{"code":"quota"}x"#,
        br#"{"code":"quota","code":"quota"}"#,
    ] {
        assert_eq!(read(503, &[], body).code(), None, "{}", String::from_utf8_lossy(body));
    }
    let long = format!("{{\"code\":\"quota\",\"x\":\"{}\"}}", "a".repeat(2100));
    assert_eq!(read(503, &[], long.as_bytes()).code(), None);
    for (field, value) in [
        ("ota-challenge", ":AAAA:"),
        ("ota-challenge", ""),
        ("retry-after", "Tue, 09 Jun 2026 10:11:12 GMT"),
        ("retry-after", "-1"),
        ("retry-after", "1.5"),
    ] {
        let hint = read(401, &[(field, value)], b"");
        assert_eq!((hint.challenge(), hint.retry_after()), (None, None), "{field}: {value}");
    }
    let twice = [("ota-challenge", &*challenge), ("ota-challenge", &*challenge)];
    assert_eq!(read(401, &twice, b"").challenge(), None);
    assert_eq!(read(503, &[("retry-after", "999999999999999")], b"").retry_after(), Some(3600));
}
