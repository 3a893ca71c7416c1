//! The whole of a device's side: a request that is signed, and the answer to it.

use core::hint::black_box;

use ota_trust::identity::{DeviceSecret, Fleet, IdentityEpoch};
use ota_trust::key::{Key, KeyId};
use ota_trust::primitives::{StartTime, UtcTime};
use ota_trust::request::{
    Answer, Nonce, RequestDraft, ResponseParts, ResponsePolicy, Target, Validity,
};
use ota_trust::services::{Purpose, ServiceKeys};

/// Whether an answer that nobody has signed is no more than a hint.
pub fn is_refused() -> bool {
    let answer = (|| {
        let random = || black_box(core::array::from_fn(|n| n as u8));
        let start = StartTime::NotBefore(UtcTime::from_unix(black_box(0)).ok()?);
        let secret = DeviceSecret::new(&mut random()).ok()?;
        let identity = secret.identity(&Fleet::new("lamps").ok()?, IdentityEpoch::new(6));
        let target = Target::new("updates.example.com", "/v1/poll").ok()?;
        let request = RequestDraft::post(target, "application/json", b"{}")
            .counter(black_box(7))
            .certificate(black_box(b"{}"))
            .challenge(black_box(None))
            .binding(black_box(None))
            .sign(&identity, Validity::from(start), Nonce::new(random()).ok()?)
            .ok()?;
        let sent = request.fields().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let key = Key::new("ed25519", "ed25519", black_box(public));
        let (id, expires) =
            (KeyId::new("response-1"), UtcTime::from_unix(black_box(sent as i64)).ok()?);
        let keys = ServiceKeys::assume_trusted(Purpose::Response, [(id, key)].into(), expires);
        let fields = black_box([("retry-after", &b"7"[..])]);
        let parts = ResponseParts::new(black_box(503)).fields(fields);
        let policy = ResponsePolicy::default();
        let mut answer = request.pending().read(parts, &keys, start, &policy).ok()?;
        answer.update(black_box(b"{}")).ok()?;
        answer.finish().ok()
    })();
    matches!(answer, Some(Answer::Refused(hint)) if !hint.is_signed())
}
