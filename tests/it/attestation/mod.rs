//! Attestation results: what a verifier may say, what an attacker may write, and what a gate makes
//! of it.

#[cfg(feature = "attestation")]
mod found;
mod gate;
#[cfg(feature = "attestation")]
mod properties;
#[cfg(feature = "attestation")]
mod vectors;
#[cfg(feature = "attestation")]
pub(crate) mod world;
