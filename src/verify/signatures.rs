//! Thresholds of signatures: the one place that counts them.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::keyring::{Keyring, UsableKey};
use super::{NotCounted, Result, SignatureShortfall, VerifyError};
use crate::json::JsonError;
use crate::key::{KeyFingerprint, KeyId, Verification};
use crate::metadata::{Document, ListedKey, RoleKeys};
use crate::primitives::{Limits, RoleName};

/// The signatures of one file, and which of them have been found to verify.
///
/// Kept for as long as the file is checked: a root is held against two sets of keys, and a key that
/// is in both is decoded once and asked once.
pub(super) struct Signatures<'d, 'a, R> {
    document: &'d Document<'a, R>,
    role: RoleName,
    limits: &'d Limits,
    /// Bytes hashed so far.
    hashed: u64,
    /// What is known: signature number, key, verdict.
    verdicts: Vec<(usize, KeyFingerprint, bool)>,
    /// Keys that were decoded before.
    known: &'d Keyring,
    /// The keys that have been asked for.
    keys: Keyring,
    /// Whether a key is also tried on signatures under ids that are none of the role's.
    under_any_id: bool,
}

/// A signature that may still count towards the threshold.
struct Candidate<'k> {
    id: &'k KeyId,
    key: Arc<UsableKey>,
    signature: usize,
}

impl<'d, 'a, R> Signatures<'d, 'a, R> {
    pub(super) fn new(
        document: &'d Document<'a, R>,
        role: RoleName,
        known: &'d Keyring,
        limits: &'d Limits,
    ) -> Self {
        let (keys, verdicts, under_any_id) = (Keyring::default(), Vec::new(), false);
        Self { document, role, limits, hashed: 0, verdicts, known, keys, under_any_id }
    }

    /// A key is also tried on signatures under ids that are none of the role's.
    ///
    /// For files that a device has stored: if root gives a key another id, what the key has signed
    /// carries the old one, and is a floor all the same. (Ids are not signed. Whoever wants to replay
    /// such a file can give it the new id, so it must not be forgotten.)
    pub(super) fn under_any_id(mut self) -> Self {
        self.under_any_id = true;
        self
    }

    /// At least `keys.threshold()` *distinct* keys of the role have signed (§5.3.4, §5.4.2, §5.5.3,
    /// §5.6.3). `find` gives the key that the `delegator` lists under an id.
    ///
    /// Keys are distinct by what they decode to. A signature that is bad, or of a key that the role
    /// does not name, takes nothing away.
    pub(super) fn require(
        &mut self,
        keys: &RoleKeys,
        delegator: RoleName,
        find: impl Fn(&KeyId) -> Option<ListedKey<'d>>,
    ) -> Result<()> {
        let need = usize::try_from(keys.threshold()).unwrap_or(usize::MAX);
        let mut rest = Vec::new();
        let mut waiting = self.candidates(keys, find, &mut rest);
        let mut counted: Vec<(&KeyId, KeyFingerprint)> = Vec::new();
        while counted.len() < need && !waiting.is_empty() {
            // As many as are still needed, no key twice: in the usual case one pass is all.
            let mut batch: Vec<Candidate<'_>> = Vec::new();
            let mut later = Vec::new();
            for candidate in waiting {
                let same = |f: &KeyFingerprint| *f == candidate.key.fingerprint;
                if counted.iter().any(|(_, f)| same(f)) {
                    rest.push((candidate.id.clone(), NotCounted::SameKey));
                } else if batch.len() < need - counted.len()
                    && !batch.iter().any(|c| same(&c.key.fingerprint))
                {
                    batch.push(candidate);
                } else {
                    later.push(candidate);
                }
            }
            waiting = later;
            let verdicts = self.verify(&batch)?;
            for (candidate, valid) in batch.into_iter().zip(verdicts) {
                if valid {
                    counted.push((candidate.id, candidate.key.fingerprint));
                } else {
                    rest.push((candidate.id.clone(), NotCounted::BadSignature));
                }
            }
        }
        if counted.len() >= need {
            return Ok(());
        }
        let have = counted.into_iter().map(|(id, _)| id.clone()).collect();
        let (role, need) = (self.role.clone(), keys.threshold());
        let shortfall = SignatureShortfall { role, delegator, need, have, rest };
        Err(VerifyError::Signatures(Box::new(shortfall)))
    }

