//! The search for a target: pre-order, depth-first, in order of appearance (TUF §5.6.7).
//!
//! The search follows only delegations whose paths contain the target, so every role that it comes
//! to may speak for it; what a role lists outside of its paths is never seen. Each delegating edge
//! is verified by itself.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::error::Result;
use super::next::{Answered, Bytes, Fetching, Loading, Next, Storing};
use super::refresh::Cycle;
use super::repository::{Finished, TrustedMetadata};
use super::{NotFound, StoredItem};
use crate::metadata::{MetaFile, Targets};
use crate::primitives::{RoleName, TargetPath};
use crate::verify::{Trusted, TrustedTarget, Unlisted, VerifyError, check_edge, listed, targets};

/// A search under way.
struct Search<'a> {
    metadata: Box<TrustedMetadata<'a>>,
    path: TargetPath,
    /// What is still to be visited, next last.
    stack: Vec<Edge>,
    /// What has been visited, in order.
    visited: Vec<Edge>,
}

/// A delegation that the search follows.
struct Edge {
    /// The number of the delegator among the visited; `None` for `targets`, which root delegates.
    from: Option<usize>,
    role: RoleName,
}

pub(super) fn begin<'a>(metadata: Box<TrustedMetadata<'a>>, path: &TargetPath) -> Result<Next<'a>> {
    let stack = vec![Edge { from: None, role: RoleName::targets() }];
    Search { metadata, path: path.clone(), stack, visited: Vec::new() }.go_on()
}

impl<'a> Search<'a> {
    /// §5.6.7.1, for one delegation after the other, until one needs a role that is not at hand.
    fn go_on(mut self) -> Result<Next<'a>> {
        while let Some(edge) = self.stack.pop() {
            if self.visited.iter().any(|visited| visited.role == edge.role) {
                continue;
            }
            let limit = self.metadata.cycle.limits().max_visited_roles;
            if self.visited.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
                return Ok(self.end(Err(NotFound::TooManyRoles { limit })));
            }
            if !self.is_at_hand(&edge)? {
                return Wanted::load(self, edge);
            }
            if let Some(target) = self.visit(edge)? {
                return Ok(self.end(Ok(target)));
            }
        }
        let visited: Vec<_> = self.visited.iter().map(|visited| visited.role.clone()).collect();
        let snapshot = self.metadata.snapshot_id();
        let fresh_until = self.metadata.fresh_until(&visited);
        let unlisted = Unlisted::new(self.path.clone(), snapshot, fresh_until, visited);
        Ok(self.end(Err(NotFound::NotListed(unlisted))))
    }

    /// Whether the role of an edge is trusted by that edge already.
    fn is_at_hand(&mut self, edge: &Edge) -> Result<bool> {
        let Some(delegator) = self.delegator_of(edge) else { return Ok(true) };
        let Some(role) = self.metadata.delegated(&edge.role) else { return Ok(false) };
        if !role.delegators.contains(delegator) {
            // It is there because another delegator's keys have signed it; this one's must, too.
            let limits = self.metadata.cycle.limits();
            let by = self.metadata.delegator(delegator, &edge.role)?;
            check_edge(by, &edge.role, &role.targets, limits)?;
            let delegator = delegator.clone();
            self.metadata.add_delegator(&edge.role, delegator);
        }
        Ok(true)
    }

    /// The entry of a trusted role, if it lists the target; or else its delegations are next.
    fn visit(&mut self, edge: Edge) -> Result<Option<TrustedTarget>> {
        let TrustedMetadata { cycle, root, snapshot, .. } = &*self.metadata;
        // A role that is not at hand must never pass for one that lists nothing.
        let Some(trusted) = self.metadata.targets(&edge.role) else {
            let delegator = self.delegator_of(&edge).cloned().unwrap_or_else(RoleName::targets);
            return Err(VerifyError::NotDelegated { role: edge.role, delegator }.into());
        };
        let of = (root, snapshot);
        let chain = || self.chain(&edge);
        let entry =
            TrustedTarget::listed_by((&edge.role, trusted), &self.path, of, &cycle.context, chain);
        if let Some(target) = entry {
            return Ok(Some(target?));
        }
        let mut matches = trusted.delegations().map(|d| d.matches(&self.path)).unwrap_or_default();
        // §5.6.7.2.1: after a terminating delegation, nothing that was still to be visited counts.
        if matches.last().is_some_and(|m| m.terminating) {
            self.stack.clear();
        }
        matches.reverse();
        let from = Some(self.visited.len());
        self.visited.push(edge);
        self.stack.extend(matches.into_iter().map(|m| Edge { from, role: m.name }));
        Ok(None)
    }

    fn end(self, target: core::result::Result<TrustedTarget, NotFound>) -> Next<'a> {
        Next::Done(Finished { metadata: self.metadata, target })
    }

    /// The roles from `targets` down to the one that an edge leads to.
    fn chain(&self, edge: &Edge) -> Vec<RoleName> {
        let mut chain = Vec::new();
        let mut next = Some(edge);
        while let Some(edge) = next {
            chain.push(edge.role.clone());
            next = edge.from.and_then(|number| self.visited.get(number));
        }
        chain.reverse();
        chain
    }

    /// The targets role that delegates by an edge; `None` where it is the root.
    fn delegator_of(&self, edge: &Edge) -> Option<&RoleName> {
        self.visited.get(edge.from?).map(|delegator| &delegator.role)
    }
}

