//! The search for a target: pre-order, depth-first, in order of appearance (TUF §5.6.7).
//!
//! The search follows only delegations whose paths contain the target, so every role that it comes
//! to may speak for it; what a role lists outside of its paths is never seen. Each delegating edge
//! is verified by itself.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::begin::Cycle;
use super::bindings::check_bin;
use super::error::Result;
use super::next::{Answered, Bytes, Fetching, Kept, Loading, Next, Storing};
use super::refresh::is_fixed;
use super::trusted_metadata::{Finished, TrustedMetadata};
use super::{NotFound, NotListed, StoredItem, UpdateError};
use crate::metadata::{MetaFile, Targets};
use crate::primitives::{RoleName, TargetPath};
use crate::verify::{
    AuthorityEdge, Trusted, TrustedTarget, Unlisted, VerifyError, check_edge, listed, targets,
};

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

pub(super) fn begin<'a>(metadata: Box<TrustedMetadata<'a>>, path: &TargetPath) -> Next<'a> {
    let stack = vec![Edge { from: None, role: RoleName::targets() }];
    Search { metadata, path: path.clone(), stack, visited: Vec::new() }.go_on()
}

/// How far a search comes with what is at hand.
enum Reached {
    /// The target, or that there is none.
    End(core::result::Result<TrustedTarget, NotFound>),
    /// A role that is not at hand, and what the snapshot says of its file.
    Role(Edge, MetaFile),
}

