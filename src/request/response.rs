//! What a device makes of the answer.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::base::{self, Line};
use super::digest::Content;
use super::digest::ContentDigest;
use super::head::{content_digest, fixed};
use super::parts::{Fields, as_short};
use super::policy::Further;
use super::problem::{MAX_BODY, ProblemCode, code_in};
use super::profile::{Claimed, Component, FIELDS_OF_RESPONSES, Kind, RESPONSE_TAG};
use super::signed::Asked;
use super::{
    ProfileError, RequestError, RequestLimits, ResponseError, ResponseParts, grammar, wire,
};
use crate::key::{Key, KeyId};
use crate::primitives::{StartTime, UtcTime};
use crate::services::{Purpose, ServiceKeys};

/// How long an unsigned problem can make a device wait, in seconds: anybody can write one.
const LONGEST_UNSIGNED: u32 = 3600;
/// The same for a signed response.
const LONGEST_SIGNED: u32 = 86_400;

/// What a device asks of responses, beside the profile.
///
/// ```
/// use ota_trust::request::{RequestLimits, ResponsePolicy};
/// let mut limits = RequestLimits::default();
/// limits.max_body = 4096; // what this device has room for
/// let policy = ResponsePolicy::new(limits);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ResponsePolicy {
    further: Further,
    limits: RequestLimits,
}

impl ResponsePolicy {
    /// These limits, and no field beside those of the profile.
    #[must_use]
    pub fn new(limits: RequestLimits) -> Self {
        Self { further: Further::default(), limits }
    }

    /// Fields that a response has to cover if it has them, as
    /// [`RequestPolicy::also_cover`](super::RequestPolicy::also_cover).
    pub fn also_cover<'n>(
        self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<Self, ProfileError> {
        Ok(Self { further: Further::new(names)?, ..self })
    }
}

/// What a device knows of a request that it has sent: enough to know the answer to it.
///
/// A request has one answer, so this is used up by reading it:
///
/// ```compile_fail,E0382
/// # use ota_trust::request::*;
/// # use ota_trust::{primitives::StartTime, services::ServiceKeys};
/// # fn device(pending: PendingResponse, keys: &ServiceKeys, now: StartTime, policy: &ResponsePolicy) {
/// let first = pending.read(ResponseParts::new(200), keys, now, policy);
/// let second = pending.read(ResponseParts::new(200), keys, now, policy);
/// # }
/// ```
#[must_use]
pub struct PendingResponse {
    asked: Asked,
}

impl PendingResponse {
    pub(super) fn to(asked: Asked) -> Self {
        Self { asked }
    }

    /// Reads the head of a response, in this order: the purpose and the expiry of `keys`; sizes, fields, and
    /// the signature's form; what it covers; whether it is an answer to this request; the key; the signature.
    ///
    /// What is not signed is refused with [`ResponseError::NotSigned`], unless its status is 400 or more: then
    /// it is a hint ([`Refused`]).
    pub fn read<'m, F>(
        self,
        parts: ResponseParts<F>,
        keys: &ServiceKeys,
        now: StartTime,
        policy: &ResponsePolicy,
    ) -> Result<ReceivedResponse, ResponseError>
    where
        F: IntoIterator<Item = (&'m str, &'m [u8])>,
    {
        if keys.purpose() != Purpose::Response {
            return Err(ResponseError::Purpose);
        }
        if keys.expires() <= now.time() {
            return Err(ResponseError::KeysExpired { expires: keys.expires() });
        }
        let ResponseParts { status, fields } = parts;
        let fields = Fields::gather(as_short(fields), policy.further.iter());
        self.read_gathered(status, &fields, keys, policy)
    }

    fn read_gathered(
        &self,
        status: u16,
        fields: &Fields<'_>,
        keys: &ServiceKeys,
        policy: &ResponsePolicy,
    ) -> Result<ReceivedResponse, ResponseError> {
        let limits = &policy.limits;
        let kind = Kind { tag: RESPONSE_TAG, is_request: false };
        let claimed = match Claimed::read(fields, kind, limits) {
            Err(RequestError::NotSigned) if status >= 400 => {
                return Ok(ReceivedResponse::unsigned(status, fields, limits));
            }
            read => read?,
        };
        let said = Said::read(fields, policy)?;
        let if_there = FIELDS_OF_RESPONSES.into_iter().chain(policy.further.iter());
        claimed.require(["@status", "content-digest"], if_there, fields)?;
        let status_text = alloc::format!("{status:03}");
        let lines = self.lines(&claimed, fields, &status_text)?;
        if !is_equal(claimed.nonce.as_bytes(), self.asked.nonce().as_bytes()) {
            return Err(ResponseError::Nonce);
        }
        let id = KeyId::new(claimed.key_id);
        let key = keys.key(&id).ok_or(ResponseError::Key { id: id.clone() })?;
        if !is_signed(key, &claimed, &lines).ok_or(ResponseError::Key { id })? {
            return Err(ResponseError::Signature);
        }
        let uncovered = (!claimed.covers("content-type")).then_some("content-type");
        let content = Content::new(said.digest, uncovered, limits.max_body);
        Ok(ReceivedResponse {
            status,
            signed: Some(Signed { created: claimed.created, further: said.further }),
            challenge: said.challenge,
            retry_after: said.retry_after,
            content,
            body: Vec::new(),
        })
    }

    /// The lines of the base that was signed: what is of the request is what this device has sent,
    /// whatever the response says, and all of it is there.
    fn lines<'l>(
        &'l self,
        claimed: &Claimed<'l>,
        fields: &Fields<'l>,
        status: &'l str,
    ) -> Result<Vec<Line<'l>>, ResponseError> {
        for Line { name, is_of_request, .. } in self.asked.lines() {
            if !claimed.components.contains(&Component { name, is_of_request }) {
                return Err(ResponseError::Coverage { name: name.into() });
            }
        }
        let lines = claimed.components.iter().map(|&Component { name, is_of_request }| {
            let value = if is_of_request {
                let value = self.asked.covered(name);
                value.ok_or_else(|| RequestError::Component { name: name.into() })?
            } else if name == "@status" {
                status
            } else {
                let value = fields.value(name, usize::MAX)?;
                value.ok_or_else(|| RequestError::FieldAbsent { name: name.into() })?
            };
            Ok(Line { name, is_of_request, value })
        });
        lines.collect()
    }
}

