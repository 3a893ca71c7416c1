//! All that a finished cycle trusts, and the end of a cycle or a search.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::NotFound;
use super::cycle::Cycle;
use crate::metadata::{Root, Snapshot, Targets};
use crate::primitives::RoleName;
use crate::verify::{Trusted, TrustedTarget};

/// All that a finished cycle trusts.
pub(super) struct World<'a> {
    pub(super) cycle: Cycle,
    pub(super) root: Trusted<'a, Root>,
    pub(super) snapshot: Trusted<'a, Snapshot>,
    top_level: Trusted<'a, Targets>,
    /// Delegated roles that searches have come to.
    delegated: BTreeMap<RoleName, Held<'a>>,
    /// Whether every floor that was raised was also stored.
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
        let delegated = BTreeMap::new();
        Self { cycle, root, snapshot, top_level, delegated, durable: true }
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
        Self { world: Box::new(world), target: Err(NotFound::NotListed { visited: Vec::new() }) }
    }

    pub(super) fn with_durability(mut self, durable: bool) -> Self {
        self.world.durable &= durable;
        self
    }
}
