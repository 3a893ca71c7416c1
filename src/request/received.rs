//! A request as it arrives: read, and held against everything that costs next to nothing.

use alloc::vec::Vec;
use core::fmt;

use super::base::Line;
use super::challenge::{ChallengeKey, Issued};
use super::digest::{Content, ContentDigest};
use super::parts::{Fields, as_short};
use super::profile::{Claimed, FIELDS_OF_REQUESTS, Kind, OF_REQUESTS, REQUEST_TAG};
use super::replay::{ReplayEntry, ReplayId, ReplayWindow, seen};
use super::signed::SignedRequest;
use super::target::{authority, is_path, is_query};
use super::transport::{Channel, TransportEvidence};
use super::window::Window;
use super::{NoKey, PeerKey, Problem, RequestError, RequestParts, RequestPolicy, base, grammar};
use crate::identity::{
    CertifiedHandle, EpochKey, Handle, HandleAnswer, HandleStatus, IdentityError,
};
use crate::primitives::{UtcTime, refusals};

/// The longest value of a field of fixed length that is looked at: a challenge has 46 bytes.
const SHORT: usize = 64;

/// A server's side: what it asks of requests, and the key of its challenges.
///
/// [`the module`](super) shows the whole of it.
#[derive(Debug)]
pub struct RequestVerifier {
    policy: RequestPolicy,
    challenges: ChallengeKey,
}

refusals!(
    Request,
    /// A request that was refused: why, and what the server has to know to answer it.
    #[refusal(of error)]
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[error("the request is refused")]
    pub struct RefusedRequest {
        #[source]
        error: RequestError,
        /// For whom a challenge would be, and at which of the policy's names; not known of a request
        /// that cannot be read.
        claim: Option<(Handle, usize)>,
    }
);

impl RefusedRequest {
    /// Why.
    #[must_use]
    pub fn error(&self) -> &RequestError {
        &self.error
    }
}

impl From<RequestError> for RefusedRequest {
    fn from(error: RequestError) -> Self {
        Self { error, claim: None }
    }
}

impl RequestVerifier {
    /// A server with this policy.
    #[must_use]
    pub fn new(policy: RequestPolicy, challenges: ChallengeKey) -> Self {
        Self { policy, challenges }
    }

    /// What it asks of requests.
    #[must_use]
    pub fn policy(&self) -> &RequestPolicy {
        &self.policy
    }

    /// Reads a request, in this order: sizes, the request line, the fields, the signature's form,
    /// parameters and coverage, whom it is for, early data, and the time.
    ///
    /// Nothing is believed yet, and nothing of a body has been read.
    pub fn read<'r, 'm: 'r, F>(
        &'r self,
        parts: RequestParts<'m, F>,
        evidence: &TransportEvidence,
        now: UtcTime,
    ) -> Result<ReceivedRequest<'r>, RefusedRequest>
    where
        F: IntoIterator<Item = (&'m str, &'m [u8])>,
    {
        let RequestParts { method, path, query, authority, fields } = parts;
        let fields = Fields::gather(as_short(fields), self.policy.further.iter());
        let line = RequestLine { method, path, query, authority };
        self.read_gathered(line, &fields, evidence, now)
    }

    fn read_gathered<'r>(
        &'r self,
        line: RequestLine<'r>,
        fields: &Fields<'r>,
        evidence: &TransportEvidence,
        now: UtcTime,
    ) -> Result<ReceivedRequest<'r>, RefusedRequest> {
        let Self { policy, challenges } = self;
        let limits = &policy.limits;
        line.check(policy)?;
        let said = Values::read(fields, policy)?;
        let kind = Kind { tag: REQUEST_TAG, is_request: true };
        let claimed = Claimed::read(fields, kind, limits)?;
        let handle = Handle::from_hex(claimed.key_id)
            .ok_or_else(|| RequestError::Parameter { name: "keyid".into() })?;
        // Ed25519 has no other.
        if claimed.signature.as_bytes().len() != 64 {
            return Err(RequestError::SignatureField.into());
        }
        let window = Window::of(claimed.created, claimed.expires.unwrap_or(now), limits)?;
        let further = policy.further.iter();
        claimed.require(OF_REQUESTS, FIELDS_OF_REQUESTS.into_iter().chain(further), fields)?;
        if policy.requires_counter && said.counter.is_none() {
            return Err(RequestError::Coverage { name: "ota-counter".into() }.into());
        }
        let authority = line.authority(fields, policy)?;
        let lines = line.lines(&claimed, fields, (policy, authority))?;
        let channel =
            Channel::read(fields, evidence, said.binding, (&policy.hops, policy.channel))?;
        let claim = (handle, authority);
        let refuse = |error: RequestError| RefusedRequest { error, claim: Some(claim) };
        let challenge = match &said.challenge {
            Some(challenge) => {
                let name = policy.authorities.get(authority).map_or("", |name| name);
                let issued = challenges.verify(challenge, (&handle, name), now, limits);
                Some(issued.ok_or_else(|| refuse(RequestError::Challenge))?)
            }
            // Whoever answers a challenge has shown that the request is of now.
            None if window.is_open(now, limits) => None,
            None => {
                return Err(refuse(RequestError::Window { created: window.created, now }));
            }
        };
        let replay = match (&said.challenge, challenge) {
            (Some(text), Some(issued)) => ReplayId::of_challenge(&handle, text, issued.end),
            _ => ReplayId::of_request(&handle, claimed.nonce, &window),
        };
        Ok(ReceivedRequest {
            verifier: self,
            claimed,
            lines,
            said,
            claim,
            window,
            challenge,
            replay,
            channel,
            now,
        })
    }

    /// What to answer to a request that was refused: coarse, so that nobody learns which check it was.
    ///
    /// `random` is drawn anew each time. It makes challenges differ, and spreads the times after which
    /// devices come again.
    #[must_use]
    pub fn problem(&self, refused: &RefusedRequest, now: UtcTime, random: [u8; 16]) -> Problem {
        let [for_challenge @ .., _, _, _, _, _, _, _, _] = random;
        let [_, _, _, _, _, _, _, _, jitter, ..] = random;
        let challenge = refused.claim.and_then(|(handle, authority)| {
            let name = self.policy.authorities.get(authority)?;
            Some(self.challenges.issue((&handle, name), now, for_challenge))
        });
        Problem::of(&refused.error, challenge, jitter)
    }
}

