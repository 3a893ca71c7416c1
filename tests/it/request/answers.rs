//! The device's side: whether an answer is the one to its own question.

#[cfg(feature = "ecdsa")]
use ota_trust::key::P256Signer;
use ota_trust::request::{
    Answer, Nonce, OutgoingResponse, PendingResponse, RequestDraft, ResponseDraft, ResponseError,
    ResponseParts, ResponsePolicy, Target, Validity, VerifiedResponse,
};

use super::*;

/// A device that has asked, and a server that has answered.
struct Asked {
    pending: Vec<PendingResponse>,
    accepted: VerifiedRequest,
}

fn device() -> ota_trust::identity::DeviceIdentity {
    let secret = ota_trust::identity::DeviceSecret::new(&mut counted(0));
    secret.unwrap().identity(&Fleet::new("lamps.example").unwrap(), IdentityEpoch::new(6))
}

fn certified(identity: &ota_trust::identity::DeviceIdentity) -> CertifiedHandle {
    let public = hex::encode(identity.public_key());
    let signed = format!(
        "{{\"_type\":\"handle-certificate\",\"epoch\":6,\"expires\":\"2026-07-03T00:00:00Z\",\"fleet\":\"lamps.example\",\
         \"not_before\":\"2026-06-01T00:00:00Z\",\"public\":\"{public}\",\"schema\":1}}"
    );
    let signature = hex::encode(enroller().sign(signed.as_bytes()).unwrap());
    let id = enroller().public_key().id().as_str().to_owned();
    let document = format!(
        "{{\"signatures\":[{{\"keyid\":\"{id}\",\"sig\":\"{signature}\"}}],\"signed\":{signed}}}"
    );
    let fleet = Fleet::new("lamps.example").unwrap();
    CertifiedHandle::verify(
        document.as_bytes(),
        &enrollers(),
        &fleet,
        StartTime::Known(at(NOW)),
        &Limits::default(),
    )
    .unwrap()
}

/// The same question, asked with this nonce and these further fields, and accepted.
fn ask(number: u8, further: &[(&str, &str)]) -> Asked {
    ask_with(number, further, |draft| draft)
}

fn ask_with(
    number: u8,
    further: &[(&str, &str)],
    more: impl Fn(RequestDraft) -> RequestDraft,
) -> Asked {
    let identity = device();
    let certified = certified(&identity);
    let policy = policy().also_cover(further.iter().map(|(name, _)| *name)).unwrap();
    let verifier = RequestVerifier::new(policy, challenge_key(1));
    let draft = || {
        let target = Target::new(AUTHORITY, "/v1/poll?wait=30").unwrap();
        let draft = RequestDraft::post(target, "application/json", BODY).counter(7);
        let draft = further.iter().fold(draft, |draft, (name, value)| draft.field(name, value));
        let draft = more(draft);
        let nonce = Nonce::new(counted(number)).unwrap();
        draft.sign(&identity, Validity::from(StartTime::Known(at(NOW))), nonce).unwrap()
    };
    let request = draft();
    let mut fields: Vec<(&str, &[u8])> =
        request.fields().map(|(name, value)| (name, value.as_bytes())).collect();
    fields.push(("host", AUTHORITY.as_bytes()));
    let parts = RequestParts::new(request.method(), "/v1/poll", Some("wait=30")).fields(fields);
    let evidence = TransportEvidence::tls(TlsVersion::Tls13);
    let claim = verifier.read(parts, &evidence, at(NOW)).unwrap();
    let mut content = claim.verify(Some(&certified), HandleStatus::Live).unwrap().content();
    content.update(BODY).unwrap();
    let whole = content.finish().unwrap();
    let reply = replay(NOW - 3600).insert(&whole.entry(), at(NOW));
    let accepted = whole.accept(reply).unwrap();
    Asked { pending: (0..40).map(|_| draft().pending()).collect(), accepted }
}

fn signer() -> Ed25519Signer {
    Ed25519Signer::from_seed(&[102; 32])
}

fn response_keys() -> ServiceKeys {
    service_keys(Purpose::Response, &[&signer()])
}

const OFFER: &[u8] = br#"{"offer":"2.0.0"}"#;

