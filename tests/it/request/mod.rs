//! Requests and responses: each attack on them, with the code that it gets inside and the status that it
//! gets on the wire.
//!
//! Messages are made here by hand, with a base by string concatenation and a signature of ed25519-dalek
//! alone, so that anything can be signed: what a library of ours would never write is what attackers send.

#![allow(
    clippy::cast_possible_truncation,
    clippy::format_push_string,
    reason = "messages are put together as whoever reads a standard for the first time would"
)]

mod answers;
mod base;
mod bodies;
mod channels;
mod counters;
mod coverage;
mod drafts;
#[cfg(feature = "http")]
mod http_types;
mod keys;
mod linkability;
mod naive_replay;
mod parameters;
mod problems;
mod properties;
mod replays;
mod signatures;
mod structured_fields;

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey};
use ota_trust::identity::{CertifiedHandle, EpochKey, Fleet, HandleStatus, IdentityEpoch};
use ota_trust::key::{Ed25519Signer, Signer};
use ota_trust::primitives::{Limits, StartTime, UtcTime};
use ota_trust::request::{
    ChallengeKey, MemoryReplay, RefusedRequest, ReplayCapacity, RequestLimits, RequestParts,
    RequestPolicy, RequestVerifier, TlsVersion, TransportEvidence, VerifiedRequest,
};
use ota_trust::services::{Purpose, ServiceKeys};
use sha2::{Digest as _, Sha256};

/// The name of the server.
pub(crate) const AUTHORITY: &str = "updates.example.com";
/// The time of most tests: Tue, 9 Jun 2026 10:11:12 GMT.
pub(crate) const NOW: i64 = 1_780_999_872;
/// What devices ask.
pub(crate) const BODY: &[u8] = br#"{"have":"1.4.0"}"#;
const NONCE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

pub(crate) fn at(seconds: i64) -> UtcTime {
    UtcTime::from_unix(seconds).unwrap()
}

pub(crate) fn bytes(of: &[u8]) -> String {
    format!(":{}:", Base64::encode_string(of))
}

pub(crate) fn sha256_field(body: &[u8]) -> String {
    format!("sha-256={}", bytes(&Sha256::digest(body)))
}

/// Bytes that stand for random ones: 0, 1, 2 and so on, each with some bits turned.
pub(crate) fn counted(turned: u8) -> [u8; 32] {
    core::array::from_fn(|n| u8::try_from(n).unwrap() ^ turned)
}

/// A device that has enrolled.
#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) key: SigningKey,
    pub(crate) certificate: Vec<u8>,
    pub(crate) certified: CertifiedHandle,
}

impl Device {
    pub(crate) fn new(number: u8) -> Self {
        Self::with_window(number, ("2026-06-01T00:00:00Z", "2026-07-03T00:00:00Z"))
    }

    pub(crate) fn with_window(number: u8, window: (&str, &str)) -> Self {
        Self::of(SigningKey::from_bytes(&[number; 32]), window)
    }

