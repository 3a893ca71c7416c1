//! Responses, judged naively.

use ed25519_dalek::{Signature, VerifyingKey};
use ota_trust::primitives::{Limits, StartTime};
use ota_trust::request::RequestLimits;

use super::super::signing::{public, verifies};
use super::super::strict;
use super::digest;
use super::faults::Faults;
use super::message::{Request, Response, base, first, has, is_plain, lines, name, received};
use super::model::{bytes_of, value as value_of_request};
use super::signature::{Ours, find, is, is_unsigned};
use super::structured::{Bare, Item, item, write_item};
use super::world::{END, World, bytes};

pub const TAG: &str = "ota-trust-response-1";
/// The server's key, as a number of [`signing`](super::super::signing); its id is "server".
pub const SERVER: usize = 43;

/// What every response covers, beside what was asked.
pub const ALWAYS: [&str; 2] = ["@status", "content-digest"];
/// What it covers if it has it.
pub const FIELDS: [&str; 4] = ["content-digest", "content-type", "retry-after", "ota-challenge"];
/// The codes of problems.
pub const CODES: [(&str, u16); 11] = [
    ("malformed", 400),
    ("sign-again", 401),
    ("channel", 403),
    ("replayed", 409),
    ("too-large", 413),
    ("encoding", 415),
    ("authority", 421),
    ("too-early", 425),
    ("quota", 429),
    ("fields", 431),
    ("unavailable", 503),
];
/// The longest body in which a code is looked for.
const LONGEST_PROBLEM: usize = 2048;

/// What a device knows and asks for.
#[derive(Clone, Debug)]
pub struct Asked {
    pub request: Request,
    /// What it has covered.
    pub components: Vec<Item>,
    pub nonce: String,
    pub further: Vec<&'static str>,
    pub limits: RequestLimits,
    pub is_for_responses: bool,
    pub now: StartTime,
}

/// What is heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    pub status: u16,
    pub is_signed: bool,
    /// When it was signed; of those that are no refusals.
    pub created: Option<i64>,
    pub code: Option<String>,
    pub challenge: Option<[u8; 32]>,
    pub retry_after: Option<u32>,
    /// Further fields, and their values.
    pub covered: Vec<(String, Option<String>)>,
    /// Whether signing anew may help.
    pub is_worth_again: bool,
}

/// What is wrong with a response; what it says is of interest where nothing is.
pub fn judge(asked: &Asked, response: &Response) -> (Faults, Heard) {
    let mut faults = Faults::default();
    faults.unless(asked.is_for_responses, "purpose");
    faults.unless(asked.now.time().unix() < END, "keys-expired");

    let is_signed = !is_unsigned(&response.fields, TAG, &asked.limits);
    let is_refusal = response.status >= 400;
    let mut heard = Heard { status: response.status, is_signed, ..Heard::default() };
    // A refusal that nobody has signed is a hint, and anything will do.
    if is_signed || !is_refusal {
        judge_fields(asked, response, &mut faults);
        let ours = find(&response.fields, TAG, &[64, 96], &asked.limits, &mut faults);
        if let Some(ours) = &ours {
            judge_signature(asked, response, ours, &mut faults);
            let created = ours.time("created", &mut faults);
            heard.created = Some(created).filter(|_| !is_refusal);
        }
    }

    if has(&response.fields, "content-digest") && is_signed {
        digest::judge(&first(&response.fields, "content-digest"), &response.body, &mut faults);
    }
    let length = response.body.len();
    faults.unless(length as u64 <= asked.limits.max_body, "body-too-large");

    if is_refusal {
        heard.code = code_in(&response.body);
        // The status says so, whether there is a code or not.
        heard.is_worth_again = [401, 409, 425].contains(&response.status);
    } else {
        let covered = |name: &&str| {
            let text = || String::from_utf8_lossy(&first(&response.fields, name)).into_owned();
            ((*name).to_owned(), has(&response.fields, name).then(text))
        };
        heard.covered = asked.further.iter().map(covered).collect();
    }
    heard.challenge = said(response, "ota-challenge", challenge);
    let longest = if is_signed { 86_400 } else { 3600 };
    heard.retry_after = said(response, "retry-after", seconds).map(|said| said.min(longest));
    (faults.of_response(), heard)
}