/// A response, as it travels.
#[derive(Clone)]
struct Response {
    status: u16,
    fields: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Response {
    fn of(response: &OutgoingResponse, body: &[u8]) -> Self {
        let fields =
            response.fields().map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
        Self { status: response.status(), fields: fields.collect(), body: body.to_vec() }
    }

    fn value(&mut self, name: &str) -> &mut Vec<u8> {
        &mut self.fields.iter_mut().find(|(known, _)| known == name).unwrap().1
    }

    fn change(&mut self, name: &str, change: impl FnOnce(String) -> String) {
        let value = self.value(name);
        *value = change(String::from_utf8(value.clone()).unwrap()).into_bytes();
    }

    fn read(&self, pending: PendingResponse, keys: &ServiceKeys) -> Result<Answer, ResponseError> {
        self.read_by(pending, keys, &ResponsePolicy::default())
    }

    fn read_by(
        &self,
        pending: PendingResponse,
        keys: &ServiceKeys,
        policy: &ResponsePolicy,
    ) -> Result<Answer, ResponseError> {
        let fields = self.fields.iter().map(|(name, value)| (&**name, &**value));
        let parts = ResponseParts::new(self.status).fields(fields);
        let mut response = pending.read(parts, keys, StartTime::Known(at(NOW)), policy)?;
        for chunk in self.body.chunks(5) {
            response.update(chunk)?;
        }
        response.finish()
    }

    /// A response whose signature covers these components in this order, made by hand.
    fn signed(
        asked: &Message,
        status: u16,
        fields: &[(&str, &str)],
        components: &[&str],
        params: &str,
    ) -> Self {
        let mut base = String::new();
        for component in components {
            let (name, of_request) = match component.strip_suffix(";req") {
                Some(name) => (name.trim_matches('"'), true),
                None => (component.trim_matches('"'), false),
            };
            let value = match (name, of_request) {
                ("@status", false) => status.to_string(),
                ("@method", _) => asked.method.clone(),
                ("@authority", _) => AUTHORITY.into(),
                ("@path", _) => asked.path.clone(),
                ("@query", _) => format!("?{}", asked.query.as_deref().unwrap_or_default()),
                (field, true) => {
                    let found = asked.fields.iter().find(|(known, _)| known == field);
                    found.map_or(String::new(), |(_, v)| String::from_utf8(v.clone()).unwrap())
                }
                (field, false) => fields
                    .iter()
                    .find(|(known, _)| *known == field)
                    .map_or("", |(_, v)| *v)
                    .to_owned(),
            };
            base += &format!("{component}: {value}\n");
        }
        let member = format!("({}){params}", components.join(" "));
        base += &format!("\"@signature-params\": {member}");
        let signature = signer().sign(base.as_bytes()).unwrap();
        let mut all: Vec<(String, Vec<u8>)> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect();
        all.push(("signature-input".into(), format!("sig={member}").into_bytes()));
        all.push(("signature".into(), format!("sig={}", bytes(&signature)).into_bytes()));
        Self { status, fields: all, body: OFFER.to_vec() }
    }
}

fn offer(asked: &Asked) -> Response {
    let draft = ResponseDraft::ok("application/json", OFFER).retry_after(300);
    Response::of(&draft.sign(&asked.accepted, &signer(), at(NOW + 1)).unwrap(), OFFER)
}

#[track_caller]
fn verified(read: Result<Answer, ResponseError>) -> VerifiedResponse {
    match read {
        Ok(Answer::Verified(response)) => response,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn code(read: Result<Answer, ResponseError>) -> &'static str {
    match read {
        Err(refused) => refused.code(),
        Ok(answer) => panic!("{answer:?}"),
    }
}

#[test]
fn the_answer_to_this_request_is_believed() {
    let mut asked = ask(1, &[]);
    let response = offer(&asked);
    let read = verified(response.read(asked.pending.pop().unwrap(), &response_keys()));
    assert_eq!((read.status(), read.created(), read.retry_after()), (200, at(NOW + 1), Some(300)));
    assert_eq!((read.challenge(), read.covered("date")), (None, None));
    // Whatever else is in it, hops may add.
    let mut response = response;
    response.fields.push(("date".into(), b"Tue, 09 Jun 2026 10:11:12 GMT".to_vec()));
    response.fields.push(("via".into(), b"1.1 hop".to_vec()));
    verified(response.read(asked.pending.pop().unwrap(), &response_keys()));
}

#[test]
fn an_answer_to_something_else_is_refused() {
    let mut asked = ask(1, &[]);
    // The same question, asked before or by another process: only the nonce differs.
    let another = ask(2, &[]);
    assert_eq!(
        code(offer(&another).read(asked.pending.pop().unwrap(), &response_keys())),
        "response.nonce"
    );
    // Another question with this nonce, as if a middleman had changed the request on its way.
    let another = ask(1, &[("x-agent-version", "1")]);
    assert_eq!(
        code(offer(&another).read(asked.pending.pop().unwrap(), &response_keys())),
        "response.malformed"
    );
    let mut more = ask(1, &[("x-agent-version", "1")]);
    assert_eq!(
        code(offer(&asked).read(more.pending.pop().unwrap(), &response_keys())),
        "response.coverage"
    );
    let other_value = ask(1, &[("x-agent-version", "2")]);
    assert_eq!(
        code(offer(&other_value).read(more.pending.pop().unwrap(), &response_keys())),
        "response.signature"
    );
}

#[test]
fn a_change_of_anything_that_is_signed_is_refused() {
    let mut asked = ask(1, &[]);
    let signed = offer(&asked);
    let mut read =
        |response: &Response| code(response.read(asked.pending.pop().unwrap(), &response_keys()));
    for status in [201, 204, 304, 404, 503] {
        let changed = Response { status, ..signed.clone() };
        assert_eq!(read(&changed), "response.signature", "{status}");
    }
    let mut changed = signed.clone();
    changed.change("retry-after", |_| "301".into());
    assert_eq!(read(&changed), "response.signature");
    let mut changed = signed.clone();
    changed.fields.retain(|(name, _)| name != "retry-after");
    assert_eq!(read(&changed), "response.malformed");
    let mut changed = signed.clone();
    changed.change("content-type", |_| "text/html".into());
    assert_eq!(read(&changed), "response.signature");
    for body in [&OFFER[1..], b"", &[OFFER, b" "].concat()] {
        let changed = Response { body: body.to_vec(), ..signed.clone() };
        assert_eq!(read(&changed), "response.digest");
    }
    let mut changed = signed.clone();
    changed.body = b"{\"offer\":\"9.9.9\"}".to_vec();
    changed.change("content-digest", |_| sha256_field(b"{\"offer\":\"9.9.9\"}"));
    assert_eq!(read(&changed), "response.signature");
    for (name, value) in [("retry-after", &b"1"[..]), ("ota-challenge", bytes(&[7; 32]).as_bytes())]
    {
        let mut without = signed.clone();
        without.fields.retain(|(known, _)| known != name);
        let covered = signed.fields.iter().any(|(known, _)| known == name);
        without.fields.push((name.into(), value.to_vec()));
        let expected = if covered { "response.signature" } else { "response.coverage" };
        assert_eq!(read(&without), expected, "{name}");
    }
    let mut changed = signed.clone();
    changed.fields.push(("content-encoding".into(), b"gzip".to_vec()));
    assert_eq!(read(&changed), "response.malformed");
    let mut changed = signed.clone();
    changed.fields.push(("content-type".into(), b"application/json".to_vec()));
    assert_eq!(read(&changed), "response.malformed");
}

/// A question as a message, for responses that are made by hand.
fn question() -> (Message, PendingResponses) {
    let identity = device();
    let draft = || {
        let target = Target::new(AUTHORITY, "/v1/poll").unwrap();
        let nonce = Nonce::new(counted(0)).unwrap();
        RequestDraft::post(target, "application/json", BODY)
            .sign(&identity, Validity::from(StartTime::Known(at(NOW))), nonce)
            .unwrap()
    };
    let fields = draft()
        .fields()
        .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
        .collect();
    let message = Message {
        method: "POST".into(),
        authority: None,
        path: "/v1/poll".into(),
        query: None,
        fields,
        body: BODY.to_vec(),
    };
    (message, PendingResponses((0..60).map(|_| draft().pending()).collect()))
}

struct PendingResponses(Vec<PendingResponse>);

impl PendingResponses {
    fn next(&mut self) -> PendingResponse {
        self.0.pop().unwrap()
    }
}

const COMPONENTS: [&str; 9] = [
    "\"@status\"",
    "\"content-type\"",
    "\"content-digest\"",
    "\"@method\";req",
    "\"@authority\";req",
    "\"@path\";req",
    "\"@query\";req",
    "\"content-type\";req",
    "\"content-digest\";req",
];

fn params() -> String {
    let id = signer().public_key().id().as_str().to_owned();
    format!(";created={NOW};nonce=\"{NONCE}\";keyid=\"{id}\";tag=\"ota-trust-response-1\"")
}

#[test]
fn a_response_covers_all_that_the_request_covered() {
    let (message, mut pending) = question();
    let digest = sha256_field(OFFER);
    let fields = [("content-type", "application/json"), ("content-digest", &*digest)];
    let respond = |components: &[&str], params: &str| {
        Response::signed(&message, 200, &fields, components, params)
    };
    verified(respond(&COMPONENTS, &params()).read(pending.next(), &response_keys()));
    for left_out in 0..COMPONENTS.len() {
        let mut components = COMPONENTS.to_vec();
        let name = components.remove(left_out);
        let found = code(respond(&components, &params()).read(pending.next(), &response_keys()));
        assert_eq!(found, "response.coverage", "{name}");
    }
    // What is of the response does not stand for what is of the request.
    for (from, to) in [
        ("\"content-digest\";req", "\"content-digest\""),
        ("\"@path\";req", "\"@path\""),
        ("\"@status\"", "\"@status\";req"),
    ] {
        let components = COMPONENTS.map(|component| if component == from { to } else { component });
        let found = code(respond(&components, &params()).read(pending.next(), &response_keys()));
        assert!(matches!(found, "response.malformed" | "response.coverage"), "{from}: {found}");
    }
    for more in [
        "\"host\";req",
        "\"signature\";req",
        "\"date\"",
        "\"@status\"",
        "\"@path\";req",
        "\"@method\";req;req",
        "\"x\";req",
    ] {
        let components = [&COMPONENTS[..], &[more]].concat();
        let found = code(respond(&components, &params()).read(pending.next(), &response_keys()));
        assert!(matches!(found, "response.malformed" | "response.coverage"), "{more}: {found}");
    }
    // The parameters are those of the profile.
    for (from, to) in [
        (";created", ";expires=1;created"),
        (";created", ";alg=\"ed25519\";created"),
        (";created", ";x;created"),
        (";created", ";created=1;created"),
        (&*format!(";created={NOW}"), ""),
        (&*format!(";nonce=\"{NONCE}\""), ""),
    ] {
        let params = params().replacen(from, to, 1);
        let found = code(respond(&COMPONENTS, &params).read(pending.next(), &response_keys()));
        assert_eq!(found, "response.malformed", "{params}");
    }
    for tag in ["ota-trust-request-1", "ota-trust-response-2"] {
        let params = params().replace("ota-trust-response-1", tag);
        assert_eq!(
            code(respond(&COMPONENTS, &params).read(pending.next(), &response_keys())),
            "response.not-signed"
        );
    }
}

#[test]
fn a_component_of_a_response_is_in_canonical_form() {
    let (message, mut pending) = question();
    let digest = sha256_field(OFFER);
    let fields = [("content-type", "application/json"), ("content-digest", &*digest)];
    // What a reader makes of it that passes blanks over is the same component.
    let mut response = Response::signed(&message, 200, &fields, &COMPONENTS, &params());
    response.change("signature-input", |input| input.replacen(";req", "; req", 1));
    assert_eq!(code(response.read(pending.next(), &response_keys())), "response.malformed");
    let signed = ask(1, &[]);
    for status in [100, 199, 301, 302, 307, 399, 600] {
        let draft = ResponseDraft::new(status);
        let refused = draft.sign(&signed.accepted, &signer(), at(NOW)).unwrap_err();
        assert_eq!(refused.code(), "profile.status");
    }
    assert!(ResponseDraft::new(304).sign(&signed.accepted, &signer(), at(NOW)).is_ok());
}

#[test]
fn a_body_of_a_response_has_a_type() {
    let (message, mut pending) = question();
    let digest = sha256_field(OFFER);
    let fields = [("content-digest", &*digest)];
    let components = COMPONENTS.map(|c| if c == "\"content-type\"" { "" } else { c });
    let components: Vec<&str> = components.into_iter().filter(|c| !c.is_empty()).collect();
    let response = Response::signed(&message, 200, &fields, &components, &params());
    assert_eq!(code(response.read(pending.next(), &response_keys())), "response.malformed");
    let digest = sha256_field(b"");
    let mut nothing =
        Response::signed(&message, 204, &[("content-digest", &*digest)], &components, &params());
    nothing.body.clear();
    verified(nothing.read(pending.next(), &response_keys()));
}

#[test]
fn only_keys_for_responses_sign_responses() {
    let mut asked = ask(1, &[]);
    let signed = offer(&asked);
    let other = service_keys(Purpose::Response, &[&enroller()]);
    assert_eq!(code(signed.read(asked.pending.pop().unwrap(), &other)), "response.key");
    for purpose in [Purpose::Enrolment, Purpose::Attestation] {
        let keys = service_keys(purpose, &[&signer()]);
        assert_eq!(code(signed.read(asked.pending.pop().unwrap(), &keys)), "response.purpose");
    }
    let key = signer().public_key().clone();
    let expired = ServiceKeys::assume_trusted(
        Purpose::Response,
        vec![(key.id().clone(), key.key().clone())],
        at(NOW),
    );
    assert_eq!(code(signed.read(asked.pending.pop().unwrap(), &expired)), "response.keys-expired");
    // Another key under the same id.
    let named = enroller().public_key().clone().with_id(key.id().clone());
    let confused = ServiceKeys::assume_trusted(
        Purpose::Response,
        vec![(named.id().clone(), named.key().clone())],
        at(NOW + 10),
    );
    assert_eq!(code(signed.read(asked.pending.pop().unwrap(), &confused)), "response.signature");
}

#[cfg(feature = "ecdsa")]
#[test]
fn ecdsa_is_r_and_s_side_by_side() {
    let mut asked = ask(1, &[]);
    let signer = P256Signer::from_secret_scalar(&[3; 32]).unwrap();
    let keys = service_keys(Purpose::Response, &[&signer]);
    let draft = ResponseDraft::ok("application/json", OFFER);
    let mut response = Response::of(&draft.sign(&asked.accepted, &signer, at(NOW)).unwrap(), OFFER);
    let signature = Base64::decode_vec(
        String::from_utf8(response.value("signature").clone())
            .unwrap()
            .strip_prefix("ota=:")
            .unwrap()
            .strip_suffix(':')
            .unwrap(),
    )
    .unwrap();
    assert_eq!(signature.len(), 64);
    verified(response.read(asked.pending.pop().unwrap(), &keys));
    // DER is what TUF has, and is not taken here.
    let der = ota_trust::key::EcdsaCurve::P256.fixed_to_der(&signature).unwrap();
    for other in [
        der,
        vec![0; 64],
        signature[..63].to_vec(),
        [&signature[..], &[0]].concat(),
        [&signature[32..], &signature[..32]].concat(),
    ] {
        let mut changed = response.clone();
        *changed.value("signature") = format!("ota={}", bytes(&other)).into_bytes();
        assert_eq!(code(changed.read(asked.pending.pop().unwrap(), &keys)), "response.signature");
    }
}

#[test]
fn what_is_not_signed_is_refused_or_a_hint() {
    let mut asked = ask(1, &[]);
    let signed = offer(&asked);
    let unsigned = |status: u16| {
        let mut response = Response { status, ..signed.clone() };
        response.fields.retain(|(name, _)| !name.starts_with("signature"));
        response
    };
    for status in [100, 200, 204, 301, 302, 307, 308, 399] {
        assert_eq!(
            code(unsigned(status).read(asked.pending.pop().unwrap(), &response_keys())),
            "response.not-signed",
            "{status}"
        );
    }
    for status in [400, 401, 404, 502, 503, 599] {
        let mut response = unsigned(status);
        response.change("retry-after", |_| "31536000".into());
        let Ok(Answer::Refused(hint)) =
            response.read(asked.pending.pop().unwrap(), &response_keys())
        else {
            panic!()
        };
        assert_eq!((hint.status(), hint.code(), hint.is_signed()), (status, None, false));
        assert_eq!(hint.retry_after(), Some(3600), "an hour at most");
    }
    // Signed, a day.
    let draft = ResponseDraft::new(503).retry_after(31_536_000);
    let signed = Response::of(&draft.sign(&asked.accepted, &signer(), at(NOW)).unwrap(), b"");
    let Ok(Answer::Refused(signed)) = signed.read(asked.pending.pop().unwrap(), &response_keys())
    else {
        panic!()
    };
    assert_eq!(
        (signed.status(), signed.is_signed(), signed.retry_after()),
        (503, true, Some(86_400))
    );
}

#[test]
fn further_fields_are_those_of_both_policies() {
    let mut asked = ask(1, &[]);
    let draft = || ResponseDraft::ok("application/json", OFFER).field("etag", "\"7\"");
    let response = Response::of(&draft().sign(&asked.accepted, &signer(), at(NOW)).unwrap(), OFFER);
    let policy = ResponsePolicy::default().also_cover(["etag"]).unwrap();
    let read = verified(response.read_by(asked.pending.pop().unwrap(), &response_keys(), &policy));
    assert_eq!(read.covered("etag"), Some("\"7\""));
    assert_eq!(
        code(response.read(asked.pending.pop().unwrap(), &response_keys())),
        "response.malformed"
    );
    let mut without = offer(&asked);
    without.fields.push(("ETag".into(), b"\"8\"".to_vec()));
    assert_eq!(
        code(without.read_by(asked.pending.pop().unwrap(), &response_keys(), &policy)),
        "response.coverage"
    );
}

#[test]
fn the_largest_of_all_requests_has_an_answer() {
    let names: Vec<String> = (0..8).map(|n| format!("x-{n}")).collect();
    let further: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "1")).collect();
    let mut asked = ask_with(1, &further, |draft| {
        let draft = draft.certificate(b"{}").binding(Some([1; 32]));
        draft.challenge(Some(challenge_for_asking()))
    });
    let draft = ResponseDraft::ok("application/json", OFFER).retry_after(1).challenge([2; 32]);
    let draft = names.iter().fold(draft, |draft, name| draft.field(name, "2"));
    let signed = draft.sign(&asked.accepted, &signer(), at(NOW)).unwrap();
    let response = Response::of(&signed, OFFER);
    let policy = ResponsePolicy::default().also_cover(names.iter().map(|name| &**name)).unwrap();
    let read = verified(response.read_by(asked.pending.pop().unwrap(), &response_keys(), &policy));
    assert_eq!((read.covered("x-7"), read.challenge()), (Some("2"), Some([2; 32])));
    assert!(asked.accepted.has_answered_challenge());
}

