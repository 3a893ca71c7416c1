//! *May this device install these bytes now?*
//!
//! `ota-trust` answers that question for fleets of devices. It is a library without I/O: it opens
//! no socket, reads no file and no clock. Bytes, times and limits go in; a proof comes out, or a
//! refusal that explains itself.
//!
//! On the wire it speaks [TUF] 1.0.34. A repository that python-tuf, go-tuf, tough or tuf-on-ci
//! wrote verifies here, and one that is written here verifies there.
//!
//! # From a provisioned root to verified bytes
//!
//! ```no_run
//! use ota_trust::primitives::{Limits, StartTime, TargetPath};
//! use ota_trust::update::{Step, Update};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (root, now) = (Vec::new(), ota_trust::primitives::UtcTime::from_unix(0)?);
//! # mod store {
//! #     use ota_trust::update::{Change, StoredItem};
//! #     pub fn read(_: &StoredItem) -> std::io::Result<Option<Vec<u8>>> { Ok(None) }
//! #     pub fn apply(_: Vec<Change<'_>>) -> std::io::Result<()> { Ok(()) }
//! # }
//! # fn get(_: &str, _: u64) -> std::io::Result<Option<Vec<u8>>> { Ok(None) }
//! # fn chunks(_: String) -> Vec<Vec<u8>> { vec![] }
//! fn drive<D>(mut step: Step<'_, D>) -> Result<D, Box<dyn std::error::Error>> {
//!     loop {
//!         step = match step {
//!             Step::Load(l) => { let bytes = store::read(l.item())?; l.loaded(bytes)? }
//!             Step::Fetch(f) => match get(&f.file().name(), f.max_length()) {
//!                 Ok(Some(bytes)) => f.received(bytes)?,
//!                 Ok(None) => f.not_found()?,
//!                 Err(_) => f.failed()?,
//!             },
//!             Step::Persist(p) => match store::apply(p.changes()) {
//!                 Ok(()) => p.done()?,
//!                 Err(_) => p.failed()?,
//!             },
//!             Step::Done(done) => break Ok(done),
//!         }
//!     }
//! }
//!
//! let repository = drive(Update::begin(root, StartTime::Known(now), Limits::default())?)?;
//! let path = TargetPath::new("releases/lamp/2.0.0/firmware.bin")?;
//! let target = drive(repository.find(&path)?)?.target?;
//! let mut stream = target.stream(64 << 20)?; // this device takes 64 MiB at most
//! for name in target.download_paths().take(1) {
//!     for chunk in chunks(name) {
//!         stream.update(&chunk)?; // write the chunk to the inactive slot after this
//!     }
//! }
//! let verified = stream.finish()?;
//! # Ok(()) }
//! ```
//!
//! # The question, in seven layers
//!
//! | layer | who vouches | what the caller holds after it | module |
//! |---|---|---|---|
//! | 3 manifest trust | thresholds of TUF roles | [`Trusted`](verify::Trusted), [`TrustedTarget`](verify::TrustedTarget), [`TrustedRelease`](release::TrustedRelease) | [`update`], [`verify`], [`release`] |
//! | 4 artifact verification | digests in trusted metadata | [`VerifiedArtifact`](artifact::VerifiedArtifact) | [`artifact`] |
//! | 5 device eligibility | local facts, signed plans | [`Decided`](eligibility::Decided), [`Eligible`](eligibility::Eligible) | [`rollout`], [`eligibility`] |
//! | 6 remote attestation | a verifier's signed result | [`AttestationSignal`](attestation::AttestationSignal): it can only restrict | [`attestation`] |
//! | 7 production signing | k of n people, keys in hardware | `Publishable` | `repository` |
//!
//! They meet in [`permit`]: an [`InstallPermit`](permit::InstallPermit) is the answer. Layers 1 and 2, the transport and
//! authenticated requests, are not there yet.
//!
//! # Where things are
//!
//! Each imports only what is below it.
//!
//! | module | what it is for | source |
//! |---|---|---|
//! | `store` (feature `fs`) | what a device keeps, crash-safe | |
//! | [`permit`] | where the proofs meet: what may be written, installed, kept | |
//! | [`eligibility`] | may this device have this release now, and why not | |
//! | `repository` (feature, default) | drafts, signing, ceremonies, releases | TUF §6 |
//! | `provenance` (the same) | who built an artifact, before its release | DSSE, in-toto, SLSA |
//! | [`update`] | the device's cycle as a state machine | TUF §5 |
//! | [`rollout`] | plans, brakes, cohorts, what a device remembers of them | RFC 2104 |
//! | [`attestation`] | signals and gates; results with feature `attestation` | RFC 9334, EAR |
//! | [`identity`] | device handles, certificates, enrolment | RFC 5869, RFC 8032 |
//! | [`services`] | keys of online helpers | |
//! | [`release`] | release manifests | |
//! | [`artifact`] | lengths, digests and blocks of what is installed | TUF §5.7, fs-verity |
//! | [`verify`] | the only place that mints trust in metadata | TUF §5.3 to §5.6 |
//! | [`metadata`] | roles as data | TUF §4, TAP 15 |
//! | [`key`] | keys and signature schemes | TUF §4.2, RFC 8032 |
//! | [`json`] | strict JSON and its canonical form | TUF §4.2.1, RFC 8259 |
//! | [`primitives`] | time, version, digest, names, [`Limits`](primitives::Limits) | |
//! | [`manual`] | integrating, `first_rollout`, governing, workflow, publishing, ceremonies, threats, privacy, speed, limitations | |
//!
//! # Features
//!
//! Features only add. Without default features the crate is `no_std` with `alloc`.
//!
//! | feature | adds |
//! |---|---|
//! | `std` (default) | standard-library support in the dependencies |
//! | `ecdsa` | ECDSA P-256 and P-384 keys |
//! | `rsa` | RSASSA-PSS keys |
//! | `chrono` | conversions of [`UtcTime`](primitives::UtcTime) |
//! | `fs` | `store` |
//! | `attestation` | attestation results (EAR in a JWT), by EdDSA and ES256 |
//! | `repository` (default) | `repository`, `provenance`, and `key::Signer`: what a device does not need |
//!
//! [TUF]: https://theupdateframework.github.io/specification/v1.0.34/

#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![warn(unreachable_pub)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod artifact;
pub mod attestation;
#[cfg(test)]
mod dice;
pub mod eligibility;
mod error;

pub mod identity;
pub mod json;
pub mod key;
pub mod manual;
pub mod metadata;
pub mod permit;
pub mod primitives;
#[cfg(feature = "repository")]
pub mod provenance;
pub mod release;
#[cfg(feature = "repository")]
pub mod repository;
pub mod rollout;
pub mod services;
#[cfg(feature = "fs")]
pub mod store;
pub mod update;
pub mod verify;

pub use error::{Error, refusals};
pub use primitives::refusal::{ErrorReport, Layer, Refusal, RefusalInfo};
