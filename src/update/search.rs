//! The search for a target: pre-order, depth-first, in order of appearance (TUF §5.6.7).
//!
//! The search follows only delegations whose paths contain the target, so every role that it comes
//! to may speak for it; what a role lists outside of its paths is never seen. Each delegating edge
//! is verified by itself.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::error::Result;
use super::next::{Answered, Bytes, Next, Refused};
use super::world::{Outcome, World};
use super::{NotFound, StoredItem};
use crate::metadata::Targets;
use crate::primitives::{RoleName, TargetPath};
use crate::verify::{Delegator, Trusted, TrustedTarget, VerifyError, check_edge, listed, targets};

/// A search under way.
struct Search<'a> {
    world: Box<World<'a>>,
    path: TargetPath,
    /// What is still to be visited, next last.
    stack: Vec<Edge>,
    /// What has been visited, in order.
    visited: Vec<Visit>,
}

/// A delegation that the search follows.
struct Edge {
    /// The number of the delegator among the visits.
    from: usize,
    role: RoleName,
}

/// A role that the search has been to, and from which visit it came.
struct Visit {
    role: RoleName,
    from: Option<usize>,
}

pub(super) fn begin<'a>(world: Box<World<'a>>, path: &TargetPath) -> Result<Next<'a>> {
    let search = Search { world, path: path.clone(), stack: Vec::new(), visited: Vec::new() };
    search.visit(RoleName::targets(), None)
}

impl<'a> Search<'a> {
    /// §5.6.7.1, second half: the entry of a role that is trusted, or else its delegations.
    fn visit(mut self, role: RoleName, from: Option<usize>) -> Result<Next<'a>> {
        let number = self.visited.len();
        self.visited.push(Visit { role, from });
        let World { cycle, root, snapshot, .. } = &*self.world;
        let Some(Visit { role, .. }) = self.visited.last() else { return self.go_on() };
        let Some(trusted) = self.world.targets(role) else { return self.go_on() };
        let of = (root, snapshot);
        let context = &cycle.context;
        let chain = || self.chain(number);
        if let Some(target) =
            TrustedTarget::listed_by((role, trusted), &self.path, of, context, chain)
        {
            let target = target?;
            return Ok(self.end(Ok(target)));
        }
        let mut matches = trusted.delegations().map(|d| d.matches(&self.path)).unwrap_or_default();
        // §5.6.7.2.1: after a terminating delegation, nothing that was still to be visited counts.
        if matches.last().is_some_and(|m| m.terminating) {
            self.stack.clear();
        }
        matches.reverse();
        self.stack.extend(matches.into_iter().map(|m| Edge { from: number, role: m.name }));
        self.go_on()
    }

    /// §5.6.7.1, first half, for the next delegation.
    fn go_on(mut self) -> Result<Next<'a>> {
        while let Some(edge) = self.stack.pop() {
            if self.visited.iter().any(|visit| visit.role == edge.role) {
                continue;
            }
            let limit = self.world.cycle.limits().max_visited_roles;
            if self.visited.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
                return Ok(self.end(Err(NotFound::TooManyRoles { limit })));
            }
            return self.follow(edge);
        }
        let visited = self.visited.iter().map(|visit| visit.role.clone()).collect();
        Ok(self.end(Err(NotFound::NotListed { visited })))
    }

    /// Brings the role at the end of an edge to trust, by that edge, and visits it.
    fn follow(mut self, edge: Edge) -> Result<Next<'a>> {
        let delegator = self.name_of(edge.from);
        let limits = self.world.cycle.limits();
        let Some(held) = self.world.held(&edge.role) else { return self.load(edge) };
        if !held.delegators.contains(&delegator) {
            // At hand because another delegator's keys have signed it; this one's must have, too.
            let by = self.delegator(&delegator, &edge.role)?;
            check_edge(by, &edge.role, &held.targets, limits)?;
            self.world.verified_by(&edge.role, delegator);
        }
        self.visit(edge.role, Some(edge.from))
    }

    /// The stored file is used instead of a download if it is the one that the snapshot lists.
    fn load(self, edge: Edge) -> Result<Next<'a>> {
        let World { cycle, snapshot, .. } = &*self.world;
        let usable = cycle.ledger.may_reuse(&listed(snapshot, &edge.role, cycle.limits())?);
        Ok(Next::load(StoredItem::Role(edge.role.clone()), move |bytes| {
            match bytes.filter(|_| usable).and_then(|bytes| self.verify(&edge, bytes).ok()) {
                Some(trusted) => self.hold_and_visit(edge, trusted),
                None => self.fetch(edge),
            }
        }))
    }

    fn fetch(self, edge: Edge) -> Result<Next<'a>> {
        let World { cycle, root, snapshot, .. } = &*self.world;
        let limits = cycle.limits();
        let listed = listed(snapshot, &edge.role, limits)?;
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
                |(search, edge, trusted)| search.hold_and_visit(edge, trusted),
            )),
            Err(e) => Err(Refused::new((search, edge), e)),
        }
    }

    fn verify(
        &self,
        edge: &Edge,
        bytes: Bytes<'a>,
    ) -> core::result::Result<Trusted<'a, Targets>, VerifyError> {
        let name = self.name_of(edge.from);
        let delegator = self.delegator(&name, &edge.role)?;
        targets(delegator, &self.world.snapshot, &edge.role, bytes, &self.world.cycle.context)
    }

    fn hold_and_visit(mut self, edge: Edge, trusted: Trusted<'a, Targets>) -> Result<Next<'a>> {
        let delegator = self.name_of(edge.from);
        self.world.hold(edge.role.clone(), trusted, delegator);
        self.visit(edge.role, Some(edge.from))
    }

    /// The roles from `targets` down to the one of this visit.
    fn chain(&self, visit: usize) -> Vec<RoleName> {
        let mut chain = Vec::new();
        let mut next = Some(visit);
        while let Some(visit) = next.and_then(|number| self.visited.get(number)) {
            chain.push(visit.role.clone());
            next = visit.from;
        }
        chain.reverse();
        chain
    }

    fn end(self, target: core::result::Result<TrustedTarget, NotFound>) -> Next<'a> {
        Next::Done(Outcome { world: self.world, target })
    }

    /// The role of a visit.
    fn name_of(&self, visit: usize) -> RoleName {
        self.visited.get(visit).map_or_else(RoleName::targets, |visit| visit.role.clone())
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
