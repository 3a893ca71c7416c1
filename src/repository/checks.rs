//! What cannot be published, because a device would refuse it or nobody could sign for it.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::bindings::{Pair, check_bindings};
use super::brakes::check_brakes;
use super::delegated::{changed_delegations, check_bins, names};
use super::online::check_online;
use super::reach::check_paths;
use super::sealed::Contents;
use super::view::View;
use super::{Authority, Policy, Published, Result, SealError, Sealed};
use crate::key::KeyFingerprint;
use crate::metadata::{Delegations, RoleType};
use crate::primitives::{Limits, RoleName, UtcTime, Version};
use crate::verify::Edge;

/// The roles whose published files are not signed as they have to be from now on, because the
/// files of those who delegate to them change.
pub(super) fn orphaned(
    published: &Published,
    files: &BTreeMap<RoleName, Sealed>,
    limits: &Limits,
) -> Vec<RoleName> {
    let view = View::new(published, files);
    let mut orphaned = Vec::new();
    let root = RoleName::from(RoleType::Root);
    for (name, document) in published.documents().filter(|(name, _)| !files.contains_key(*name)) {
        let mut edges = view.edges(name).into_iter().filter(|edge| match edge {
            Edge::Root(_) => files.contains_key(&root),
            Edge::Targets(delegator, _) => files.contains_key(*delegator),
        });
        if edges.any(|edge| edge.require(name, document, limits).is_err()) {
            orphaned.push(name.clone());
        }
    }
    let targets = RoleName::targets();
    if let (Some(before), Some(Contents::Root(after))) =
        (published.root(), files.get(&root).map(Sealed::contents))
    {
        let keys = |root| Authority::root(root, RoleType::Targets);
        let (before, after) = (keys(before.document()), keys(after));
        let at_hand = files.contains_key(&targets) || published.roles.contains_key(&targets);
        if !at_hand && published.version(&targets).is_some() && !before.is_same(&after) {
            orphaned.push(targets);
        }
    }
    for (name, after) in changed_delegations(files) {
        let before = published.roles.get(name).and_then(|file| file.document().delegations());
        for role in names(after) {
            let at_hand = files.contains_key(&role) || published.roles.contains_key(&role);
            if !at_hand && published.version(&role).is_some() && is_moved(before, after, &role) {
                orphaned.push(role);
            }
        }
    }
    orphaned
}

/// Everything that can be known before anybody signs; and which roles could be swapped all the same.
pub(super) fn check(
    published: &Published,
    files: &BTreeMap<RoleName, Sealed>,
    now: UtcTime,
    policy: &Policy,
) -> Result<Vec<Pair>> {
    let view = View::new(published, files);
    for role in [RoleType::Root, RoleType::Targets] {
        let role = RoleName::from(role);
        if !files.contains_key(&role) && published.version(&role).is_none() {
            return Err(SealError::NoFile { role });
        }
    }
    for (role, file) in files {
        check_header(published.version(role), file, now)?;
        let authorities = view.authorities(role);
        if authorities.is_empty() {
            return Err(SealError::NotDelegated { role: role.clone() });
        }
    }
    check_thresholds(&view, files)?;
    check_separation(&view, policy)?;
    changed_delegations(files).try_for_each(|(role, all)| check_bins(role, all))?;
    check_file_names(&view, files)?;
    check_delegated_files(published, files)?;
    check_paths(&view, files, &policy.limits)?;
    check_brakes(&view, files)?;
    check_online(&view, files)?;
    check_bindings(&view, files, policy)
}

/// A version that devices take for newer, and an expiry that is still to come.
pub(super) fn check_header(published: Option<Version>, file: &Sealed, now: UtcTime) -> Result<()> {
    let (role, version) = (file.role(), file.version());
    let follows = match (published, file.kind()) {
        (None, RoleType::Root) => version == Version::ONE,
        (Some(before), RoleType::Root) => before.next() == Some(version),
        (Some(before), _) => version > before,
        (None, _) => true,
    };
    if !follows {
        return Err(SealError::Version { role: role.clone(), published, version });
    }
    if file.expires() <= now {
        return Err(SealError::Expired { role: role.clone(), expires: file.expires() });
    }
    Ok(())
}

/// For each role there are as many keys as have to sign.
fn check_thresholds(view: &View<'_>, files: &BTreeMap<RoleName, Sealed>) -> Result<()> {
    let top_level = [RoleType::Root, RoleType::Timestamp, RoleType::Snapshot, RoleType::Targets]
        .map(Into::into);
    let delegated = changed_delegations(files).flat_map(|(_, delegations)| {
        // Succinct bins share their keys: one stands for all.
        let bins = delegations.succinct().and_then(|bins| bins.names().next());
        delegations.roles().map(|role| role.name()).chain(bins)
    });
    for role in top_level.into_iter().chain(delegated) {
        for authority in view.authorities(&role) {
            let (keys, threshold) = (authority.fingerprints().len(), authority.threshold());
            if usize::try_from(threshold).map_or(true, |threshold| threshold > keys) {
                let delegator = authority.delegator().clone();
                return Err(SealError::Unattainable { role, delegator, keys, threshold });
            }
        }
    }
    Ok(())
}

/// Roles that are to be apart have no key in common.
fn check_separation(view: &View<'_>, policy: &Policy) -> Result<()> {
    let keys = |role: &RoleName| -> Vec<KeyFingerprint> {
        view.authorities(role).iter().flat_map(Authority::fingerprints).collect()
    };
    for (a, b) in policy.separation.pairs() {
        let of_b = keys(b);
        if let Some(key) = keys(a).into_iter().find(|key| of_b.contains(key)) {
            return Err(SealError::SharedKey { roles: (a.clone(), b.clone()).into(), key });
        }
    }
    Ok(())
}

/// Each role that is delegated to has a file, or devices would end a search with an error.
fn check_delegated_files(published: &Published, files: &BTreeMap<RoleName, Sealed>) -> Result<()> {
    for (_, delegations) in changed_delegations(files) {
        for role in names(delegations) {
            if !files.contains_key(&role) && published.version(&role).is_none() {
                return Err(SealError::NoFile { role });
            }
        }
    }
    Ok(())
}

/// No file is taken for another: without versions in their names, a role called `2.root` would be
/// the next root.
fn check_file_names(view: &View<'_>, files: &BTreeMap<RoleName, Sealed>) -> Result<()> {
    if view.root().is_none_or(|root| root.signed().consistent_snapshot()) {
        return Ok(());
    }
    let is_root = |name: &str| {
        let number = name.strip_suffix(".root");
        number.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
    };
    let listed = view.published.snapshot().into_iter().flat_map(|file| file.document().listing());
    let listed = listed.map(|(name, _)| name.decode());
    let listed = listed.map(|name| RoleName::checked(name.strip_suffix(".json").unwrap_or(&name)));
    match listed.chain(files.keys().cloned()).find(|role| is_root(role.as_str())) {
        Some(role) => Err(SealError::FileName { role }),
        None => Ok(()),
    }
}

/// Whether other keys than before sign for `role`, or more of them.
fn is_moved(before: Option<Delegations<'_>>, after: Delegations<'_>, role: &RoleName) -> bool {
    let Some(keys) = after.keys_of(role) else { return false };
    let Some(before) = before else { return true };
    let same_keys = before.keys_of(role).as_ref() == Some(&keys);
    !same_keys || keys.key_ids().iter().any(|id| before.key(id) != after.key(id))
}
