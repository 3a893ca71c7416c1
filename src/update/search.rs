//! The search for a target: pre-order, depth-first, in order of appearance (TUF §5.6.7).
//!
//! The search follows only delegations whose paths contain the target, so every role that it comes
//! to may speak for it; what a role lists outside of its paths is never seen. Each delegating edge
//! is verified by itself.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::error::Result;
use super::next::{Answered, Bytes, Next, Refused};
use super::world::{Outcome, World};
use super::{NotFound, StoredItem};
use crate::metadata::Targets;
use crate::primitives::{RoleName, TargetPath};
use crate::verify::{
    Delegator, Trusted, TrustedTarget, Unlisted, VerifyError, check_edge, listed, targets,
};

/// A search under way.
struct Search<'a> {
    world: Box<World<'a>>,
    path: TargetPath,
    /// What is still to be visited, next last.
    stack: Vec<Edge>,
    /// What has been visited, in order.
    visited: Vec<Edge>,
}

/// A delegation that the search follows.
struct Edge {
    /// The number of the delegator among the visited; `None` for `targets`, which the root delegates.
    from: Option<usize>,
    role: RoleName,
}

pub(super) fn begin<'a>(world: Box<World<'a>>, path: &TargetPath) -> Result<Next<'a>> {
    let stack = vec![Edge { from: None, role: RoleName::targets() }];
    Search { world, path: path.clone(), stack, visited: Vec::new() }.go_on()
}

