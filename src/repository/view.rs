//! The repository as it will be: what is published, and over it the files that were sealed.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

use super::delegated::names;
use super::sealed::Contents;
use super::{Authority, Published, Sealed};
use crate::metadata::{Delegations, Document, RoleType, Root, Targets};
use crate::primitives::{Limits, RoleName, TargetPath};
use crate::verify::Edge;

/// Root and targets roles as devices will see them.
pub(super) struct View<'v> {
    pub(super) published: &'v Published,
    root: Option<&'v Document<'static, Root>>,
    roles: BTreeMap<&'v RoleName, &'v Document<'static, Targets>>,
    /// The roles that delegate: few, where there are many.
    delegators: Vec<(&'v RoleName, Delegations<'v>)>,
}

impl<'v> View<'v> {
    pub(super) fn new(published: &'v Published, files: &'v BTreeMap<RoleName, Sealed>) -> Self {
        let mut root = published.root.as_ref().map(|root| root.document());
        let mut roles: BTreeMap<_, _> = published.documents().collect();
        for (name, file) in files {
            match file.contents() {
                Contents::Root(document) => root = Some(document),
                Contents::Targets(document) => {
                    roles.insert(name, document);
                }
                Contents::Timestamp(_) | Contents::Snapshot(_) => {}
            }
        }
        let delegators =
            roles.iter().filter_map(|(name, file)| Some((*name, file.delegations()?))).collect();
        Self { published, root, roles, delegators }
    }

    pub(super) fn root(&self) -> Option<&'v Document<'static, Root>> {
        self.root
    }

    pub(super) fn role(&self, name: &RoleName) -> Option<&'v Document<'static, Targets>> {
        self.roles.get(name).copied()
    }

    /// The roles that say who signs for the targets role `role`.
    pub(super) fn edges(&self, role: &RoleName) -> Vec<Edge<'v>> {
        let root = self.root.filter(|_| role.is_targets()).map(Edge::Root);
        let others = self.delegators.iter().filter(|(_, all)| all.keys_of(role).is_some());
        let others = others.filter_map(|(name, _)| Some(Edge::Targets(name, self.role(name)?)));
        root.into_iter().chain(others).collect()
    }

    /// Whose signatures a file of `role` needs.
    pub(super) fn authorities(&self, role: &RoleName) -> Vec<Authority> {
        let top_level = match role.as_str() {
            "root" => Some(RoleType::Root),
            "timestamp" => Some(RoleType::Timestamp),
            "snapshot" => Some(RoleType::Snapshot),
            "targets" => Some(RoleType::Targets),
            _ => None,
        };
        if let Some(kind) = top_level {
            return self.root.map(|root| Authority::root(root, kind)).into_iter().collect();
        }
        let delegators = self.delegators.iter();
        delegators.filter_map(|(name, all)| Authority::delegation(name, *all, role)).collect()
    }

    /// The roles that searches can come to, from `targets` on, as far as roles are at hand.
    pub(super) fn reached(&self) -> BTreeSet<RoleName> {
        let (mut stack, mut reached) = (vec![RoleName::targets()], BTreeSet::new());
        while let Some(role) = stack.pop() {
            if reached.insert(role.clone()) {
                let delegations = self.role(&role).and_then(Document::delegations);
                stack.extend(delegations.into_iter().flat_map(names));
            }
        }
        reached
    }

    /// Whether a search for `path` comes to `role`, as far as roles are at hand (§5.6.7). What a
    /// role on the way lists does not matter: whoever lists a path first is found first.
    pub(super) fn comes_to(&self, role: &RoleName, path: &TargetPath, limits: &Limits) -> bool {
        let most = usize::try_from(limits.max_visited_roles).unwrap_or(usize::MAX);
        let (mut stack, mut seen) = (vec![RoleName::targets()], BTreeSet::new());
        while let Some(next) = stack.pop()
            && seen.len() < most
        {
            if next == *role {
                return true;
            }
            let delegations = self.role(&next).and_then(Document::delegations);
            let matches = delegations.map(|all| all.matches(path)).unwrap_or_default();
            seen.insert(next);
            // The last match ends the search if it is terminating: what is to be visited after
            // the role that delegates, is not.
            if matches.last().is_some_and(|last| last.terminating) {
                stack.clear();
            }
            let found = matches.into_iter().rev().map(|found| found.name);
            stack.extend(found.filter(|name| !seen.contains(name)));
        }
        false
    }
}
