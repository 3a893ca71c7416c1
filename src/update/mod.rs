//! The device's update cycle as a state machine without I/O (TUF §5).
//!
//! [`Update::begin`] takes the provisioned root, the fixed start time and the limits, and returns
//! the first [`Step`]. [`Step::run`] answers it and all that follow from the caller's [`Io`], three
//! functions over a storage and a transport; [`Step::run_async`] does the same from an [`AsyncIo`].
//! The example is at [`Step::run`]. Looking up a target ([`Repository::find`]) is the same machine,
//! at the same start time.
//!
//! # The steps
//!
//! | step | the caller | and answers |
//! |---|---|---|
//! | [`Load`] | reads an item from its storage | [`loaded`](Load::loaded) with the bytes, or `None` |
//! | [`Fetch`] | downloads a file | [`received`](Fetch::received), [`not_found`](Fetch::not_found) or [`failed`](Fetch::failed) |
//! | [`Persist`] | stores what is verified, in the order given | [`done`](Persist::done) or [`failed`](Persist::failed) |
//! | `Done` | has a [`Repository`] | |
//!
//! After any refusal, and after a power cut at any moment, the next cycle can succeed: what was
//! asked to be persisted is all that has changed, and every prefix of it is safe.
//!
//! # The loop by hand
//!
//! Write the loop yourself where `run` does not fit:
//!
//! - bytes are lent rather than handed over: a slice of memory-mapped flash, which is not copied
//!   either. What is lent must live as long as the repository;
//! - one file is asked for in several places at once, and the first answer counts;
//! - something else schedules the steps: an event loop, a state machine of your own, an executor
//!   whose futures are not `Send`.
//!
//! It is this loop, here over a bundle that is mapped into memory:
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::io;
//!
//! use ota_trust::update::{Change, Step, StoredItem};
//!
//! fn drive<'a, D>(
//!     mut step: Step<'a, D>,
//!     bundle: &'a BTreeMap<String, &'a [u8]>,
//!     read: impl Fn(&StoredItem) -> io::Result<Option<Vec<u8>>>,
//!     write: impl Fn(&[Change<'_>]) -> io::Result<()>,
//! ) -> Result<D, Box<dyn std::error::Error>> {
//!     loop {
//!         step = match step {
//!             // A storage that cannot be read ends the cycle: it would go on without floors.
//!             Step::Load(load) => {
//!                 let bytes = read(load.item())?;
//!                 load.loaded(bytes)?
//!             }
//!             Step::Fetch(fetch) => match bundle.get(&fetch.file().name()) {
//!                 Some(&bytes) => fetch.received(bytes)?,
//!                 None => fetch.not_found()?, // `failed`, where a download failed
//!             },
//!             Step::Persist(persist) => match write(&persist.changes()) {
//!                 Ok(()) => persist.done()?,
//!                 Err(_) => persist.failed()?,
//!             },
//!             Step::Done(done) => return Ok(done),
//!         };
//!     }
//! }
//! # #[cfg(feature = "repository")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use ota_trust::{key::{Ed25519Signer, Signer}, metadata::RoleType};
//! # use ota_trust::{primitives::{Limits, StartTime}, repository::{Policy, Published}};
//! # let now = "2026-11-23T12:00:00Z".parse()?;
//! # let [people, machine] = [1, 2].map(|seed| Ed25519Signer::from_seed(&[seed; 32]));
//! # let mut draft = Published::nothing().draft();
//! # for (role, key) in [(RoleType::Root, &people), (RoleType::Targets, &people),
//! #     (RoleType::Snapshot, &machine), (RoleType::Timestamp, &machine)] {
//! #     draft.root().set_keys(role, &[key.public_key().clone()], 1)?;
//! # }
//! # draft.targets()?;
//! # let release = draft.seal(now, &Policy::default())?.publish(&[&people, &machine], now)?;
//! # let bundle: BTreeMap<_, _> = release.files().map(|f| (f.name(), f.bytes())).collect();
//! # let root = bundle["1.root.json"];
//! # let step = ota_trust::update::Update::begin(root, StartTime::Known(now), Limits::default())?;
//! # let repository = drive(step, &bundle, |_| Ok(None), |_| Err(io::ErrorKind::Other.into()))?;
//! # assert!(!repository.is_durable());
//! # Ok(()) }
//! # #[cfg(not(feature = "repository"))]
//! # fn main() {}
//! ```
//!
//! # Where each paragraph is
//!
//! | file | paragraph |
//! |---|---|
//! | `begin.rs` | §5.1, §5.2 |
//! | `roots.rs` | §5.3 |
//! | `refresh.rs` | §5.4 to §5.6.6, top down |
//! | `search.rs` | §5.6.7 |

mod anchor;
mod begin;
mod bindings;
mod error;
mod files;
mod io;
mod ledger;
mod next;
mod refresh;
mod repository;
mod roots;
mod search;
mod step;
mod trusted_metadata;

pub use anchor::{Anchor, ChainName};
pub use begin::Update;
pub use error::{NotFound, NotListed, StaleNotFound, UpdateError};
pub use files::{RemoteFile, StoredItem};
pub use io::{AsyncIo, Fetched, FileRequest, Io, Loaded, RunError};
pub use ledger::{LedgerCopy, Loss};
pub use repository::{Lookup, Repository, StaleRepository, StaleTarget};
pub use step::{Change, Fetch, Load, Persist, Step};
