//! Properties: the library against naive oracles, written from the specification and not from its code.

mod canonical;
mod documents;
mod json;
#[cfg(feature = "repository")]
mod provenance;
mod search;
mod tampering;
mod thresholds;
