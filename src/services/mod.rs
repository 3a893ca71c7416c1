//! Keys of online helpers: one document for one purpose, `services/<purpose>.json`.
//!
//! An attestation verifier, an enroller and a server that signs its answers hold keys online. None of
//! them may stand in for another, nor for the people who release: so each list declares its one
//! purpose, lies where that purpose lies, and is vouched for by an edge of its own.
//!
//! ```json
//! { "schema": 1, "purpose": "attestation", "expires": "2027-01-01T00:00:00Z",
//!   "keys": { "<key id>": { "keytype": "ed25519", "scheme": "ed25519", "keyval": { "public": "…" } } } }
//! ```
//!
//! Whoever publishes writes that document by hand, as `manual::first_rollout` does. The key ids are
//! those under which the service signs: for a key of this crate, `NamedKey::id`.

mod error;
mod keys;

pub use error::ServiceError;
pub use keys::{Purpose, ServiceKeys};
