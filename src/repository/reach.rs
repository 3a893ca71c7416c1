//! Whether devices find what roles list.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::delegated::{changed_delegations, check_bins, names};
use super::view::View;
use super::{Result, SealError, Sealed};
use crate::metadata::{Delegations, Document};
use crate::primitives::{Limits, RoleName, TargetPath};

/// What a role lists is what a search for it finds there. Asked of the files that change, and of
/// all roles to which a search may come otherwise than before.
pub(super) fn check_paths(
    view: &View<'_>,
    files: &BTreeMap<RoleName, Sealed>,
    limits: &Limits,
) -> Result<()> {
    let mut asked: BTreeSet<RoleName> = files.keys().cloned().collect();
    asked.extend(reached_otherwise(view, files)?);
    for name in asked {
        let Some(document) = view.role(&name) else { continue };
        if let Some((path, reason)) = document.unreadable_target(limits) {
            return Err(SealError::Entry { role: name, path: path.into(), reason });
        }
        if name.is_targets() {
            continue;
        }
        for text in document.paths() {
            let (role, path) = (name.clone(), || text.clone().into());
            let Ok(parsed) = TargetPath::new(&text) else {
                return Err(SealError::NoPath { role, path: path() });
            };
            if !view.comes_to(&name, &parsed, limits) {
                return Err(SealError::PathOutside { role, path: path() });
            }
        }
    }
    Ok(())
}

/// The roles below those whose delegations lead elsewhere than before. All of them have to be at
/// hand: what they list may be out of reach now.
fn reached_otherwise(
    view: &View<'_>,
    files: &BTreeMap<RoleName, Sealed>,
) -> Result<BTreeSet<RoleName>> {
    let published = view.published;
    let mut stack = Vec::new();
    for (delegator, after) in changed_delegations(files) {
        let before = published.roles.get(delegator);
        let before = before.and_then(|file| file.document().delegations());
        if before.is_some_and(|before| !leads_on(before, after)) {
            stack.extend(names(after));
        }
    }
    let mut reached = BTreeSet::new();
    while let Some(role) = stack.pop() {
        let document = view.role(&role);
        if document.is_none() && published.version(&role).is_some() {
            return Err(SealError::NotLoaded { role });
        }
        if let Some(delegations) = document.and_then(Document::delegations)
            && !reached.contains(&role)
        {
            check_bins(&role, delegations)?;
            stack.extend(names(delegations));
        }
        reached.insert(role);
    }
    Ok(reached)
}

/// Whether delegations lead wherever they led before: what is new comes after all that there was.
fn leads_on(before: Delegations<'_>, after: Delegations<'_>) -> bool {
    let same_bins = match (before.succinct(), after.succinct()) {
        (Some(a), Some(b)) => {
            a.bit_length() == b.bit_length() && a.name_prefix() == b.name_prefix()
        }
        (None, None) => true,
        _ => false,
    };
    // What is gone leads nowhere, and hides nothing.
    let mut kept = before.roles().filter(|old| after.keys_of(&old.name()).is_some());
    let mut roles = after.roles();
    same_bins
        && kept.all(|old| {
            roles.next().is_some_and(|new| {
                old.name() == new.name()
                    && old.is_terminating() == new.is_terminating()
                    && old.paths() == new.paths()
            })
        })
}
