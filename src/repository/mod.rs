//! The other side: writing, signing and publishing what devices verify (TUF §6, layer 7).
//!
//! A release goes through four types, each of which can be had from the one before alone:
//!
//! | type | what it is |
//! |---|---|
//! | [`Published`] | the repository as it is now, verified as a device would |
//! | [`Draft`] | what the next versions are to say; no key is needed to edit |
//! | [`Signing`] | files whose bytes are fixed, and the signatures that they still need |
//! | [`Release`] | complete files in the order in which to upload them |
//!
//! Signatures are counted by the device's own code, and a release is held against the device's own
//! checks before it exists: what a device would refuse is an error here. Nothing is read, written
//! or sent, and neither clock nor entropy is asked: all of these are inputs.
//!
//! ```
//! use ota_trust::key::{Ed25519Signer, Signer};
//! use ota_trust::metadata::RoleType;
//! use ota_trust::primitives::{TargetPath, UtcTime};
//! use ota_trust::repository::{Policy, Published, TargetEntry};
//!
//! let now = UtcTime::parse("2026-11-23T12:00:00Z")?;
//! // Real keys are drawn at random, and read with `from_pkcs8_pem`.
//! let [people, machine] = [1, 2].map(|seed| Ed25519Signer::from_seed(&[seed; 32]));
//!
//! let mut draft = Published::nothing().draft();
//! for (role, key) in [
//!     (RoleType::Root, &people),
//!     (RoleType::Targets, &people),
//!     (RoleType::Snapshot, &machine),
//!     (RoleType::Timestamp, &machine),
//! ] {
//!     draft.root().set_keys(role, &[key.public_key().clone()], 1)?;
//! }
//! draft.targets()?.insert(&TargetPath::new("lamp/1.0/firmware.bin")?, &TargetEntry::of(b"firmware"));
//!
//! let release = draft.seal(now, &Policy::default())?.publish(&[&people, &machine], now)?;
//! let names: Vec<String> = release.files().map(|file| file.name()).collect();
//! assert_eq!(names, ["1.root.json", "1.targets.json", "1.snapshot.json", "timestamp.json"]);
//!
//! // The next release starts from this one.
//! let mut draft = release.published().draft();
//! draft.targets()?.insert(&TargetPath::new("lamp/1.1/firmware.bin")?, &TargetEntry::of(b"fixed"));
//! let release = draft.seal(now, &Policy::default())?.publish(&[&people, &machine], now)?;
//! assert_eq!(release.files().next().map(|file| file.name()).as_deref(), Some("2.targets.json"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod authority;
mod bindings;
mod bins;
mod brakes;
pub mod ceremony;
mod checks;
mod delegated;
mod derive;
mod draft;
mod edit;
mod error;
mod gate;
mod online;
mod outcome;
mod policy;
mod published;
mod reach;
mod release;
mod rotate;
mod sealed;
mod signing;
mod stages;
mod view;

pub use authority::Authority;
pub use bins::Bins;
pub use draft::{Delegation, DraftError, RootDraft, TargetEntry, TargetsDraft};
pub use edit::Draft;
pub use error::SealError;
pub use outcome::{Incomplete, Next, PublishError, Stopped};
pub use policy::{Expiry, Policy, Separation};
pub use published::Published;
pub use release::{Publishable, Release, ReleaseFile};
pub use sealed::Sealed;
pub use signing::Signing;

type Result<T> = core::result::Result<T, SealError>;