    /// The signatures of keys of the role, those under the keys' own ids first: signatures that
    /// anybody may have added must not use up the budget before them. What cannot count goes to
    /// `rest`.
    fn candidates<'k>(
        &mut self,
        keys: &'k RoleKeys,
        find: impl Fn(&KeyId) -> Option<ListedKey<'d>>,
        rest: &mut Vec<(KeyId, NotCounted)>,
    ) -> Vec<Candidate<'k>> {
        let (mut candidates, mut others) = (Vec::new(), Vec::new());
        for id in keys.key_ids() {
            let own = self.document.signatures().iter().position(|s| s.key_id == *id);
            let (list, signatures) = match own {
                Some(own) => (&mut candidates, vec![own]),
                None => (&mut others, self.under_other_ids(keys)),
            };
            if signatures.is_empty() {
                rest.push((id.clone(), NotCounted::NotSigned));
                continue;
            }
            let listed = find(id).ok_or(NotCounted::NotListed);
            match listed.and_then(|key| self.keys.decoded(key, self.known)) {
                Ok(key) => list.extend(signatures.into_iter().map(|signature| {
                    let key = key.clone();
                    Candidate { id, key, signature }
                })),
                Err(why) => rest.push((id.clone(), why)),
            }
        }
        candidates.append(&mut others);
        candidates
    }

    /// The numbers of the signatures that may be of a key whose own id has none.
    fn under_other_ids(&self, keys: &RoleKeys) -> Vec<usize> {
        if !self.under_any_id {
            return Vec::new();
        }
        // One that does not even decode would only take room.
        let others =
            self.document.signatures().iter().enumerate().filter(|(_, s)| !s.bytes.is_empty());
        let others = others.filter(|(_, s)| !keys.key_ids().contains(&s.key_id));
        others.map(|(number, _)| number).collect()
    }

    /// Whether each of these signatures verifies, by one pass over the canonical form.
    fn verify(&mut self, batch: &[Candidate<'_>]) -> Result<Vec<bool>> {
        let mut running: Vec<(usize, Box<dyn Verification>)> = Vec::new();
        let mut verdicts = Vec::with_capacity(batch.len());
        for (number, candidate) in batch.iter().enumerate() {
            let known = self.verdicts.iter().find(|(signature, key, _)| {
                *signature == candidate.signature && *key == candidate.key.fingerprint
            });
            verdicts.push(known.is_some_and(|&(.., valid)| valid));
            let signature = self.document.signatures().get(candidate.signature);
            if known.is_none()
                && let Some(signature) = signature
                && let Some(verification) = candidate.key.key.verification(&signature.bytes)
            {
                running.push((number, verification));
            }
        }
        self.spend(running.len())?;
        if !running.is_empty() {
            self.document
                .canonical(&mut |chunk| {
                    for (_, verification) in &mut running {
                        verification.update(chunk);
                    }
                })
                .map_err(|e| self.unreadable(e))?;
        }
        for (number, verification) in running {
            let valid = verification.finish();
            if let (Some(verdict), Some(c)) = (verdicts.get_mut(number), batch.get(number)) {
                *verdict = valid;
                self.verdicts.push((c.signature, c.key.fingerprint, valid));
            }
        }
        Ok(verdicts)
    }

    /// The keys that have been asked for, decoded.
    pub(super) fn into_keys(self) -> Keyring {
        self.keys
    }

    /// Takes the hashing for so many signatures from the budget.
    fn spend(&mut self, signatures: usize) -> Result<()> {
        let bytes = self.document.signed_length().saturating_mul(signatures as u64);
        self.hashed = self.hashed.saturating_add(bytes);
        let limit = self.limits.max_signature_bytes;
        if self.hashed > limit {
            return Err(VerifyError::SignatureWork { role: self.role.clone(), limit });
        }
        Ok(())
    }

    /// The second reading of a text cannot fail where the first did not; if it ever does, that is
    /// a refusal.
    fn unreadable(&self, error: JsonError) -> VerifyError {
        VerifyError::Malformed { role: self.role.clone(), reason: error.into() }
    }
}
