//! The files of a TUF repository as data (TUF §4). Nothing here is trusted.
//!
//! A file is an envelope: `signatures` over `signed`. The envelope is read once, strictly, and
//! keeps the received text; small roles are decoded in full, and what can be large (`meta` of a
//! snapshot, `targets` and `delegations` of a targets role) becomes an index into the text whose
//! entries are decoded when they are asked for.
//!
//! Unknown fields are passed over, and are covered by the signatures all the same.

mod delegations;
mod document;
mod error;
mod header;
mod keys;
mod meta_file;
mod pattern;
mod role;
mod root;
mod snapshot;
mod stored_form;
mod succinct;
mod targets;
mod timestamp;

#[cfg(feature = "repository")]
pub(crate) use delegations::Match;
pub use delegations::{DelegatedRole, Delegations, PathSet};
pub use document::signed_digest;
pub(crate) use document::{Document, Signature, Signed};
pub use error::MetadataError;
pub(crate) use keys::ListedKey;
pub use meta_file::MetaFile;
pub use pattern::PathPattern;
pub use role::{RoleKeys, RoleType};
pub use root::Root;
pub use snapshot::Snapshot;
pub use succinct::SuccinctRoles;
#[cfg(feature = "repository")]
pub(crate) use succinct::{bin_name, name as name_of_bin};
pub(crate) use targets::TargetFile;
pub use targets::Targets;
pub use timestamp::Timestamp;

type Result<T> = core::result::Result<T, MetadataError>;

/// The value of a field that the format requires.
fn required<T>(field: Option<T>, name: &'static str) -> Result<T> {
    field.ok_or(MetadataError::MissingField { field: name })
}

/// One more of `what`, unless there are `limit` already.
fn room<T>(list: &[T], limit: u32, what: &'static str) -> Result<()> {
    if list.len() < usize::try_from(limit).unwrap_or(usize::MAX) {
        Ok(())
    } else {
        Err(MetadataError::TooMany { what, limit })
    }
}
