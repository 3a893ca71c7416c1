//! Thresholds of signatures: the one place that counts them.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::NotCounted;
use super::keyring::UsableKey;
use crate::json::JsonError;
use crate::key::{KeyFingerprint, KeyId, Verification};
use crate::metadata::Signature;
use crate::primitives::Limits;

/// What has been signed, whatever its format.
pub(crate) trait SignedMessage {
    /// The signatures that came with it.
    fn signatures(&self) -> &[Signature];

    /// As many bytes as [`stream`](Self::stream) gives, or more.
    fn length(&self) -> u64;

    /// Gives `out` what signatures are made over.
    fn stream(&self, out: &mut dyn FnMut(&[u8])) -> core::result::Result<(), JsonError>;
}

/// On which signatures a key is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyIds {
    /// On the one under its id.
    Binding,
    /// If there is none under its id, on those under ids that no key has.
    ///
    /// For files that a device has stored: if root gives a key another id, what the key has signed
    /// carries the old one, and is a floor all the same. (Ids are not signed. Whoever wants to
    /// replay such a file can give it the new id, so it must not be forgotten.)
    MayBeOld,
    /// On all of them, those under its id first.
    #[cfg(feature = "repository")]
    Hints,
}

/// Why a threshold is not met.
pub(crate) enum Unmet {
    /// Too few keys have signed: the ids of those that did, and why each other did not count.
    Keys(Vec<KeyId>, Vec<(KeyId, NotCounted)>),
    /// It would take more hashing than [`Limits::max_signature_bytes`].
    Work,
    /// What was read once cannot be read again.
    Unreadable(JsonError),
}

type Result<T> = core::result::Result<T, Unmet>;

/// The signatures of one message, and which of them have been found to verify.
///
/// Kept for as long as the message is checked: a root is held against two sets of keys, and a key
/// that is in both is asked once.
pub(crate) struct Signatures<'d> {
    message: &'d dyn SignedMessage,
    key_ids: KeyIds,
    limits: &'d Limits,
    /// Bytes hashed so far.
    hashed: u64,
    /// What is known: signature number, key, verdict.
    verdicts: Vec<(usize, KeyFingerprint, bool)>,
}

/// A signature that may still count towards the threshold.
struct Candidate<'k> {
    id: &'k KeyId,
    key: Arc<UsableKey>,
    signature: usize,
}

impl<'d> Signatures<'d> {
    pub(crate) fn new(message: &'d dyn SignedMessage, key_ids: KeyIds, limits: &'d Limits) -> Self {
        Self { message, key_ids, limits, hashed: 0, verdicts: Vec::new() }
    }