/// A search that cannot go on without the role of an edge.
pub(super) struct Wanted<'a> {
    search: Search<'a>,
    edge: Edge,
    /// What the snapshot says of the role's file.
    listed: MetaFile,
}

/// A search with that role, which is about to be stored.
pub(super) struct FoundRole<'a> {
    search: Search<'a>,
    edge: Edge,
    targets: Trusted<'a, Targets>,
}

impl<'a> Wanted<'a> {
    fn load(search: Search<'a>, edge: Edge) -> Result<Next<'a>> {
        let listed = listed(&search.metadata.snapshot, &edge.role)?;
        let item = StoredItem::Role(edge.role.clone());
        Ok(Next::Load { item, then: Loading::Role(Box::new(Self { search, edge, listed })) })
    }

    /// The stored file is used instead of a download if it is the one that the snapshot lists.
    pub(super) fn loaded(self: Box<Self>, bytes: Option<Bytes<'a>>) -> Result<Next<'a>> {
        let usable = self.search.metadata.cycle.ledger.may_reuse(&self.listed);
        match bytes.filter(|_| usable).and_then(|bytes| self.verify(bytes).ok()) {
            Some(targets) => self.with(targets).stored(),
            None => self.fetch(),
        }
    }

    /// §5.6.1
    fn fetch(self: Box<Self>) -> Result<Next<'a>> {
        let TrustedMetadata { cycle, root, .. } = &*self.search.metadata;
        let (limits, role) = (cycle.limits(), self.edge.role.clone());
        let limit = limits.max_targets_length;
        let (file, max_length) = cycle.listed_file(root, role, &self.listed, limit)?;
        let max_attempts = limits.max_attempts;
        Ok(Next::Fetch { file, max_length, max_attempts, then: Fetching::Role(self) })
    }

    /// §5.6.2 to §5.6.6.
    pub(super) fn received(self: Box<Self>, bytes: Bytes<'a>) -> Answered<'a, Self> {
        match self.verify(bytes) {
            Ok(targets) => Ok(Next::Persist {
                before: Vec::new(),
                item: StoredItem::Role(self.edge.role.clone()),
                then: Storing::Role(Box::new(self.with(targets))),
            }),
            Err(e) => Err((self, e.into())),
        }
    }

    fn verify(&self, bytes: Bytes<'a>) -> core::result::Result<Trusted<'a, Targets>, VerifyError> {
        let Self { search, edge, .. } = self;
        let TrustedMetadata { cycle, snapshot, .. } = &*search.metadata;
        let top = RoleName::targets();
        let name = search.delegator_of(edge).unwrap_or(&top);
        let delegator = search.metadata.delegator(name, &edge.role)?;
        targets(delegator, snapshot, &edge.role, bytes, &cycle.context)
    }

    fn with(self, targets: Trusted<'a, Targets>) -> FoundRole<'a> {
        FoundRole { search: self.search, edge: self.edge, targets }
    }
}

impl<'a> FoundRole<'a> {
    pub(super) fn cycle(&self) -> &Cycle {
        &self.search.metadata.cycle
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.targets.bytes()
    }

    pub(super) fn stored(self) -> Result<Next<'a>> {
        let Self { mut search, edge, targets } = self;
        let delegator = search.delegator_of(&edge).cloned().unwrap_or_else(RoleName::targets);
        search.metadata.add_role(edge.role.clone(), targets, delegator);
        match search.visit(edge)? {
            Some(target) => Ok(search.end(Ok(target))),
            None => search.go_on(),
        }
    }
}
