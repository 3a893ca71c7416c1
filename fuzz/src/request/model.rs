//! Requests, judged naively: the tables of the profile, one line after the other.

use ed25519_dalek::{Signature, VerifyingKey};
use ota_trust::identity::HandleStatus;
use ota_trust::request::RequestLimits;

use super::super::signing::verifies;
use super::faults::Faults;
use super::message::{Request, base, first, has, is_plain, lines, name, received};
use super::signature::{Ours, find, is};
use super::structured::{Bare, Item, item, write_item};
use super::target::{is_path, is_query, normal};
use super::world::{BEGIN, Device, END, Found, KNOWN, World};
use super::{digest, mac};

pub const TAG: &str = "ota-trust-request-1";

/// What every request covers.
pub const ALWAYS: [&str; 4] = ["@method", "@authority", "@path", "@query"];
/// What it covers if it has it.
pub const FIELDS: [&str; 6] = [
    "content-type",
    "content-digest",
    "ota-challenge",
    "ota-counter",
    "ota-certificate",
    "ota-binding",
];

/// What a request that is accepted says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    pub id: String,
    pub counter: Option<u64>,
    pub clock_error: i64,
    pub is_challenged: bool,
    pub is_bound: bool,
    /// Components and their values, `@query` without its mark.
    pub covered: Vec<(String, String)>,
}

/// What is wrong with a request; what it says is of interest where nothing is.
pub fn judge(world: &World, request: &Request) -> (Faults, Accepted) {
    let mut faults = Faults::default();
    let limits = &world.limits;
    judge_line(world, request, &mut faults);
    judge_fields(world, request, &mut faults);
    let Some(ours) = find(&request.fields, TAG, &[64], limits, &mut faults) else {
        assert!(!faults.is_empty());
        return (faults, Accepted::default());
    };

    ours.check_names(&["created", "expires", "nonce", "keyid", "tag"], &mut faults);
    let created = ours.time("created", &mut faults);
    let expires = ours.time("expires", &mut faults);
    ours.nonce(&mut faults);
    let id = ours.text_of("keyid", &mut faults);
    let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    faults.unless(id.len() == 64 && id.bytes().all(is_hex), "parameter");
    let lifetime = expires - created;
    faults.unless((1..=i64::from(limits.max_lifetime)).contains(&lifetime), "lifetime");

    judge_coverage(world, request, &ours, &mut faults);

    let challenge = bytes_of(&first(&request.fields, "ota-challenge"));
    let skew = i64::from(limits.skew);
    if !has(&request.fields, "ota-challenge") {
        let end = expires.min(created + i64::from(limits.max_age)) + skew;
        faults.unless(created <= world.now + skew && world.now < end, "window");
        // The store has forgotten nothing that was accepted since then.
        let since = world.born + skew + i64::from(limits.drift);
        faults.unless(created > since && world.status != HandleStatus::Suspected, "challenge");
    }

    judge_key(world, request, &ours, &id, &mut faults);
    let mut is_bound = false;
    if let (Some(here), true) = (world.exporter, has(&request.fields, "ota-binding")) {
        is_bound = bytes_of(&first(&request.fields, "ota-binding")) == Some(here.to_vec());
        faults.unless(is_bound, "transport.mismatch");
    }
    judge_body(world, request, &ours, &mut faults);

    if has(&request.fields, "ota-challenge") {
        let issued = challenge.and_then(|bytes| {
            let bytes: [u8; 32] = bytes.try_into().ok()?;
            let id = Some(&id).filter(|id| hex::decode(id).is_ok())?;
            mac::issued(&bytes, id, &authority(world, request))
        });
        let (drift, life) = (i64::from(limits.drift), i64::from(limits.challenge_life));
        // Whether the store is older is not asked: the key of challenges is drawn with it.
        let is_good = issued.is_some_and(|at| at <= world.now + drift && world.now < at + life);
        faults.unless(is_good, "challenge");
    }

    let covered = |item: &Item| {
        let value = value(world, request, item);
        let value = if name(item) == "@query" { value[1..].to_vec() } else { value };
        (name(item).to_owned(), String::from_utf8_lossy(&value).into_owned())
    };
    let accepted = Accepted {
        id,
        counter: String::from_utf8_lossy(&first(&request.fields, "ota-counter")).parse().ok(),
        clock_error: created - world.now,
        is_challenged: has(&request.fields, "ota-challenge"),
        is_bound,
        covered: ours.components.iter().map(covered).collect(),
    };
    (faults, accepted)
}

/// The name under which a request is for us.
pub fn authority(world: &World, request: &Request) -> String {
    if world.is_rewritten {
        return world.names[0].to_owned();
    }
    let host = String::from_utf8_lossy(&first(&request.fields, "host")).into_owned();
    let said = request.authority.as_ref().unwrap_or(&host);
    normal(said, world.is_plain).unwrap_or_default()
}

/// The value of a component (RFC 9421 §2.1, §2.2).
pub fn value(world: &World, request: &Request, component: &Item) -> Vec<u8> {
    match name(component) {
        "@method" => request.method.clone().into_bytes(),
        "@authority" => authority(world, request).into_bytes(),
        "@path" if request.path.is_empty() => b"/".to_vec(),
        "@path" => request.path.clone().into_bytes(),
        "@query" => format!("?{}", request.query.as_deref().unwrap_or_default()).into_bytes(),
        field => first(&request.fields, field),
    }
}

