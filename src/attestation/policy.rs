//! The policy: whose results a relying party takes, and how fresh they have to be.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{AttestationPolicyError, EarProfile};
use crate::primitives::Limits;

/// What a relying party asks of attestation results.
///
/// ```
/// use ota_trust::attestation::{
///     AttestationGate, AttestationPolicy, AttestationSignal, AttestedKey, Challenge, EarProfile,
///     GateVerdict, TimedSignal,
/// };
/// # use ota_trust::key::{Key, KeyId};
/// # use ota_trust::primitives::{StartTime, UtcTime};
/// use ota_trust::release::Channel;
/// # use ota_trust::services::{Purpose, ServiceKeys};
/// # use base64ct::{Base64UrlUnpadded, Encoding as _};
/// # use ed25519_dalek::{Signer as _, SigningKey};
/// # let now = UtcTime::parse("2026-11-23T09:36:05Z")?;
/// # let signer = SigningKey::from_bytes(&[7; 32]);
/// # let hex: String = signer.verifying_key().as_bytes().iter().map(|b| format!("{b:02x}")).collect();
/// # let key = Key::new("ed25519", "ed25519", &hex);
/// # let keys = vec![(KeyId::new("v1"), key)];
/// # let keys = ServiceKeys::assume_trusted(Purpose::Attestation, keys, now.saturating_add(86_400));
/// # let random = [7; 32];
/// let policy = AttestationPolicy::builder()
///     .profile(EarProfile::DRAFT_05)
///     .verifier("https://veraison-project.org")
///     .require_submodule("PSA")
///     .attested_key(AttestedKey::IfPresent)
///     .build()?;
///
/// let challenge = Challenge::new(random, now);
/// let nonce = challenge.nonce(); // to the device, and from there to the verifier
/// # let claims = format!(r#"{{"eat_profile":"tag:ietf.org,2026:rats/ear#05","iat":{},
/// #     "ear_verifier_id":{{"developer":"https://veraison-project.org","build":"vts 0.0.1"}},
/// #     "eat_nonce":"{nonce}","submods":{{"PSA":{{"ear_status":"affirming",
/// #     "ear_trustworthiness_vector":{{"executables":2}}}}}}}}"#, now.unix());
/// # let encode = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
/// # let token = format!("{}.{}", encode(br#"{"alg":"EdDSA"}"#), encode(claims.as_bytes()));
/// # let token = format!("{token}.{}", encode(&signer.sign(token.as_bytes()).to_bytes()));
/// # let token = token.into_bytes();
///
/// # let kept = TimedSignal::UNAVAILABLE;
/// let signal = match policy.verify(&token, challenge, &keys, None, StartTime::Known(now)) {
///     Ok(result) => result.signal(),
///     Err(refusal) => refusal.signal(),
/// };
/// let kept = signal.after(kept); // of this device; and this to `eligibility::decide`
/// let signal = kept.at(StartTime::Known(now));
/// assert_eq!(signal, AttestationSignal::Affirming);
/// assert_eq!(AttestationGate::Prefer.check(signal, &Channel::new("stable")?), GateVerdict::Open);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AttestationPolicy {
    pub(super) profiles: Vec<EarProfile>,
    /// Developers, and a build of theirs if only one will do.
    pub(super) verifiers: Vec<(Box<str>, Option<Box<str>>)>,
    pub(super) required: Vec<Box<str>>,
    pub(super) clock_skew: u64,
    pub(super) max_token_age: u64,
    pub(super) max_challenge_age: u64,
    pub(super) max_length: usize,
    pub(super) expiry_required: bool,
    pub(super) attested_key: AttestedKey,
    pub(super) debug_refused: bool,
    pub(super) device_ids_refused: bool,
}

/// Whether a token has to attest the key of the request that brings it.
///
/// Without that, a healthy device can answer the challenges of a sick one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttestedKey {
    /// It has to.
    Required,
    /// A token that attests no key will do. If it attests one, and the request has one, they have
    /// to be the same.
    IfPresent,
}

/// Collects an [`AttestationPolicy`]. Whatever is not said is not allowed.
#[derive(Clone, Debug)]
pub struct AttestationPolicyBuilder(AttestationPolicy);

