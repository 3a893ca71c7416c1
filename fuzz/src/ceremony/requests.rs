//! Requests, as the signer's tool reads them: two documents, divided by a zero byte. The first is a
//! request, the second the signer's own copy of what is published.
//!
//! What a request says of itself is what its payload says, by another parser and another canonical
//! form; it is written as it was read; and the review is empty exactly if payload and copy say the
//! same.

use ota_trust::primitives::Limits;
use ota_trust::repository::ceremony::SigningRequest;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::super::strict;

pub fn check(input: &[u8]) {
    let limits = Limits::default();
    let (document, copy) = match input.iter().position(|&b| b == 0) {
        Some(at) => (&input[..at], Some(&input[at + 1..])),
        None => (input, None),
    };
    let Ok(request) = SigningRequest::parse(document, &limits) else { return };
    let value = strict::read(document, &limits).expect("what is taken is strict JSON");
    let payload = &value["payload"];
    assert_eq!(value["_type"], "signing-request");
    assert_eq!(value["format"], 1);
    assert_eq!(value["role"], request.role().as_str());
    assert_eq!(payload["version"], request.version().get());
    assert_eq!(value["expires"], request.expires().to_string());
    let canonical = strict::canonical(payload);
    assert_eq!(request.digest()[..], Sha256::digest(&canonical)[..]);
    assert_eq!(value["digest"], hex::encode(request.digest()));
    let written = request.to_bytes();
    let again = SigningRequest::parse(&written, &limits).expect("what was written is read");
    assert_eq!(again.to_bytes(), written);
    let signed: Value = serde_json::from_str(request.payload()).expect("a payload");
    assert_eq!(signed, *payload);

    check_words(&request, None, &Value::Null, payload, &limits);
    let own = format!(r#"{{"signatures":[],"signed":{}}}"#, request.payload());
    check_words(&request, Some(own.as_bytes()), payload, payload, &limits);
    if let Some(copy) = copy
        && let Some(before) = strict::read(copy, &limits)
    {
        check_words(&request, Some(copy), &before["signed"], payload, &limits);
    }
}

/// The review has a line for a difference, if there is any, and shows nothing that deceives.
fn check_words(
    request: &SigningRequest,
    copy: Option<&[u8]>,
    before: &Value,
    after: &Value,
    limits: &Limits,
) {
    let Ok(review) = request.review(copy, limits) else {
        assert!(copy.is_some(), "without a copy there is nothing to refuse");
        return;
    };
    assert_eq!(review.changes.is_empty(), before == after, "{review}");
    for change in &review.changes {
        assert_ne!(change.before(), change.after());
    }
    let text = review.to_string();
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    assert!(!text.contains(['\u{202a}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}']));
}
