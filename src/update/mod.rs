//! The device's update cycle as a state machine without I/O (TUF §5).
//!
//! [`Update::begin`] takes the provisioned root, the fixed start time and the limits, and returns
//! the first [`Step`]. The caller does what the step asks, hands over the answer, and gets the next
//! step:
//!
//! | step | the caller | and answers |
//! |---|---|---|
//! | [`Load`] | reads an item from its storage | [`loaded`](Load::loaded) with the bytes, or `None` |
//! | [`Fetch`] | downloads a file | [`received`](Fetch::received), [`not_found`](Fetch::not_found) or [`failed`](Fetch::failed) |
//! | [`Persist`] | stores what is verified, in the order given | [`done`](Persist::done) or [`failed`](Persist::failed) |
//! | `Done` | has a [`Repository`] | |
//!
//! Bytes are handed over, or borrowed for as long as the machine lives, and are not copied. Looking
//! up a target ([`Repository::find`]) is the same machine, at the same start time.
//!
//! | file | paragraph |
//! |---|---|
//! | `refresh.rs` | §5.1 to §5.6.6, top down |
//! | `search.rs` | §5.6.7 |
//!
//! After any refusal, and after a power cut at any moment, the next cycle can succeed: what was
//! asked to be persisted is all that has changed, and every prefix of it is safe.

mod error;
mod files;
mod ledger;
mod next;
mod refresh;
mod repository;
mod search;
mod step;

pub use error::{NotFound, UpdateError};
pub use files::{RemoteFile, StoredItem};
pub use refresh::Update;
pub use repository::{Lookup, Repository, StaleRepository, StaleTarget};
pub use step::{Change, Fetch, Load, Persist, Step};
