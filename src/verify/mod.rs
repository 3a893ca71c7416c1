//! Layer 3: the only place that mints trust in metadata.
//!
//! The whole order of trust, each line enforced by the function beside it:
//!
//! 1. A caller provisions a root, and it meets its own threshold: [`anchor`] (§5.2).
//! 2. A root is followed only by the next version, signed by thresholds of both: [`next_root`]
//!    (§5.3).
//! 3. A timestamp is signed as the root says, is not older than the last, and has not expired:
//!    [`timestamp()`] (§5.4).
//! 4. A snapshot is the one that the timestamp names, signed as the root says, lists everything
//!    that the last one listed at no lower version, and has not expired: [`snapshot()`] (§5.5).
//! 5. A targets file is the one that the snapshot names, signed as its delegator says, and has not
//!    expired: [`targets()`] (§5.6). `targets` itself is delegated by the root.
//! 6. A target is what the first such role on a search lists that may speak for its path (§5.6.7,
//!    [`update`](crate::update)).
//!
//! Within a file the order is the specification's: length, digests, signatures, version, rollback,
//! expiry. Nothing of a file is believed before its signatures are, and nothing that is downloaded
//! is read before a digest that a parent lists has matched.
//!
//! All of it is pure: bytes, what is trusted already, a time and limits go in; [`Trusted`] or a
//! [`VerifyError`] comes out, and nothing is remembered.

mod authentic;
mod authority;
mod context;
mod error;
mod fetched;
mod floors;
mod keyring;
#[cfg(feature = "repository")]
mod publish;
mod role_signatures;
mod root;
mod signatures;
mod snapshot;
mod stored;
mod target;
mod targets;
mod timestamp;
mod trusted;
mod unlisted;
mod vouched;

pub use authentic::Authentic;
pub use authority::{Authority, AuthorityEdge, SnapshotId};
pub use context::{Context, Freshness};
pub(crate) use error::list_reasons;
pub use error::{NotCounted, SignatureShortfall, VerifyError};
pub use floors::Floors;
pub(crate) use keyring::UsableKey;
#[cfg(feature = "repository")]
pub(crate) use publish::{
    Edge, as_authentic, confirm_snapshot, confirm_targets, is_signed_by, signed_by_root,
    signed_targets,
};
pub use root::{anchor, next_root};
pub(crate) use root::{keys_of, root_signers};
#[cfg(feature = "repository")]
pub(crate) use signatures::SignedMessage;
pub(crate) use signatures::{KeyIds, Signatures, Unmet};
pub use snapshot::{current_snapshot, snapshot, stored_snapshot};
pub use stored::Baseline;
pub(crate) use stored::StoredFile;
pub use target::TrustedTarget;
pub use targets::{Delegator, targets};
pub(crate) use targets::{check_edge, listed, signers};
pub(crate) use timestamp::current_timestamp;
pub use timestamp::{NewTimestamp, stored_timestamp, timestamp};
pub use trusted::Trusted;
pub use unlisted::Unlisted;
pub(crate) use vouched::FoundIn;
pub use vouched::VouchedTarget;

type Result<T> = core::result::Result<T, VerifyError>;
