//! Keys that are online do not decide what devices install.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

use super::delegated::changed_delegations;
use super::sealed::Contents;
use super::view::View;
use super::{Authority, Result, SealError, Sealed};
use crate::key::KeyFingerprint;
use crate::metadata::{Document, RoleType, Targets};
use crate::primitives::RoleName;

/// No key of `timestamp` or `snapshot` signs, anywhere below `targets`, for a role that lists plans or
/// brakes, nor, where there are plans, for one that lists releases: devices take none of these.
pub(super) fn check_online(view: &View<'_>, files: &BTreeMap<RoleName, Sealed>) -> Result<()> {
    let brings_plans = |file: &Sealed| match file.contents() {
        Contents::Targets(document) => lists(document, "rollouts/"),
        _ => false,
    };
    let all_count = files.contains_key(&RoleType::Root.into())
        || changed_delegations(files).next().is_some()
        || files.values().any(brings_plans);
    let asked: BTreeSet<RoleName> =
        if all_count { view.reached() } else { files.keys().cloned().collect() };
    let mut online = None;
    for role in asked {
        let Some(document) = view.role(&role).filter(|_| !role.is_targets()) else { continue };
        let governs = lists(document, "rollouts/") || lists(document, "brake/");
        if !governs && !lists(document, "releases/") {
            continue;
        }
        let online = online.get_or_insert_with(|| online_keys(view));
        let Some(key) = online_key(view, &role, online) else { continue };
        // A policy without rollouts takes such releases.
        if governs || has_plans(view) {
            return Err(SealError::OnlineKey { role, key });
        }
    }
    Ok(())
}

fn lists(document: &Document<'_, Targets>, folder: &str) -> bool {
    document.paths_in(folder).next().is_some()
}

fn has_plans(view: &View<'_>) -> bool {
    let reached = view.reached();
    reached.iter().filter_map(|role| view.role(role)).any(|role| lists(role, "rollouts/"))
}

fn online_keys(view: &View<'_>) -> Vec<KeyFingerprint> {
    let roles = [RoleType::Timestamp, RoleType::Snapshot].map(RoleName::from);
    let of_both = roles.iter().flat_map(|role| view.authorities(role));
    of_both.flat_map(|authority| authority.fingerprints()).collect()
}

/// One of these keys that signs for a role, or for one on the way to it.
fn online_key(
    view: &View<'_>,
    role: &RoleName,
    online: &[KeyFingerprint],
) -> Option<KeyFingerprint> {
    let (mut stack, mut seen) = (vec![role.clone()], BTreeSet::new());
    while let Some(role) = stack.pop() {
        if role.is_targets() || !seen.insert(role.clone()) {
            continue;
        }
        for authority in view.authorities(&role) {
            let mut keys = Authority::fingerprints(&authority).into_iter();
            if let Some(key) = keys.find(|key| online.contains(key)) {
                return Some(key);
            }
            stack.push(authority.delegator().clone());
        }
    }
    None
}
