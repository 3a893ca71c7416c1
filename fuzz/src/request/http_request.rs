//! A request, from its parts to its acceptance.
//!
//! An input chooses what is the case at the server ([`World`]), then a request, which is good until
//! up to three things are changed in it; then it is signed, whatever it is by then; and then up to
//! three things happen to it on its way. Library and model have to agree on whether it is accepted;
//! a refusal has to be for a fault that it has; and what an accepted one says is what the model
//! reads in it.

use ota_trust::request::{
    ChannelBinding, MemoryReplay, RequestError, RequestParts, RequestVerifier, VerifiedRequest,
};

use super::super::choices::Choices;
use super::alter::{alter, rename};
use super::message::{Request, borrowed, lines};
use super::model::{Accepted, authority, bytes_of, certified, judge};
use super::problem;
use super::sketch::Sketch;
use super::world::{World, time};

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let world = World::choose(&mut choices);
    let mut sketch = Sketch::choose(&mut choices, &world);
    for _ in 0..choices.below(4) {
        sketch.spoil(&mut choices);
    }
    let mut request = sketch.sign(&world);
    for _ in 0..choices.below(4) {
        tamper(&mut request, &mut choices);
    }
    agree(&world, &request);
}

/// Something happens on the way.
fn tamper(request: &mut Request, choices: &mut Choices<'_>) {
    match choices.below(8) {
        0 => (*choices.one_of(&["GET", "POST", "post"])).clone_into(&mut request.method),
        1 => {
            let paths = ["/v1/poll", "/v1/poll/", "/", "", "/v1"];
            (*choices.one_of(&paths)).clone_into(&mut request.path);
        }
        2 => {
            let queries = [None, Some(""), Some("a=1"), Some("b=2&a=1")];
            request.query = choices.one_of(&queries).map(str::to_owned);
        }
        3 => {
            let authority = choices.one_of(&["updates.example.com", "a.example:8443", "b.example"]);
            request.authority = Some((*authority).to_owned());
        }
        4 => {
            let place = choices.wide();
            let length = request.body.len().max(1);
            match request.body.get_mut(place % length) {
                Some(byte) if choices.yes() => *byte ^= 1,
                Some(_) => request.body.truncate(place % length),
                None => request.body.push(b'a'),
            }
        }
        5 => request.body.push(0),
        _ => alter(&mut request.fields, choices),
    }
}

/// Library and model judge this request alike.
pub fn agree(world: &World, request: &Request) {
    let (faults, expected) = judge(world, request);
    let verifier = world.verifier();
    let mut store = world.store();
    let found = take(world, &verifier, request, &mut store, &expected.id);
    let refused = found.as_ref().err().map(RequestError::code);
    faults.explain(refused, "request.", &(world, request));
    if let Ok(found) = found {
        assert_eq!(what(&found, &expected), expected);
        // It is accepted once, however it is written.
        let mut again = request.clone();
        // (Beside others', whose labels stay, the new one might be there already.)
        if is_alone(&again.fields) {
            rename(&mut again.fields, "again");
        }
        again.fields.reverse();
        let again = take(world, &verifier, &again, &mut store, &expected.id).map(|_| ());
        let refused = again.expect_err("accepted twice");
        assert!(matches!(refused, RequestError::Replayed | RequestError::Challenge), "{refused}");
    } else {
        assert!(store.is_empty() || faults.has("challenge"), "only what is genuine is kept");
    }
}

/// Whether there is no signature beside ours, and our label stands in front of both fields.
fn is_alone(fields: &[(String, Vec<u8>)]) -> bool {
    let is_input = |name: &str| name.eq_ignore_ascii_case("signature-input");
    let mut inputs = fields.iter().filter(|(name, _)| is_input(name));
    let first = inputs.next().is_some_and(|(_, value)| !value.contains(&b','));
    let labelled = fields
        .iter()
        .filter(|(name, value)| name.starts_with("signature") && value.starts_with(b"ota="));
    first && inputs.next().is_none() && labelled.count() == 2
}

/// All steps, with what the server knows; and what it answers, if it refuses, to whoever has this
/// handle.
pub fn take(
    world: &World,
    verifier: &RequestVerifier,
    request: &Request,
    store: &mut MemoryReplay,
    id: &str,
) -> Result<VerifiedRequest, RequestError> {
    let now = time(world.now);
    let query = request.query.as_deref();
    let mut parts = RequestParts::new(&request.method, &request.path, query);
    if let Some(authority) = &request.authority {
        parts = parts.authority(authority);
    }
    let mut steps = || {
        let fields = borrowed(&request.fields);
        let claim = verifier.read(parts.fields(fields), &world.evidence(), now)?;
        let certificate = lines(&request.fields, "ota-certificate").pop().and_then(bytes_of);
        assert_eq!(claim.certificate(), certificate.as_deref());
        let seen = store.contains(claim.replay_id());
        let claim = claim.unless_seen(seen)?;
        let id = claim.handle().key_id().as_str().to_owned();
        let device = certified(world, &id).map(|device| &device.certified);
        let mut content = claim.verify(device, world.status)?.content();
        for chunk in request.body.chunks(17) {
            content.update(chunk)?;
        }
        let whole = content.finish()?;
        let reply = store.insert(&whole.entry(), now);
        whole.accept(reply)
    };
    steps().map_err(|refused| {
        let name = authority(world, request);
        let problem = verifier.problem(&refused, now, [3; 16]);
        problem::judge(&problem, refused.error().code(), Some((id, &name)));
        refused.error().clone()
    })
}

/// What an accepted request says, as far as it was expected.
fn what(found: &VerifiedRequest, expected: &Accepted) -> Accepted {
    let covered = |(name, _): &(String, String)| {
        (name.clone(), found.covered(name).unwrap_or("nothing").to_owned())
    };
    Accepted {
        id: found.handle().key_id().as_str().to_owned(),
        counter: found.counter(),
        clock_error: found.clock_error(),
        is_challenged: found.has_answered_challenge(),
        is_bound: found.channel() == ChannelBinding::Bound,
        covered: expected.covered.iter().map(covered).collect(),
    }
}

/// The status that a refusal has on the wire.
pub fn status(code: &str) -> u16 {
    match code.trim_start_matches("request.") {
        "key" | "signature" | "window" | "digest" | "challenge" | "counter" => 401,
        "transport.mismatch" | "transport.unavailable" | "transport.no-peer" => 403,
        "replayed" => 409,
        "body-too-large" => 413,
        "encoding" => 415,
        "authority" => 421,
        "transport.early-data" => 425,
        "quota" => 429,
        "too-large" => 431,
        "store-full" | "store-unavailable" => 503,
        _ => 400,
    }
}