/// What stands in front of the fields, and for whom it is.
fn judge_line(world: &World, request: &Request, faults: &mut Faults) {
    faults.unless(world.methods.contains(&&*request.method), "method");
    faults.unless(request.path.len() <= world.limits.max_path, "too-large");
    faults.unless(is_path(&request.path), "path");
    let query = request.query.as_deref().unwrap_or_default();
    faults.unless(query.len() <= world.limits.max_query, "too-large");
    faults.unless(is_query(query), "query");
    faults.unless(!world.is_early, "transport.early-data");
    if world.is_rewritten {
        return;
    }
    let hosts = lines(&request.fields, "host");
    let hosts_as_text = hosts.iter().map(|host| String::from_utf8_lossy(host).into_owned());
    let said = hosts_as_text.chain(request.authority.clone());
    let said: Vec<Option<String>> = said.map(|one| normal(&one, world.is_plain)).collect();
    faults.unless(said.iter().all(|one| one.is_some() && *one == said[0]), "authority-form");
    faults.unless(hosts.len() <= 1 && !said.is_empty(), "authority-form");
    let is_ours = world.names.contains(&&*authority(world, request));
    faults.unless(is_ours, "authority");
}

/// The fields of the profile, whether they are covered or not.
fn judge_fields(world: &World, request: &Request, faults: &mut Faults) {
    let fields = &request.fields;
    let limits = &world.limits;
    for &name in FIELDS.iter().chain(&world.further) {
        let most = match name {
            "ota-certificate" => limits.max_certificate.div_ceil(3) * 4 + 2,
            // More than the longest that can be right.
            "ota-challenge" | "ota-binding" | "ota-counter" => limits.max_field.min(64),
            _ => limits.max_field,
        };
        faults.unless(received(fields, name).iter().all(|line| line.len() <= most), "too-large");
        let lines = lines(fields, name);
        if lines.len() > 1 {
            faults.add(if name == "content-digest" { "digest-field" } else { "field-twice" });
        }
        for line in lines {
            faults.unless(is_plain(line) && is_value(name, line, limits), "field");
        }
    }
    if has(fields, "content-digest") {
        digest::judge(&first(fields, "content-digest"), &request.body, faults);
    }
    faults.unless(!has(fields, "content-encoding"), "encoding");
    // More than one, or another value than 1, is to be taken as 1 (RFC 8470 §5.1).
    faults.unless(!has(fields, "early-data"), "transport.early-data");
}

/// Whether a field of the profile can have this value.
fn is_value(name: &str, line: &[u8], limits: &RequestLimits) -> bool {
    let bytes = bytes_of(line).map(|bytes| bytes.len());
    match name {
        "ota-challenge" | "ota-binding" => bytes == Some(32),
        "ota-certificate" => bytes.is_some_and(|length| length <= limits.max_certificate),
        "ota-counter" => item(line).is_some_and(|item| {
            write_item(&item).as_bytes() == line
                && item.parameters.is_empty()
                && matches!(item.bare, Bare::Integer(1..=999_999_999_999_999))
        }),
        _ => true,
    }
}

/// The bytes of an item that is a byte sequence in canonical form, and nothing else.
pub fn bytes_of(line: &[u8]) -> Option<Vec<u8>> {
    let read = item(line)?;
    let is_canonical = read.parameters.is_empty() && write_item(&read).as_bytes() == line;
    match read.bare {
        Bare::Bytes(bytes) if is_canonical => Some(bytes),
        _ => None,
    }
}

fn judge_coverage(world: &World, request: &Request, ours: &Ours, faults: &mut Faults) {
    ours.check_components(&world.limits, faults);
    let fields: Vec<&str> = FIELDS.iter().chain(&world.further).copied().collect();
    for component in &ours.components {
        let names = ALWAYS.iter().chain(&fields);
        let is_known = names.into_iter().any(|name| is(component, name, false));
        faults.unless(is_known, "component");
    }
    for name in ALWAYS {
        faults.unless(ours.covers(name, false), "coverage");
    }
    for name in fields {
        match (has(&request.fields, name), ours.covers(name, false)) {
            (true, false) => faults.add("coverage"),
            (false, true) => faults.add("field-absent"),
            _ => {}
        }
    }
    let has_counter = has(&request.fields, "ota-counter") && ours.covers("ota-counter", false);
    faults.unless(!world.needs_counter || has_counter, "coverage");
}

/// The certificate under a handle.
pub fn certified(world: &World, id: &str) -> Option<&'static Device> {
    let right = KNOWN.iter().find(|device| device.id() == id);
    match world.found {
        Found::Right => right,
        Found::Nothing => None,
        Found::Other => KNOWN.iter().find(|device| device.id() != id),
    }
}

/// There is a key, it has signed, and its handle is not over.
fn judge_key(world: &World, request: &Request, ours: &Ours, id: &str, faults: &mut Faults) {
    let Some(device) = certified(world, id).filter(|device| device.id() == id) else {
        return faults.add("key");
    };
    faults.unless((BEGIN..END).contains(&world.now), "key");
    let is_over = matches!(world.status, HandleStatus::Superseded | HandleStatus::Withdrawn);
    faults.unless(!is_over, "key");
    let base = base(&ours.components, |item| value(world, request, item), &ours.text);
    let key = VerifyingKey::from_bytes(&device.public()).expect("a key");
    let signature = Signature::from_slice(&ours.signature);
    let has_signed = signature.is_ok_and(|signature| verifies(&key, &base, &signature));
    faults.unless(has_signed, "signature");
}

fn judge_body(world: &World, request: &Request, ours: &Ours, faults: &mut Faults) {
    let body = &request.body;
    faults.unless(body.len() as u64 <= world.limits.max_body, "body-too-large");
    if !body.is_empty() {
        let is_covered = ["content-digest", "content-type"].map(|name| ours.covers(name, false));
        faults.unless(is_covered == [true, true], "body-uncovered");
    }
}
