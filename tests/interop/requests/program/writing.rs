//! What the library signs: requests in all shapes that it has, and responses to them.

use std::fs;
use std::path::Path;

use ota_trust::identity::DeviceIdentity;
use ota_trust::primitives::UtcTime;
use ota_trust::request::{Nonce, RequestDraft, ResponseDraft, Target, Validity};

use super::message::{Message, Request, Response};
use super::server::{AUTHORITIES, FURTHER, Server};
use super::{certificate, device, keys};

/// The time of ../drafts.py.
const NOW: i64 = 1_790_000_000;

const JSON: &str = "application/json";
const BODY: &[u8] = br#"{"have":"1.4.0"}"#;
const OFFER: &[u8] = br#"{"offer":{"release":"1.5.0"}}"#;
const PROBLEM: &[u8] = br#"{"title":"Service Unavailable","status":503,"code":"unavailable"}"#;

/// One file for each message, in a folder that is there.
pub fn write(folder: &Path) {
    let write = |name: &str, message: &Message| {
        let text = serde_json::to_string_pretty(message).expect("JSON");
        fs::write(folder.join(name).with_extension("json"), text).expect("a file");
    };
    let server = Server::new();
    let device = Device::new(&server);
    for shape in device.shapes() {
        let request = shape.sent(&device);
        write(&format!("request-{}", shape.name), &Message::Request(request.clone()));
        // A server signs nothing but answers to what it has accepted.
        let accepted = server.accept(&request).expect("the request is accepted");
        for (algorithm, signer) in keys::responders() {
            for (name, draft, body) in answers(&shape) {
                let signed = draft.sign(&accepted, &*signer, time(0)).expect("a response");
                let key = (algorithm, signer.public_key().value());
                let response = Response::sent(&signed, body, key, &request);
                let name = format!("response-{algorithm}-{name}-to-{}", shape.name);
                write(&name, &Message::Response(response));
            }
        }
    }
}

/// So many seconds from now.
fn time(seconds: i64) -> UtcTime {
    UtcTime::from_unix(NOW + seconds).expect("a time")
}

/// A request that is to be signed.
struct Shape {
    name: &'static str,
    draft: RequestDraft,
    body: Vec<u8>,
    validity: Validity,
    answers: Answers,
}

/// How many different responses there are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    One,
    All,
}

impl Shape {
    fn get(name: &'static str, path: &str) -> Self {
        Self::new(name, RequestDraft::get(target(path)), b"")
    }

    fn post(name: &'static str, path: &str) -> Self {
        Self::with_body(name, path, JSON, BODY)
    }

    fn with_body(name: &'static str, path: &str, content_type: &str, body: &[u8]) -> Self {
        Self::new(name, RequestDraft::post(target(path), content_type, body), body)
    }

    fn new(name: &'static str, draft: RequestDraft, body: &[u8]) -> Self {
        let validity = Validity::new(time(-5), 300).expect("a window");
        Self { name, draft, body: body.to_vec(), validity, answers: Answers::One }
    }

    fn with(self, change: impl FnOnce(RequestDraft) -> RequestDraft) -> Self {
        Self { draft: change(self.draft), ..self }
    }

    fn valid(self, from: i64, seconds: u32) -> Self {
        Self { validity: Validity::new(time(from), seconds).expect("a window"), ..self }
    }

    fn with_all_answers(self) -> Self {
        Self { answers: Answers::All, ..self }
    }

    fn sent(&self, device: &Device) -> Request {
        let nonce = Nonce::new(keys::seed(&format!("nonce {}", self.name))).expect("a nonce");
        let signed = self.draft.clone().sign(&device.identity, self.validity, nonce);
        let signed = signed.expect("a request");
        Request::sent(&signed, &self.body, device.identity.public_key(), time(0))
    }
}

fn target(path: &str) -> Target {
    Target::new(AUTHORITIES[0], path).expect("a target")
}

struct Device {
    identity: DeviceIdentity,
    certificate: Vec<u8>,
    /// What the server has sent when its clock was found to be wrong.
    challenge: Option<[u8; 32]>,
}