impl AttestationPolicy {
    /// Starts a policy: attested keys are required, devices that can be debugged are refused,
    /// device ids are passed over, `exp` may be absent, clocks may differ by 60 s, tokens and
    /// challenges be 300 s old, and tokens have 16 KiB.
    #[must_use]
    pub const fn builder() -> AttestationPolicyBuilder {
        AttestationPolicyBuilder(Self {
            profiles: Vec::new(),
            verifiers: Vec::new(),
            required: Vec::new(),
            clock_skew: 60,
            max_token_age: 300,
            max_challenge_age: 300,
            max_length: 16_384,
            expiry_required: false,
            attested_key: AttestedKey::Required,
            debug_refused: true,
            device_ids_refused: false,
        })
    }

    /// Of JSON. The length of the token bounds its strings.
    pub(super) fn limits(&self) -> Limits {
        let max_string = u32::try_from(self.max_length).unwrap_or(u32::MAX);
        Limits { max_string, max_depth: 16, ..Limits::default() }
    }
}

impl AttestationPolicyBuilder {
    /// A profile that is allowed.
    #[must_use]
    pub fn profile(mut self, profile: EarProfile) -> Self {
        self.0.profiles.push(profile);
        self
    }

    /// A verifier that is allowed, in any build. The name is compared byte by byte.
    #[must_use]
    pub fn verifier(mut self, developer: &str) -> Self {
        self.0.verifiers.push((developer.into(), None));
        self
    }

    /// A verifier that is allowed in this build.
    #[must_use]
    pub fn verifier_build(mut self, developer: &str, build: &str) -> Self {
        self.0.verifiers.push((developer.into(), Some(build.into())));
        self
    }

    /// A submodule that has to be appraised. The tier of others counts as much when they are; a key that is
    /// attested counts, where any submodule is required, only of those, or of the token itself.
    #[must_use]
    pub fn require_submodule(mut self, name: &str) -> Self {
        self.0.required.push(name.into());
        self
    }

    /// By how many seconds the clocks of verifier and relying party may differ.
    #[must_use]
    pub const fn clock_skew(mut self, seconds: u64) -> Self {
        self.0.clock_skew = seconds;
        self
    }

    /// How many seconds a token is good for after `iat`, if `exp` does not say less, and a result
    /// after its verification. At least one.
    #[must_use]
    pub const fn max_token_age(mut self, seconds: u64) -> Self {
        self.0.max_token_age = seconds;
        self
    }

    /// How many seconds an answer to a challenge may take.
    #[must_use]
    pub const fn max_challenge_age(mut self, seconds: u64) -> Self {
        self.0.max_challenge_age = seconds;
        self
    }

    /// How many bytes a token may have.
    #[must_use]
    pub const fn max_length(mut self, bytes: usize) -> Self {
        self.0.max_length = bytes;
        self
    }

    /// Refuses tokens without `exp`.
    #[must_use]
    pub const fn require_expiry(mut self) -> Self {
        self.0.expiry_required = true;
        self
    }

    /// Whether a token has to attest the key of the request.
    #[must_use]
    pub const fn attested_key(mut self, attested_key: AttestedKey) -> Self {
        self.0.attested_key = attested_key;
        self
    }

    /// Takes tokens that say of the device, or of a submodule, that debugging is enabled
    /// (`dbgstat`, RFC 9711 §4.2.9), as those of engineering devices do. The claim is not looked at
    /// then.
    ///
    /// Without that, such a device is contraindicated, whatever its status is: one that can be
    /// debugged can be made to do anything after it was appraised. A token without the claim is
    /// taken.
    #[must_use]
    pub const fn accept_debug(mut self) -> Self {
        self.0.debug_refused = false;
        self
    }

    /// Refuses tokens with claims, at any depth, that say which device they are of, or with evidence:
    /// they would undo what rotating handles are for. They are never read, refused or not. Only the
    /// names of EAT, JWT and EAR are known; what a verifier calls otherwise, nobody can.
    #[must_use]
    pub const fn refuse_device_ids(mut self) -> Self {
        self.0.device_ids_refused = true;
        self
    }

    /// The policy, if any token at all could meet it.
    pub fn build(self) -> Result<AttestationPolicy, AttestationPolicyError> {
        if self.0.profiles.is_empty() {
            return Err(AttestationPolicyError::NoProfile);
        }
        if self.0.verifiers.is_empty() {
            return Err(AttestationPolicyError::NoVerifier);
        }
        if self.0.max_token_age == 0 {
            return Err(AttestationPolicyError::NoAge);
        }
        Ok(self.0)
    }
}
