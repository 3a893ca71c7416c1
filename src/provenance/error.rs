//! Why provenance is not what a policy asks for, and why a policy is none.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::json::JsonError;
use crate::key::{KeyId, Unusable};
use crate::primitives::{HashesError, Quoted, refusals};
use crate::verify::{NotCounted, list_reasons};

refusals!(
    Provenance,
    /// A refusal of an artifact's provenance, with the values that mattered, in the order of the
    /// checks.
    ///
    /// Provenance that is missing may still come; one that is there will stay as it is.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum ProvenanceError {
        /// There is no envelope.
        #[refusal("provenance.missing", Retry)]
        #[error("the artifact has no provenance")]
        Missing,
        /// The envelope is longer than the caller's limit.
        #[refusal("provenance.too-long", Operator)]
        #[error("the envelope has {length} bytes, the limit is {limit}")]
        TooLong {
            /// The caller's limit in bytes.
            limit: u64,
            /// The length of the envelope.
            length: u64,
        },
        /// The envelope is not a well-formed DSSE envelope.
        #[refusal("provenance.envelope", Operator)]
        #[error("the envelope is not well-formed")]
        Envelope(#[source] Malformed),
        /// The payload is of another type than an in-toto Statement.
        #[refusal("provenance.payload-type", Operator)]
        #[error("`payloadType` is {found}")]
        PayloadType {
            /// What the envelope says.
            found: Quoted,
        },
        /// The payload or a signature is not base64.
        #[refusal("provenance.encoding", Operator)]
        #[error("`{field}` is not padded base64 of one alphabet")]
        Encoding {
            /// The name of the field.
            field: &'static str,
        },
        /// Too few of the policy's keys have signed the payload.
        #[refusal("provenance.signatures", Operator)]
        #[error(transparent)]
        Signatures(Box<ProvenanceShortfall>),
        /// Checking the signatures would hash more bytes than the limits allow.
        #[refusal("provenance.signature-work", Operator)]
        #[error("the signatures take more than {limit} bytes of hashing")]
        SignatureWork {
            /// The limit in bytes.
            limit: u64,
        },
        /// Checking the signatures would take more verifications than the limits allow.
        #[refusal("provenance.verifications", Operator)]
        #[error("the signatures take more than {limit} verifications")]
        Verifications {
            /// The limit.
            limit: u32,
        },
        /// The payload is signed, and not a well-formed Statement or predicate.
        #[refusal("provenance.statement", Operator)]
        #[error("the statement is not well-formed")]
        Statement(#[source] Malformed),
        /// The payload is another thing than a Statement v1 or v0.1.
        #[refusal("provenance.statement-type", Operator)]
        #[error("`_type` is {found}")]
        StatementType {
            /// What the payload says.
            found: Quoted,
        },
        /// The policy does not allow predicates of this type.
        #[refusal("provenance.predicate-type", Operator)]
        #[error("`predicateType` {found} is not allowed")]
        PredicateType {
            /// What the statement says.
            found: Quoted,
        },
        /// The statement is not of this artifact.
        #[refusal("provenance.subject", Operator)]
        #[error("none of {subjects} subjects has the digests of the artifact")]
        Subject {
            /// How many subjects the statement has.
            subjects: usize,
        },
        /// The policy does not allow this builder.
        #[refusal("provenance.builder", Operator)]
        #[error("the builder {found} is not allowed")]
        Builder {
            /// The builder that the predicate names.
            found: Quoted,
        },
    }
);

refusals!(
    Provenance,
    /// Why an envelope or a statement is not well-formed.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum Malformed {
        /// The envelope or the statement is not strict JSON of the expected shape.
        #[refusal("provenance.json", Operator)]
        #[error(transparent)]
        Json(#[from] JsonError),
        /// A required field of the envelope or the statement is absent.
        #[refusal("provenance.missing-field", Operator)]
        #[error("the field `{field}` is missing")]
        MissingField {
            /// Its name.
            field: &'static str,
        },
        /// The envelope has more signatures than the limits allow.
        #[refusal("provenance.too-many-signatures", Operator)]
        #[error("more than {limit} signatures")]
        TooManySignatures {
            /// The limit.
            limit: u32,
        },
        /// A digest of a subject is malformed.
        #[refusal("provenance.subject-digest", Operator)]
        #[error("the `digest` of a subject cannot be used")]
        Digest(#[source] HashesError),
    }
);

/// Which keys of a policy counted, and why the others did not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProvenanceShortfall {
    /// How many distinct keys must have signed.
    pub need: u64,
    /// The ids of the keys that did.
    pub have: Vec<KeyId>,
    /// The ids of the policy's other keys, and why each did not count.
    pub rest: Vec<(KeyId, NotCounted)>,
}

impl fmt::Display for ProvenanceShortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { need, have, rest } = self;
        write!(f, "{} of the {need} signatures that the policy asks for", have.len())?;
        list_reasons(rest, f)
    }
}

impl core::error::Error for ProvenanceShortfall {}

refusals!(
    Provenance,
    /// Why a policy is refused: nothing could ever meet it, or it would mean less than it seems to.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum PolicyError {
        /// The threshold is 0, or larger than the number of distinct keys.
        #[refusal("provenance.policy-threshold", FixCaller)]
        #[error("a threshold of {threshold} with {distinct} distinct keys")]
        Threshold {
            /// The threshold.
            threshold: u32,
            /// How many distinct keys the policy has.
            distinct: usize,
        },
        /// Two keys have one id.
        #[refusal("provenance.policy-duplicate-key-id", FixCaller)]
        #[error("two keys have the id {0}")]
        DuplicateKeyId(KeyId),
        /// This build cannot verify the signatures of a key.
        #[refusal("provenance.policy-unusable-key", FixCaller)]
        #[error("key {id} cannot be used")]
        UnusableKey {
            /// Its id.
            id: KeyId,
            /// Why.
            #[source]
            reason: Unusable,
        },
        /// No builder is allowed.
        #[refusal("provenance.policy-no-builder", FixCaller)]
        #[error("no builder is allowed")]
        NoBuilder,
        /// No type of predicate is allowed.
        #[refusal("provenance.policy-no-predicate-type", FixCaller)]
        #[error("no type of predicate is allowed")]
        NoPredicateType,
    }
);