impl Device {
    fn new(server: &Server) -> Self {
        let (identity, certificate) = (certificate::identity(), certificate::enrolled(time(0)));
        let mut device = Self { identity, certificate, challenge: None };
        let stale = Shape::get("stale", "/v1/poll").valid(-86_400, 300).sent(&device);
        let challenge = server.challenge(&stale, time(-10), [7; 16]);
        let challenge = device::bytes(&challenge).and_then(|bytes| bytes.try_into().ok());
        device.challenge = Some(challenge.expect("32 bytes"));
        device
    }

    fn shapes(&self) -> Vec<Shape> {
        let binary: Vec<u8> = (0..=255).cycle().take(4096).collect();
        let other_port = Target::new(AUTHORITIES[1], "/v1/poll").expect("a target");
        let binding = keys::seed("binding");
        let all = |draft: RequestDraft| {
            draft
                .counter(41)
                .certificate(&self.certificate)
                .challenge(self.challenge)
                .binding(Some(binding))
                .field(FURTHER, "lamp/1.4.0 (bootloader 7)")
        };
        vec![
            Shape::get("get", "/v1/poll").with_all_answers(),
            Shape::get("get-root", "/"),
            Shape::get("get-query", "/v1/poll?have=1.4.0&slot=b"),
            Shape::get("get-empty-query", "/v1/poll?"),
            Shape::get("get-all", "/v1/poll?slot=b").with(all),
            Shape::post("post", "/v1/poll").with_all_answers(),
            // So that there are two that differ in nothing but the nonce.
            Shape::post("post-again", "/v1/poll"),
            Shape::post("post-query", "/v1/poll?have=1.4.0&a=%C3%A9+%26?/:@~!$&(b)*,;="),
            Shape::post("post-path", "/v1/lamp%201/a:b@c;d=1,e!$&'(f)*+~/"),
            Shape::new("post-port", RequestDraft::post(other_port, JSON, BODY), BODY),
            Shape::with_body("post-binary", "/v1/report", "application/octet-stream", &binary),
            Shape::with_body("post-empty", "/v1/report", JSON, b""),
            Shape::with_body("post-text", "/v1/report", "text/plain; charset=\"utf-8\"", b"ok"),
            Shape::post("post-counter", "/v1/poll").with(|draft| draft.counter(1)),
            Shape::post("post-largest-counter", "/v1/poll")
                .with(|draft| draft.counter(999_999_999_999_999)),
            Shape::post("post-certificate", "/v1/poll")
                .with(|draft| draft.certificate(&self.certificate)),
            Shape::post("post-challenge", "/v1/poll").with(|draft| draft.challenge(self.challenge)),
            Shape::post("post-binding", "/v1/poll").with(|draft| draft.binding(Some(binding))),
            Shape::post("post-agent", "/v1/poll").with(|draft| draft.field(FURTHER, "1.4.0")),
            Shape::post("post-all", "/v1/poll").with(all).with_all_answers(),
            Shape::post("post-short-life", "/v1/poll").valid(-5, 6),
        ]
    }
}

/// The responses to a request, with their bodies.
fn answers(shape: &Shape) -> Vec<(&'static str, ResponseDraft, &'static [u8])> {
    let ok = ResponseDraft::ok(JSON, OFFER);
    if shape.answers == Answers::One {
        return vec![("ok", ok, OFFER)];
    }
    let busy = |seconds| ResponseDraft::new(503).retry_after(seconds);
    let problem = |draft: ResponseDraft| draft.body("application/problem+json", PROBLEM);
    let challenge = |draft: ResponseDraft| draft.challenge(keys::seed("another challenge"));
    vec![
        ("ok", ok.clone(), OFFER),
        ("ok-challenge", challenge(ok.clone()), OFFER),
        ("ok-later", ok.retry_after(3600), OFFER),
        ("nothing", ResponseDraft::new(204), b""),
        ("busy", problem(busy(120)), PROBLEM),
        ("busy-empty", busy(1), b""),
        ("busy-challenge", challenge(problem(busy(86_400))), PROBLEM),
    ]
}