impl fmt::Debug for PendingResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingResponse").finish_non_exhaustive()
    }
}

/// `None` for a key whose signatures RFC 9421 does not have.
fn is_signed(key: &Key, claimed: &Claimed<'_>, lines: &[Line<'_>]) -> Option<bool> {
    if !wire::has_form(key) {
        return None;
    }
    let signature = wire::received(key, claimed.signature.as_bytes());
    let Some(mut verification) = signature.and_then(|signature| key.verification(&signature))
    else {
        return Some(false);
    };
    let lines = lines.iter().copied();
    base::write(lines, claimed.params, |piece| verification.update(piece.as_bytes()));
    Some(verification.finish())
}

/// In constant time for texts of one length, which is no secret.
fn is_equal(one: &[u8], other: &[u8]) -> bool {
    let difference = one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b));
    core::hint::black_box(difference) == 0 && one.len() == other.len()
}

/// What the fields of a response say.
struct Said {
    digest: Option<ContentDigest>,
    challenge: Option<[u8; 32]>,
    retry_after: Option<u32>,
    further: Vec<(Box<str>, Box<str>)>,
}

impl Said {
    fn read(fields: &Fields<'_>, policy: &ResponsePolicy) -> Result<Self, RequestError> {
        let limits = &policy.limits;
        if fields.has("content-encoding") {
            return Err(RequestError::Encoding);
        }
        fields.value("content-type", limits.max_field)?;
        let mut further = Vec::new();
        for name in policy.further.iter() {
            if let Some(value) = fields.value(name, limits.max_field)? {
                further.push((name.into(), value.into()));
            }
        }
        Ok(Self {
            further,
            digest: content_digest(fields, limits.max_field)?,
            challenge: fixed(fields, "ota-challenge")?,
            retry_after: retry_after(fields)?,
        })
    }
}

/// Seconds, as RFC 9110 §10.2.3 has them. A date is of no use to whoever has no clock.
fn retry_after(fields: &Fields<'_>) -> Result<Option<u32>, RequestError> {
    let Some(text) = fields.value("retry-after", 64)? else { return Ok(None) };
    let seconds = grammar::integer(text);
    let seconds = seconds.ok_or_else(|| RequestError::Field { name: "retry-after".into() })?;
    Ok(Some(u32::try_from(seconds).unwrap_or(u32::MAX)))
}

#[derive(Debug)]
struct Signed {
    created: UtcTime,
    further: Vec<(Box<str>, Box<str>)>,
}

/// A response whose head has been read. It takes the body, which is not believed before the end.
#[must_use]
pub struct ReceivedResponse {
    status: u16,
    /// What else is believed of it at the end, if it is signed.
    signed: Option<Signed>,
    challenge: Option<[u8; 32]>,
    retry_after: Option<u32>,
    content: Content,
    /// The beginning of it, where a code may be.
    body: Vec<u8>,
}

