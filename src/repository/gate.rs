//! The gate: no target leaves without the provenance that its product asks for.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::view::View;
use super::{Policy, Published, Result, SealError, Sealed};
use crate::primitives::{RoleName, TargetPath};

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
    let none = BTreeMap::new();
    let (before, after) = (View::new(published, &none), View::new(published, files));
    let came_to = before.reached();
    let roles = after.reached().into_iter().chain(files.keys().cloned());
    // A role that stays as it is, and that devices came to before, was asked when it was new.
    let asked = roles.filter(|role| files.contains_key(role) || !came_to.contains(role));
    for document in asked.filter_map(|role: RoleName| after.role(&role)) {
        let asked = |(path, _): &(Cow<'_, str>, &str)| policy.provenance_of(path).next().is_some();
        for (path, entry) in document.entries().filter(asked) {
            // Moved from another role, it is not new.
            let mut known = came_to.iter().filter_map(|role| before.role(role));
            if known.any(|document| document.lists_as(&path, entry)) {
                continue;
            }
            let parsed = TargetPath::new(&path).ok();
            for asked in policy.provenance_of(&path) {
                let envelope = parsed.as_ref().and_then(|path| envelopes.get(path));
                let target = parsed.as_ref().and_then(|path| document.target(path, &policy.limits));
                // An entry without digests has the provenance of nothing.
                let hashes = target.and_then(core::result::Result::ok).map(|file| file.hashes);
                asked.verify(envelope.map(Vec::as_slice), &hashes.unwrap_or_default()).map_err(
                    |reason| SealError::Provenance { path: (*path).into(), reason: reason.into() },
                )?;
            }
        }
    }
    Ok(())
}
