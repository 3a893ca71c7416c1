//! The proof that an artifact's provenance is what a policy asks for.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::PredicateType;
use crate::key::KeyId;
use crate::primitives::Sha256Digest;

/// One artifact was built by a builder that a policy allows, as enough of the policy's keys say.
///
/// Only [`ProvenancePolicy::verify`](super::ProvenancePolicy::verify) makes one. It speaks of the
/// artifact with the digest [`subject`](Self::subject) and of no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    pub(super) builder_id: Box<str>,
    pub(super) predicate_type: PredicateType,
    pub(super) subject: Sha256Digest,
    pub(super) keys: Vec<KeyId>,
}

impl Provenance {
    /// The builder, as the policy lists it.
    #[must_use]
    pub fn builder_id(&self) -> &str {
        &self.builder_id
    }

    /// The type of the predicate that names the builder.
    #[must_use]
    pub fn predicate_type(&self) -> PredicateType {
        self.predicate_type
    }

    /// The SHA-256 of the artifact.
    #[must_use]
    pub fn subject(&self) -> &Sha256Digest {
        &self.subject
    }

    /// The policy's ids of the keys that have signed: as many as its threshold, no more are looked
    /// for.
    #[must_use]
    pub fn keys(&self) -> &[KeyId] {
        &self.keys
    }
}