    /// One of many.
    pub(crate) fn numbered(number: u64) -> Self {
        let mut seed = [0xa5; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        Self::of(SigningKey::from_bytes(&seed), ("2026-06-01T00:00:00Z", "2026-07-03T00:00:00Z"))
    }

    fn of(key: SigningKey, window: (&str, &str)) -> Self {
        let certificate = certificate(&key, "lamps.example", 6, window);
        let fleet = Fleet::new("lamps.example").unwrap();
        let inside = StartTime::Known(window.0.parse().unwrap());
        let certified =
            CertifiedHandle::verify(&certificate, &enrollers(), &fleet, inside, &Limits::default());
        Self { key, certificate, certified: certified.unwrap() }
    }

    pub(crate) fn key_id(&self) -> String {
        self.certified.handle().key_id().as_str().to_owned()
    }
}

/// A certificate as an enroller writes it, for whatever key.
pub(crate) fn certificate(
    key: &SigningKey,
    fleet: &str,
    epoch: u64,
    (not_before, expires): (&str, &str),
) -> Vec<u8> {
    let public = hex::encode(key.verifying_key().as_bytes());
    let signed = format!(
        "{{\"_type\":\"handle-certificate\",\"epoch\":{epoch},\"expires\":\"{expires}\",\
         \"fleet\":\"{fleet}\",\"not_before\":\"{not_before}\",\"public\":\"{public}\",\"schema\":1}}"
    );
    let enroller = enroller();
    let signature = hex::encode(enroller.sign(signed.as_bytes()).unwrap());
    let id = enroller.public_key().id().as_str().to_owned();
    format!(
        "{{\"signatures\":[{{\"keyid\":\"{id}\",\"sig\":\"{signature}\"}}],\"signed\":{signed}}}"
    )
    .into_bytes()
}

fn enroller() -> Ed25519Signer {
    Ed25519Signer::from_seed(&[101; 32])
}

pub(crate) fn enrollers() -> ServiceKeys {
    service_keys(Purpose::Enrolment, &[&enroller()])
}

pub(crate) fn service_keys(purpose: Purpose, signers: &[&dyn Signer]) -> ServiceKeys {
    let named = signers.iter().map(|signer| signer.public_key());
    let keys = named.map(|named| (named.id().clone(), named.key().clone())).collect();
    ServiceKeys::assume_trusted(purpose, keys, "2040-01-01T00:00:00Z".parse().unwrap())
}

/// An HTTP request, as it travels.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) method: String,
    pub(crate) authority: Option<String>,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn field(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        std::str::from_utf8(&found.unwrap_or_else(|| panic!("{name} is there")).1).unwrap()
    }

    /// Puts another value into a field that is there.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        let found = self.fields.iter_mut().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("{name} is there")).1 = value.as_bytes().to_vec();
    }

    pub(crate) fn change(&mut self, name: &str, change: impl FnOnce(&str) -> String) {
        let value = change(self.field(name));
        self.set(name, &value);
    }

    pub(crate) fn add(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.fields.push((name.to_owned(), value.as_ref().to_vec()));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        let before = self.fields.len();
        self.fields.retain(|(known, _)| known != name);
        assert!(self.fields.len() < before, "{name} was there");
    }
}

/// A request before it is signed: each part as text, so that it can say anything.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) message: Message,
    /// The components, as they are written in the inner list.
    pub(crate) components: Vec<String>,
    /// The parameters with their values.
    pub(crate) params: Vec<(String, String)>,
    pub(crate) label: String,
    pub(crate) key: SigningKey,
}

impl Draft {
    /// A poll with a body.
    pub(crate) fn post(device: &Device) -> Self {
        let mut draft = Self::get(device);
        draft.message.method = "POST".into();
        draft.message.body = BODY.to_vec();
        draft.with("content-type", "application/json").with("content-digest", &sha256_field(BODY))
    }

    /// A poll without a body.
    pub(crate) fn get(device: &Device) -> Self {
        let message = Message {
            method: "GET".into(),
            authority: None,
            path: "/v1/poll".into(),
            query: Some("wait=30&a=%7E".into()),
            fields: vec![("host".into(), AUTHORITY.into())],
            body: Vec::new(),
        };
        let text = |text: &str| format!("\"{text}\"");
        let params = [
            ("created", (NOW - 5).to_string()),
            ("expires", (NOW + 295).to_string()),
            ("nonce", text(NONCE)),
            ("keyid", text(&device.key_id())),
            ("tag", text("ota-trust-request-1")),
        ];
        Self {
            message,
            components: ["@method", "@authority", "@path", "@query"].map(text).to_vec(),
            params: params.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            label: "ota".into(),
            key: device.key.clone(),
        }
    }

