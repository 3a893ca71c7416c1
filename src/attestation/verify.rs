//! The checks, in their order.

use alloc::boxed::Box;

use super::appraisal::Appraisals;
use super::object::{Object, Value};
use super::timed::Holds;
use super::{
    AttestationError, AttestationPolicy, AttestationResult, AttestedKey, Challenge, ClaimNames,
    attested_key, debug, token,
    window::{self, Window},
};
use crate::key::Key;
use crate::primitives::{Now, StartTime};
use crate::services::{Purpose, ServiceKeys};

/// Claims that tell one device from another, or one kind of device (RFC 9711 §4.2, RFC 7519
/// §4.1.2), and evidence as the device sent it, whose own claims name it in their own words.
///
/// What goes on counting from token to token, or may, links those of one device as a name does.
const DEVICE_IDS: [&str; 15] = [
    "ueid",
    "sueids",
    "oemid",
    "hwmodel",
    "hwversion",
    "location",
    "bootseed",
    "bootcount",
    "uptime",
    "jti",
    "sub",
    "ear_raw_evidence",
    "ear.raw-evidence",
    "ear_veraison_annotated_evidence",
    "ear.veraison.annotated-evidence",
];

impl AttestationPolicy {
    /// Holds a token against this policy. The challenge is used up, whatever comes of it.
    ///
    /// `keys` are those of verifiers. `request_key` is the key with which the request that brings
    /// the token was signed. Where the time is not known, `now` has the uptime, and so has the
    /// challenge. See the [module](super) for the order of the checks.
    pub fn verify(
        &self,
        token: &[u8],
        challenge: Challenge,
        keys: &ServiceKeys,
        request_key: Option<&Key>,
        now: impl Into<Now>,
    ) -> Result<AttestationResult, AttestationError> {
        let now = now.into();
        self.require_inputs(keys, request_key, &challenge, now)?;
        if token.len() > self.max_length {
            let (limit, length) = (self.max_length, token.len());
            return Err(AttestationError::TooLong { limit, length });
        }
        let limits = self.limits();
        let payload = token::signed_payload(token, keys, &limits)?;
        // From here on, everything is what a verifier has signed.
        let claims = Object::read_claims(&payload, &limits).map_err(AttestationError::Payload)?;
        let names = self.require_profile(&claims)?;
        let holds = self.holds(&window::check(&claims, self, now.time)?, keys, now);
        self.require_answer(&claims, challenge, now)?;
        let (developer, build) = self.require_verifier(&claims, names)?;
        let appraisals = Appraisals::read(&claims, names)?;
        // First of all that looks at them: it is bad, whatever else the token lacks.
        if self.debug_refused {
            debug::require_disabled(&claims, &appraisals.objects, appraisals.worst)?;
        }
        self.require_appraisals(&appraisals)?;
        self.require_privacy(&claims, &appraisals)?;
        let key_is_attested = self.require_key(&claims, &appraisals, names, request_key)?;
        let Appraisals { submodules, worst: tier, .. } = appraisals;
        Ok(AttestationResult { tier, submodules, developer, build, key_is_attested, holds })
    }

    /// For how long a result holds that is taken now: for a second at least.
    fn holds(&self, window: &Window, keys: &ServiceKeys, now: Now) -> Holds {
        let by_age = now.time.time().saturating_add(self.max_token_age);
        Holds {
            not_before: now.time.time().saturating_sub(self.clock_skew),
            not_after: window.not_after.min(by_age).min(keys.expires()),
            verified: now.uptime,
            seconds: window.life.map_or(self.max_token_age, |life| life.min(self.max_token_age)),
        }
    }

    fn require_inputs(
        &self,
        keys: &ServiceKeys,
        request_key: Option<&Key>,
        challenge: &Challenge,
        now: Now,
    ) -> Result<(), AttestationError> {
        if keys.purpose() != Purpose::Attestation {
            return Err(AttestationError::KeyPurpose(keys.purpose()));
        }
        // Proven even by a lower bound of the time.
        if keys.expires() <= now.time.time() {
            return Err(AttestationError::KeysExpired { expires: keys.expires() });
        }
        if self.attested_key == AttestedKey::Required && request_key.is_none() {
            return Err(AttestationError::NoRequestKey);
        }
        let is_measured = challenge.was_stored() || now.elapsed(challenge.uptime()).is_some();
        match now.time {
            StartTime::NotBefore(_) if !is_measured => Err(AttestationError::NoUptime),
            _ => Ok(()),
        }
    }

    fn require_profile(&self, claims: &Object<'_>) -> Result<ClaimNames, AttestationError> {
        let found = text(claims, "eat_profile")?;
        let known = self.profiles.iter().find(|profile| *profile.uri == *found);
        known.map(|profile| profile.names).ok_or(AttestationError::Profile { found: found.into() })
    }

    fn require_answer(
        &self,
        claims: &Object<'_>,
        challenge: Challenge,
        now: Now,
    ) -> Result<(), AttestationError> {
        let (issued, limit) = (challenge.issued(), self.max_challenge_age);
        let too_old = now.time.time() > issued.saturating_add(limit);
        let (of_the_future, unknown_age) = match now.time {
            StartTime::Known(now) => (issued > now.saturating_add(self.clock_skew), false),
            StartTime::NotBefore(_) => (false, challenge.was_stored()),
        };
        if too_old || of_the_future {
            return Err(AttestationError::ChallengeExpired { issued, now: now.time.time() });
        }
        if unknown_age {
            return Err(AttestationError::ChallengeStored);
        }
        match now.elapsed(challenge.uptime()) {
            Some(elapsed) if elapsed > limit => {
                return Err(AttestationError::ChallengeOverdue { elapsed, limit });
            }
            _ => {}
        }
        let found = self.nonce(claims)?;
        if challenge.use_up(&found) { Ok(()) } else { Err(AttestationError::Nonce) }
    }

