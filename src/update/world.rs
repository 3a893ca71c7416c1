//! All that a finished cycle trusts, and the end of a cycle or a search.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::NotFound;
use super::cycle::Cycle;
use crate::key::KeyId;
use crate::metadata::{Root, Snapshot, Targets};
use crate::primitives::{RoleName, UtcTime};
use crate::verify::{
    Authority, Delegator, Freshness, SnapshotId, Trusted, TrustedTarget, VerifyError,
    VouchedTarget, signers,
};

/// All that a finished cycle trusts.
pub(super) struct World<'a> {
    pub(super) cycle: Cycle,
    pub(super) root: Trusted<'a, Root>,
    pub(super) snapshot: Trusted<'a, Snapshot>,
    top_level: Trusted<'a, Targets>,
    /// Delegated roles that searches have come to.
    delegated: BTreeMap<RoleName, Held<'a>>,
    /// Whether floors can be stored, and every one that was raised was.
    pub(super) durable: bool,
}

/// A delegated role, and the delegators whose keys have signed it.
pub(super) struct Held<'a> {
    pub(super) targets: Trusted<'a, Targets>,
    pub(super) delegators: Vec<RoleName>,
}

impl<'a> World<'a> {
    pub(super) fn new(
        cycle: Cycle,
        root: Trusted<'a, Root>,
        snapshot: Trusted<'a, Snapshot>,
        top_level: Trusted<'a, Targets>,
    ) -> Self {
        let (delegated, durable) = (BTreeMap::new(), cycle.ledger.is_writable());
        Self { cycle, root, snapshot, top_level, delegated, durable }
    }

    pub(super) fn top_level(&self) -> &Trusted<'a, Targets> {
        &self.top_level
    }

    /// The file of `targets` or of a delegated role that has been verified.
    pub(super) fn targets(&self, role: &RoleName) -> Option<&Trusted<'a, Targets>> {
        if role.is_targets() {
            return Some(&self.top_level);
        }
        self.delegated.get(role).map(|held| &held.targets)
    }

    /// A delegated role and those by whose keys it has been verified.
    pub(super) fn held(&self, role: &RoleName) -> Option<&Held<'a>> {
        self.delegated.get(role)
    }

    pub(super) fn hold(
        &mut self,
        role: RoleName,
        targets: Trusted<'a, Targets>,
        delegator: RoleName,
    ) {
        self.delegated.insert(role, Held { targets, delegators: vec![delegator] });
    }

    /// Who vouches for a target that a search in this world has found.
    pub(super) fn vouch(&self, target: TrustedTarget) -> Result<VouchedTarget, NotFound> {
        let mut authority = Authority::of_root(&self.root);
        let mut delegator = &self.top_level;
        for role in target.vouched_by() {
            // Every role that a search has come to is held, and delegated by the one before.
            let trusted = self.targets(role).ok_or(NotFound::NOTHING_SEEN)?;
            if !role.is_targets() {
                let delegated = authority.delegated(delegator, role);
                authority = delegated.ok_or(NotFound::NOTHING_SEEN)?;
            }
            delegator = trusted;
        }
        let (snapshot, fresh_until) = (self.snapshot_id(), self.fresh_until(target.vouched_by()));
        Ok(VouchedTarget::new(target, authority, snapshot, fresh_until, self.durable))
    }

    /// When the first ends of these roles and of what vouches for all of them. What may be old is so by
    /// its timestamp and its snapshot.
    pub(super) fn fresh_until<'r>(&self, roles: impl IntoIterator<Item = &'r RoleName>) -> UtcTime {
        let mut fresh_until = self.root.expires();
        if self.cycle.context.freshness() != Freshness::Stale {
            let timestamp = self.cycle.timestamp_expires.into_iter();
            fresh_until = timestamp.fold(fresh_until.min(self.snapshot.expires()), Ord::min);
        }
        let roles = roles.into_iter().filter_map(|role| self.targets(role));
        roles.map(Trusted::expires).fold(fresh_until, Ord::min)
    }

    /// Which state of which repository this is.
    pub(super) fn snapshot_id(&self) -> SnapshotId {
        SnapshotId::of(&self.root, &self.snapshot)
    }

    /// Which of the keys that were asked have signed the role that lists a target.
    pub(super) fn signers(&self, target: &TrustedTarget) -> Result<Vec<KeyId>, VerifyError> {
        let (top, mut chain) = (RoleName::targets(), target.vouched_by().iter().rev());
        let role = chain.next().unwrap_or(&top);
        let limits = self.cycle.limits();
        let not_delegated = |delegator: &RoleName| VerifyError::NotDelegated {
            role: role.clone(),
            delegator: delegator.clone(),
        };
        let trusted = self.targets(role).ok_or_else(|| not_delegated(&top))?;
        match chain.next() {
            None => signers(Delegator::Root(&self.root), role, trusted, limits),
            Some(name) => {
                let parent = self.targets(name).ok_or_else(|| not_delegated(name))?;
                signers(Delegator::Targets(name, parent), role, trusted, limits)
            }
        }
    }

    /// A role that is held is signed as this delegator asks, too.
    pub(super) fn verified_by(&mut self, role: &RoleName, delegator: RoleName) {
        if let Some(held) = self.delegated.get_mut(role) {
            held.delegators.push(delegator);
        }
    }
}

/// The end of a cycle or of a search, before the caller's types are put on it.
pub(super) struct Outcome<'a> {
    pub(super) world: Box<World<'a>>,
    /// What a search found; after a cycle alone, nothing.
    pub(super) target: Result<TrustedTarget, NotFound>,
}

impl<'a> Outcome<'a> {
    /// A cycle has ended; nothing has been looked for.
    pub(super) fn refreshed(world: World<'a>) -> Self {
        Self { world: Box::new(world), target: Err(NotFound::NOTHING_SEEN) }
    }

    pub(super) fn with_durability(mut self, durable: bool) -> Self {
        self.world.durable &= durable;
        self
    }
}