/// What stands in front of the fields.
#[derive(Clone, Copy)]
struct RequestLine<'r> {
    method: &'r str,
    path: &'r str,
    query: Option<&'r str>,
    authority: Option<&'r str>,
}

impl<'r> RequestLine<'r> {
    fn check(&self, policy: &RequestPolicy) -> Result<(), RequestError> {
        let limits = &policy.limits;
        let query = self.query.unwrap_or_default();
        for (what, text, limit) in
            [("path", self.path, limits.max_path), ("query", query, limits.max_query)]
        {
            if text.len() > limit {
                return Err(RequestError::TooLarge { what, limit });
            }
        }
        if !policy.methods.contains(&self.method) {
            return Err(RequestError::Method { found: self.method.into() });
        }
        if !is_path(self.path()) {
            return Err(RequestError::Path);
        }
        if is_query(query) { Ok(()) } else { Err(RequestError::Query) }
    }

    fn path(&self) -> &'r str {
        if self.path.is_empty() { "/" } else { self.path }
    }

    /// Which of the policy's names the request is for (RFC 9421 §2.2.3, RFC 9110 §7.2).
    fn authority(
        &self,
        fields: &Fields<'r>,
        policy: &RequestPolicy,
    ) -> Result<usize, RequestError> {
        if policy.is_authority_fixed {
            return Ok(0);
        }
        let host = fields.value("host", policy.limits.max_field);
        let host = host.map_err(|_| RequestError::AuthorityForm)?;
        let host = host.map(|host| authority(host, policy.scheme)).transpose()?;
        let own = self.authority.map(|own| authority(own, policy.scheme)).transpose()?;
        let name = match (own, host) {
            (Some(own), Some(host)) if !own.eq_ignore_ascii_case(host) => None,
            (Some(name), _) | (None, Some(name)) => Some(name),
            (None, None) => None,
        };
        let name = name.ok_or(RequestError::AuthorityForm)?;
        let mut known = policy.authorities.iter();
        known.position(|known| known.eq_ignore_ascii_case(name)).ok_or(RequestError::Authority)
    }

    /// The lines of the base that was signed, in the order in which it was.
    fn lines(
        &self,
        claimed: &Claimed<'r>,
        fields: &Fields<'r>,
        (policy, authority): (&'r RequestPolicy, usize),
    ) -> Result<Vec<Line<'r>>, RequestError> {
        let lines = claimed.components.iter().map(|component| {
            let name = component.name;
            let value = match name {
                "@method" => self.method,
                "@authority" => policy.authorities.get(authority).map_or("", |name| name),
                "@path" => self.path(),
                "@query" => self.query.unwrap_or_default(),
                field => fields
                    .value(field, usize::MAX)?
                    .ok_or_else(|| RequestError::FieldAbsent { name: field.into() })?,
            };
            Ok(Line { name, is_of_request: false, value })
        });
        lines.collect()
    }
}

