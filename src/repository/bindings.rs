//! What a publisher that lists no digests must not publish: files that whoever serves them could swap.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::delegated::changed_delegations;
use super::sealed::Contents;
use super::view::View;
use super::{Authority, Policy, Result, SealError, Sealed};
use crate::key::KeyFingerprint;
use crate::metadata::{PathPattern, PathSet};
use crate::primitives::RoleName;

/// The paths of documents that devices read from bound files only.
const GOVERNED: [&str; 4] =
    ["releases/*/*/release.json", "rollouts/*.json", "brake/*.json", "services/*.json"];

/// Two roles of which one's file could stand in the place of the other's.
pub(super) type Pair = (RoleName, RoleName);

/// Without digests: no governed documents, no bins, and no role with a key of `targets`. What is left
/// to be told are roles that share a key.
pub(super) fn check_bindings(
    view: &View<'_>,
    files: &BTreeMap<RoleName, Sealed>,
    policy: &Policy,
) -> Result<Vec<Pair>> {
    if policy.list_digests {
        return Ok(Vec::new());
    }
    let governed = GOVERNED.map(|pattern| PathPattern::new(pattern.into()));
    for (role, file) in files {
        let Contents::Targets(document) = file.contents() else { continue };
        if document.paths().any(|path| governed.iter().any(|pattern| pattern.matches(&path))) {
            return Err(SealError::Unbound { role: role.clone() });
        }
    }
    let keys = |role: &RoleName| -> Vec<KeyFingerprint> {
        view.authorities(role).iter().flat_map(Authority::fingerprints).collect()
    };
    let of_targets = keys(&RoleName::targets());
    let mut signs_for: BTreeMap<KeyFingerprint, RoleName> = BTreeMap::new();
    let mut pairs = Vec::new();
    for (delegator, delegations) in changed_delegations(files) {
        if delegations.succinct().is_some() {
            return Err(SealError::Unbound { role: delegator.clone() });
        }
        for delegated in delegations.roles() {
            let (role, is_bin) =
                (delegated.name(), matches!(delegated.paths(), PathSet::HashPrefixes(_)));
            for key in keys(&role) {
                let other = signs_for.entry(key).or_insert_with(|| role.clone());
                let is_shared = *other != role;
                if of_targets.contains(&key) || (is_shared && is_bin) {
                    return Err(SealError::Unbound { role });
                }
                if is_shared {
                    pairs.push((other.clone(), role.clone()));
                }
            }
        }
    }
    Ok(pairs)
}
