//! What a device of the library asks.

use std::sync::LazyLock;

use ed25519_dalek::{Signature, VerifyingKey};
use ota_trust::identity::{DeviceIdentity, DeviceSecret, Fleet, IdentityEpoch};
use ota_trust::primitives::StartTime;
use ota_trust::request::{
    Nonce, OutgoingRequest, PendingResponse, RequestDraft, RequestLimits, Target, Validity,
};

use super::super::choices::Choices;
use super::answer::Asked;
use super::faults::Faults;
use super::message::{Request, base};
use super::model::{TAG, value};
use super::signature::find;
use super::structured::Item;
use super::world::{END, NOW, World, time};

static DEVICE: LazyLock<DeviceIdentity> = LazyLock::new(|| {
    let secret = DeviceSecret::new(&mut std::array::from_fn(|n| n as u8)).expect("a secret");
    secret.identity(&Fleet::new("lamps.example").expect("a fleet"), IdentityEpoch::new(6))
});

pub const BODY: &[u8] = br#"{"have":"1.4.0"}"#;

/// A request, and what an answer to it is read with.
pub fn ask(choices: &mut Choices<'_>) -> (Asked, PendingResponse) {
    let body = if choices.yes() { &[] } else { BODY };
    let path = *choices.one_of(&["/v1/poll", "/v1/poll?wait=30", "/"]);
    let target = Target::new("updates.example.com", path).expect("a target");
    let mut draft = if body.is_empty() {
        RequestDraft::get(target)
    } else {
        RequestDraft::post(target, "application/json", body)
    };
    let mut version = None;
    let mut further = Vec::new();
    let mut limits = RequestLimits::default();
    let mut is_for_responses = true;
    let mut now = StartTime::Known(time(NOW));
    for _ in 0..choices.below(4) {
        match choices.below(9) {
            0 => draft = draft.counter(7),
            1 => draft = draft.challenge(Some([5; 32])),
            2 => draft = draft.binding(Some([7; 32])),
            3 => draft = draft.certificate(b"a certificate"),
            4 => version = Some("7"),
            5 => further = vec!["x-agent-version", "accept-language"],
            6 => (limits.max_body, limits.max_field, limits.max_components) = (24, 110, 10),
            7 => {
                let at = time(*choices.one_of(&[NOW, END - 1, END, END + 1]));
                now = if choices.yes() { StartTime::NotBefore(at) } else { StartTime::Known(at) };
            }
            _ => is_for_responses = choices.yes(),
        }
    }
    if let Some(version) = version {
        draft = draft.field("x-agent-version", version);
    }
    let nonce = Nonce::new(*b"0123456789abcdef0123456789abcdef").expect("a nonce");
    let validity = Validity::from(StartTime::Known(time(NOW)));
    let outgoing = draft.sign(&DEVICE, validity, nonce).expect("a request");
    let (request, components, nonce) = sent(&outgoing, body);
    let asked = Asked { request, components, nonce, further, limits, is_for_responses, now };
    (asked, outgoing.pending())
}

/// What is sent, and what its signature covers, which is right.
fn sent(outgoing: &OutgoingRequest, body: &[u8]) -> (Request, Vec<Item>, String) {
    let target = outgoing.target().path_and_query();
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (&*target, None),
    };
    let fields = outgoing.fields().map(|(name, value)| (name.to_owned(), value.into()));
    let host = ("host".to_owned(), outgoing.target().authority().into());
    let request = Request {
        method: outgoing.method().to_owned(),
        path: path.to_owned(),
        query,
        authority: None,
        fields: fields.chain([host]).collect(),
        body: body.to_vec(),
    };

    let mut faults = Faults::default();
    let ours = find(&request.fields, TAG, &[64], &RequestLimits::default(), &mut faults);
    let ours = ours.expect("a signature");
    let nonce = ours.nonce(&mut faults);
    assert!(faults.is_empty(), "{faults:?}");
    let base = base(&ours.components, |item| value(&World::default(), &request, item), &ours.text);
    let key = VerifyingKey::from_bytes(DEVICE.public_key()).expect("a key");
    let signature = Signature::from_slice(&ours.signature).expect("64 bytes");
    assert!(key.verify_strict(&base, &signature).is_ok(), "{request:?}");
    (request, ours.components, nonce)
}
