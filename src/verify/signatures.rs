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
    /// On all of them, those under its id first.
    ///
    /// For files that were trusted once: if root gives a key another id, what the key has signed
    /// carries the old one. (Ids are not signed. Whoever wants to replay such a file can give it the
    /// new id, so it must not be forgotten.)
    Hints,
}

/// Why a threshold is not met.
pub(crate) enum Unmet {
    /// Too few keys have signed: the ids of those that did, and why each other did not count.
    Keys(Vec<KeyId>, Vec<(KeyId, NotCounted)>),
    /// It would take more hashing than [`Limits::max_signature_bytes`].
    Work,
    /// It would take more verifications than [`Limits::max_verifications`].
    Trials,
    /// What was read once cannot be read again.
    Unreadable(JsonError),
}

type Result<T> = core::result::Result<T, Unmet>;

/// The signatures of one message, and which of them have been found to verify.
///
/// Kept for as long as the message is checked: a root is held against two sets of keys, and a key
/// that is in both is asked once.
///
/// Whoever carries a file can take signatures out, replace them, add others and change their order.
/// What holds all the same: signatures under the ids of keys are tried before any others, and a file
/// has at most one under each id. So [`KeyIds::Binding`] takes at most one verification for each
/// key id of the role (of a root: of both roots), and no junk makes a file fail that enough keys have
/// signed, as long as [`Limits::max_verifications`] is not less. Where keys are also tried on
/// signatures under other ids, the same holds as long as those keys times those signatures are not
/// more than what is left.
pub(crate) struct Signatures<'d> {
    message: &'d dyn SignedMessage,
    key_ids: KeyIds,
    limits: &'d Limits,
    /// Bytes hashed so far.
    hashed: u64,
    /// What has been tried: signature number, key, verdict. A key under two schemes is one key, and
    /// asked under each.
    verdicts: Vec<(usize, Arc<UsableKey>, bool)>,
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
            let own = self.numbers(|s| s.key_id == *id);
            let other = match self.key_ids {
                KeyIds::Binding => Vec::new(),
                // One that does not even decode would only take room.
                KeyIds::Hints => self.numbers(|s| !s.bytes.is_empty() && s.key_id != *id),
            };
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
        // Each costs a verification, or is known at the cost of one: those behind are never reached.
        candidates.truncate(self.most_verifications().saturating_mul(2).saturating_add(1));
        candidates
    }

    fn numbers(&self, wanted: impl Fn(&Signature) -> bool) -> Vec<usize> {
        let all = self.message.signatures().iter().enumerate();
        all.filter(|(_, signature)| wanted(signature)).map(|(number, _)| number).collect()
    }

    /// Whether each of these signatures verifies, by one pass over the message.
    fn verify(&mut self, batch: &[Candidate<'_>]) -> Result<Vec<bool>> {
        let mut running: Vec<(usize, Box<dyn Verification>)> = Vec::new();
        for candidate in batch {
            if self.verdict(candidate).is_some() {
                continue;
            }
            // Before it begins: under some schemes, most of the work is done then.
            if self.verdicts.len() >= self.most_verifications() {
                return Err(Unmet::Trials);
            }
            let signature = self.message.signatures().get(candidate.signature);
            let begun = signature.and_then(|s| candidate.key.key.verification(&s.bytes));
            running.extend(begun.map(|verification| (self.verdicts.len(), verification)));
            self.verdicts.push((candidate.signature, candidate.key.clone(), false));
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
            if let Some((.., valid)) = self.verdicts.get_mut(number) {
                *valid = verification.finish();
            }
        }
        Ok(batch.iter().map(|candidate| self.verdict(candidate).unwrap_or_default()).collect())
    }

    /// What is known of this signature and this key.
    fn verdict(&self, of: &Candidate<'_>) -> Option<bool> {
        let known = self
            .verdicts
            .iter()
            .find(|(signature, key, _)| *signature == of.signature && key.verifies_as(&of.key));
        known.map(|&(.., valid)| valid)
    }

    fn most_verifications(&self) -> usize {
        usize::try_from(self.limits.max_verifications).unwrap_or(usize::MAX)
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

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec;

    use super::*;
    use crate::dice::Dice;
    use crate::key::Key;

    struct Message(Vec<Signature>);

    impl SignedMessage for Message {
        fn signatures(&self) -> &[Signature] {
            &self.0
        }

        fn length(&self) -> u64 {
            7
        }

        fn stream(&self, out: &mut dyn FnMut(&[u8])) -> core::result::Result<(), JsonError> {
            out(b"message");
            Ok(())
        }
    }

    /// A key id, and the key that has it.
    type Listed = (&'static str, Key);

    fn message(signatures: &[(&str, &[u8])]) -> Message {
        let signature = |&(id, bytes): &(&str, &[u8])| Signature {
            key_id: KeyId::new(id),
            bytes: bytes.to_vec(),
        };
        Message(signatures.iter().map(signature).collect())
    }

    /// How many of these keys count, if so many are asked for.
    fn counted(signatures: &mut Signatures<'_>, keys: &[Listed], threshold: u64) -> Option<usize> {
        let ids: Vec<KeyId> = keys.iter().map(|(id, _)| KeyId::new(id)).collect();
        let find = |id: &KeyId| {
            let (_, key) = keys.iter().find(|(known, _)| *known == id.as_str()).unwrap();
            UsableKey::new(key.clone()).map(Arc::new).map_err(NotCounted::Unusable)
        };
        signatures.require(&ids, threshold, find).ok().map(|have| have.len())
    }

    /// As RSA keys have it: one key, whose signature under one scheme is none under another.
    #[test]
    fn what_a_key_says_under_one_scheme_answers_for_no_other() {
        let limits = Limits::default();
        let pss = || Key::that_verifies("pss", b"key", b"by pss");
        let pkcs = || Key::that_verifies("pkcs1v15", b"key", b"by pkcs1v15");
        for keys in [[("a", pss()), ("b", pkcs())], [("a", pkcs()), ("b", pss())]] {
            for signature in [&b"by pss"[..], b"by pkcs1v15"] {
                // A new root lists the key that signs under the scheme that the old one did not.
                for order in [[0, 1], [1, 0]] {
                    let message = message(&[("id", signature)]);
                    let mut signatures = Signatures::new(&message, KeyIds::Binding, &limits);
                    let of_scheme = order.map(|n: usize| {
                        let key = [("id", keys[n].1.clone())];
                        counted(&mut signatures, &key, 1).is_some()
                    });
                    let signed =
                        order.map(|n| signature == format!("by {}", keys[n].1.scheme()).as_bytes());
                    assert_eq!(of_scheme, signed);
                }
                // One role lists it twice; it is one key.
                let message = message(&[("a", signature), ("b", signature)]);
                for key_ids in [KeyIds::Binding, KeyIds::Hints] {
                    let mut signatures = Signatures::new(&message, key_ids, &limits);
                    assert_eq!(counted(&mut signatures, &keys, 1), Some(1));
                    assert_eq!(counted(&mut signatures, &keys, 2), None);
                }
            }
            let both = message(&[("a", b"by pss"), ("b", b"by pkcs1v15")]);
            assert_eq!(
                counted(&mut Signatures::new(&both, KeyIds::Binding, &limits), &keys, 2),
                None
            );
        }
    }

    /// Whatever stands beside and before them, and whatever of it there is.
    #[test]
    fn no_junk_keeps_good_signatures_under_their_ids_from_counting() {
        const IDS: [&str; 4] = ["a", "b", "c", "d"];
        let mut dice = Dice::new(1);
        let keys: Vec<Listed> =
            IDS.iter().map(|&id| (id, Key::that_verifies("s", id.as_bytes(), b"good"))).collect();
        let mut limits = Limits::small();
        limits.max_verifications = 4;
        for _ in 0..2000 {
            let good: Vec<bool> = IDS.iter().map(|_| dice.coin()).collect();
            let mut list: Vec<Signature> = Vec::new();
            for (id, good) in IDS.iter().zip(&good) {
                let bytes = if *good { b"good".to_vec() } else { b"bad".to_vec() };
                list.push(Signature { key_id: KeyId::new(id), bytes });
            }
            for number in 0..dice.below(40) {
                let junk = Signature { key_id: KeyId::new(&format!("x{number}")), bytes: vec![1] };
                list.insert(dice.below(list.len() + 1), junk);
            }
            let enough = good.iter().filter(|good| **good).count();
            let message = Message(list);
            for threshold in 1..=4_u8 {
                for key_ids in [KeyIds::Binding, KeyIds::Hints] {
                    let mut signatures = Signatures::new(&message, key_ids, &limits);
                    let found = counted(&mut signatures, &keys, threshold.into());
                    assert_eq!(found.is_some(), enough >= threshold.into());
                    assert!(signatures.verdicts.len() <= 4);
                }
            }
        }
    }

    #[test]
    fn a_file_takes_as_many_verifications_as_the_limit_and_not_one_more() {
        let keys: Vec<Listed> = ["a", "b", "c"]
            .iter()
            .map(|&id| (id, Key::that_verifies("s", id.as_bytes(), b"good")))
            .collect();
        // Each of three keys is tried on each of five signatures under ids that none has.
        let junk = message(&[("1", b"x"), ("2", b"x"), ("3", b"x"), ("4", b"x"), ("5", b"good")]);
        let mut limits = Limits::default();
        for (limit, threshold, met) in
            [(15, 3, Some(true)), (14, 3, None), (5, 1, Some(true)), (4, 1, None), (0, 1, None)]
        {
            limits.max_verifications = limit;
            let mut signatures = Signatures::new(&junk, KeyIds::Hints, &limits);
            let ids: Vec<KeyId> = keys.iter().map(|(id, _)| KeyId::new(id)).collect();
            let find = |id: &KeyId| {
                let (_, key) = keys.iter().find(|(known, _)| *known == id.as_str()).unwrap();
                UsableKey::new(key.clone()).map(Arc::new).map_err(NotCounted::Unusable)
            };
            match signatures.require(&ids, threshold, find) {
                Ok(_) => assert_eq!(met, Some(true), "{limit}"),
                Err(Unmet::Trials) => assert_eq!(met, None, "{limit}"),
                Err(Unmet::Keys(..) | Unmet::Work | Unmet::Unreadable(_)) => panic!("{limit}"),
            }
            assert!(signatures.verdicts.len() <= limit as usize);
        }
    }
}
