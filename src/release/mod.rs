//! The release manifest: what a release is, and which devices it is meant for.
//!
//! A manifest is a small target, `releases/<product>/<version>/release.json`, and the components are
//! targets beside it. [`TrustedRelease`] is had only from a target that a chain of delegating edges
//! vouches for ([`VouchedTarget`](crate::verify::VouchedTarget)); its product and version are those of
//! its path, so one team cannot speak for another's product.
//!
//! ```json
//! { "schema": 1, "product": "lamp", "version": "2.1.0", "rollback_index": 7,
//!   "hardware_ids": ["lamp-a1"], "channels": ["stable"], "severity": "high",
//!   "components": [
//!     { "id": "firmware", "length": 1024, "hashes": { "sha256": "…" },
//!       "full": "releases/lamp/2.1.0/firmware.bin" } ] }
//! ```
//!
//! [`SCHEMA`] is the JSON Schema. Fields that are not known are passed over, and kept, since the
//! bytes are; an object that lists one under `crit` is refused by readers that do not know it. Both
//! `schema` and `crit` are read before the other fields, so a manifest of a later version is refused as
//! one (`record.schema`), whatever else it says, as long as it is strict JSON within the limits.

mod component;
#[cfg(feature = "repository")]
mod describe;
mod digest;
mod error;
mod manifest;
mod names;
mod severity;
mod trusted;
mod version;

pub use component::{Component, Content, Delta};
#[cfg(feature = "repository")]
pub use describe::{ComponentDraft, ManifestDraft};
pub use digest::ManifestDigest;
pub use error::ReleaseError;
pub use manifest::Manifest;
pub use names::{Channel, ComponentId, HardwareId, NameError, Product};
pub use severity::Severity;
pub use trusted::{ReleaseDescription, TrustedRelease};
pub use version::{ReleaseVersion, ReleaseVersionError};

/// The JSON Schema (draft 2020-12) of a release manifest. It says what this crate reads, but for what
/// only the whole manifest can be asked: paths, ids and groups.
pub const SCHEMA: &str = include_str!("release.schema.json");

crate::primitives::stored::printed_fields!(Product, Channel, ReleaseVersion, ManifestDigest);