impl<'a> Search<'a> {
    fn go_on(mut self) -> Next<'a> {
        match self.advance() {
            Ok(Reached::End(target)) => self.end(target),
            Ok(Reached::Role(edge, listed)) => {
                let item = StoredItem::Role(edge.role.clone());
                let wanted = Wanted { search: self, edge, listed };
                Next::Load { item, then: Loading::Role(Box::new(wanted)) }
            }
            Err(error) => self.refused(error),
        }
    }

    /// §5.6.7.1, for one delegation after the other, until one needs a role that is not at hand.
    fn advance(&mut self) -> Result<Reached> {
        while let Some(edge) = self.stack.pop() {
            if self.visited.iter().any(|visited| visited.role == edge.role) {
                continue;
            }
            let limit = self.metadata.cycle.limits().max_visited_roles;
            if self.visited.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
                return Ok(Reached::End(Err(NotFound::TooManyRoles { limit })));
            }
            if !self.is_at_hand(&edge)? {
                let listed = listed(&self.metadata.snapshot, &edge.role);
                return Ok(Reached::Role(edge, listed.map_err(|e| self.refusal(e))?));
            }
            if let Some(target) = self.visit(edge)? {
                return Ok(Reached::End(Ok(target)));
            }
        }
        let visited: Vec<_> = self.visited.iter().map(|visited| visited.role.clone()).collect();
        let snapshot = self.metadata.snapshot_id();
        let fresh_until = self.metadata.fresh_until(&visited);
        let unbound = visited.iter().find(|role| !self.metadata.is_bound(role)).cloned();
        let path = self.path.clone();
        let unlisted = Unlisted::new(path, snapshot, fresh_until, visited, self.authorities());
        Ok(Reached::End(Err(NotFound::NotListed(NotListed::new(unlisted, unbound)))))
    }

    /// The edges out of `targets` that the search has followed.
    fn authorities(&self) -> Vec<AuthorityEdge> {
        let top = self.metadata.targets(&RoleName::targets());
        let by_top = self.visited.iter().filter(|edge| edge.from == Some(0));
        by_top.filter_map(|edge| AuthorityEdge::between(top?, &edge.role)).collect()
    }

    /// A refusal as the caller sees it.
    fn refusal(&self, reason: VerifyError) -> UpdateError {
        self.metadata.cycle.refusal(reason)
    }

    /// Whether the role of an edge is trusted by that edge already.
    ///
    /// It may be there because another delegator's keys have signed it. If this one's have not, it is
    /// asked for anew: a mirror may have left their signatures out of that copy.
    fn is_at_hand(&mut self, edge: &Edge) -> Result<bool> {
        let Some(delegator) = self.delegator_of(edge) else { return Ok(true) };
        let Some(role) = self.metadata.delegated(&edge.role) else { return Ok(false) };
        if !role.delegators.contains(delegator) {
            let limits = self.metadata.cycle.limits();
            let by = self.metadata.delegator(delegator, &edge.role);
            let by = by.map_err(|e| self.refusal(e))?;
            if check_edge(by, &edge.role, &role.targets, limits).is_err() {
                return Ok(false);
            }
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
            return Err(self.refusal(VerifyError::NotDelegated { role: edge.role, delegator }));
        };
        let of = (root, snapshot);
        let chain = || self.chain(&edge);
        let entry =
            TrustedTarget::listed_by((&edge.role, trusted), &self.path, of, &cycle.context, chain);
        if let Some(target) = entry {
            return Ok(Some(target.map_err(|e| self.refusal(e))?));
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

    /// A role that may speak for the path cannot be had. The repository is as good as before.
    fn refused(self, error: UpdateError) -> Next<'a> {
        self.end(Err(NotFound::Refused(Box::new(error))))
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
    pub(super) fn cycle(&self) -> &Cycle {
        &self.search.metadata.cycle
    }

    /// The stored file is used instead of a download if it is the one that the snapshot lists.
    ///
    /// Where no digest says so, it may be another's that has the same keys: what a mirror has once
    /// swapped must not stay so.
    pub(super) fn loaded(mut self: Box<Self>, bytes: Option<Bytes<'a>>) -> Next<'a> {
        let Self { search: Search { metadata, .. }, edge, listed } = &mut *self;
        let usable = metadata.cycle.ledger.may_reuse(listed)
            && (listed.hashes.is_some() || !metadata.shares_key(&edge.role));
        let Some(targets) = bytes.filter(|_| usable).and_then(|bytes| self.verify(bytes).ok())
        else {
            return self.fetch();
        };
        match self.make_room(&targets) {
            Ok(()) => self.with(targets).stored(),
            Err(error) => self.give_up(error),
        }
    }

    /// §5.6.1
    fn fetch(self: Box<Self>) -> Next<'a> {
        let TrustedMetadata { cycle, root, .. } = &*self.search.metadata;
        let (limits, role) = (cycle.limits(), self.edge.role.clone());
        let limit = limits.max_targets_length;
        match cycle.listed_file(root, role, &self.listed, limit) {
            Ok((file, max_length)) => {
                let max_attempts = limits.max_attempts;
                Next::Fetch { file, max_length, max_attempts, then: Fetching::Role(self) }
            }
            Err(error) => self.give_up(error),
        }
    }

    /// The file cannot be had.
    pub(super) fn give_up(self, error: UpdateError) -> Next<'a> {
        self.search.refused(error)
    }

    /// §5.6.2 to §5.6.6.
    pub(super) fn received(mut self: Box<Self>, bytes: Bytes<'a>) -> Answered<'a, Self> {
        match self.verify(bytes) {
            Ok(targets) => {
                if let Err(error) = self.make_room(&targets) {
                    return Err((self, error));
                }
                let (metadata, role) = (&self.search.metadata, &self.edge.role);
                let rewritten = if is_fixed(&self.listed) {
                    None
                } else {
                    targets.stored_form(|| metadata.keys_of(role))
                };
                let item = Some(Kept { item: StoredItem::Role(role.clone()), rewritten });
                let then = Storing::Role(Box::new(self.with(targets)));
                Ok(Next::Persist { before: Vec::new(), item, then })
            }
            Err(e) => {
                let error = self.search.refusal(e);
                Err((self, error))
            }
        }
    }

    fn verify(&self, bytes: Bytes<'a>) -> core::result::Result<Trusted<'a, Targets>, VerifyError> {
        let Self { search, edge, .. } = self;
        let TrustedMetadata { cycle, snapshot, .. } = &*search.metadata;
        let top = RoleName::targets();
        let name = search.delegator_of(edge).unwrap_or(&top);
        let delegator = search.metadata.delegator(name, &edge.role)?;
        let file = targets(delegator, snapshot, &edge.role, bytes, &cycle.context)?;
        let bins = search.metadata.targets(name).and_then(|file| file.delegations()?.succinct());
        if let Some(bins) = bins
            && self.listed.hashes.is_none()
        {
            check_bin(bins, &edge.role, &file)?;
        }
        Ok(file)
    }

    /// The search goes on with this file, if there is room for it beside what the search has come to.
    fn make_room(&mut self, targets: &Trusted<'_, Targets>) -> Result<()> {
        let Search { metadata, visited, .. } = &mut self.search;
        metadata.make_room(&self.edge.role, targets, |role| {
            visited.iter().any(|visited| visited.role == *role)
        })
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

    pub(super) fn stored(self) -> Next<'a> {
        let Self { mut search, edge, targets } = self;
        let delegator = search.delegator_of(&edge).cloned().unwrap_or_else(RoleName::targets);
        search.metadata.add_role(edge.role.clone(), targets, delegator);
        match search.visit(edge) {
            Ok(Some(target)) => search.end(Ok(target)),
            Ok(None) => search.go_on(),
            Err(error) => search.refused(error),
        }
    }
}
