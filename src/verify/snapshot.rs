//! The snapshot (TUF §5.5).

use alloc::borrow::Cow;
use core::cmp::Ordering;

use super::root::{require_top_level, require_top_level_by};
use super::signatures::KeyIds;
use super::stored::Baseline;
use super::{Authentic, Context, Result, Trusted, VerifyError, fetched};
use crate::metadata::{Document, RoleType, Root, Signed, Snapshot, Timestamp};
use crate::primitives::{Limits, RoleName};

/// A snapshot that was trusted once: signed as the root says, under whatever key ids. Neither its
/// expiry nor what the timestamp lists matters.
pub fn stored_snapshot<'a>(
    root: &Trusted<'_, Root>,
    bytes: impl Into<Cow<'a, [u8]>>,
    limits: &Limits,
) -> Result<Authentic<'a, Snapshot>> {
    let role = RoleName::from(RoleType::Snapshot);
    let document = fetched::read(&role, bytes.into(), limits.max_snapshot_length, limits)?;
    require_top_level_by(root, RoleType::Snapshot, &document, KeyIds::Hints, limits)?;
    Ok(Authentic::under(root, document))
}

/// Trusts the stored snapshot if it is the one that the timestamp names, is of this root and has not
/// expired; gives it back otherwise.
#[allow(clippy::result_large_err, reason = "it is no error: the file goes on as the baseline")]
pub fn current_snapshot<'a>(
    root: &Trusted<'_, Root>,
    timestamp: &Trusted<'_, Timestamp>,
    stored: Authentic<'a, Snapshot>,
    context: &Context,
) -> core::result::Result<Trusted<'a, Snapshot>, Authentic<'a, Snapshot>> {
    let role = RoleName::from(RoleType::Snapshot);
    let listed = timestamp.snapshot();
    if !stored.is_under(root) {
        return Err(stored);
    }
    let checked = fetched::check_version(&role, &stored.document, listed)
        .and_then(|()| fetched::check_listed(&role, stored.bytes(), listed))
        .and_then(|()| check_floors(&stored.document, context))
        .and_then(|()| context.check_not_expired(&role, stored.document.signed().expires()));
    match checked {
        Ok(()) => Ok(Trusted::mint(stored.document)),
        Err(_) => Err(stored),
    }
}

/// Checks a downloaded snapshot against the root, the timestamp, the floors of the context, and one
/// that was trusted before, if any.
pub fn snapshot<'a>(
    root: &Trusted<'_, Root>,
    timestamp: &Trusted<'_, Timestamp>,
    before: Option<Baseline<'_, '_>>,
    bytes: impl Into<Cow<'a, [u8]>>,
    context: &Context,
) -> Result<Trusted<'a, Snapshot>> {
    let role = RoleName::from(RoleType::Snapshot);
    let limits = context.limits();
    let listed = timestamp.snapshot();
    // §5.5.1 up to the listed length, §5.5.2 digests.
    let document: Document<'a, Snapshot> =
        fetched::read_listed(&role, bytes.into(), listed, limits.max_snapshot_length, limits)?;
    // §5.5.3
    require_top_level(root, RoleType::Snapshot, &document, limits)?;
    // §5.5.4
    fetched::check_version(&role, &document, listed)?;
    // §5.5.5
    check_floors(&document, context)?;
    if let Some(Baseline(before)) = before {
        check_listing(before, &document)?;
    }
    // §5.5.6
    context.check_not_expired(&role, document.signed().expires())?;
    Ok(Trusted::mint(document))
}

/// Neither the snapshot nor the top-level targets that it lists are older than the floors.
fn check_floors(document: &Document<'_, Snapshot>, context: &Context) -> Result<()> {
    context.floors().check_snapshot(document.signed().version())?;
    match document.meta(&RoleName::targets()) {
        Some(targets) => context.floors().check_targets(targets.version),
        // It is refused where the file is asked for.
        None => Ok(()),
    }
}

/// Every file that was listed still is, at no lower version (§5.5.5).
///
/// Both listings are in the order of their names, so one walk over both is enough.
fn check_listing(before: &Document<'_, Snapshot>, after: &Document<'_, Snapshot>) -> Result<()> {
    let mut offered = after.listing().peekable();
    for (name, trusted) in before.listing() {
        while offered.next_if(|(other, _)| other.compare(&name) == Ordering::Less).is_some() {}
        let found = offered.next_if(|(other, _)| other.compare(&name) == Ordering::Equal);
        let Some((_, found)) = found else {
            return Err(VerifyError::ListingDropped { role: name.decode().into() });
        };
        if found.version < trusted.version {
            let name = name.decode();
            let role = RoleName::checked(name.strip_suffix(".json").unwrap_or(&name));
            let (trusted, found) = (trusted.version, found.version);
            return Err(VerifyError::Rollback { role, trusted, found });
        }
    }
    Ok(())
}
