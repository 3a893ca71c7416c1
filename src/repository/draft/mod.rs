//! What the next version of each role is to say. Nothing here is signed, and no key is needed.
//!
//! A draft begins empty or as what is published, and keeps what this crate does not know: unknown
//! fields of roles, keys, delegations and targets come out as they went in. What nobody touches
//! stays text.

mod delegation;
mod delegations;
mod error;
mod fields;
mod role;
mod root;
mod target;
mod targets;

pub use delegation::Delegation;
pub(super) use delegations::DelegationsDraft;
pub use error::DraftError;
pub(super) use fields::Header;
pub use root::RootDraft;
pub use target::TargetEntry;
pub use targets::TargetsDraft;

type Result<T> = core::result::Result<T, DraftError>;
