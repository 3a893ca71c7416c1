//! Who may speak for a target: the chain of delegating edges, and the state of the repository.

use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest as _, Sha256};

use super::Trusted;
use crate::key::{Key, KeyFingerprint};
use crate::metadata::{RoleType, Root, Snapshot, Targets};
use crate::primitives::{RoleName, Sha256Digest, hex_print};

/// One state of one repository: equal only where root and snapshot are the same.
///
/// Two documents that are to be believed together must be of one state, or an attacker could mix
/// what was never published at one time (TUF §1.5.2, mix-and-match).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SnapshotId(Sha256Digest);

impl SnapshotId {
    pub(crate) fn of(root: &Trusted<'_, Root>, snapshot: &Trusted<'_, Snapshot>) -> Self {
        let hash = Sha256::new()
            .chain_update("ota-trust snapshot\0")
            .chain_update(root.signed_digest())
            .chain_update(snapshot.signed_digest());
        Self(hash.finalize().into())
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &Sha256Digest {
        &self.0
    }
}

impl fmt::Debug for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex_print(&self.0, f)
    }
}

/// The chain of delegating edges that leads from the root to a role.
///
/// Authority is this chain, with the keys on it as they decode; never a role's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    edges: Vec<AuthorityEdge>,
}

/// One delegating edge: the role that it leads to, and who must sign for that role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityEdge {
    role: RoleName,
    threshold: u64,
    /// Ascending; keys that no signature can be verified with are left out.
    keys: Vec<KeyFingerprint>,
}

impl AuthorityEdge {
    /// The role.
    #[must_use]
    pub fn role(&self) -> &RoleName {
        &self.role
    }

    /// How many distinct keys must sign.
    #[must_use]
    pub fn threshold(&self) -> u64 {
        self.threshold
    }

    /// The keys, ascending, none twice.
    #[must_use]
    pub fn keys(&self) -> &[KeyFingerprint] {
        &self.keys
    }

    /// The edge by which `delegator` delegates to `role`; `None` where it does not.
    pub(crate) fn between(delegator: &Trusted<'_, Targets>, role: &RoleName) -> Option<Self> {
        let delegations = delegator.delegations()?;
        let keys = delegations.keys_of(role)?;
        let decoded = keys.key_ids().iter().filter_map(|id| delegations.key(id)?.decode());
        Some(Self::new(role.clone(), keys.threshold(), decoded))
    }

    fn new(role: RoleName, threshold: u64, keys: impl Iterator<Item = Key>) -> Self {
        let mut keys: Vec<_> = keys.filter_map(|key| key.fingerprint()).collect();
        keys.sort_unstable();
        keys.dedup();
        Self { role, threshold, keys }
    }
}

impl Authority {
    /// The edge by which the root delegates to `targets`.
    pub(crate) fn of_root(root: &Trusted<'_, Root>) -> Self {
        let keys = root.role(RoleType::Targets);
        let decoded = keys.key_ids().iter().filter_map(|id| root.document().key(id)?.decode());
        let edge = AuthorityEdge::new(RoleName::targets(), keys.threshold(), decoded);
        Self { edges: alloc::vec![edge] }
    }

    /// Adds the edge by which `delegator`, the last role so far, delegates to `role`; `None` where
    /// it does not.
    pub(crate) fn delegated(
        mut self,
        delegator: &Trusted<'_, Targets>,
        role: &RoleName,
    ) -> Option<Self> {
        self.edges.push(AuthorityEdge::between(delegator, role)?);
        Some(self)
    }

    /// The edges from the root down; the first leads to `targets`.
    #[must_use]
    pub fn edges(&self) -> &[AuthorityEdge] {
        &self.edges
    }

    /// Whether `targets` has delegated, rather than listed by itself.
    #[must_use]
    pub fn is_delegated(&self) -> bool {
        self.edges.len() > 1
    }

    /// The keys of the last edge: those that signed what was listed.
    #[must_use]
    pub fn signers(&self) -> &[KeyFingerprint] {
        self.edges.last().map(AuthorityEdge::keys).unwrap_or_default()
    }

    /// By how many distinct keys each role below `targets` on this chain is signed at least; of a role that
    /// `targets` is itself, by how many that is.
    pub(crate) fn approvals(&self) -> u64 {
        let below = self.edges.iter().skip(usize::from(self.is_delegated()));
        below.map(AuthorityEdge::threshold).min().unwrap_or(0)
    }

    /// A key that both chains have below `targets`: its holder would be two authorities.
    #[must_use]
    pub fn shared_key(&self, other: &Self) -> Option<KeyFingerprint> {
        // Chains may be long and have many keys each: sorted, so that the work is not their product.
        let mut others: Vec<_> = other.keys_below_targets().collect();
        others.sort_unstable();
        self.key_among(&others)
    }

    /// A key below `targets` that is among these, which ascend.
    pub(crate) fn key_among(&self, keys: &[KeyFingerprint]) -> Option<KeyFingerprint> {
        self.keys_below_targets().find(|key| keys.binary_search(key).is_ok())
    }

    fn keys_below_targets(&self) -> impl Iterator<Item = KeyFingerprint> + '_ {
        self.edges.iter().skip(1).flat_map(|edge| edge.keys.iter().copied())
    }
}
