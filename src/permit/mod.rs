//! Where the proofs meet: may these bytes be written, and installed?
//!
//! ```text
//! TrustedRelease ─┐              components, streamed or read back
//!                 ├─ WritePermit ────────────────┬─ InstallPermit ── activate ─► Steps
//! Eligible ───────┘                              │
//!                               PermitRecord ◄───┘
//! ```
//!
//! A [`WritePermit`] lets the agent stream into a slot that does not run. It keeps what has been verified
//! of the release, for this one use of the slot: another permit begins with nothing. With all components
//! it becomes an [`InstallPermit`], which ends at its own time. To activate it gives
//! [`Steps`](crate::installation::Steps), to be taken in order; [`installation`](crate::installation)
//! says what follows at the next start.
//!
//! A [`PermitRecord`] carries an intention to another process, or over a restart. It is plain bytes and
//! proves nothing: the release has to be found and decided again, and the slot read back.
//!
//! No signal, no offer and no decision of a server is a permit, or becomes one.

mod component;
mod error;
mod install;
mod record;
mod restart;
mod write;

pub use component::{ComponentStream, DeltaStream, VerifiedDelta};
pub use error::PermitError;
pub use install::InstallPermit;
pub use record::PermitRecord;
pub use restart::start_again;
pub use write::WritePermit;
