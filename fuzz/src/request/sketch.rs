//! A request before it is signed: a good one, until it is spoiled.

use ota_trust::request::RequestLimits;
use sha2::{Digest as _, Sha256, Sha512};

use super::super::choices::Choices;
use super::message::Request;
use super::model::{ALWAYS, FIELDS, TAG, value};
use super::odd::{METHODS, NAMES, PATHS, QUERIES, VALUES};
use super::world::{KNOWN, World};
use super::written::Written;
use super::{base64, mac};

/// What is yet to be put together and signed.
#[derive(Clone, Debug)]
pub struct Sketch {
    pub request: Request,
    pub device: usize,
    pub written: Written,
}

const BODY: &[u8] = br#"{"have":"1.4.0"}"#;

impl Sketch {
    /// A good request, at a time that may be one of the edges.
    pub fn choose(choices: &mut Choices<'_>, world: &World) -> Self {
        let device = choices.below(KNOWN.len());
        let has_body = !choices.yes();
        let mut sketch = Self::new(world, device, has_body.then_some(BODY));
        if choices.yes() {
            let edge = |limits: &RequestLimits| {
                [limits.skew, limits.max_age, limits.max_lifetime, limits.max_age + limits.skew]
            };
            let ago =
                i64::from(*choices.one_of(&edge(&world.limits))) + choices.below(3) as i64 - 1;
            let created = world.now + if choices.yes() { -ago } else { ago };
            let lifetime = *choices.one_of(&[300, 299, 301, 60, 61, 1, 0, -1, 1000]);
            sketch.set_times(created, created + lifetime);
        }
        if choices.yes() {
            sketch.challenge(choices, world);
        }
        if choices.below(4) == 3 {
            let certificate = base64::encode(&KNOWN[device].certificate);
            sketch.cover("ota-certificate", format!(":{certificate}:").as_bytes());
        }
        sketch
    }

    pub fn new(world: &World, device: usize, body: Option<&[u8]>) -> Self {
        let mut request = Request {
            method: if body.is_some() { "POST" } else { "GET" }.to_owned(),
            path: "/v1/poll".to_owned(),
            ..Request::default()
        };
        let name = world.names[0];
        request.fields.push(("host".to_owned(), name.into()));
        let lifetime = world.limits.max_lifetime.min(300);
        let parameters = vec![
            format!("created={}", world.now),
            format!("expires={}", world.now + i64::from(lifetime)),
            "nonce=\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\"".to_owned(),
            format!("keyid=\"{}\"", KNOWN[device].id()),
            format!("tag=\"{TAG}\""),
        ];
        let mut sketch = Self { request, device, written: Written::new(&ALWAYS, parameters) };
        if let Some(body) = body {
            sketch.cover("content-type", b"application/json");
            sketch.body(body);
        }
        if world.needs_counter {
            sketch.cover("ota-counter", b"7");
        }
        sketch
    }

    /// With a field, which is covered.
    pub fn cover(&mut self, name: &str, value: &[u8]) {
        self.request.fields.retain(|(other, _)| other != name);
        self.request.fields.push((name.to_owned(), value.to_vec()));
        self.written.cover(&format!("\"{name}\""));
    }

    /// With this body, and its digest.
    pub fn body(&mut self, body: &[u8]) {
        self.request.body = body.to_vec();
        let digest = format!("sha-256=:{}:", base64::encode(&Sha256::digest(body)));
        self.cover("content-digest", digest.as_bytes());
    }

    pub fn set_times(&mut self, created: i64, expires: i64) {
        for (name, time) in [("created", created), ("expires", expires)] {
            self.written.parameter(name, &time.to_string());
        }
    }

    fn challenge(&mut self, choices: &mut Choices<'_>, world: &World) {
        let life = i64::from(world.limits.challenge_life);
        let drift = i64::from(world.limits.drift);
        let ages = [0, 1, life - 1, life, -drift, -drift - 1, world.now - world.born - drift];
        let at = world.now - choices.one_of(&ages) - choices.below(2) as i64;
        let handle = if choices.below(8) == 7 { 1 - self.device } else { self.device };
        let name = if choices.below(8) == 7 { "b.example" } else { world.names[0] };
        let challenge = mac::issue(&mac::KEY, at, [5; 8], &KNOWN[handle].id(), name);
        self.cover("ota-challenge", format!(":{}:", base64::encode(&challenge)).as_bytes());
    }

    pub fn spoil(&mut self, choices: &mut Choices<'_>) {
        match choices.below(21) {
            0 => self.request.path = text(choices, &PATHS),
            1 => self.request.query = Some(text(choices, &QUERIES)),
            2 => self.request.method = text(choices, &METHODS),
            3 => self.spoil_authority(choices),
            4 => self.spoil_field(choices),
            5 => self.spoil_body(choices),
            6 => self.spoil_id(choices),
            _ => self.written.spoil(choices),
        }
    }

    fn spoil_id(&mut self, choices: &mut Choices<'_>) {
        let id = KNOWN[self.device].id();
        let other = KNOWN[1 - self.device].id();
        let ids = [other, id.to_uppercase(), id[1..].to_owned(), format!("{id}0"), "0".repeat(64)];
        self.written.parameter("keyid", &format!("\"{}\"", choices.one_of(&ids)));
    }

    fn spoil_authority(&mut self, choices: &mut Choices<'_>) {
        let name = text(choices, &NAMES);
        let is_host = |(name, _): &(String, Vec<u8>)| name == "host";
        match choices.below(4) {
            0 => self.request.authority = Some(name),
            1 => self.request.fields.retain(|field| !is_host(field)),
            2 => self.request.fields.push(("Host".to_owned(), name.into())),
            _ => {
                if let Some((_, value)) =
                    self.request.fields.iter_mut().find(|field| is_host(field))
                {
                    *value = name.into();
                }
            }
        }
    }

    fn spoil_field(&mut self, choices: &mut Choices<'_>) {
        let (name, known) = *choices.one_of(&VALUES);
        let value = if choices.below(4) == 3 { choices.text(255) } else { known.as_bytes() };
        if choices.yes() {
            self.request.fields.push((name.to_owned(), value.to_vec()));
        } else {
            self.cover(name, value);
        }
    }

    fn spoil_body(&mut self, choices: &mut Choices<'_>) {
        let length = *choices.one_of(&[0, 1, 24, 25, 65_536, 65_537]);
        match choices.below(4) {
            0 => self.body(&vec![b'a'; length]),
            1 => self.request.body = vec![b'a'; length],
            2 => {
                let body = self.request.body.clone();
                let digest = format!("sha-512=:{}:", base64::encode(&Sha512::digest(&body)));
                self.cover("content-digest", digest.as_bytes());
            }
            _ => self.request.fields.retain(|(name, _)| !FIELDS[..2].contains(&&**name)),
        }
    }

    /// The request, signed as it is.
    pub fn sign(self, world: &World) -> Request {
        let mut fields = self.request.fields.clone();
        let key = KNOWN[self.device].key;
        self.written.sign(key, &mut fields, |item| value(world, &self.request, item));
        Request { fields, ..self.request }
    }
}

/// One of these, or any text.
fn text(choices: &mut Choices<'_>, known: &[&str]) -> String {
    match choices.below(known.len() + 1) {
        at if at < known.len() => known[at].to_owned(),
        _ => String::from_utf8_lossy(choices.text(64)).into_owned(),
    }
}
