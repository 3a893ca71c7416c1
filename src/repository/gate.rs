//! The gate: no target leaves without the provenance that its product asks for.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::delegated::{changed_delegations, names};
use super::sealed::Contents;
use super::{Policy, Published, Result, SealError, Sealed};
use crate::primitives::{RoleName, TargetPath};
use crate::verify::Authentic;

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
    let sealed = files.values().filter_map(|file| match file.contents() {
        Contents::Targets(document) => Some(document),
        _ => None,
    });
    // Files that stay as they are, and that devices come to again.
    let back = changed_delegations(files).flat_map(|(_, delegations)| names(delegations));
    let back = back.filter(|role| !files.contains_key(role) && !published.is_delegated(role));
    let back: Vec<RoleName> = back.collect();
    let back = back.iter().filter_map(|role| published.role(role)).map(Authentic::document);
    // What devices come to now. All else counts as new.
    let now: Vec<_> =
        published.documents().filter(|(role, _)| published.is_delegated(role)).collect();
    for document in sealed.chain(back) {
        let asked = |(path, _): &(Cow<'_, str>, &str)| policy.provenance_of(path).next().is_some();
        for (path, entry) in document.entries().filter(asked) {
            // Moved from another role, it is not new.
            if now.iter().any(|(_, before)| before.lists_as(&path, entry)) {
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
