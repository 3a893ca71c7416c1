//! The device that believes a response, or does not.

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use ota_trust::primitives::StartTime;
use ota_trust::request::{
    Answer, Nonce, PendingResponse, RequestDraft, ResponseError, ResponseParts, ResponsePolicy,
    Target, Validity,
};
use ota_trust::services::Purpose;

use super::keys::{self, RESPONSES};
use super::message::{Request, Response};
use super::{certificate, server};

/// Why a response is refused, or nothing.
pub fn believe(response: &Response) -> Result<(), &'static str> {
    let pending = pending(&response.request).expect("a request that the library sends");
    let now = StartTime::Known(response.request.now());
    let key = keys::public(&response.algorithm, &response.public_key);
    let keys = keys::trusted(Purpose::Response, RESPONSES, key);
    let parts = ResponseParts::new(response.status).fields(response.lines());
    let policy = ResponsePolicy::default();
    let answer = || {
        let mut answer = pending.read(parts, &keys, now, &policy)?;
        answer.update(&response.body())?;
        answer.finish()
    };
    match answer().map_err(|refused: ResponseError| refused.code())? {
        Answer::Verified(_) => Ok(()),
        Answer::Refused(refused) if refused.is_signed() => Ok(()),
        // A hint, which nobody has signed.
        Answer::Refused(_) => Err("program.unsigned"),
    }
}

/// All fields that a request of this library can cover.
const COVERED: [&str; 7] = [
    "content-type",
    "content-digest",
    "ota-challenge",
    "ota-counter",
    "ota-certificate",
    "ota-binding",
    server::FURTHER,
];

/// What a device reads the answer with that has sent this request.
///
/// The library gives that to nobody but who has signed the request, so it is signed once more: with the
/// same nonce, and another key. Neither the key, nor the order of what is covered, nor the times are in
/// what is read with. `None` for a request that no device of this library sends.
fn pending(asked: &Request) -> Option<PendingResponse> {
    let field = |name| asked.fields().find(|(known, _)| *known == name).map(|(_, value)| value);
    let authority = asked.authority.to_ascii_lowercase();
    let authority = authority.strip_suffix(":443").unwrap_or(&authority);
    let query = asked.query.iter().flat_map(|query| ["?", query]);
    let path: String = [&*asked.path].into_iter().chain(query).collect();
    let target = Target::new(authority, &path).ok()?;
    let mut draft = match &*asked.method {
        "GET" => RequestDraft::get(target),
        "POST" => RequestDraft::post(target, field("content-type")?, &asked.body()),
        _ => return None,
    };
    if let Some(counter) = field("ota-counter") {
        draft = draft.counter(counter.parse().ok()?);
    }
    if let Some(certificate) = field("ota-certificate") {
        draft = draft.certificate(&bytes(certificate)?);
    }
    let fixed = |name| field(name).and_then(bytes).and_then(|bytes| bytes.try_into().ok());
    draft = draft.challenge(fixed("ota-challenge")).binding(fixed("ota-binding"));
    if let Some(value) = field(server::FURTHER) {
        draft = draft.field(server::FURTHER, value);
    }
    let nonce = nonce(field("signature-input")?)?;
    let validity = Validity::from(StartTime::Known(asked.now()));
    let outgoing = draft.sign(&certificate::identity(), validity, nonce).ok()?;
    let covered = |(name, _): &(&str, &str)| COVERED.contains(name);
    let mut own: Vec<_> = outgoing.fields().filter(covered).collect();
    let mut theirs: Vec<_> = asked.fields().filter(covered).collect();
    own.sort_unstable();
    theirs.sort_unstable();
    (own == theirs).then(|| outgoing.pending())
}

/// Of the signatures in the files, only that of a device has one.
fn nonce(signature_input: &str) -> Option<Nonce> {
    let (_, rest) = signature_input.split_once(";nonce=\"")?;
    let (nonce, _) = rest.split_once('"')?;
    let random = Base64UrlUnpadded::decode_vec(nonce).ok()?;
    Nonce::new(random.try_into().ok()?).ok()
}

/// What a byte sequence (RFC 9651 §3.3.5) stands for.
pub fn bytes(item: &str) -> Option<Vec<u8>> {
    let text = item.strip_prefix(':')?.strip_suffix(':')?;
    Base64::decode_vec(text).ok()
}
