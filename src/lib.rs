//! *May this device install these bytes now?*
//!
//! `ota-trust` answers that question for fleets of devices. It is a library without I/O: it opens
//! no socket, reads no file and no clock. Bytes, times and limits go in; a proof comes out, or a
//! refusal that explains itself.
//!
//! On the wire it speaks [TUF] 1.0.34. A repository that python-tuf, go-tuf, tough or tuf-on-ci
//! wrote verifies here, also where an `expires` has an offset or a fraction, as some of go-tuf's have,
//! unless it has what [`manual::limitations`] lists as refused. One that is written here verifies there.
//!
//! # From a provisioned root to verified bytes
//!
//! The caller brings a storage and a transport; [`Step::run`](update::Step::run) asks them for what
//! it needs.
//!
//! ```no_run
//! use std::io;
//!
//! use ota_trust::primitives::{Limits, StartTime, TargetPath};
//! use ota_trust::update::{Change, Fetched, FileRequest, Io, Loaded, StoredItem, Update};
//! use ota_trust::verify::Freshness;
//! # struct Flash;
//! # impl Flash {
//! #     fn read(&self, _: &StoredItem) -> io::Result<Option<Vec<u8>>> { Ok(None) }
//! #     fn apply(&self, _: &[Change<'_>]) -> io::Result<()> { Ok(()) }
//! # }
//! # struct Http;
//! # impl Http {
//! #     fn get(&self, _: &str, _: u64) -> io::Result<Option<Vec<u8>>> { Ok(None) }
//! #     fn chunks(&self, _: &str) -> Vec<Vec<u8>> { vec![] }
//! # }
//!
//! struct Agent {
//!     flash: Flash,
//!     http: Http,
//! }
//!
//! impl Io for Agent {
//!     type Error = io::Error;
//!
//!     fn load(&mut self, item: &StoredItem) -> Loaded<io::Error> {
//!         self.flash.read(item).into()
//!     }
//!
//!     fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<io::Error> {
//!         self.http.get(&request.file.name(), request.max_length).into()
//!     }
//!
//!     fn store(&mut self, changes: &[Change<'_>]) -> io::Result<()> {
//!         self.flash.apply(changes)
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (mut agent, root) = (Agent { flash: Flash, http: Http }, Vec::new());
//! # let now = ota_trust::primitives::UtcTime::from_unix(0)?;
//! let cycle = Update::begin(root, StartTime::Known(now), Limits::default())?;
//! let repository = cycle.run(&mut agent)?;
//! if !repository.is_durable() {
//!     return Err("a floor could not be stored: nothing is installed".into());
//! }
//! if repository.freshness() != Freshness::Proven {
//!     return Err("the time is not known, so nobody knows how old this is".into());
//! }
//! for loss in repository.losses() {
//!     eprintln!("the storage has lost a floor: {loss}"); // tell the operator
//! }
//! let path = TargetPath::new("releases/lamp/2.0.0/firmware.bin")?;
//! let target = repository.find(&path)?.run(&mut agent)?.target?;
//! let mut stream = target.stream(64 << 20)?; // this device takes 64 MiB at most
//! for name in target.download_paths().take(1) {
//!     for chunk in agent.http.chunks(&name) {
//!         stream.update(&chunk)?; // write the chunk to the inactive slot after this
//!     }
//! }
//! let verified = stream.finish()?;
//! # Ok(()) }
//! ```
//!
//! [`Step::run_async`](update::Step::run_async) does the same for code that awaits. Where neither
//! fits, [`update`](update#the-loop-by-hand) has the loop by hand.
//!
//! # The question, in seven layers
//!
//! | layer | who vouches | what the caller holds after it | module |
//! |---|---|---|---|
//! | 1 transport | the peer of TLS, a declared hop | `TransportEvidence`, `ChannelBinding` | `request` |
//! | 2 requests | the key of a device's epoch | `VerifiedRequest`; the device: `VerifiedResponse` | `request` |
//! | 3 manifest trust | thresholds of TUF roles | [`Trusted`](verify::Trusted), [`TrustedTarget`](verify::TrustedTarget), [`TrustedRelease`](release::TrustedRelease) | [`update`], [`verify`], [`release`] |
//! | 4 artifact verification | digests in trusted metadata | [`VerifiedArtifact`](artifact::VerifiedArtifact) | [`artifact`] |
//! | 5 device eligibility | local facts, signed plans | [`Decided`](eligibility::Decided), [`Eligible`](eligibility::Eligible) | [`rollout`], [`eligibility`] |
//! | 6 remote attestation | a verifier's signed result | [`TimedSignal`](attestation::TimedSignal): it can only restrict | [`attestation`] |
//! | 7 production signing | k of n people, keys in hardware | `Publishable` | `repository` |
//!
//! They meet in [`permit`]: an [`InstallPermit`](permit::InstallPermit) is the answer.
//!
//! # Where things are
//!
//! Each imports only what is below it.
//!
//! | module | what it is for | source |
//! |---|---|---|
//! | `store` (feature `fs`) | what a device keeps, crash-safe | |
//! | `request` (feature, default) | requests that a server can believe, and answers that a device can | RFC 9421, RFC 9530, RFC 9457 |
//! | [`permit`] | where the proofs meet: what may be written and installed | |
//! | [`eligibility`] | may this device have this release now, and why not | |
//! | [`installation`] | what a device has in its slots, and what a start means for it | |
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
//! | [`manual`] | integrating, requests, `first_rollout`, governing, workflow, publishing, ceremonies, threats, privacy, speed, limitations | |
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
//! | `request` (default) | `request`; what a server signs its answers with needs `repository` as well |
//! | `http` | conversions of requests and responses to and from crate `http` 1 |
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
pub mod installation;
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
#[cfg(feature = "request")]
pub mod request;
pub mod rollout;
pub mod services;
#[cfg(test)]
mod steps;
#[cfg(feature = "fs")]
pub mod store;
pub mod update;
pub mod verify;

pub use error::{Error, refusals};
pub use primitives::refusal::{ErrorReport, Layer, Refusal, RefusalInfo};
