//! Targets files, top-level and delegated (TUF §5.6).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::keyring::Keyring;
use super::role_signatures::RoleSignatures;
use super::root::require_top_level;
use super::signatures::KeyIds;
use super::{Context, Result, Trusted, VerifyError, fetched};
use crate::key::KeyId;
use crate::metadata::{Document, MetaFile, RoleKeys, RoleType, Root, Signed, Snapshot, Targets};
use crate::primitives::{Limits, RoleName};

/// The role that says who signs for another.
#[derive(Clone, Copy, Debug)]
pub enum Delegator<'d, 'a> {
    /// The root delegates to `targets`.
    Root(&'d Trusted<'a, Root>),
    /// A targets role, and its name, delegates to others.
    Targets(&'d RoleName, &'d Trusted<'a, Targets>),
}

/// Checks the file of `role` against the role that delegates to it and against the snapshot.
///
/// Each delegating edge is checked by itself: a file that one delegator's keys have signed is not
/// thereby believed for another.
pub fn targets<'a>(
    delegator: Delegator<'_, '_>,
    snapshot: &Trusted<'_, Snapshot>,
    role: &RoleName,
    bytes: impl Into<Cow<'a, [u8]>>,
    context: &Context,
) -> Result<Trusted<'a, Targets>> {
    let limits = context.limits();
    let listed = listed(snapshot, role)?;
    // §5.6.1 up to the listed length, §5.6.2 digests.
    let document: Document<'a, Targets> =
        fetched::read_listed(role, bytes.into(), &listed, limits.max_targets_length, limits)?;
    // §5.6.3
    require_signatures(delegator, role, &document, limits)?;
    // §5.6.4
    fetched::check_version(role, &document, &listed)?;
    // §5.6.5
    context.check_not_expired(role, document.signed().expires())?;
    Ok(Trusted::mint(document))
}

/// A file that is trusted already is also signed as `delegator` asks.
pub(crate) fn check_edge(
    delegator: Delegator<'_, '_>,
    role: &RoleName,
    trusted: &Trusted<'_, Targets>,
    limits: &Limits,
) -> Result<()> {
    require_signatures(delegator, role, trusted.document(), limits)
}

/// The ids of all keys that have signed the file of `role`, of those that `delegator` asks for; no
/// key twice. (A check stops at the threshold.)
pub(crate) fn signers(
    delegator: Delegator<'_, '_>,
    role: &RoleName,
    trusted: &Trusted<'_, Targets>,
    limits: &Limits,
) -> Result<Vec<KeyId>> {
    let (document, known) = (trusted.document(), Keyring::default());
    let mut signatures =
        RoleSignatures::new(document, KeyIds::Binding, role.clone(), &known, limits);
    // More than there can be: what falls short of it says who has signed.
    let all = |keys: RoleKeys| keys.with_threshold(u64::MAX);
    let counted = match delegator {
        Delegator::Root(root) => {
            let keys = all(root.role(RoleType::Targets).clone());
            signatures.require(&keys, RoleType::Root.into(), |id| root.document().key(id))
        }
        Delegator::Targets(name, parent) => {
            let delegations = parent.delegations();
            let keys = delegations.and_then(|delegations| delegations.keys_of(role));
            let keys = keys.ok_or_else(|| VerifyError::NotDelegated {
                role: role.clone(),
                delegator: name.clone(),
            })?;
            let find = |id: &KeyId| delegations.and_then(|delegations| delegations.key(id));
            signatures.require(&all(keys), name.clone(), find)
        }
    };
    match counted {
        Err(VerifyError::Signatures(shortfall)) => Ok(shortfall.have),
        Err(other) => Err(other),
        Ok(()) => Ok(Vec::new()),
    }
}

/// What the snapshot lists of `role`.
pub(crate) fn listed(snapshot: &Trusted<'_, Snapshot>, role: &RoleName) -> Result<MetaFile> {
    let listed = snapshot.document().meta(role);
    listed.ok_or_else(|| VerifyError::NotInSnapshot { role: role.clone() })
}

fn require_signatures(
    delegator: Delegator<'_, '_>,
    role: &RoleName,
    document: &Document<'_, Targets>,
    limits: &Limits,
) -> Result<()> {
    match delegator {
        Delegator::Root(root) if role.is_targets() => {
            require_top_level(root, RoleType::Targets, document, limits)
        }
        Delegator::Root(_) => {
            Err(VerifyError::NotDelegated { role: role.clone(), delegator: RoleType::Root.into() })
        }
        Delegator::Targets(name, parent) => {
            require_delegated(name, parent.document(), role, document, limits)
        }
    }
}

/// The file of `role` is signed as the file of its `delegator` asks.
pub(super) fn require_delegated(
    delegator: &RoleName,
    parent: &Document<'_, Targets>,
    role: &RoleName,
    document: &Document<'_, Targets>,
    limits: &Limits,
) -> Result<()> {
    let not_delegated =
        || VerifyError::NotDelegated { role: role.clone(), delegator: delegator.clone() };
    let delegations = parent.delegations().ok_or_else(not_delegated)?;
    let keys = delegations.keys_of(role).ok_or_else(not_delegated)?;
    let known = Keyring::default();
    RoleSignatures::new(document, KeyIds::Binding, role.clone(), &known, limits).require(
        &keys,
        delegator.clone(),
        |id| delegations.key(id),
    )
}