    /// With a field that is covered.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.message.add(name, value);
        self.components.push(format!("\"{name}\""));
        self
    }

    /// With another component list.
    pub(crate) fn without(mut self, component: &str) -> Self {
        let before = self.components.len();
        self.components.retain(|known| known != component);
        assert!(self.components.len() < before, "{component} was covered");
        self
    }

    pub(crate) fn covering(mut self, component: &str) -> Self {
        self.components.push(component.to_owned());
        self
    }

    /// With another value of a parameter, or one more.
    pub(crate) fn param(mut self, name: &str, value: &str) -> Self {
        match self.params.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => value.clone_into(known),
            None => self.params.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    pub(crate) fn nonce(self, number: u64) -> Self {
        self.param("nonce", &format!("\"{number:032x}\""))
    }

    pub(crate) fn created(self, created: i64, expires: i64) -> Self {
        self.param("created", &created.to_string()).param("expires", &expires.to_string())
    }

    /// What stands behind the label.
    pub(crate) fn member(&self) -> String {
        let params: String = self
            .params
            .iter()
            .map(|(name, value)| match &**value {
                "" => format!(";{name}"),
                value => format!(";{name}={value}"),
            })
            .collect();
        format!("({}){params}", self.components.join(" "))
    }

    /// The base of RFC 9421 §2.5, as anybody would write it who reads it for the first time.
    pub(crate) fn base(&self) -> String {
        let message = &self.message;
        let mut base = String::new();
        for component in &self.components {
            let name = component.split(';').next().unwrap().trim_matches('"');
            let value = match name {
                "@method" => message.method.clone(),
                "@authority" => AUTHORITY.to_owned(),
                "@path" if message.path.is_empty() => "/".to_owned(),
                "@path" => message.path.clone(),
                "@query" => format!("?{}", message.query.as_deref().unwrap_or_default()),
                field => {
                    let lines = message.fields.iter().filter(|(known, _)| known == field);
                    let lines = lines.map(|(_, value)| String::from_utf8_lossy(value));
                    lines.map(|line| line.trim().to_owned()).collect::<Vec<_>>().join(", ")
                }
            };
            base += &format!("{component}: {value}\n");
        }
        base + &format!("\"@signature-params\": {}", self.member())
    }

    pub(crate) fn sign(&self) -> Message {
        let signature = self.key.sign(self.base().as_bytes()).to_bytes();
        let mut message = self.message.clone();
        message.add("signature-input", format!("{}={}", self.label, self.member()));
        message.add("signature", format!("{}={}", self.label, bytes(&signature)));
        message
    }
}

/// A server.
pub(crate) struct World {
    pub(crate) verifier: RequestVerifier,
    pub(crate) replay: MemoryReplay,
    pub(crate) device: Device,
    pub(crate) evidence: TransportEvidence,
    pub(crate) status: HandleStatus,
    pub(crate) now: i64,
}

