//! What a device has in its slots: what is known to be good, what waits for its first start, what has
//! failed; and what a start of the system means for it.
//!
//! ```text
//!            activate                 the system starts again
//! good ────────────────► pending ──────────────────────────────► judge
//!   ▲                      │  ▲                                    │
//!   │                      │  └── Waits, Trial ◄───────────────────┤
//!   │                      └───── give_up                          │
//!   └─────────────────────────────────────────────── Confirmed ◄───┴──► Leave, Failed
//! ```
//!
//! Whatever is done to slots and to the boot loader is a list of [`Step`]s, to be taken in order: each is
//! a state to store, or something to tell the loader. **A record is opened before the first effect, and
//! closed after the last.** If the power goes between two steps, or one of them fails, the record is
//! still open at the next start, and [`judge`] comes to the same again. So nothing is lost that was
//! stored and not told, and nothing is repeated for ever that was told and not stored.
//!
//! The installer's driver is the same for all of them:
//!
//! ```
//! use ota_trust::installation::{InstallState, Step, Steps, Tell};
//! # trait Store { fn write(&mut self, bytes: &[u8]) -> Result<(), &'static str>; }
//! # trait Loader { fn tell(&mut self, tell: &Tell) -> Result<(), &'static str>; }
//!
//! /// Takes the steps, and returns the state that is stored then.
//! fn take(
//!     steps: Steps,
//!     store: &mut impl Store,
//!     loader: &mut impl Loader,
//! ) -> Result<Option<InstallState>, &'static str> {
//!     let mut state = None;
//!     for step in steps {
//!         match step {
//!             Step::Store(unstored) => {
//!                 store.write(unstored.to_store())?;
//!                 state = Some(unstored.stored());
//!             }
//!             Step::Tell(tell) => loader.tell(&tell)?,
//!         }
//!     }
//!     Ok(state)
//! }
//! ```

mod floor;
mod judge;
mod lines;
mod outcome;
mod running;
mod slot;
mod state;
mod steps;

pub use floor::RollbackFloor;
pub use judge::{Judgement, Verdict, judge};
pub use running::{BootId, Build, Health, Running};
pub use slot::Slot;
pub use state::{Cause, FailedRelease, InstallState, InstalledRelease, PendingInstall};
pub use steps::{Step, Steps, Tell};