/// What the fields of a request say.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    pub(super) digest: Option<ContentDigest>,
    pub(super) challenge: Option<[u8; 32]>,
    pub(super) counter: Option<u64>,
    pub(super) certificate: Option<Vec<u8>>,
    binding: Option<[u8; 32]>,
}

impl Values {
    fn read(fields: &Fields<'_>, policy: &RequestPolicy) -> Result<Self, RequestError> {
        let limits = &policy.limits;
        if fields.has("content-encoding") {
            return Err(RequestError::Encoding);
        }
        for name in policy.further.iter().chain(["content-type"]) {
            fields.value(name, limits.max_field)?;
        }
        let mut said = Self {
            digest: content_digest(fields, limits.max_field)?,
            challenge: fixed(fields, "ota-challenge")?,
            binding: fixed(fields, "ota-binding")?,
            ..Self::default()
        };
        if let Some(item) = fields.value("ota-counter", SHORT)? {
            let counter = grammar::integer(item).filter(|counter| *counter > 0);
            said.counter = Some(counter.ok_or_else(|| malformed("ota-counter"))?);
        }
        let longest = limits.max_certificate.div_ceil(3) * 4 + "::".len();
        if let Some(item) = fields.value("ota-certificate", longest)? {
            let mut certificate = alloc::vec![0; limits.max_certificate];
            let length = grammar::bytes(item, &mut certificate).map(<[u8]>::len);
            certificate.truncate(length.ok_or_else(|| malformed("ota-certificate"))?);
            said.certificate = Some(certificate);
        }
        Ok(said)
    }
}

fn malformed(name: &str) -> RequestError {
    RequestError::Field { name: name.into() }
}

/// A field that is a byte sequence of 32 bytes.
pub(super) fn fixed(fields: &Fields<'_>, name: &str) -> Result<Option<[u8; 32]>, RequestError> {
    let item = fields.value(name, SHORT)?;
    item.map(|item| grammar::fixed_bytes(item).ok_or_else(|| malformed(name))).transpose()
}

/// The digests of `Content-Digest`.
pub(super) fn content_digest(
    fields: &Fields<'_>,
    limit: usize,
) -> Result<Option<ContentDigest>, RequestError> {
    if fields.is_twice("content-digest") {
        return Err(RequestError::DigestField);
    }
    fields.value("content-digest", limit)?.map(ContentDigest::read).transpose()
}

/// A request that is well-formed, for this server, and of now, as it says itself. Nothing is verified.
///
/// It says under which [`handle`](Self::handle) the key is to be looked up. [`verify`](Self::verify) goes on.
pub struct ReceivedRequest<'r> {
    verifier: &'r RequestVerifier,
    claimed: Claimed<'r>,
    lines: Vec<Line<'r>>,
    said: Values,
    claim: (Handle, usize),
    window: Window,
    challenge: Option<Issued>,
    replay: ReplayId,
    channel: Channel,
    now: UtcTime,
}

