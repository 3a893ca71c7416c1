//! The root: its anchor, and its chain (TUF §5.2, §5.3).

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::keyring::Keyring;
use super::role_signatures::RoleSignatures;
use super::signatures::KeyIds;
use super::{Context, Result, Trusted, VerifyError, fetched};
use crate::key::{Key, KeyFingerprint, KeyId};
use crate::metadata::{Document, RoleType, Root, Signed};
use crate::primitives::{Limits, RoleName};

/// Takes a root that the caller provisioned (§5.2).
///
/// It must meet its own threshold: a truncated or mixed-up anchor is found here, before any
/// request. Its expiry does not matter, because it will be followed to the latest root.
pub fn anchor<'a>(bytes: impl Into<Cow<'a, [u8]>>, limits: &Limits) -> Result<Trusted<'a, Root>> {
    let role = RoleName::from(RoleType::Root);
    let document: Document<'a, Root> =
        fetched::read(&role, bytes.into(), limits.max_root_length, limits)?;
    let known = Keyring::default();
    let mut signatures = RoleSignatures::new(&document, KeyIds::Binding, role, &known, limits);
    require_root_keys(&mut signatures, &document)?;
    let keys = signatures.into_keys();
    Ok(Trusted::mint_with(document, keys))
}

/// Follows `trusted`, of version N, with a root of version N+1.
pub fn next_root<'a>(
    trusted: &Trusted<'_, Root>,
    bytes: impl Into<Cow<'a, [u8]>>,
    limits: &Limits,
) -> Result<Trusted<'a, Root>> {
    let role = RoleName::from(RoleType::Root);
    // §5.3.3: up to W bytes.
    let document: Document<'a, Root> =
        fetched::read(&role, bytes.into(), limits.max_root_length, limits)?;
    // §5.3.4: a threshold of the keys of version N, and one of the keys of version N+1.
    let known = trusted.keys();
    let mut signatures = RoleSignatures::new(&document, KeyIds::Binding, role, known, limits);
    require_root_keys(&mut signatures, trusted.document())?;
    require_root_keys(&mut signatures, &document)?;
    let keys = signatures.into_keys();
    // §5.3.5: exactly N+1. (Version N itself is refused too, where the specification goes on with
    // the root that it has: a mirror that serves it under the name of N+1 is at fault.)
    let found = document.signed().version();
    if trusted.version().next() != Some(found) {
        return Err(VerifyError::RootVersion { trusted: trusted.version(), found });
    }
    // §5.3.6: the expiry of an intermediate root does not matter yet.
    Ok(Trusted::mint_with(document, keys))
}

impl Trusted<'_, Root> {
    /// The last root of the chain has not expired (§5.3.10).
    pub fn check_not_expired(&self, context: &Context) -> Result<()> {
        context.check_not_expired(&RoleType::Root.into(), self.expires())
    }
}

/// The keys that have signed `root`, of those that it or the root before it lists for roots.
pub(crate) fn root_signers(
    root: &Trusted<'_, Root>,
    before: Option<&Trusted<'_, Root>>,
    limits: &Limits,
) -> BTreeSet<KeyFingerprint> {
    let mut signers = BTreeSet::new();
    for authority in before.into_iter().chain([root]).map(Trusted::document) {
        let role = RoleName::from(RoleType::Root);
        let (document, ids) = (root.document(), KeyIds::Binding);
        let mut signatures = RoleSignatures::new(document, ids, role.clone(), root.keys(), limits);
        // More than there can be: what falls short of it says who has signed.
        let keys = authority.signed().role(RoleType::Root).clone().with_threshold(u64::MAX);
        let counted = signatures.require(&keys, role, |id| authority.key(id));
        if let Err(VerifyError::Signatures(shortfall)) = counted {
            let have = shortfall.have.iter().filter_map(|id| authority.key(id)?.decode());
            signers.extend(have.filter_map(|key| key.fingerprint()));
        }
    }
    signers
}

fn require_root_keys<'d>(
    signatures: &mut RoleSignatures<'d>,
    authority: &'d Document<'_, Root>,
) -> Result<()> {
    let keys = authority.signed().role(RoleType::Root);
    signatures.require(keys, RoleType::Root.into(), |id| authority.key(id))
}

/// The keys that a root lists for a role, with their ids.
pub(crate) fn keys_of(root: &Trusted<'_, Root>, role: RoleType) -> Vec<(KeyId, Key)> {
    let ids = root.role(role).key_ids().iter();
    ids.filter_map(|id| Some((id.clone(), root.document().key(id)?.decode()?))).collect()
}

/// A file of a top-level role is signed as the root says.
pub(super) fn require_top_level<R>(
    root: &Trusted<'_, Root>,
    role: RoleType,
    document: &Document<'_, R>,
    limits: &Limits,
) -> Result<()> {
    require_top_level_by(root, role, document, KeyIds::Binding, limits)
}

/// The same, where a key may be tried on signatures under other ids, too.
pub(super) fn require_top_level_by<R>(
    root: &Trusted<'_, Root>,
    role: RoleType,
    document: &Document<'_, R>,
    key_ids: KeyIds,
    limits: &Limits,
) -> Result<()> {
    let keys = root.role(role);
    let mut signatures = RoleSignatures::new(document, key_ids, role.into(), root.keys(), limits);
    signatures.require(keys, RoleType::Root.into(), |id| root.document().key(id))
}
