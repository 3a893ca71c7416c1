//! The policy: what a product asks of the provenance of its artifacts.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::envelope::Envelope;
use super::statement::Statement;
use super::{PolicyError, PredicateType, Provenance, ProvenanceError, ProvenanceShortfall};
use crate::key::{Key, KeyFingerprint, KeyId};
use crate::primitives::{Hashes, Limits};
use crate::verify::{KeyIds, NotCounted, Signatures, Unmet, UsableKey};

/// Who must have signed the provenance of a product's artifacts, and which builders may have made
/// them.
#[derive(Clone)]
pub struct ProvenancePolicy {
    ids: Vec<KeyId>,
    /// In the order of `ids`.
    keys: Vec<Arc<UsableKey>>,
    threshold: u64,
    builders: Vec<Box<str>>,
    predicate_types: Vec<PredicateType>,
    limits: Limits,
}

/// Collects a [`ProvenancePolicy`]. Whatever is not said is not allowed.
#[derive(Clone, Debug, Default)]
pub struct PolicyBuilder {
    keys: Vec<(KeyId, Key)>,
    threshold: u32,
    builders: Vec<Box<str>>,
    predicate_types: Vec<PredicateType>,
    limits: Limits,
}

impl PolicyBuilder {
    /// A key that may sign, and the id under which refusals and proofs speak of it.
    ///
    /// Envelopes carry ids too, which are only hints.
    #[must_use]
    pub fn key(mut self, id: KeyId, key: Key) -> Self {
        self.keys.push((id, key));
        self
    }

    /// How many distinct keys must have signed: at least 1.
    #[must_use]
    pub fn threshold(mut self, threshold: u32) -> Self {
        self.threshold = threshold;
        self
    }

    /// A builder that is allowed. Ids are compared byte by byte: no prefixes, no patterns.
    #[must_use]
    pub fn builder_id(mut self, id: &str) -> Self {
        self.builders.push(id.into());
        self
    }

    /// A type of predicate that is allowed.
    #[must_use]
    pub fn predicate_type(mut self, predicate_type: PredicateType) -> Self {
        self.predicate_types.push(predicate_type);
        self
    }

    /// What one envelope may cost: `max_provenance_length`, `max_signatures`,
    /// `max_signature_bytes`, `max_verifications`, `max_depth`, and `max_string` of the payload.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The policy, if anything at all could meet it.
    pub fn build(self) -> Result<ProvenancePolicy, PolicyError> {
        let (mut ids, mut keys) = (Vec::new(), Vec::new());
        let mut distinct: Vec<KeyFingerprint> = Vec::new();
        for (id, key) in self.keys {
            if ids.contains(&id) {
                return Err(PolicyError::DuplicateKeyId(id));
            }
            distinct.extend(key.fingerprint().filter(|f| !distinct.contains(f)));
            match UsableKey::new(key) {
                Ok(key) => keys.push(Arc::new(key)),
                Err(reason) => return Err(PolicyError::UnusableKey { id, reason }),
            }
            ids.push(id);
        }
        let (threshold, distinct) = (self.threshold, distinct.len());
        if threshold == 0 || usize::try_from(threshold).is_ok_and(|t| t > distinct) {
            return Err(PolicyError::Threshold { threshold, distinct });
        }
        if self.builders.is_empty() {
            return Err(PolicyError::NoBuilder);
        }
        if self.predicate_types.is_empty() {
            return Err(PolicyError::NoPredicateType);
        }
        let Self { builders, predicate_types, limits, .. } = self;
        let threshold = threshold.into();
        Ok(ProvenancePolicy { ids, keys, threshold, builders, predicate_types, limits })
    }
}

impl ProvenancePolicy {
    /// Starts a policy.
    #[must_use]
    pub fn builder() -> PolicyBuilder {
        PolicyBuilder::default()
    }

    /// Holds an artifact's provenance against this policy. No envelope is a refusal.
    ///
    /// `artifact` has the digests of the artifact that is to be released, a SHA-256 among them:
    /// that is what decides. Where provenance and `artifact` both have a SHA-512, it has to be the
    /// same too.
    pub fn verify(
        &self,
        envelope: Option<&[u8]>,
        artifact: &Hashes,
    ) -> Result<Provenance, ProvenanceError> {
        let bytes = envelope.ok_or(ProvenanceError::Missing)?;
        let (length, limit) = (bytes.len() as u64, self.limits.max_provenance_length);
        if length > limit {
            return Err(ProvenanceError::TooLong { limit, length });
        }
        let envelope = Envelope::read(bytes, &self.limits)?;
        let keys = self.require_signatures(&envelope)?;
        // From here on, the payload is what the keys have signed.
        let statement = Statement::read(envelope.payload(), &self.limits)?;
        let found = &*statement.predicate_type;
        let predicate_type = PredicateType::from_uri(found)
            .filter(|known| self.predicate_types.contains(known))
            .ok_or_else(|| ProvenanceError::PredicateType { found: found.into() })?;
        let subjects = statement.subjects.len();
        let subject = statement.subject(artifact).ok_or(ProvenanceError::Subject { subjects })?;
        let found =
            predicate_type.builder(statement.predicate).map_err(ProvenanceError::Statement)?;
        if !self.builders.iter().any(|allowed| **allowed == *found) {
            return Err(ProvenanceError::Builder { found: found.into() });
        }
        Ok(Provenance { builder_id: found.into(), predicate_type, subject, keys })
    }

    /// The ids of the keys that have signed, as many as are asked for.
    fn require_signatures(&self, envelope: &Envelope) -> Result<Vec<KeyId>, ProvenanceError> {
        let find = |id: &KeyId| {
            let key = self.ids.iter().position(|known| known == id).and_then(|n| self.keys.get(n));
            key.cloned().ok_or(NotCounted::NotListed)
        };
        let mut signatures = Signatures::new(envelope, KeyIds::Hints, &self.limits);
        match signatures.require(&self.ids, self.threshold, find) {
            Ok(signed) => Ok(signed.into_iter().cloned().collect()),
            Err(Unmet::Keys(have, rest)) => {
                let shortfall = ProvenanceShortfall { need: self.threshold, have, rest };
                Err(ProvenanceError::Signatures(Box::new(shortfall)))
            }
            Err(Unmet::Work) => {
                Err(ProvenanceError::SignatureWork { limit: self.limits.max_signature_bytes })
            }
            Err(Unmet::Trials) => {
                Err(ProvenanceError::Verifications { limit: self.limits.max_verifications })
            }
            Err(Unmet::Unreadable(e)) => Err(ProvenanceError::Envelope(e.into())),
        }
    }
}

impl core::fmt::Debug for ProvenancePolicy {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ProvenancePolicy")
            .field("keys", &self.ids)
            .field("threshold", &self.threshold)
            .field("builders", &self.builders)
            .field("predicate_types", &self.predicate_types)
            .finish_non_exhaustive()
    }
}