impl<'r> ReceivedRequest<'r> {
    /// Whose request it is, as it says.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        let (handle, _) = &self.claim;
        handle
    }

    /// The certificate that it brings along, for a server that has none of this handle yet: for
    /// [`CertifiedHandle::verify`].
    #[must_use]
    pub fn certificate(&self) -> Option<&[u8]> {
        self.said.certificate.as_deref()
    }

    /// By what a store knows it again: to look whether it is there, before anything is verified.
    #[must_use]
    pub fn replay_id(&self) -> &ReplayId {
        &self.replay
    }

    /// Goes on if the store did not have it: see
    /// [`MemoryReplay::contains`](super::MemoryReplay::contains). This may only refuse.
    pub fn unless_seen(self, is_seen: bool) -> Result<Self, RefusedRequest> {
        if is_seen { Err(self.refuse(seen(self.is_challenged()))) } else { Ok(self) }
    }

    /// The refusal of this request, where its certificate was refused.
    #[must_use]
    pub fn refuse_certificate(&self, refused: IdentityError) -> RefusedRequest {
        self.refuse(NoKey::Certificate(refused).into())
    }

    pub(super) fn refuse(&self, error: RequestError) -> RefusedRequest {
        RefusedRequest { error, claim: Some(self.claim) }
    }

    /// Verifies the signature, in this order: there is a certificate, of this handle and of now, its key
    /// has signed, the handle is not over, and the connection is not another one's.
    ///
    /// `None` stands for a handle of which there is no certificate. `status` is what the server has
    /// remembered of the handle. One that is suspected has to answer a challenge.
    pub fn verify(
        self,
        device: Option<&CertifiedHandle>,
        status: HandleStatus,
    ) -> Result<SignedRequest<'r>, RefusedRequest> {
        match self.judge(device, status) {
            Ok((key, binding, until)) => Ok(SignedRequest::new(self, key, binding, until)),
            Err(error) => Err(self.refuse(error)),
        }
    }

    fn judge(
        &self,
        device: Option<&CertifiedHandle>,
        status: HandleStatus,
    ) -> Result<(EpochKey, super::ChannelBinding, UtcTime), RequestError> {
        let Some(device) = device else {
            if self.verifier.policy.verifies_for_unknown {
                core::hint::black_box(self.is_signed_by(&nobody()));
            }
            return Err(NoKey::Unknown.into());
        };
        if device.handle() != *self.handle() {
            return Err(NoKey::OtherHandle.into());
        }
        let (not_before, expires) = (device.window().not_before(), device.expires());
        if expires <= self.now {
            return Err(NoKey::Certificate(IdentityError::Expired { expires }).into());
        }
        if self.now < not_before {
            return Err(NoKey::Certificate(IdentityError::NotYetValid { not_before }).into());
        }
        let key = device.epoch_key();
        if !self.is_signed_by(key.key()) {
            return Err(RequestError::Signature);
        }
        match status.answer() {
            HandleAnswer::Refuse => return Err(NoKey::Ended(status).into()),
            HandleAnswer::Challenge if self.challenge.is_none() => {
                return Err(RequestError::Challenge);
            }
            HandleAnswer::Challenge | HandleAnswer::Serve => {}
        }
        let binding = self.channel.judge(PeerKey::ed25519(key.public_key()))?;
        Ok((key.clone(), binding, expires))
    }

    /// The base is handed to the verification piece by piece: it is nowhere as a whole.
    fn is_signed_by(&self, key: &crate::key::Key) -> bool {
        let Some(mut verification) = key.verification(self.claimed.signature.as_bytes()) else {
            return false;
        };
        let lines = self.lines.iter().copied();
        base::write(lines, self.claimed.params, |piece| verification.update(piece.as_bytes()));
        verification.finish()
    }

    /// The body is held against this. With one, both fields about it have to be covered.
    pub(super) fn content(&self) -> Content {
        let uncovered =
            ["content-digest", "content-type"].into_iter().find(|name| !self.claimed.covers(name));
        Content::new(self.said.digest, uncovered, self.limits().max_body)
    }

    fn limits(&self) -> &'r super::RequestLimits {
        &self.verifier.policy.limits
    }

    pub(super) fn entry(&self, certified_until: UtcTime) -> ReplayEntry {
        ReplayEntry {
            id: self.replay,
            handle: *self.handle(),
            created: self.window.created,
            challenge: self.challenge,
            counter: self.said.counter,
            certified_until,
            window: ReplayWindow::of(self.limits()),
        }
    }

    pub(super) fn lines(&self) -> &[Line<'r>] {
        &self.lines
    }

    pub(super) fn nonce(&self) -> &'r str {
        self.claimed.nonce
    }

    pub(super) fn counter(&self) -> Option<u64> {
        self.said.counter
    }

    pub(super) fn is_challenged(&self) -> bool {
        self.challenge.is_some()
    }

    /// By how many seconds the device's clock is ahead, as far as the request tells.
    pub(super) fn clock_error(&self) -> i64 {
        self.window.created.unix() - self.now.unix()
    }
}

impl fmt::Debug for ReceivedRequest<'_> {
    /// Without what tells one device from another.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedRequest").finish_non_exhaustive()
    }
}

/// A key that nobody has: what a request of an unknown handle is verified with, if it is.
fn nobody() -> crate::key::Key {
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    crate::key::Key::new("ed25519", "ed25519", PUBLIC)
}
