//! Fuzz targets, each with an oracle.
//!
//! A target is a function from bytes that panics when the library and a naive model of it disagree.
//! The model is written from the specification, for clarity and not for speed, and reads JSON with
//! another parser. `fuzz_targets/` hands the functions to libFuzzer; the crate's own tests replay
//! `corpus/` with them.
//!
//! | target | compares | with |
//! |---|---|---|
//! | [`json`] | the strict reader, the canonical form | `serde_json`, and a form written naively |
//! | [`roles`] | bytes to trust, for each of the four roles | TUF §5.3 to §5.6, naively |
//! | [`patterns`] | globs | a matcher that tries everything |
//! | [`delegations`] | the search for a target, request by request | §5.6.7 as a recursion |
//! | [`artifact`] | streams in any chunks | the bytes themselves |
//! | [`blocks`] | block proofs | a Merkle tree built naively |
//! | [`ceremony`] | requests and responses of signers | another parser, and ed25519 alone |
//! | [`provenance`] | envelopes to proofs | DSSE, in-toto and SLSA, naively |
//! | [`token`] | tokens to attestation results | JWS, EAR and AR4SI, naively |
//! | [`request`] | signed requests and responses, and what belongs to them | RFC 9421, 9530 and 9651, naively |
//! | [`documents`] | manifests, plans and brakes | the same, read naively |
//! | [`decision`] | decisions on fixed catalogs | the naive oracle of `tests/it/governed` |
//! | [`stored_state`] | a cycle on a damaged or poisoned storage | a new device |
//! | [`state`] | stored records of products and identities | what wrote them |
//! | [`machine`] | random lives of a repository and a device | what must hold in all of them |

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::option_option,
    reason = "models are written to be read, for the inputs that there are"
)]

pub mod artifact;
pub mod blocks;
#[cfg(feature = "repository")]
pub mod ceremony;
pub mod choices;
#[cfg(feature = "repository")]
pub mod decision;
pub mod delegations;
pub mod device;
pub mod documents;
pub mod json;
pub mod ledger;
pub mod machine;
pub mod memory;
pub mod patterns;
#[cfg(feature = "repository")]
pub mod provenance;
pub mod repository;
#[cfg(feature = "request")]
pub mod request;
pub mod roles;
pub mod signing;
pub mod state;
pub mod stored_state;
pub mod strict;
#[cfg(feature = "attestation")]
pub mod token;

/// A target: panics where library and model disagree.
pub type Target = fn(&[u8]);

/// The targets by name; each has a folder in `corpus/`.
pub const TARGETS: &[(&str, Target)] = &[
    ("json", json::check),
    ("root", roles::root::check),
    ("timestamp", roles::timestamp::check),
    ("snapshot", roles::snapshot::check),
    ("targets", roles::targets::check),
    ("patterns", patterns::check),
    ("delegations", delegations::check),
    ("artifact", artifact::check),
    ("blocks", blocks::check),
    #[cfg(feature = "repository")]
    ("provenance", provenance::check),
    #[cfg(feature = "attestation")]
    ("token", token::check),
    ("manifest", documents::check_manifest),
    ("plan", documents::check_plan),
    #[cfg(feature = "repository")]
    ("decision", decision::check),
    ("stored_state", stored_state::check),
    ("state", state::check),
    ("machine", machine::check),
    #[cfg(feature = "repository")]
    ("requests", ceremony::requests::check),
    #[cfg(feature = "repository")]
    ("responses", ceremony::responses::check),
    #[cfg(feature = "request")]
    ("http_request", request::http_request::check),
    #[cfg(feature = "request")]
    ("http_response", request::http_response::check),
    #[cfg(feature = "request")]
    ("content_digest", request::content_digest::check),
    #[cfg(feature = "request")]
    ("problem", request::problem::check),
    #[cfg(feature = "request")]
    ("challenge", request::challenge::check),
    #[cfg(feature = "request")]
    ("evidence", request::evidence::check),
    #[cfg(feature = "request")]
    ("replay", request::replay::check),
];