    /// The one nonce of a token, a text, or an array of one. (EAT would allow several, RFC 9711 §4.1: a
    /// token that answers the challenges of others as well is none that we asked for.)
    ///
    /// Some verifiers say it of each submodule instead. Then each that is required has it, or each
    /// at all where none is. Either way, no submodule says another: its appraisal would be of
    /// another time.
    fn nonce(&self, claims: &Object<'_>) -> Result<Box<str>, AttestationError> {
        const CLAIM: &str = "eat_nonce";
        let one = |nonce: Value<'_>| {
            let text = nonce.text().or_else(|| nonce.only_element()?.text());
            text.map(Box::<str>::from).ok_or(AttestationError::Claim { claim: CLAIM })
        };
        let of_token = claims.get(CLAIM);
        let mut said = of_token.map(one).transpose()?;
        let submodules = claims.get("submods").and_then(Value::object);
        for (name, submodule) in submodules.iter().flat_map(Object::iter) {
            let nonce = submodule.object().and_then(|submodule| submodule.get(CLAIM));
            if nonce.is_none() && (of_token.is_some() || !self.asks_for(name)) {
                continue;
            }
            let nonce = nonce.map(one).ok_or(AttestationError::Claim { claim: CLAIM })??;
            if said.as_ref().is_some_and(|said| *said != nonce) {
                return Err(AttestationError::Nonce);
            }
            said = Some(nonce);
        }
        said.ok_or(AttestationError::Claim { claim: CLAIM })
    }

    /// Whether a submodule is one that counts: one that is required, or any where none is.
    fn asks_for(&self, submodule: &str) -> bool {
        self.required.is_empty() || self.required.iter().any(|known| **known == *submodule)
    }

    /// The developer and the build of the verifier, both of which AR4SI asks for (§3.3).
    fn require_verifier(
        &self,
        claims: &Object<'_>,
        names: ClaimNames,
    ) -> Result<(Box<str>, Box<str>), AttestationError> {
        let claim = names.verifier_id();
        let id = claims.get(claim).and_then(Value::object);
        let id = id.ok_or(AttestationError::Claim { claim })?;
        let part = |name| {
            let text = id.get(name).and_then(Value::text);
            text.map(Box::from).ok_or(AttestationError::Claim { claim })
        };
        let (developer, build): (Box<str>, Box<str>) = (part("developer")?, part("build")?);
        let is_allowed = self.verifiers.iter().any(|(known, only)| {
            *known == developer && only.as_ref().is_none_or(|only| *only == build)
        });
        if is_allowed {
            Ok((developer, build))
        } else {
            let (developer, build) = (developer.into(), build.into());
            Err(AttestationError::Verifier { developer, build })
        }
    }

    fn require_appraisals(&self, appraisals: &Appraisals<'_>) -> Result<(), AttestationError> {
        let worst = appraisals.worst;
        let was_appraised = |name: &str| appraisals.submodules.iter().any(|(n, _)| **n == *name);
        if let Some(name) = self.required.iter().find(|name| !was_appraised(name)) {
            return Err(AttestationError::MissingSubmodule { name: name.clone().into(), worst });
        }
        match appraisals.inflated {
            Some((claimed, found)) => Err(AttestationError::Status { claimed, found, worst }),
            None => Ok(()),
        }
    }

    fn require_privacy(
        &self,
        claims: &Object<'_>,
        appraisals: &Appraisals<'_>,
    ) -> Result<(), AttestationError> {
        if !self.device_ids_refused {
            return Ok(());
        }
        let named = claims.iter().find_map(|(name, value)| {
            let itself = DEVICE_IDS.into_iter().find(|id| *id == name);
            itself.or_else(|| value.mentions(&DEVICE_IDS))
        });
        match named {
            Some(claim) => Err(AttestationError::DeviceId { claim, worst: appraisals.worst }),
            None => Ok(()),
        }
    }

    /// Whether the token attests the key of the request: of itself, or of a submodule that is required. The
    /// key of another part of the device proves nothing of the one that was asked for.
    fn require_key(
        &self,
        claims: &Object<'_>,
        appraisals: &Appraisals<'_>,
        names: ClaimNames,
        request_key: Option<&Key>,
    ) -> Result<bool, AttestationError> {
        let Some(request_key) = request_key else { return Ok(false) };
        let parts = appraisals.submodules.iter().zip(&appraisals.objects);
        let asked_for = parts.filter(|((name, _), _)| self.asks_for(name)).map(|(_, part)| part);
        let attested = attested_key::read(claims, asked_for, names)?;
        if attested.is_empty() {
            return match self.attested_key {
                AttestedKey::Required => {
                    Err(AttestationError::NoAttestedKey { worst: appraisals.worst })
                }
                AttestedKey::IfPresent => Ok(false),
            };
        }
        let wanted = request_key.fingerprint();
        if wanted.is_some() && attested.iter().any(|key| key.fingerprint() == wanted) {
            Ok(true)
        } else {
            Err(AttestationError::AttestedKey)
        }
    }
}

fn text(claims: &Object<'_>, claim: &'static str) -> Result<Box<str>, AttestationError> {
    let text = claims.get(claim).and_then(Value::text);
    text.map(Box::from).ok_or(AttestationError::Claim { claim })
}
