//! What attestation says of a device, and what a policy makes of it.
mod gate;
mod signal;
pub use gate::{AttestationGate, GateVerdict};
pub use signal::AttestationSignal;
