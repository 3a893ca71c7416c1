//! Device handles: what a server may call a device, and for how long.
//!
//! A server has to know that a request comes from a device of the fleet, and that two requests of
//! one day come from the same one. It need not know which one, or follow it over the years. So a
//! device has a [`Handle`] for each epoch of each fleet, which is a digest of a key of its own: a
//! name that rotates under a key that stays would be useless.
//!
//! 1. A device has one [`DeviceSecret`]. All else is derived from it: a [`DeviceIdentity`] for each
//!    fleet and epoch, and a [`RolloutSeed`] for each release.
//! 2. It enrols with its key of [`IdentityEpoch::ENROLMENT`]; the enroller keeps an [`Enrolment`].
//! 3. For each epoch that key vouches for another ([`Rotation`]), and the enroller certifies it
//!    ([`Certification`]), for the same time as those of all other devices ([`EpochWindows`]).
//! 4. The server verifies the certificate ([`CertifiedHandle`]), and with it the device's requests.
//!    It keeps a [`HandleStatus`].
//!
//! | mode | who can link two epochs | how |
//! |---|---|---|
//! | **split** (the default) | the enroller, not the server | the enroller certifies each epoch's key |
//! | **linked** | the server, too | each epoch's key vouches for the next, and the server sees it |
//! | blind | nobody | not there yet: certificates that the enroller cannot recognise |
//!
//! What a server learns all the same, and what links, is in
//! [`manual::privacy`](crate::manual::privacy).
//!
//! # What a key signs
//!
//! An epoch's key signs for more than one purpose, and some of what it signs others have made up.
//! So nothing of one kind begins as anything of another kind does:
//!
//! | begins with | what it is | signed by |
//! |---|---|---|
//! | `{` | a document: a rotation, a report. Its `_type` says which | [`Rotation::prove`], [`Report::sign`](crate::rollout::Report::sign) |
//! | 7 bytes of 0 | the answer to an enroller's challenge, of the origin and of the key that it claims: fields, each behind its length | [`DeviceIdentity::answer`] |
//! | `ota-trust device message 1` and a byte of 0 | anything else | [`DeviceIdentity::sign`] |
//! | `"` | the base of a request's signature (RFC 9421 §2.5) | `RequestDraft::sign`, with feature `request` |
//! | 64 spaces | the handshake of TLS 1.3 (RFC 8446 §4.4.3) | nothing yet |
//! | the byte 0x30 | an X.509 certificate, or a request for one (DER) | nothing yet |
//!
//! # Secrets
//!
//! Secrets are overwritten with zeros when they are dropped, and do not print. Nothing here
//! compares a secret: handles, keys and challenges are sent in the clear, and answers are
//! verified as signatures.
//!
//! ```
//! # #[cfg(feature = "repository")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use ota_trust::key::{Ed25519Signer, Signer};
//! # use ota_trust::primitives::{Limits, StartTime, UtcTime};
//! # use ota_trust::services::{Purpose, ServiceKeys};
//! use ota_trust::identity::*;
//! # let random = core::array::from_fn(|n| n as u8);
//! # let enroller = Ed25519Signer::from_seed(&[7; 32]);
//! # let named = enroller.public_key();
//! # let expires = "2027-01-01T00:00:00Z".parse()?;
//! # let keys = vec![(named.id().clone(), named.key().clone())];
//! # let enrollers = ServiceKeys::assume_trusted(Purpose::Enrolment, keys, expires);
//! # let (limits, now) = (Limits::default(), StartTime::Known("2026-06-09T10:11:12Z".parse()?));
//! let (fleet, june) = (Fleet::new("lamps.example")?, IdentityEpoch::new(6));
//!
//! // The device, with 32 random bytes that it has drawn once.
//! let secret = DeviceSecret::new(&mut { random })?;
//! let origin = secret.identity(&fleet, IdentityEpoch::ENROLMENT);
//! let identity = secret.identity(&fleet, june);
//! let proof = Rotation::prove(&origin, &identity)?;
//!
//! // The enroller. It has enrolled the device before, by the 32 bytes of its public key.
//! let sent = EpochKey::new(fleet.clone(), IdentityEpoch::ENROLMENT, *origin.public_key())?;
//! let record = Enrolment::enrol(sent, None)?.stored();
//! let window = EpochWindow::new("2026-06-01T00:00:00Z".parse()?, "2026-07-03T00:00:00Z".parse()?)?;
//! let windows = EpochWindows::new(june, [window])?; // and those that may be fetched ahead
//! let rotation = Rotation::verify(&proof, record.origin(), &limits)?;
//! let unstored = record.rotate(&rotation, &windows, now.time())?;
//! // … store unstored.to_store(), and then:
//! let EnrolmentAction::Certify(right) = unstored.stored().action else { panic!() };
//! let certificate = right.certify(&[&enroller])?;
//!
//! // The server, which gets the certificate with a request.
//! let device = CertifiedHandle::verify(&certificate, &enrollers, &fleet, now, &limits)?;
//! assert_eq!(device.handle(), identity.handle());
//! assert!(device.verifies(b"a request", &identity.sign(b"a request")));
//! # Ok(()) }
//! # #[cfg(not(feature = "repository"))]
//! # fn main() {}
//! ```

mod certificate;
mod certify;
mod derive;
mod device;
mod enrolment;
mod enrolment_challenges;
mod enrolment_keys;
mod enrolment_lines;
pub(crate) mod envelope;
mod epoch_key;
mod error;
mod fleet;
mod handle;
mod rotation;
mod secret;
mod standing;
mod state;
mod status;
mod windows;

pub use certificate::{CertifiedHandle, EpochWindow};
pub use certify::Certification;
pub use device::DeviceIdentity;
pub use enrolment::{Enrolment, EnrolmentAction, EnrolmentStep};
pub use epoch_key::EpochKey;
pub use error::IdentityError;
pub use fleet::{Fleet, IdentityEpoch};
pub use handle::Handle;
pub use rotation::Rotation;
pub use secret::{DeviceSecret, RolloutSeed};
pub use standing::Standing;
pub use state::IdentityState;
pub use status::{HandleAnswer, HandleEvent, HandleStatus};
pub use windows::EpochWindows;
