//! A verifier, a policy and a challenge, for tests that write their own tokens.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ota_trust::attestation::{
    AttestationError, AttestationPolicy, AttestationPolicyBuilder, AttestationResult, AttestedKey,
    Challenge, EarProfile,
};
use ota_trust::key::{Key, KeyId};
use ota_trust::primitives::{StartTime, UtcTime};
use ota_trust::services::{Purpose, ServiceKeys};
use serde_json::{Value, json};

use crate::corpus::fuzz::signing::{public, sign};

pub(crate) const NOW: i64 = 1_795_426_565;
pub(crate) const RANDOM: [u8; 32] = [0x5a; 32];
pub(crate) const VERIFIER: &str = "https://veraison-project.org";

pub(crate) fn time(seconds: i64) -> UtcTime {
    UtcTime::from_unix(seconds).unwrap()
}

/// Draft 05, one verifier, and no key attested unless the token does.
pub(crate) fn policy() -> AttestationPolicyBuilder {
    AttestationPolicy::builder()
        .profile(EarProfile::DRAFT_05)
        .profile(EarProfile::DRAFT_04)
        .verifier(VERIFIER)
        .attested_key(AttestedKey::IfPresent)
}

pub(crate) fn ed25519(number: usize) -> Key {
    Key::new("ed25519", "ed25519", public(number))
}

/// Key 0.
pub(crate) fn verifier_keys() -> ServiceKeys {
    let keys = vec![(KeyId::new("verifier"), ed25519(0))];
    ServiceKeys::assume_trusted(Purpose::Attestation, keys, time(NOW + 86_400))
}

pub(crate) fn challenge() -> Challenge {
    Challenge::new(RANDOM, time(NOW - 10))
}

/// Claims with these submodules that are right for [`policy`] and [`challenge`].
pub(crate) fn claims(submods: &Value) -> Value {
    json!({
        "eat_profile": "tag:ietf.org,2026:rats/ear#05",
        "iat": NOW - 5,
        "ear_verifier_id": {"developer": VERIFIER, "build": "1"},
        "eat_nonce": challenge().nonce(),
        "submods": submods,
    })
}

/// Signed by key 0.
pub(crate) fn sealed(claims: &Value) -> Vec<u8> {
    let encode = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
    let signed =
        format!("{}.{}", encode(br#"{"alg":"EdDSA"}"#), encode(claims.to_string().as_bytes()));
    let signature = encode(&sign(0, signed.as_bytes()));
    format!("{signed}.{signature}").into_bytes()
}

/// The verdict of a policy on a token, now.
pub(crate) fn judge(
    policy: &AttestationPolicy,
    token: &[u8],
) -> Result<AttestationResult, AttestationError> {
    policy.verify(token, challenge(), &verifier_keys(), None, StartTime::Known(time(NOW)))
}

/// Claims of a device that is as it should be.
pub(crate) fn affirming() -> Value {
    claims(
        &json!({"PSA": {"ear_status": "affirming", "ear_trustworthiness_vector": {"hardware": 2}}}),
    )
}
