//! Attestation: what a verifier says of a device's health, and what that may decide.
//!
//! In the passport model of RFC 9334 §5.1 a *verifier* appraises a device and signs what it found;
//! the device hands that to a *relying party*, which is this module. The result is an EAR
//! (draft-ietf-rats-ear, an EAT of RFC 9711) in a signed JWT. What remains of it is a
//! [`TimedSignal`]: an [`AttestationSignal`] that ends, which an [`AttestationGate`] turns into a
//! verdict. It can only restrict, and so can its end.
//!
//! Signal and gate are always here. What follows needs feature `attestation`.
//!
//! The order of the checks is fixed, and nothing of a payload is believed, or even read, before its
//! signature has been checked:
//!
//! 1. what the caller gives: keys of this purpose that have not expired, the request's key, the
//!    uptime where the time is not known;
//! 2. the length of the token, and its three parts in base64url without padding (RFC 7515 §7.1);
//! 3. the header: strict JSON, nothing critical (keys that it brings are not looked at); `typ`; the key
//!    that `kid` means, or the only one; and `alg`, which that key fixes (RFC 8725 §3.1);
//! 4. the signature: `EdDSA`, strict as all Ed25519 here, or ES256;
//! 5. the payload as strict JSON: duplicate names refuse, and claims that nobody reads may hold any
//!    number;
//! 6. `eat_profile`, which says how claims are spelled;
//! 7. `iat`, `nbf`, `exp`, with the policy's ages;
//! 8. the age of the challenge, and `eat_nonce`, of the token and of its submodules;
//! 9. the verifier's id;
//! 10. the debug state; required submodules; each status against what it stands for; device ids, if
//!     they are refused;
//! 11. the attested key.

#[cfg(feature = "attestation")]
mod appraisal;
#[cfg(feature = "attestation")]
mod attested_key;
#[cfg(feature = "attestation")]
mod challenge;
#[cfg(feature = "attestation")]
mod debug;
#[cfg(feature = "attestation")]
mod error;
mod gate;
#[cfg(feature = "attestation")]
mod object;
#[cfg(feature = "attestation")]
mod policy;
#[cfg(feature = "attestation")]
mod profile;
#[cfg(feature = "attestation")]
mod result;
mod signal;
#[cfg(feature = "attestation")]
mod tier;
mod timed;
#[cfg(feature = "attestation")]
mod token;
#[cfg(feature = "attestation")]
mod verify;
#[cfg(feature = "attestation")]
mod window;

#[cfg(feature = "attestation")]
pub use challenge::Challenge;
#[cfg(feature = "attestation")]
pub use error::{AttestationError, AttestationPolicyError};
pub use gate::{AttestationGate, GateVerdict};
#[cfg(feature = "attestation")]
pub use policy::{AttestationPolicy, AttestationPolicyBuilder, AttestedKey};
#[cfg(feature = "attestation")]
pub use profile::{ClaimNames, EarProfile};
#[cfg(feature = "attestation")]
pub use result::AttestationResult;
pub use signal::AttestationSignal;
#[cfg(feature = "attestation")]
pub use tier::Tier;
pub use timed::TimedSignal;