impl<'a> Search<'a> {
    /// §5.6.7.1, for one delegation after the other, until one needs a role that is not at hand.
    fn go_on(mut self) -> Result<Next<'a>> {
        while let Some(edge) = self.stack.pop() {
            if self.visited.iter().any(|visited| visited.role == edge.role) {
                continue;
            }
            let limit = self.world.cycle.limits().max_visited_roles;
            if self.visited.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
                return Ok(self.end(Err(NotFound::TooManyRoles { limit })));
            }
            if !self.is_at_hand(&edge)? {
                return self.load(edge);
            }
            if let Some(target) = self.visit(edge)? {
                return Ok(self.end(Ok(target)));
            }
        }
        let visited: Vec<_> = self.visited.iter().map(|visited| visited.role.clone()).collect();
        let (snapshot, fresh_until) = (self.world.snapshot_id(), self.world.fresh_until(&visited));
        let unlisted = Unlisted::new(self.path.clone(), snapshot, fresh_until, visited);
        Ok(self.end(Err(NotFound::NotListed(unlisted))))
    }

    /// The entry of a role that is trusted, if it lists the target; or else its delegations are next.
    fn visit(&mut self, edge: Edge) -> Result<Option<TrustedTarget>> {
        let number = self.visited.len();
        self.visited.push(edge);
        let World { cycle, root, snapshot, .. } = &*self.world;
        let Some(Edge { role, .. }) = self.visited.last() else { return Ok(None) };
        let Some(trusted) = self.world.targets(role) else { return Ok(None) };
        let chain = || self.chain(number);
        let of = (root, snapshot);
        let entry =
            TrustedTarget::listed_by((role, trusted), &self.path, of, &cycle.context, chain);
        if let Some(target) = entry {
            return Ok(Some(target?));
        }
        let mut matches = trusted.delegations().map(|d| d.matches(&self.path)).unwrap_or_default();
        // §5.6.7.2.1: after a terminating delegation, nothing that was still to be visited counts.
        if matches.last().is_some_and(|m| m.terminating) {
            self.stack.clear();
        }
        matches.reverse();
        self.stack.extend(matches.into_iter().map(|m| Edge { from: Some(number), role: m.name }));
        Ok(None)
    }

    /// Whether the role of an edge is trusted by that edge already.
    fn is_at_hand(&mut self, edge: &Edge) -> Result<bool> {
        let Some(delegator) = self.delegator_of(edge) else { return Ok(true) };
        let Some(held) = self.world.held(&edge.role) else { return Ok(false) };
        if !held.delegators.contains(delegator) {
            // It is there because another delegator's keys have signed it; this one's must have, too.
            let limits = self.world.cycle.limits();
            let by = self.delegator(delegator, &edge.role)?;
            check_edge(by, &edge.role, &held.targets, limits)?;
            let delegator = delegator.clone();
            self.world.verified_by(&edge.role, delegator);
        }
        Ok(true)
    }

    /// The stored file is used instead of a download if it is the one that the snapshot lists.
    fn load(self, edge: Edge) -> Result<Next<'a>> {
        let World { cycle, snapshot, .. } = &*self.world;
        let usable = cycle.ledger.may_reuse(&listed(snapshot, &edge.role)?);
        Ok(Next::load(StoredItem::Role(edge.role.clone()), move |bytes| {
            match bytes.filter(|_| usable).and_then(|bytes| self.verify(&edge, bytes).ok()) {
                Some(trusted) => self.hold_and_go_on(edge, trusted),
                None => self.fetch(edge),
            }
        }))
    }

    fn fetch(self, edge: Edge) -> Result<Next<'a>> {
        let World { cycle, root, snapshot, .. } = &*self.world;
        let limits = cycle.limits();
        let listed = listed(snapshot, &edge.role)?;
        let limit = limits.max_targets_length;
        let (file, length) = cycle.listed_file(root, edge.role.clone(), &listed, limit)?;
        let attempts = limits.max_attempts;
        Ok(Next::fetch(file, length, attempts, (self, edge), Self::received))
    }

    fn received((search, edge): (Self, Edge), bytes: Bytes<'a>) -> Answered<'a, (Self, Edge)> {
        match search.verify(&edge, bytes) {
            Ok(trusted) => Ok(Next::persist(
                Vec::new(),
                StoredItem::Role(edge.role.clone()),
                (search, edge, trusted),
                |(_, _, trusted)| trusted.bytes(),
                |(search, edge, trusted)| search.hold_and_go_on(edge, trusted),
            )),
            Err(e) => Err(Refused::new((search, edge), e)),
        }
    }

    fn verify(
        &self,
        edge: &Edge,
        bytes: Bytes<'a>,
    ) -> core::result::Result<Trusted<'a, Targets>, VerifyError> {
        let top = RoleName::targets();
        let name = self.delegator_of(edge).unwrap_or(&top);
        let delegator = self.delegator(name, &edge.role)?;
        targets(delegator, &self.world.snapshot, &edge.role, bytes, &self.world.cycle.context)
    }

    fn hold_and_go_on(mut self, edge: Edge, trusted: Trusted<'a, Targets>) -> Result<Next<'a>> {
        let delegator = self.delegator_of(&edge).cloned().unwrap_or_else(RoleName::targets);
        self.world.hold(edge.role.clone(), trusted, delegator);
        match self.visit(edge)? {
            Some(target) => Ok(self.end(Ok(target))),
            None => self.go_on(),
        }
    }

    fn end(self, target: core::result::Result<TrustedTarget, NotFound>) -> Next<'a> {
        Next::Done(Outcome { world: self.world, target })
    }

    /// The roles from `targets` down to a visited one.
    fn chain(&self, visited: usize) -> Vec<RoleName> {
        let mut chain = Vec::new();
        let mut next = Some(visited);
        while let Some(edge) = next.and_then(|number| self.visited.get(number)) {
            chain.push(edge.role.clone());
            next = edge.from;
        }
        chain.reverse();
        chain
    }

    /// The targets role that delegates by an edge; `None` where it is the root.
    fn delegator_of(&self, edge: &Edge) -> Option<&RoleName> {
        self.visited.get(edge.from?).map(|delegator| &delegator.role)
    }

    fn delegator<'s>(
        &'s self,
        name: &'s RoleName,
        role: &RoleName,
    ) -> core::result::Result<Delegator<'s, 'a>, VerifyError> {
        let trusted = self.world.targets(name);
        let trusted = trusted.ok_or_else(|| VerifyError::NotDelegated {
            role: role.clone(),
            delegator: name.clone(),
        })?;
        Ok(Delegator::Targets(name, trusted))
    }
}
