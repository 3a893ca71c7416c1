//! Signing by people who never meet.
//!
//! Whoever coordinates makes a [`SigningRequest`] for each file: a document that holds the exact
//! payload. It goes to each signer by whatever way. The signer's *own* tool reads it, works out
//! what would change against the signer's own copy of what is published
//! ([`SigningRequest::review`]), and makes a [`SigningResponse`]. Back with the coordinator, the
//! response is checked and attached ([`Signing::attach`]); [`Signing::status`] says who has not
//! signed yet.
//!
//! Nobody has to trust the coordinator, or the way: what a signer reads is made from the payload
//! that is signed, and a response that is lost, late or wrong takes nothing away.
//!
//! [`Signing::attach`]: crate::repository::Signing::attach
//! [`Signing::status`]: crate::repository::Signing::status

mod attach;
mod change;
mod document;
mod error;
mod request;
mod response;
mod review;
mod status;

pub use change::Change;
pub use error::CeremonyError;
pub use request::SigningRequest;
pub use response::SigningResponse;
pub use review::{Review, Warning};
pub use status::{Signatures, Status};

type Result<T> = core::result::Result<T, CeremonyError>;
