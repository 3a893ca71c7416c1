//! Why a document of a ceremony is refused. The ceremony goes on.

use alloc::boxed::Box;

use crate::json::JsonError;
use crate::key::{KeyId, SigningError};
use crate::metadata::MetadataError;
use crate::primitives::{Remedy, RoleName, UtcTime};

/// A request or a response that is refused. Nothing was changed by it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CeremonyError {
    /// The document is over the limit.
    #[error("{length} bytes, the limit is {limit}")]
    TooLong {
        /// The limit in bytes.
        limit: u64,
        /// The length of the document.
        length: u64,
    },
    /// The document is not strict JSON of the expected shape.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The document is of another kind, or of another format.
    #[error("not a {expected} of format 1")]
    Kind {
        /// The kind that was expected.
        expected: &'static str,
    },
    /// A field is missing or says what it cannot.
    #[error("the field `{field}` is missing or malformed")]
    Field {
        /// Its name.
        field: &'static str,
    },
    /// The payload is not metadata of the role, or not in the form in which it is published.
    #[error("the payload: {0}")]
    Payload(MetadataError),
    /// The payload is another than the digest, the role or the version beside it say.
    #[error("the {field} is not that of the payload")]
    PayloadDiffers {
        /// The field.
        field: &'static str,
    },
    /// The copy against which to review is not metadata of the role.
    #[error("the trusted copy: {0}")]
    Copy(MetadataError),
    /// No file of the role waits for signatures.
    #[error("{0}: no such file waits for signatures")]
    NoSuchFile(RoleName),
    /// The response is to another request, or the file was sealed anew since.
    #[error("{role}: made for another {field} than the file that waits")]
    Stale {
        /// The role.
        role: RoleName,
        /// What differs.
        field: &'static str,
    },
    /// The request has expired.
    #[error("{role}: the request expired {expires}")]
    Expired {
        /// The role.
        role: RoleName,
        /// When it expired.
        expires: UtcTime,
    },
    /// No authority of the role names the key.
    #[error("{role}: {key_id} is none of its keys")]
    ForeignKey {
        /// The role.
        role: RoleName,
        /// The id of the key.
        key_id: KeyId,
    },
    /// The signature does not verify.
    #[error("{role}: the signature of {key_id} does not verify")]
    BadSignature {
        /// The role.
        role: RoleName,
        /// The id of the key.
        key_id: KeyId,
    },
    /// The key has signed already, under this id or another.
    #[error("{role}: {key_id} has signed already")]
    AlreadySigned {
        /// The role.
        role: RoleName,
        /// The id of the key.
        key_id: KeyId,
    },
    /// The signer failed.
    #[error(transparent)]
    Signing(#[from] Box<SigningError>),
}

impl CeremonyError {
    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "ceremony.too-long",
            Self::Json(_) => "ceremony.json",
            Self::Kind { .. } => "ceremony.kind",
            Self::Field { .. } => "ceremony.field",
            Self::Payload(_) => "ceremony.payload",
            Self::PayloadDiffers { .. } => "ceremony.payload-differs",
            Self::Copy(_) => "ceremony.copy",
            Self::NoSuchFile(_) => "ceremony.no-such-file",
            Self::Stale { .. } => "ceremony.stale",
            Self::Expired { .. } => "ceremony.expired",
            Self::ForeignKey { .. } => "ceremony.foreign-key",
            Self::BadSignature { .. } => "ceremony.bad-signature",
            Self::AlreadySigned { .. } => "ceremony.already-signed",
            Self::Signing(_) => "ceremony.signing",
        }
    }

    /// What helps: another document, from people.
    #[must_use]
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::Signing(_) => Remedy::Retry,
            _ => Remedy::Operator,
        }
    }
}