/// What a request comes to: the code and the status, or what it is worth.
pub(crate) type Verdict = Result<VerifiedRequest, (&'static str, u16)>;

pub(crate) fn policy() -> RequestPolicy {
    RequestPolicy::new([AUTHORITY]).unwrap()
}

pub(crate) fn challenge_key(number: u8) -> ChallengeKey {
    ChallengeKey::new(&mut counted(number)).unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(policy())
    }

    pub(crate) fn with(policy: RequestPolicy) -> Self {
        Self {
            verifier: RequestVerifier::new(policy, challenge_key(1)),
            replay: replay(NOW - 3600),
            device: Device::new(1),
            evidence: TransportEvidence::tls(TlsVersion::Tls13),
            status: HandleStatus::Live,
            now: NOW,
        }
    }

    pub(crate) fn post(&self) -> Draft {
        Draft::post(&self.device)
    }

    pub(crate) fn get(&self) -> Draft {
        Draft::get(&self.device)
    }

    /// What the server makes of a message.
    pub(crate) fn verdict(&mut self, message: &Message) -> Verdict {
        self.accept(message).map_err(|refused| self.on_the_wire(&refused))
    }

    pub(crate) fn on_the_wire(&self, refused: &RefusedRequest) -> (&'static str, u16) {
        let problem = self.verifier.problem(refused, at(self.now), [7; 16]);
        (refused.error().code(), problem.code().status())
    }

    pub(crate) fn accept(&mut self, message: &Message) -> Result<VerifiedRequest, RefusedRequest> {
        let known = [self.device.clone()];
        self.accept_of(message, &known)
    }

    /// The same of a server that has these devices' certificates.
    pub(crate) fn accept_of(
        &mut self,
        message: &Message,
        known: &[Device],
    ) -> Result<VerifiedRequest, RefusedRequest> {
        let now = at(self.now);
        let claim = self.verifier.read(parts(message), &self.evidence, now)?;
        let is_seen = self.replay.contains(claim.replay_id());
        let claim = claim.unless_seen(is_seen)?;
        let device = known.iter().find(|device| device.certified.handle() == *claim.handle());
        let signed = claim.verify(device.map(|device| &device.certified), self.status)?;
        let mut content = signed.content();
        for chunk in message.body.chunks(7) {
            content.update(chunk)?;
        }
        let whole = content.finish()?;
        let reply = self.replay.insert(&whole.entry(), now);
        whole.accept(reply)
    }

    /// The challenge that the server gives to whom it has refused.
    pub(crate) fn challenge(&mut self, message: &Message, random: u8) -> [u8; 32] {
        let refused = self.accept(message).unwrap_err();
        challenge_in(&self.verifier.problem(&refused, at(self.now), [random; 16]).fields())
    }

    /// Asserts what a message comes to, and that nothing is remembered of one that is refused.
    #[track_caller]
    pub(crate) fn refuses(&mut self, message: &Message, code: &str, status: u16) {
        let before = self.replay.len();
        match self.verdict(message) {
            Err(found) => assert_eq!(found, (code, status), "{message:#?}"),
            Ok(_) => panic!("accepted: {message:#?}"),
        }
        assert_eq!(self.replay.len(), before);
    }

    #[track_caller]
    pub(crate) fn accepts(&mut self, message: &Message) -> VerifiedRequest {
        let before = self.replay.len();
        let accepted = self.accept(message);
        assert_eq!(self.replay.len(), before + 1);
        accepted.unwrap_or_else(|e| panic!("{}: {message:#?}", ota_trust::ErrorReport::of(&e)))
    }
}

pub(crate) fn challenge_in(fields: &[(&'static str, String)]) -> [u8; 32] {
    let (_, item) = fields.iter().find(|(name, _)| *name == "ota-challenge").expect("a challenge");
    Base64::decode_vec(item.trim_matches(':')).unwrap().try_into().unwrap()
}

pub(crate) fn replay(birth: i64) -> MemoryReplay {
    MemoryReplay::new(ReplayCapacity::default(), &RequestLimits::default(), at(birth))
}

pub(crate) fn parts(
    message: &Message,
) -> RequestParts<'_, impl Iterator<Item = (&str, &[u8])> + Clone> {
    let Message { method, authority, path, query, fields, .. } = message;
    let fields = fields.iter().map(|(name, value)| (&**name, &**value));
    let parts = RequestParts::new(method, path, query.as_deref()).fields(fields);
    match authority {
        Some(authority) => parts.authority(authority),
        None => parts,
    }
}

#[test]
fn the_requests_that_the_attacks_start_from_are_accepted() {
    let mut world = World::new();
    let request = world.post().sign();
    let accepted = world.accepts(&request);
    assert_eq!(accepted.handle(), world.device.certified.handle());
    assert_eq!(accepted.covered("@query"), Some("wait=30&a=%7E"));
    assert_eq!(accepted.covered("content-type"), Some("application/json"));
    assert_eq!(accepted.covered("host"), None);
    assert_eq!(accepted.clock_error(), -5);
    assert!(!accepted.has_answered_challenge());
    let request = world.get().nonce(1).sign();
    world.accepts(&request);
    let _: &EpochKey = accepted.key();
    assert_eq!(accepted.key().epoch(), IdentityEpoch::new(6));
}