impl ReceivedResponse {
    /// Whatever cannot be read of it is as if it was not there.
    fn unsigned(status: u16, fields: &Fields<'_>, limits: &RequestLimits) -> Self {
        Self {
            status,
            signed: None,
            challenge: fixed(fields, "ota-challenge").ok().flatten(),
            retry_after: retry_after(fields).ok().flatten(),
            content: Content::new(None, None, limits.max_body),
            body: Vec::new(),
        }
    }

    /// The status. Until the end it is that of whoever has sent it.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Takes the next chunk of the body. Once this has refused, so does [`finish`](Self::finish).
    pub fn update(&mut self, chunk: &[u8]) -> Result<(), ResponseError> {
        self.content.update(chunk)?;
        if self.status >= 400 {
            let room = (MAX_BODY + 1).saturating_sub(self.body.len());
            self.body.extend(chunk.iter().take(room));
        }
        Ok(())
    }

    /// The body is over. Only now is any of it believed.
    pub fn finish(self) -> Result<Answer, ResponseError> {
        let Self { status, signed, challenge, retry_after, content, body } = self;
        content.finish()?;
        let longest = if signed.is_some() { LONGEST_SIGNED } else { LONGEST_UNSIGNED };
        let retry_after = retry_after.map(|seconds| seconds.min(longest));
        let is_signed = signed.is_some();
        match signed {
            Some(Signed { created, further }) if status < 400 => {
                let response =
                    VerifiedResponse { status, created, challenge, retry_after, further };
                Ok(Answer::Verified(response))
            }
            _ => {
                let code = if body.len() > MAX_BODY { None } else { code_in(&body) };
                Ok(Answer::Refused(Refused { status, code, challenge, retry_after, is_signed }))
            }
        }
    }
}

impl fmt::Debug for ReceivedResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedResponse").field("status", &self.status).finish_non_exhaustive()
    }
}

/// What has come back. Exhaustive on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The server's answer to this request, whole.
    Verified(VerifiedResponse),
    /// It was refused, as far as can be told.
    Refused(Refused),
}

/// An answer to this very request, by a key for responses: nobody has changed or swapped it, and it is
/// no older than the question.
///
/// What was taken as its body is what the server has signed. Of its fields, those are signed that can be asked for
/// here, and no others: not `location`, say. It does not say that a release is genuine:
/// what a server offers is a hint, until metadata vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedResponse {
    status: u16,
    created: UtcTime,
    challenge: Option<[u8; 32]>,
    retry_after: Option<u32>,
    further: Vec<(Box<str>, Box<str>)>,
}

impl VerifiedResponse {
    /// The status, below 400.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// When the server has signed it, by its clock.
    #[must_use]
    pub fn created(&self) -> UtcTime {
        self.created
    }

    /// A challenge for the next request.
    #[must_use]
    pub fn challenge(&self) -> Option<[u8; 32]> {
        self.challenge
    }

    /// The value of a further field that the [policy](ResponsePolicy::also_cover) names.
    #[must_use]
    pub fn covered(&self, name: &str) -> Option<&str> {
        self.further.iter().find(|(known, _)| **known == *name).map(|(_, value)| &**value)
    }

    /// For how many seconds not to come again, a day at most.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        self.retry_after
    }
}

/// The server has refused the request, or whoever has answered for it says so.
///
/// Unless it [is signed](Self::is_signed), it is a hint. Follow it once, and after that wait, longer each
/// time and by chance: then whoever writes such answers gains nothing but time. Do not follow a redirection
/// with a signed request at all: those are refused as unsigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    status: u16,
    code: Option<ProblemCode>,
    challenge: Option<[u8; 32]>,
    retry_after: Option<u32>,
    is_signed: bool,
}

impl Refused {
    /// The status, 400 or more.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The code in the body, if it has one of this profile.
    #[must_use]
    pub fn code(&self) -> Option<ProblemCode> {
        self.code
    }

    /// The challenge that the next request is to answer.
    #[must_use]
    pub fn challenge(&self) -> Option<[u8; 32]> {
        self.challenge
    }

    /// For how many seconds not to come again: at most an hour, or a day if it is signed.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        self.retry_after
    }

    /// Whether a key for responses has signed it, for this request.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// Whether signing anew may help, with a new nonce and [the challenge](Self::challenge). Try it once for
    /// each request, at once.
    #[must_use]
    pub fn asks_to_sign_again(&self) -> bool {
        matches!(self.status, 401 | 409 | 425)
    }
}
