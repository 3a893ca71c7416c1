//! Why a document of a ceremony is refused. The ceremony goes on.

use alloc::boxed::Box;

use crate::json::JsonError;
use crate::key::{KeyId, SigningError};
use crate::metadata::MetadataError;
use crate::primitives::{RoleName, UtcTime, refusals};

refusals!(
    Signing,
    /// A request or a response that is refused. Nothing was changed by it.
    #[derive(Debug, thiserror::Error)]
    #[non_exhaustive]
    pub enum CeremonyError {
        /// The document is over the limit.
        #[refusal("ceremony.too-long", Operator)]
        #[error("{length} bytes, the limit is {limit}")]
        TooLong {
            /// The limit in bytes.
            limit: u64,
            /// The length of the document.
            length: u64,
        },
        /// The document is not strict JSON of the expected shape.
        #[refusal("ceremony.json", Operator)]
        #[error(transparent)]
        Json(#[from] JsonError),
        /// The document is of another kind, or of another format.
        #[refusal("ceremony.kind", Operator)]
        #[error("not a {expected} of format 1")]
        Kind {
            /// The kind that was expected.
            expected: &'static str,
        },
        /// A field is missing or says what it cannot.
        #[refusal("ceremony.field", Operator)]
        #[error("the field `{field}` is missing or malformed")]
        Field {
            /// Its name.
            field: &'static str,
        },
        /// The payload is not metadata of the role, or not in the form in which it is published.
        #[refusal("ceremony.payload", Operator)]
        #[error("the payload is not metadata of the role as it is published")]
        Payload(#[source] MetadataError),
        /// The payload is another than the digest, the role or the version beside it say.
        #[refusal("ceremony.payload-differs", Operator)]
        #[error("the {field} is not that of the payload")]
        PayloadDiffers {
            /// The field.
            field: &'static str,
        },
        /// The copy against which to review is not metadata of the role.
        #[refusal("ceremony.copy", Operator)]
        #[error("the trusted copy is not metadata of the role")]
        Copy(#[source] MetadataError),
        /// No file of the role waits for signatures.
        #[refusal("ceremony.no-such-file", Operator)]
        #[error("{0}: no such file waits for signatures")]
        NoSuchFile(RoleName),
        /// The response is to another request, or the file was sealed anew since.
        #[refusal("ceremony.stale", Operator)]
        #[error("{role}: made for another {field} than the file that waits")]
        Stale {
            /// The role.
            role: RoleName,
            /// What differs.
            field: &'static str,
        },
        /// The request has expired.
        #[refusal("ceremony.expired", Operator)]
        #[error("{role}: the request expired {expires}")]
        Expired {
            /// The role.
            role: RoleName,
            /// When it expired.
            expires: UtcTime,
        },
        /// No authority of the role names the key.
        #[refusal("ceremony.foreign-key", Operator)]
        #[error("{role}: {key_id} is none of its keys")]
        ForeignKey {
            /// The role.
            role: RoleName,
            /// The id of the key.
            key_id: KeyId,
        },
        /// The signature does not verify.
        #[refusal("ceremony.bad-signature", Operator)]
        #[error("{role}: the signature of {key_id} does not verify")]
        BadSignature {
            /// The role.
            role: RoleName,
            /// The id of the key.
            key_id: KeyId,
        },
        /// The key has signed already, under this id or another.
        #[refusal("ceremony.already-signed", Operator)]
        #[error("{role}: {key_id} has signed already")]
        AlreadySigned {
            /// The role.
            role: RoleName,
            /// The id of the key.
            key_id: KeyId,
        },
        /// The signer failed.
        #[refusal("ceremony.signing", Retry)]
        #[error(transparent)]
        Signing(#[from] Box<SigningError>),
    }
);
