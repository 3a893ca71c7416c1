//! Layers 1 and 2: requests that a server can believe, and answers that a device can.
//!
//! The server knows that a request is of an enrolled device, of now, whole, not a repetition, and of this
//! connection. The device knows that the answer is to its own question. Both by HTTP message signatures
//! (RFC 9421) in one strict profile, which every library of them can write and read; bodies by their
//! digests (RFC 9530), refusals as problems (RFC 9457).
//!
//! [`manual::requests`](crate::manual::requests) has the profile as a table, and what goes over the wire.
//!
//! | step | what it knows after it |
//! |---|---|
//! | [`RequestVerifier::read`] | [`ReceivedRequest`]: well-formed, for this server, of now: as it says itself |
//! | [`verify`](ReceivedRequest::verify) | [`SignedRequest`]: an enrolled device has signed it, for this connection |
//! | [`content`](SignedRequest::content) | [`WholeRequest`]: the body is the one that was signed |
//! | [`accept`](WholeRequest::accept) | [`VerifiedRequest`]: it has not been here before |
//!
//! Only the last one gives what a server acts on. Nothing of a body is read before a signature is verified,
//! and nothing is stored before everything else is.
//!
//! ```
//! # #[cfg(feature = "repository")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use ota_trust::key::{Ed25519Signer, Signer};
//! # use ota_trust::identity::*;
//! # use ota_trust::primitives::{Limits, StartTime, UtcTime};
//! # use ota_trust::services::{Purpose, ServiceKeys};
//! use ota_trust::request::*;
//! # fn random<const N: usize>() -> [u8; N] { core::array::from_fn(|n| n as u8 ^ 0x55) }
//! # let secret = DeviceSecret::new(&mut random())?;
//! # let fleet = Fleet::new("lamps.example")?;
//! # let (origin, identity) = (secret.identity(&fleet, IdentityEpoch::ENROLMENT), secret.identity(&fleet, IdentityEpoch::new(6)));
//! # let now: UtcTime = "2026-06-09T10:11:12Z".parse()?;
//! # let (limits, expires) = (Limits::default(), "2027-01-01T00:00:00Z".parse()?);
//! # let keys = |purpose, signer: &Ed25519Signer| {
//! #     let key = signer.public_key();
//! #     ServiceKeys::assume_trusted(purpose, vec![(key.id().clone(), key.key().clone())], expires)
//! # };
//! # let (enroller, server_key) = (Ed25519Signer::from_seed(&[7; 32]), Ed25519Signer::from_seed(&[8; 32]));
//! # let certificate = {
//! #     let sent = EpochKey::new(fleet.clone(), IdentityEpoch::ENROLMENT, *origin.public_key())?;
//! #     let record = Enrolment::enrol(sent, None)?.stored();
//! #     let window = EpochWindow::new("2026-06-01T00:00:00Z".parse()?, "2026-07-03T00:00:00Z".parse()?)?;
//! #     let windows = EpochWindows::new(IdentityEpoch::new(6), [window])?;
//! #     let rotation = Rotation::verify(&Rotation::prove(&origin, &identity)?, record.origin(), &limits)?;
//! #     let EnrolmentAction::Certify(right) = record.rotate(&rotation, &windows, now)?.stored().action else { panic!() };
//! #     right.certify(&[&enroller])?
//! # };
//! # let enrollers = keys(Purpose::Enrolment, &enroller);
//! # let response_keys = keys(Purpose::Response, &server_key);
//! // The server, once.
//! let policy = RequestPolicy::new(["updates.example.com"])?;
//! let verifier = RequestVerifier::new(policy, ChallengeKey::new(&mut random())?);
//! # let started = UtcTime::from_unix(now.unix() - 3600)?;
//! let mut replay =
//!     MemoryReplay::new(ReplayCapacity::default(), &RequestLimits::default(), started);
//!
//! // The device.
//! let body = br#"{"have":"1.4.0"}"#;
//! let target = Target::new("updates.example.com", "/v1/poll")?;
//! let request = RequestDraft::post(target, "application/json", body)
//!     .certificate(&certificate)
//!     .sign(&identity, Validity::from(StartTime::Known(now)), Nonce::new(random())?)?;
//!
//! // On the wire: `request.fields()`, and what the HTTP library adds. The server:
//! # let fields: Vec<(String, String)> =
//! #     request.fields().map(|(name, value)| (name.into(), value.into())).chain([("host".into(), "updates.example.com".into())]).collect();
//! # let fields = || fields.iter().map(|(name, value)| (&**name, value.as_bytes()));
//! let parts = RequestParts::new("POST", "/v1/poll", None).fields(fields());
//! let claim = verifier.read(parts, &TransportEvidence::tls(TlsVersion::Tls13), now)?;
//! let seen = replay.contains(claim.replay_id());
//! let claim = claim.unless_seen(seen)?;
//! let certificate = claim.certificate().ok_or("not known yet, and none sent")?;
//! let device =
//!     CertifiedHandle::verify(certificate, &enrollers, &fleet, StartTime::Known(now), &limits)?;
//! let mut content = claim.verify(Some(&device), HandleStatus::Live)?.content();
//! content.update(body)?;
//! let whole = content.finish()?;
//! let reply = replay.insert(&whole.entry(), now);
//! let accepted: VerifiedRequest = whole.accept(reply)?;
//! let response = ResponseDraft::ok("application/json", b"{}").sign(&accepted, &server_key, now)?;
//!
//! // And the device again.
//! let parts = ResponseParts::new(response.status())
//!     .fields(response.fields().map(|(name, value)| (name, value.as_bytes())));
//! let policy = ResponsePolicy::default();
//! let mut answer = request.pending().read(parts, &response_keys, StartTime::Known(now), &policy)?;
//! answer.update(b"{}")?;
//! let Answer::Verified(response) = answer.finish()? else { panic!() };
//! # assert_eq!(response.created(), now);
//! # Ok(()) }
//! # #[cfg(not(feature = "repository"))]
//! # fn main() {}
//! ```
//!
//! Where a step refuses, [`RequestVerifier::problem`] says what goes back.