    /// At least `threshold` *distinct* keys have signed; the ids of the first so many. `find`
    /// gives the key that has one of these ids.
    ///
    /// Keys are distinct by what they decode to. A signature that is bad, or of a key that is not
    /// among these, takes nothing away.
    pub(crate) fn require<'k>(
        &mut self,
        ids: &'k [KeyId],
        threshold: u64,
        find: impl FnMut(&KeyId) -> core::result::Result<Arc<UsableKey>, NotCounted>,
    ) -> Result<Vec<&'k KeyId>> {
        let need = usize::try_from(threshold).unwrap_or(usize::MAX);
        let mut rest = Vec::new();
        let mut waiting = self.candidates(ids, find, &mut rest);
        let mut counted: Vec<(&KeyId, KeyFingerprint)> = Vec::new();
        while counted.len() < need && !waiting.is_empty() {
            // As many as are still needed, no key twice: in the usual case one pass is all.
            let mut batch: Vec<Candidate<'_>> = Vec::new();
            let mut later = Vec::new();
            for candidate in waiting {
                let same = |f: &KeyFingerprint| *f == candidate.key.fingerprint;
                if counted.iter().any(|(_, f)| same(f)) {
                    rest.push((candidate.id, NotCounted::SameKey));
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
                    rest.push((candidate.id, NotCounted::BadSignature));
                }
            }
        }
        let have: Vec<&KeyId> = counted.into_iter().map(|(id, _)| id).collect();
        if have.len() >= need { Ok(have) } else { Err(Unmet::keys(&have, &rest)) }
    }

    /// The signatures of these keys, those under the keys' own ids first: signatures that anybody
    /// may have added must not use up the budget before them. What cannot count goes to `rest`.
    fn candidates<'k>(
        &self,
        ids: &'k [KeyId],
        mut find: impl FnMut(&KeyId) -> core::result::Result<Arc<UsableKey>, NotCounted>,
        rest: &mut Vec<(&'k KeyId, NotCounted)>,
    ) -> Vec<Candidate<'k>> {
        let (mut candidates, mut others) = (Vec::new(), Vec::new());
        for id in ids {
            let (own, other) = self.numbers_for(id, ids);
            if own.is_empty() && other.is_empty() {
                rest.push((id, NotCounted::NotSigned));
                continue;
            }
            match find(id) {
                Ok(key) => {
                    let candidate = |signature| Candidate { id, key: key.clone(), signature };
                    candidates.extend(own.into_iter().map(candidate));
                    others.extend(other.into_iter().map(candidate));
                }
                Err(why) => rest.push((id, why)),
            }
        }
        candidates.append(&mut others);
        candidates
    }

    /// The numbers of the signatures that the key with the id `id` is tried on: those under its
    /// id, and others.
    fn numbers_for(&self, id: &KeyId, ids: &[KeyId]) -> (Vec<usize>, Vec<usize>) {
        let own = self.numbers(|s| s.key_id == *id);
        // One that does not even decode would only take room.
        let others = match self.key_ids {
            KeyIds::MayBeOld if own.is_empty() => {
                self.numbers(|s| !s.bytes.is_empty() && !ids.contains(&s.key_id))
            }
            #[cfg(feature = "repository")]
            KeyIds::Hints => self.numbers(|s| !s.bytes.is_empty() && s.key_id != *id),
            _ => Vec::new(),
        };
        (own, others)
    }

    fn numbers(&self, wanted: impl Fn(&Signature) -> bool) -> Vec<usize> {
        let all = self.message.signatures().iter().enumerate();
        all.filter(|(_, signature)| wanted(signature)).map(|(number, _)| number).collect()
    }

    /// Whether each of these signatures verifies, by one pass over the message.
    fn verify(&mut self, batch: &[Candidate<'_>]) -> Result<Vec<bool>> {
        let mut running: Vec<(usize, Box<dyn Verification>)> = Vec::new();
        let mut verdicts = Vec::with_capacity(batch.len());
        for (number, candidate) in batch.iter().enumerate() {
            let known = self.verdicts.iter().find(|(signature, key, _)| {
                *signature == candidate.signature && *key == candidate.key.fingerprint
            });
            verdicts.push(known.is_some_and(|&(.., valid)| valid));
            let signature = self.message.signatures().get(candidate.signature);
            if known.is_none()
                && let Some(signature) = signature
                && let Some(verification) = candidate.key.key.verification(&signature.bytes)
            {
                running.push((number, verification));
            }
        }
        self.spend(running.len())?;
        if !running.is_empty() {
            self.message
                .stream(&mut |chunk| {
                    for (_, verification) in &mut running {
                        verification.update(chunk);
                    }
                })
                .map_err(Unmet::Unreadable)?;
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

    /// Takes the hashing for so many signatures from the budget.
    fn spend(&mut self, signatures: usize) -> Result<()> {
        let bytes = self.message.length().saturating_mul(signatures as u64);
        self.hashed = self.hashed.saturating_add(bytes);
        if self.hashed > self.limits.max_signature_bytes { Err(Unmet::Work) } else { Ok(()) }
    }
}

impl Unmet {
    /// Of each key that did not count, the first reason: it may have been tried many times.
    fn keys(have: &[&KeyId], rest: &[(&KeyId, NotCounted)]) -> Self {
        let mut reasons: Vec<(KeyId, NotCounted)> = Vec::new();
        for (id, why) in rest {
            if !have.contains(id) && !reasons.iter().any(|(told, _)| told == *id) {
                reasons.push(((*id).clone(), *why));
            }
        }
        Self::Keys(have.iter().map(|&id| id.clone()).collect(), reasons)
    }
}
