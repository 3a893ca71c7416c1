//! What a device sends.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};

use super::base::{self, Line};
use super::profile::REQUEST_TAG;
use super::response::PendingResponse;
use super::signed::Asked;
use super::written::{Content, Written};
use super::{ProfileError, Target};
use crate::identity::DeviceIdentity;
use crate::primitives::{StartTime, UtcTime};

/// The largest integer of a structured field (RFC 9651 §3.3.1).
const MAX_COUNTER: u64 = 999_999_999_999_999;

/// By what a device knows the answer to its own question: 32 bytes that nobody can foresee, used once.
pub struct Nonce([u8; 32]);

impl Nonce {
    /// From 32 bytes of a generator that is fit for keys. 32 equal bytes are refused: that is a buffer that
    /// nobody has filled.
    pub fn new(random: [u8; 32]) -> Result<Self, ProfileError> {
        let [first, rest @ ..] = &random;
        let is_filled = rest.iter().any(|byte| byte != first);
        is_filled.then_some(Self(random)).ok_or(ProfileError::Random)
    }
}

/// From when until when a request is good.
///
/// What a device believes of the time is what it signs. Where that is far off, the server answers with a
/// challenge, and the next request is accepted whatever the clock says.
///
/// ```
/// use ota_trust::primitives::{StartTime, UtcTime};
/// use ota_trust::request::Validity;
/// let five_minutes = Validity::from(StartTime::Known(UtcTime::from_unix(1_800_000_000)?));
/// assert!(Validity::new(UtcTime::from_unix(1_800_000_000)?, 0).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    created: UtcTime,
    expires: UtcTime,
}

impl Validity {
    /// For so many seconds: 1 to 300, which is what servers take by default.
    pub fn new(created: UtcTime, seconds: u32) -> Result<Self, ProfileError> {
        let expires = created.saturating_add(seconds.into());
        let is_one = created.unix() >= 0 && (1..=300).contains(&(expires.unix() - created.unix()));
        is_one.then_some(Self { created, expires }).ok_or(ProfileError::Window)
    }
}

impl From<StartTime> for Validity {
    /// For 300 seconds from what is known of the time.
    fn from(start: StartTime) -> Self {
        let time = start.time();
        let since_1970 = UtcTime::from_unix(0).map_or(time, |first| time.max(first));
        let expires = since_1970.saturating_add(300);
        Self { created: expires.saturating_sub(300), expires }
    }
}

/// A request to be signed.
///
/// [The module](super) shows it together with the answer.
#[derive(Clone)]
pub struct RequestDraft {
    method: &'static str,
    target: Target,
    content: Option<Content>,
    counter: Option<u64>,
    certificate: Option<Vec<u8>>,
    challenge: Option<[u8; 32]>,
    binding: Option<[u8; 32]>,
    further: Vec<(Box<str>, Box<str>)>,
}

impl RequestDraft {
    /// A request without a body.
    #[must_use]
    pub fn get(target: Target) -> Self {
        Self {
            method: "GET",
            target,
            content: None,
            counter: None,
            certificate: None,
            challenge: None,
            binding: None,
            further: Vec::new(),
        }
    }

    /// A request with a body, of which the digest is signed: send these bytes, and no content coding.
    #[must_use]
    pub fn post(target: Target, content_type: &str, body: &[u8]) -> Self {
        let content = Some(Content::of(content_type, body));
        Self { method: "POST", content, ..Self::get(target) }
    }

    /// With the counter of [`IdentityState::count`](crate::identity::IdentityState::count), which has been
    /// stored.
    #[must_use]
    pub fn counter(self, counter: u64) -> Self {
        Self { counter: Some(counter), ..self }
    }

    /// With the certificate of this epoch: once for each connection, and after a problem of
    /// [`SignAgain`](super::ProblemCode::SignAgain).
    #[must_use]
    pub fn certificate(self, certificate: &[u8]) -> Self {
        Self { certificate: Some(certificate.to_vec()), ..self }
    }

    /// With the challenge of the last problem, if it had one.
    #[must_use]
    pub fn challenge(self, challenge: Option<[u8; 32]>) -> Self {
        Self { challenge, ..self }
    }

    /// Bound to this connection by the value of `tls-exporter` (RFC 9266), if TLS gives one.
    #[must_use]
    pub fn binding(self, exporter: Option<[u8; 32]>) -> Self {
        Self { binding: exporter, ..self }
    }

    /// With a further field, one that the server's policy covers: its name in lower case.
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.further.push((name.into(), value.into()));
        self
    }

    /// The request, signed by this device.
    ///
    /// The nonce is used up, so that no other request has it.
    #[expect(clippy::needless_pass_by_value, reason = "by value, so that it is used once")]
    pub fn sign(
        self,
        identity: &DeviceIdentity,
        validity: Validity,
        nonce: Nonce,
    ) -> Result<OutgoingRequest, ProfileError> {
        let written = self.written()?;
        let Self { method, target, .. } = self;
        let derived = [
            ("@method", method),
            ("@authority", &*target.authority),
            ("@path", &*target.path),
            ("@query", &*target.query),
        ];
        let derived = derived.map(|(name, value)| Line { name, is_of_request: false, value });
        let lines = || derived.into_iter().chain(written.lines());
        let Nonce(random) = nonce;
        let nonce = Base64UrlUnpadded::encode_string(&random);
        let params = format!(
            r#"{};created={};expires={};nonce="{nonce}";keyid="{}";tag="{REQUEST_TAG}""#,
            base::inner_list(lines()),
            validity.created.unix(),
            validity.expires.unix(),
            identity.handle().key_id().as_str(),
        );
        let signature = identity.sign_bytes(base::whole(lines(), &params).as_bytes());
        let asked = Asked::of(lines(), &nonce);
        let fields = written.signed(&params, &signature);
        Ok(OutgoingRequest { method, target, fields, asked })
    }

    /// The fields that are covered.
    fn written(&self) -> Result<Written, ProfileError> {
        let mut written = Written::default();
        self.content.iter().for_each(|content| written.content(content));
        written.bytes("ota-challenge", self.challenge.as_ref().map(<[u8; 32]>::as_slice));
        if let Some(counter) = self.counter {
            if !(1..=MAX_COUNTER).contains(&counter) {
                return Err(ProfileError::Counter);
            }
            written.add("ota-counter", counter.to_string());
        }
        written.bytes("ota-certificate", self.certificate.as_deref());
        written.bytes("ota-binding", self.binding.as_ref().map(<[u8; 32]>::as_slice));
        written.with(&self.further)
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(..)")
    }
}

impl fmt::Debug for RequestDraft {
    /// Without what tells one device from another.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestDraft")
            .field("method", &self.method)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

/// A request that is signed: to be sent as it is, once.
#[must_use]
pub struct OutgoingRequest {
    method: &'static str,
    target: Target,
    fields: Vec<(Box<str>, String)>,
    asked: Asked,
}

impl OutgoingRequest {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// Where it goes.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The fields, beside those that the HTTP library adds: `Host` and `Content-Length`.
    #[must_use]
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (&**name, &**value))
    }

    /// What the answer is read with. A request has one.
    pub fn pending(self) -> PendingResponse {
        PendingResponse::to(self.asked)
    }
}

impl fmt::Debug for OutgoingRequest {
    /// Without its fields: they name the device, and whoever has them can send the request.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingRequest")
            .field("method", &self.method)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}
