//! To whom files delegate.

use alloc::collections::BTreeMap;

use super::bins::MOST_BITS;
use super::sealed::Contents;
use super::{Result, SealError, Sealed};
use crate::metadata::{Delegations, SuccinctRoles};
use crate::primitives::RoleName;

/// The delegations of the files that change.
pub(super) fn changed_delegations(
    files: &BTreeMap<RoleName, Sealed>,
) -> impl Iterator<Item = (&RoleName, Delegations<'_>)> {
    files.iter().filter_map(|(name, file)| match file.contents() {
        Contents::Targets(document) => Some((name, document.delegations()?)),
        _ => None,
    })
}

/// The roles that are delegated to.
pub(super) fn names(delegations: Delegations<'_>) -> impl Iterator<Item = RoleName> {
    // More bins than that are refused, so nobody has to look at each.
    let bins = delegations.succinct().filter(|bins| bins.bit_length() <= MOST_BITS);
    let bins = bins.into_iter().flat_map(SuccinctRoles::names);
    delegations.roles().map(|role| role.name()).chain(bins)
}

/// No more bins than devices take delegations: each of them has to be looked at.
pub(super) fn check_bins(role: &RoleName, delegations: Delegations<'_>) -> Result<()> {
    match delegations.succinct().map_or(0, SuccinctRoles::bit_length) {
        bits if bits > MOST_BITS => Err(SealError::Bins { role: role.clone(), bits }),
        _ => Ok(()),
    }
}
