//! What cannot be published, because a device would refuse it or nobody could sign for it.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::bins::MOST_BITS;
use super::sealed::Contents;
use super::view::View;
use super::{Authority, Policy, Published, Result, SealError, Sealed};
use crate::key::KeyFingerprint;
use crate::metadata::{Delegations, Document, RoleType, SuccinctRoles, Targets};
use crate::primitives::{Limits, RoleName, TargetPath, UtcTime, Version};
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

/// Everything that can be known before anybody signs.
pub(super) fn check(
    published: &Published,
    files: &BTreeMap<RoleName, Sealed>,
    now: UtcTime,
    policy: &Policy,
) -> Result<()> {
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
    check_paths(&view, files, &policy.limits)
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

/// No more bins than devices take delegations: each of them has to be looked at.
fn check_bins(role: &RoleName, delegations: Delegations<'_>) -> Result<()> {
    match delegations.succinct().map_or(0, SuccinctRoles::bit_length) {
        bits if bits > MOST_BITS => Err(SealError::Bins { role: role.clone(), bits }),
        _ => Ok(()),
    }
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

/// What a role lists is what a search for it finds there. Asked of the files that change, and of
/// all roles to which a search may come otherwise than before.
fn check_paths(view: &View<'_>, files: &BTreeMap<RoleName, Sealed>, limits: &Limits) -> Result<()> {
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
            let (role, path) = (name.clone(), || text.clone().into_owned().into());
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

/// Targets that are new or changed have the provenance that is asked for. Missing is refused.
pub(super) fn check_provenance(
    published: &Published,
    files: &BTreeMap<RoleName, Sealed>,
    envelopes: &BTreeMap<TargetPath, Vec<u8>>,
    policy: &Policy,
) -> Result<()> {
    if !policy.asks_for_provenance() {
        return Ok(());
    }
    let documents = files.values().filter_map(|file| match file.contents() {
        Contents::Targets(document) => Some(document),
        _ => None,
    });
    for document in documents {
        for (path, entry) in document.entries() {
            // Moved from another role, it is not new.
            let known = |(_, before): (_, &Document<'_, Targets>)| before.lists_as(&path, entry);
            if published.documents().any(known) {
                continue;
            }
            let parsed = TargetPath::new(&path).ok();
            for asked in policy.provenance_of(&path) {
                let envelope = parsed.as_ref().and_then(|path| envelopes.get(path));
                let target = parsed.as_ref().and_then(|path| document.target(path, &policy.limits));
                // An entry without digests was refused before.
                let hashes = target.and_then(core::result::Result::ok).map(|file| file.hashes);
                asked.verify(envelope.map(Vec::as_slice), &hashes.unwrap_or_default()).map_err(
                    |reason| SealError::Provenance { path: (*path).into(), reason: reason.into() },
                )?;
            }
        }
    }
    Ok(())
}

/// The delegations of the files that change.
fn changed_delegations(
    files: &BTreeMap<RoleName, Sealed>,
) -> impl Iterator<Item = (&RoleName, Delegations<'_>)> {
    files.iter().filter_map(|(name, file)| match file.contents() {
        Contents::Targets(document) => Some((name, document.delegations()?)),
        _ => None,
    })
}

/// The roles that are delegated to.
fn names(delegations: Delegations<'_>) -> impl Iterator<Item = RoleName> {
    // More bins than that are refused, so nobody has to look at each.
    let bins = delegations.succinct().filter(|bins| bins.bit_length() <= MOST_BITS);
    let bins = bins.into_iter().flat_map(SuccinctRoles::names);
    delegations.roles().map(|role| role.name()).chain(bins)
}

/// Whether other keys than before sign for `role`, or more of them.
fn is_moved(before: Option<Delegations<'_>>, after: Delegations<'_>, role: &RoleName) -> bool {
    let Some(keys) = after.keys_of(role) else { return false };
    let Some(before) = before else { return true };
    let same_keys = before.keys_of(role).as_ref() == Some(&keys);
    !same_keys || keys.key_ids().iter().any(|id| before.key(id) != after.key(id))
}