#[cfg(feature = "repository")]
mod answer;
mod base;
mod challenge;
mod digest;
mod draft;
mod error;
mod grammar;
mod head;
#[cfg(feature = "http")]
mod http;
mod limits;
mod parts;
mod policy;
mod problem;
mod profile;
mod received;
mod replay;
mod response;
mod signed;
mod target;
mod transport;
mod verifier;
mod window;
mod wire;
mod written;

#[cfg(feature = "repository")]
pub use answer::{OutgoingResponse, ResponseDraft};
pub use challenge::ChallengeKey;
pub use draft::{Nonce, OutgoingRequest, RequestDraft, Validity};
pub use error::{NoKey, ProfileError, RequestError, ResponseError, TransportError};
#[cfg(feature = "http")]
pub use http::HeaderFields;
pub use limits::RequestLimits;
pub use parts::{RequestParts, ResponseParts};
pub use policy::RequestPolicy;
pub use problem::{Problem, ProblemCode};
pub use received::ReceivedRequest;
pub use replay::{
    CounterReplay, MemoryReplay, ReplayAnswer, ReplayCapacity, ReplayEntry, ReplayId, ReplayReply,
    ReplayWindow,
};
pub use response::{
    Answer, PendingResponse, ReceivedResponse, Refused, ResponsePolicy, VerifiedResponse,
};
pub use signed::{RequestContent, SignedRequest, VerifiedRequest, WholeRequest};
pub use target::Target;
pub use transport::{ChannelBinding, Hop, PeerKey, RequiredChannel, TlsVersion, TransportEvidence};
pub use verifier::{RefusedRequest, RequestVerifier};