fn judge_fields(asked: &Asked, response: &Response, faults: &mut Faults) {
    for name in FIELDS.iter().chain(&asked.further) {
        let lengths = received(&response.fields, name).into_iter().map(<[u8]>::len);
        faults.unless(lengths.max() <= Some(asked.limits.max_field), "too-large");
        let lines = lines(&response.fields, name);
        faults.unless(lines.len() <= 1, "field-twice");
        faults.unless(lines.iter().all(|line| is_plain(line)), "field");
    }
    let challenges = lines(&response.fields, "ota-challenge");
    faults.unless(challenges.into_iter().all(|line| challenge(line).is_some()), "field");
    let waits = lines(&response.fields, "retry-after");
    faults.unless(waits.into_iter().all(|line| seconds(line).is_some()), "field");
    faults.unless(!has(&response.fields, "content-encoding"), "encoding");
}

/// What our signature covers, for whom it is, and whose it is.
fn judge_signature(asked: &Asked, response: &Response, ours: &Ours, faults: &mut Faults) {
    ours.check_names(&["created", "nonce", "keyid", "tag"], faults);
    let nonce = ours.nonce(faults);
    faults.unless(nonce == asked.nonce, "nonce");
    let id = ours.text_of("keyid", faults);
    faults.unless(!id.is_empty(), "parameter");
    faults.unless(id == "server", "key");

    ours.check_components(&asked.limits, faults);
    let own: Vec<&str> = FIELDS.iter().chain(&asked.further).copied().collect();
    for component in &ours.components {
        let is_own = own.iter().chain(&ALWAYS).any(|name| is(component, name, false));
        let is_asked = asked.components.iter().any(|other| is(component, name(other), true));
        faults.unless(is_own || is_asked, "component");
    }
    for name in ALWAYS {
        faults.unless(ours.covers(name, false), "coverage");
    }
    for component in &asked.components {
        faults.unless(ours.covers(name(component), true), "coverage");
    }
    for name in own {
        match (has(&response.fields, name), ours.covers(name, false)) {
            (true, false) => faults.add("coverage"),
            (false, true) => faults.add("field-absent"),
            _ => {}
        }
    }
    if !response.body.is_empty() {
        faults.unless(ours.covers("content-type", false), "body-uncovered");
    }

    let base = base(&ours.components, |item| value(asked, response, item), &ours.text);
    let key = VerifyingKey::from_bytes(&bytes(public(SERVER))).expect("a key");
    let signature = Signature::from_slice(&ours.signature);
    let has_signed = signature.is_ok_and(|signature| verifies(&key, &base, &signature));
    faults.unless(has_signed, "signature");
}

/// The value of a component, of the request if it is marked so.
pub fn value(asked: &Asked, response: &Response, component: &Item) -> Vec<u8> {
    let mark = ("req".to_owned(), Bare::Boolean(true));
    match name(component) {
        _ if component.parameters.contains(&mark) => {
            value_of_request(&World::default(), &asked.request, component)
        }
        "@status" => format!("{:03}", response.status).into_bytes(),
        field => first(&response.fields, field),
    }
}

/// The code in a body that is strict JSON, if it is one of this profile.
pub fn code_in(body: &[u8]) -> Option<String> {
    if body.len() > LONGEST_PROBLEM {
        return None;
    }
    let value = strict::read(body, &Limits::small())?;
    let code = value.get("code")?.as_str()?;
    CODES.iter().any(|(known, _)| *known == code).then(|| code.to_owned())
}

fn challenge(line: &[u8]) -> Option<[u8; 32]> {
    bytes_of(line)?.try_into().ok()
}

/// `delay-seconds` (RFC 9110 §10.2.3), as an integer of a structured field is written. A date is of
/// no use without a clock.
fn seconds(line: &[u8]) -> Option<u32> {
    let read = item(line).filter(|item| write_item(item).as_bytes() == line)?;
    match read.bare {
        Bare::Integer(seconds @ 0..) if read.parameters.is_empty() => {
            Some(u32::try_from(seconds).unwrap_or(u32::MAX))
        }
        _ => None,
    }
}

/// What a field says that has one line, and is well-formed.
fn said<T>(response: &Response, name: &str, read: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
    match lines(&response.fields, name)[..] {
        [line] => read(line),
        _ => None,
    }
}
