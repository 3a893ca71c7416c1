//! What comes back, from its parts to an answer.
//!
//! An input chooses what is asked, by a device of the library, and a response to it, which is good
//! until it is spoiled, before it is signed and after. Library and model agree on what is heard.

use ota_trust::request::{Answer, PendingResponse, ResponseError, ResponseParts, ResponsePolicy};
use ota_trust::services::Purpose;
use sha2::{Digest as _, Sha256};

use super::super::choices::Choices;
use super::alter::alter;
use super::answer::{ALWAYS, Asked, Heard, SERVER, TAG, judge, value};
use super::ask::{BODY, ask};
use super::base64;
use super::message::{Response, borrowed};
use super::odd::{LATER, VALUES};
use super::structured::write_item;
use super::world::{DEVICES, NOW, keys};
use super::written::Written;

const STATUSES: [u16; 16] =
    [200, 204, 400, 401, 503, 301, 304, 399, 599, 100, 99, 999, 600, 1000, 0, u16::MAX];
pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let (asked, pending) = ask(&mut choices);
    let mut sketch = Sketch::new(&asked, &mut choices);
    for _ in 0..choices.below(4) {
        sketch.spoil(&mut choices);
    }
    let mut response = sketch.sign();
    for _ in 0..choices.below(4) {
        match choices.below(6) {
            0 => response.status = *choices.one_of(&STATUSES),
            1 => response.body = choices.text(64).to_vec(),
            2 => response.body.push(0),
            _ => alter(&mut response.fields, &mut choices),
        }
    }
    agree(&asked, pending, &response);
}

/// A response before it is signed.
struct Sketch {
    response: Response,
    written: Written,
    key: usize,
    /// What the server believes that it was asked.
    asked: Asked,
}

impl Sketch {
    fn new(asked: &Asked, choices: &mut Choices<'_>) -> Self {
        let parameters = vec![
            format!("created={NOW}"),
            format!("nonce=\"{}\"", asked.nonce),
            "keyid=\"server\"".to_owned(),
            format!("tag=\"{TAG}\""),
        ];
        let response = Response { status: *choices.one_of(&STATUSES), ..Response::default() };
        let written = Written::new(&ALWAYS, parameters);
        let mut sketch = Self { response, written, key: SERVER, asked: asked.clone() };
        for component in &asked.components {
            sketch.written.cover(&format!("{};req", write_item(component)));
        }
        if choices.yes() {
            sketch.body(b"");
        } else {
            sketch.body(BODY);
            sketch.cover("content-type", b"application/json");
        }
        sketch
    }

    fn cover(&mut self, name: &str, value: &[u8]) {
        self.response.fields.retain(|(other, _)| other != name);
        self.response.fields.push((name.to_owned(), value.to_vec()));
        self.written.cover(&format!("\"{name}\""));
    }

    fn body(&mut self, body: &[u8]) {
        self.response.body = body.to_vec();
        let digest = format!("sha-256=:{}:", base64::encode(&Sha256::digest(body)));
        self.cover("content-digest", digest.as_bytes());
    }

    fn spoil(&mut self, choices: &mut Choices<'_>) {
        match choices.below(18) {
            0 => {
                let (name, known) = *choices.one_of(&VALUES);
                let value = if choices.yes() { choices.text(255) } else { known.as_bytes() };
                if choices.yes() {
                    self.response.fields.push((name.to_owned(), value.to_vec()));
                } else {
                    self.cover(name, value);
                }
            }
            1 => self.cover("retry-after", choices.one_of(&LATER).as_bytes()),
            2 => {
                let challenge = format!(":{}:", base64::encode(&[choices.number(); 32]));
                self.cover("ota-challenge", challenge.as_bytes());
            }
            3 => {
                let body = *choices.one_of(&[&[b'a'; 24][..], &[b'a'; 25], b"", b"{}"]);
                self.body(body);
            }
            4 => self.response.body = choices.text(64).to_vec(),
            5 => self.key = DEVICES[0],
            6 => {
                let id = choices.one_of(&["\"enroller\"", "\"\"", "\"server\\\\\"", "server"]);
                self.written.parameter("keyid", id);
            }
            7 => {
                let component = choices.below(self.written.components.len());
                let component = &mut self.written.components[component];
                *component = match component.strip_suffix(";req") {
                    Some(plain) => plain.to_owned(),
                    None => format!("{component};req"),
                };
            }
            8 => self.asked.request.path.push('a'),
            9 => {
                let field = choices.below(self.asked.request.fields.len());
                self.asked.request.fields[field].1.push(b'a');
            }
            10 => self.response.fields.retain(|(name, _)| name != "content-type"),
            11 => {
                let code = choices.text(16);
                self.body(&[&br#"{"code":""#[..], code, br#""}"#].concat());
            }
            _ => self.written.spoil(choices),
        }
    }

    fn sign(self) -> Response {
        let mut fields = self.response.fields.clone();
        let value = |item: &_| value(&self.asked, &self.response, item);
        self.written.sign(self.key, &mut fields, value);
        Response { fields, ..self.response }
    }
}

/// Library and model hear the same.
pub fn agree(asked: &Asked, pending: PendingResponse, response: &Response) {
    let (faults, expected) = judge(asked, response);
    let heard = hear(asked, pending, response);
    let refused = heard.as_ref().err().map(ResponseError::code);
    faults.explain(refused, "response.", &(asked, response));
    if let Ok(heard) = heard {
        assert_eq!(heard, expected, "{asked:?} {response:?}");
    }
}

fn hear(
    asked: &Asked,
    pending: PendingResponse,
    response: &Response,
) -> Result<Heard, ResponseError> {
    let policy = ResponsePolicy::new(asked.limits.clone());
    let policy = policy.also_cover(asked.further.iter().copied()).expect("names of fields");
    let purpose = if asked.is_for_responses { Purpose::Response } else { Purpose::Enrolment };
    let keys = keys(purpose, SERVER);
    let parts = ResponseParts::new(response.status).fields(borrowed(&response.fields));
    let mut answer = pending.read(parts, &keys, asked.now, &policy)?;
    for chunk in response.body.chunks(17) {
        answer.update(chunk)?;
    }
    Ok(match answer.finish()? {
        Answer::Verified(said) => {
            let covered = |name: &&str| ((*name).to_owned(), said.covered(name).map(str::to_owned));
            Heard {
                status: said.status(),
                is_signed: true,
                created: Some(said.created().unix()),
                code: None,
                challenge: said.challenge(),
                retry_after: said.retry_after(),
                covered: asked.further.iter().map(covered).collect(),
                is_worth_again: false,
            }
        }
        Answer::Refused(said) => Heard {
            status: said.status(),
            is_signed: said.is_signed(),
            created: None,
            code: said.code().map(|code| code.name().to_owned()),
            challenge: said.challenge(),
            retry_after: said.retry_after(),
            covered: Vec::new(),
            is_worth_again: said.asks_to_sign_again(),
        },
    })
}
