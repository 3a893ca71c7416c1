//! What a publisher asks before any device does.
//!
//! The counts and the checks are the device's own; what differs is only *when* they can be made. A
//! targets file has to be complete before the snapshot that lists it exists, so its signatures are
//! counted first ([`Authentic`]), and the listing is checked when there is one.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::keyring::Keyring;
use super::role_signatures::RoleSignatures;
use super::root::require_top_level;
use super::signatures::KeyIds;
use super::targets::require_delegated;
use super::{Authentic, Context, Result, Trusted, VerifyError, fetched};
use crate::metadata::{Document, MetaFile, RoleType, Root, Signed, Snapshot, Targets};
use crate::primitives::{Limits, RoleName};

/// A role that says who signs for another, as a publisher has it at hand: not yet trusted itself.
#[derive(Clone, Copy)]
pub(crate) enum Edge<'d> {
    /// The root delegates to `targets`.
    Root(&'d Document<'static, Root>),
    /// A targets role delegates.
    Targets(&'d RoleName, &'d Document<'static, Targets>),
}

impl Edge<'_> {
    /// The file is signed as this delegator asks.
    pub(crate) fn require(
        self,
        role: &RoleName,
        document: &Document<'_, Targets>,
        limits: &Limits,
    ) -> Result<()> {
        match self {
            Self::Root(root) => {
                let keys = root.signed().role(RoleType::Targets);
                let known = Keyring::default();
                RoleSignatures::new(document, KeyIds::Binding, role.clone(), &known, limits)
                    .require(keys, RoleType::Root.into(), |id| root.key(id))
            }
            Self::Targets(name, parent) => require_delegated(name, parent, role, document, limits),
        }
    }
}

/// A file of `timestamp` or `snapshot` that the root's keys for it have signed.
pub(crate) fn signed_by_root<R: Signed>(
    root: &Trusted<'_, Root>,
    role: RoleType,
    bytes: Vec<u8>,
    context: &Context,
) -> Result<Authentic<'static, R>> {
    let limits = context.limits();
    let limit = match role {
        RoleType::Timestamp => limits.max_timestamp_length,
        _ => limits.max_snapshot_length,
    };
    let document: Document<'static, R> =
        fetched::read(&role.into(), Cow::Owned(bytes), limit, limits)?;
    require_top_level(root, role, &document, limits)?;
    context.check_not_expired(&role.into(), document.signed().expires())?;
    Ok(Authentic::under(root, document))
}

/// A targets file that is signed as each of `edges` asks; there is at least one.
pub(crate) fn signed_targets(
    edges: &[Edge<'_>],
    role: &RoleName,
    bytes: Vec<u8>,
    limits: &Limits,
) -> Result<Authentic<'static, Targets>> {
    let limit = limits.max_targets_length;
    let document = fetched::read(role, Cow::Owned(bytes), limit, limits)?;
    if edges.is_empty() {
        let delegator = RoleName::targets();
        return Err(VerifyError::NotDelegated { role: role.clone(), delegator });
    }
    for edge in edges {
        edge.require(role, &document, limits)?;
    }
    Ok(Authentic::delegated(document))
}

/// Whether a file of a top-level role is signed as the root asks.
pub(crate) fn is_signed_by<R>(
    root: &Trusted<'_, Root>,
    role: RoleType,
    file: &Authentic<'_, R>,
    limits: &Limits,
) -> bool {
    require_top_level(root, role, &file.document, limits).is_ok()
}

/// A trusted root as a file among others.
pub(crate) fn as_authentic(root: &Trusted<'static, Root>) -> Authentic<'static, Root> {
    Authentic::delegated(root.document().clone())
}

/// The snapshot is the one that a timestamp names.
pub(crate) fn confirm_snapshot(
    snapshot: &Authentic<'_, Snapshot>,
    listed: &MetaFile,
) -> Result<()> {
    let role = RoleName::from(RoleType::Snapshot);
    fetched::check_listed(&role, snapshot.bytes(), listed)?;
    fetched::check_version(&role, &snapshot.document, listed)
}

/// The other checks of [`targets`](super::targets()), once a snapshot lists the file.
pub(crate) fn confirm_targets(
    role: &RoleName,
    file: &Authentic<'_, Targets>,
    listed: &MetaFile,
    context: Option<&Context>,
) -> Result<()> {
    fetched::check_listed(role, file.bytes(), listed)?;
    fetched::check_version(role, &file.document, listed)?;
    match context {
        Some(context) => context.check_not_expired(role, file.expires()),
        None => Ok(()),
    }
}