/// A challenge that the server of [`ask`] has given to its device.
fn challenge_for_asking() -> [u8; 32] {
    let verifier = RequestVerifier::new(policy(), challenge_key(1));
    let identity = device();
    let target = Target::new(AUTHORITY, "/").unwrap();
    let nonce = Nonce::new(counted(9)).unwrap();
    let stale = Validity::new(at(1), 1).unwrap();
    let request = RequestDraft::get(target).sign(&identity, stale, nonce).unwrap();
    let mut fields: Vec<(&str, &[u8])> =
        request.fields().map(|(name, value)| (name, value.as_bytes())).collect();
    fields.push(("host", AUTHORITY.as_bytes()));
    let parts = RequestParts::new("GET", "/", None).fields(fields);
    let refused = verifier.read(parts, &TransportEvidence::plain(), at(NOW)).unwrap_err();
    challenge_in(&verifier.problem(&refused, at(NOW), [7; 16]).fields())
}

#[test]
fn a_body_is_bounded() {
    let mut asked = ask(1, &[]);
    let body = vec![7; 65_537];
    let signed = ResponseDraft::ok("a/b", &body).sign(&asked.accepted, &signer(), at(NOW)).unwrap();
    assert_eq!(
        code(Response::of(&signed, &body).read(asked.pending.pop().unwrap(), &response_keys())),
        "response.body-too-large"
    );
    let mut hint = Response::of(&signed, &body);
    hint.status = 503;
    hint.fields.retain(|(name, _)| !name.starts_with("signature"));
    assert_eq!(
        code(hint.read(asked.pending.pop().unwrap(), &response_keys())),
        "response.body-too-large"
    );
}

#[test]
fn what_a_response_adds_to_the_wire() {
    let asked = ask(1, &[]);
    let signed = ResponseDraft::ok("application/json", OFFER)
        .sign(&asked.accepted, &signer(), at(NOW))
        .unwrap();
    assert_eq!(super::drafts::bytes_of(signed.fields()), 562, "the manual has this");
}
