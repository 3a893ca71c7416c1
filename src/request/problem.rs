//! What goes back to whoever was refused (RFC 9457): enough to do the right thing, and no more.
//!
//! Which check refused is nobody's business but the server's: a wrong signature, an unknown handle and a
//! stale request get the same bytes.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use super::written::byte_sequence;
use super::{RequestError, TransportError};
use crate::json::{JsonError, Reader};
use crate::primitives::Limits;

/// What a problem is called on the wire. Each has one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ProblemCode {
    /// 400: not of the profile. Sending it again does not help.
    Malformed,
    /// 401: sign anew, with the challenge that comes along. Why is not said.
    SignAgain,
    /// 403: not over this connection.
    Channel,
    /// 409: seen before. Sign anew, once, with another nonce.
    Replayed,
    /// 413: the body is too large.
    TooLarge,
    /// 415: the body is coded.
    Encoding,
    /// 421: for another server.
    Authority,
    /// 425: came as early data. Send it after the handshake.
    TooEarly,
    /// 429: too many requests of this handle.
    Quota,
    /// 431: the fields are too large.
    Fields,
    /// 503: not now.
    Unavailable,
}

impl ProblemCode {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Malformed,
        Self::SignAgain,
        Self::Channel,
        Self::Replayed,
        Self::TooLarge,
        Self::Encoding,
        Self::Authority,
        Self::TooEarly,
        Self::Quota,
        Self::Fields,
        Self::Unavailable,
    ];

    const fn row(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Malformed => (400, "malformed", "Bad Request"),
            Self::SignAgain => (401, "sign-again", "Unauthorized"),
            Self::Channel => (403, "channel", "Forbidden"),
            Self::Replayed => (409, "replayed", "Conflict"),
            Self::TooLarge => (413, "too-large", "Content Too Large"),
            Self::Encoding => (415, "encoding", "Unsupported Media Type"),
            Self::Authority => (421, "authority", "Misdirected Request"),
            Self::TooEarly => (425, "too-early", "Too Early"),
            Self::Quota => (429, "quota", "Too Many Requests"),
            Self::Fields => (431, "fields", "Request Header Fields Too Large"),
            Self::Unavailable => (503, "unavailable", "Service Unavailable"),
        }
    }

    /// The status of the response.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.row().0
    }

    /// The value of `code` in the body.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().1
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.name() == name)
    }

    fn of(refused: &RequestError) -> Self {
        match refused {
            RequestError::TooLarge { .. } => Self::Fields,
            RequestError::Transport(transport) => match transport {
                TransportError::EarlyData => Self::TooEarly,
                TransportError::Mismatch | TransportError::Unavailable | TransportError::NoPeer => {
                    Self::Channel
                }
                TransportError::UndeclaredHop | TransportError::ClientCert => Self::Malformed,
            },
            RequestError::Encoding => Self::Encoding,
            RequestError::Authority => Self::Authority,
            RequestError::Window { .. }
            | RequestError::Challenge
            | RequestError::Key(_)
            | RequestError::Signature
            | RequestError::Digest
            | RequestError::Counter => Self::SignAgain,
            RequestError::Replayed => Self::Replayed,
            RequestError::BodyTooLarge { .. } => Self::TooLarge,
            RequestError::Quota => Self::Quota,
            RequestError::StoreFull | RequestError::StoreUnavailable => Self::Unavailable,
            RequestError::Field { .. }
            | RequestError::FieldTwice { .. }
            | RequestError::FieldAbsent { .. }
            | RequestError::Method { .. }
            | RequestError::AuthorityForm
            | RequestError::Path
            | RequestError::Query
            | RequestError::SignatureInput
            | RequestError::SignatureField
            | RequestError::Signatures
            | RequestError::NotSigned
            | RequestError::Parameter { .. }
            | RequestError::Lifetime { .. }
            | RequestError::Component { .. }
            | RequestError::ComponentTwice { .. }
            | RequestError::Coverage { .. }
            | RequestError::DigestField
            | RequestError::DigestWeak
            | RequestError::DigestNone
            | RequestError::BodyUncovered { .. } => Self::Malformed,
        }
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a server answers to a request that it has refused, from
/// [`RequestVerifier::problem`](super::RequestVerifier::problem). It is not signed: a server signs
/// nothing that strangers can make it say.
///
/// ```
/// # use ota_trust::request::{ChallengeKey, RequestError, RequestPolicy, RequestVerifier};
/// # let policy = RequestPolicy::new(["updates.example.com"])?;
/// # let verifier = RequestVerifier::new(policy, ChallengeKey::new(&mut core::array::from_fn(|n| n as u8))?);
/// # let (now, random) = (ota_trust::primitives::UtcTime::from_unix(1_800_000_000)?, [7; 16]);
/// let problem = verifier.problem(&RequestError::Replayed.into(), now, random);
/// assert_eq!(problem.code().status(), 409);
/// assert_eq!(
///     problem.body(),
///     r#"{"type":"about:blank","title":"Conflict","status":409,"code":"replayed"}"#
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    code: ProblemCode,
    challenge: Option<[u8; 32]>,
    retry_after: Option<u32>,
}

impl Problem {
    /// `jitter` spreads the seconds after which devices come again.
    pub(super) fn of(refused: &RequestError, challenge: Option<[u8; 32]>, jitter: u8) -> Self {
        let code = ProblemCode::of(refused);
        let later = 30 + u32::from(jitter) * 271 / 256; // 30 to 300
        Self {
            code,
            challenge: challenge.filter(|_| code == ProblemCode::SignAgain),
            retry_after: matches!(code, ProblemCode::Quota | ProblemCode::Unavailable)
                .then_some(later),
        }
    }

    /// What it is called.
    #[must_use]
    pub fn code(&self) -> ProblemCode {
        self.code
    }

    /// Whether the connection is to be closed with it: what follows on it cannot be told from what was
    /// refused, or it belongs to somebody else.
    #[must_use]
    pub fn closes(&self) -> bool {
        matches!(
            self.code,
            ProblemCode::Channel
                | ProblemCode::TooLarge
                | ProblemCode::Encoding
                | ProblemCode::Fields
        )
    }

    /// The fields of the response.
    #[must_use]
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = Vec::from([
            ("content-type", String::from("application/problem+json")),
            ("cache-control", String::from("no-store")),
        ]);
        if self.code == ProblemCode::SignAgain {
            // RFC 9110 §15.5.2 asks for one.
            fields.push(("www-authenticate", String::from("OTA-Signature")));
        }
        if let Some(challenge) = &self.challenge {
            fields.push(("ota-challenge", byte_sequence(challenge)));
        }
        if let Some(seconds) = self.retry_after {
            fields.push(("retry-after", seconds.to_string()));
        }
        fields
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> String {
        let (status, name, title) = self.code.row();
        format!(r#"{{"type":"about:blank","title":"{title}","status":{status},"code":"{name}"}}"#)
    }
}

/// The longest body in which a code is looked for.
pub(super) const MAX_BODY: usize = 2048;

/// The `code` in the body of a problem. A body that is something else has none: proxies write what they
/// like.
pub(super) fn code_in(body: &[u8]) -> Option<ProblemCode> {
    let limits = Limits::small();
    let mut reader = Reader::new(core::str::from_utf8(body).ok()?, &limits).ok()?;
    let mut code = None;
    let read = reader.object(|r, name| {
        if name.is("code") && r.peek()? == b'"' {
            code = ProblemCode::from_name(&r.text()?.decode());
            return Ok(());
        }
        r.skip()
    });
    read.and_then(|()| reader.end()).map_err(|_: JsonError| ()).ok()?;
    code
}
