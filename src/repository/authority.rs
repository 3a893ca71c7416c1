//! Whose signatures a file needs.

use alloc::vec::Vec;

use crate::key::{Key, KeyFingerprint, KeyId};
use crate::metadata::{Delegations, Document, ListedKey, RoleKeys, RoleType, Root};
use crate::primitives::RoleName;

/// A role that says who signs for a file, and how many: the root, or a role that delegates.
#[derive(Clone, Debug)]
pub struct Authority {
    delegator: RoleName,
    threshold: u64,
    keys: Vec<(KeyId, Option<Key>)>,
    required: bool,
}

impl Authority {
    /// The root, for a top-level role.
    pub(super) fn root(root: &Document<'_, Root>, role: RoleType) -> Self {
        Self::new(RoleType::Root.into(), root.signed().role(role), |id| root.key(id))
    }

    /// The role `delegator`, for one that it delegates to.
    pub(super) fn delegation(
        delegator: &RoleName,
        delegations: Delegations<'_>,
        role: &RoleName,
    ) -> Option<Self> {
        let keys = delegations.keys_of(role)?;
        Some(Self::new(delegator.clone(), &keys, |id| delegations.key(id)))
    }

    fn new<'d>(
        delegator: RoleName,
        keys: &RoleKeys,
        find: impl Fn(&KeyId) -> Option<ListedKey<'d>>,
    ) -> Self {
        let decoded = |id: &KeyId| (id.clone(), find(id).and_then(ListedKey::decode));
        let listed = keys.key_ids().iter().map(decoded).collect();
        Self { delegator, threshold: keys.threshold(), keys: listed, required: true }
    }

    /// The same, but the file is complete without: its signatures bridge a rotation.
    pub(super) fn bridging(mut self) -> Self {
        self.required = false;
        self
    }

    /// Whether another asks for as many signatures of the same keys, under the same ids: devices go
    /// by the ids.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let key = |key: &Option<Key>| key.as_ref().and_then(Key::fingerprint);
        let has = |all: &Self, id: &KeyId, sought: &Option<Key>| {
            all.keys.iter().any(|(known, found)| known == id && key(found) == key(sought))
        };
        self.threshold == other.threshold
            && self.keys.len() == other.keys.len()
            && self.keys.iter().all(|(id, key)| has(other, id, key))
    }

    /// The role that asks for the signatures.
    #[must_use]
    pub fn delegator(&self) -> &RoleName {
        &self.delegator
    }

    /// How many distinct keys have to sign.
    #[must_use]
    pub fn threshold(&self) -> u64 {
        self.threshold
    }

    /// Whether the file is incomplete without these signatures. Those of keys that were just
    /// replaced are not required; with them, devices that have not seen the new root can go on.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// The ids of the keys, in the order of the file.
    pub fn key_ids(&self) -> impl Iterator<Item = &KeyId> {
        self.keys.iter().map(|(id, _)| id)
    }

    /// The key with that id, if it is listed.
    #[must_use]
    pub fn key(&self, id: &KeyId) -> Option<&Key> {
        self.keys.iter().find(|(known, _)| known == id).and_then(|(_, key)| key.as_ref())
    }

    /// The ids under which a key is listed.
    pub(super) fn ids_of(&self, key: &Key) -> impl Iterator<Item = &KeyId> {
        let sought = key.fingerprint();
        self.keys.iter().filter_map(move |(id, key)| {
            let fingerprint = key.as_ref().and_then(Key::fingerprint);
            (fingerprint.is_some() && fingerprint == sought).then_some(id)
        })
    }

    /// The distinct keys that signatures can be verified with.
    pub(super) fn fingerprints(&self) -> Vec<KeyFingerprint> {
        let keys = self.keys.iter().filter_map(|(_, key)| key.as_ref());
        let mut all: Vec<_> = keys.filter_map(Key::fingerprint).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
