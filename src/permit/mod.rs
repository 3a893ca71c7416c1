//! Where the proofs meet: may these bytes be written, installed, booted, kept?
//!
//! ```text
//! TrustedRelease ─┐                 components, streamed or read back
//!                 ├─ WritePermit ───────────────┬─ InstallPermit ── activate ── reboot ── confirm_boot
//! Eligible ───────┘                             │        │                                     │
//!                              PermitRecord ◄───┘        └─► InstallState, stored first ◄──────┘
//! ```
//!
//! A [`WritePermit`] lets the agent stream into the *inactive* slot. An [`InstallPermit`] takes all
//! components of that release, verified, and ends at its own time. What has to be stored comes back as
//! data *before* anything is done that depends on it, and after a power cut at any moment the next
//! start goes on from what is stored.
//!
//! A [`PermitRecord`] carries an intention to another process, or over a restart. It is plain bytes and
//! proves nothing: the release has to be found and decided again, and the slot read back.
//!
//! No signal, no offer and no decision of a server is a permit, or becomes one.

mod activate;
mod boot;
mod component;
mod error;
mod install;
mod record;
mod slot;
mod state;
mod write;

pub use activate::Activation;
pub use boot::{Boot, BootChange, BootVerdict, confirm_boot};
pub use component::{ComponentStream, DeltaStream, Evidence, VerifiedComponent, VerifiedDelta};
pub use error::PermitError;
pub use install::InstallPermit;
pub use record::PermitRecord;
pub use slot::Slot;
pub use state::{InstallState, InstalledRelease, PendingInstall};
pub use write::WritePermit;
