//! The snapshot (TUF §5.5).

use alloc::borrow::Cow;
use core::cmp::Ordering;

use super::root::{require_top_level, require_top_level_stored};
use super::{Authentic, Context, Result, Trusted, VerifyError, fetched};
use crate::metadata::{Document, RoleType, Root, Signed, Snapshot, Timestamp};
use crate::primitives::{Limits, RoleName};

/// A stored snapshot as a rollback baseline: signed as the root says. Neither its expiry nor what
/// the timestamp lists matters.
pub fn stored_snapshot<'a>(
    root: &Trusted<'_, Root>,
    bytes: impl Into<Cow<'a, [u8]>>,
    limits: &Limits,
) -> Result<Authentic<'a, Snapshot>> {
    let role = RoleName::from(RoleType::Snapshot);
    let document = fetched::read(&role, bytes.into(), limits.max_snapshot_length, limits)?;
    require_top_level_stored(root, RoleType::Snapshot, &document, limits)?;
    Ok(Authentic { document })
}

/// Trusts the stored snapshot if it is the one that the timestamp names and has not expired; gives
/// it back otherwise.
pub fn current_snapshot<'a>(
    timestamp: &Trusted<'_, Timestamp>,
    stored: Authentic<'a, Snapshot>,
    context: &Context,
) -> core::result::Result<Trusted<'a, Snapshot>, Authentic<'a, Snapshot>> {
    let role = RoleName::from(RoleType::Snapshot);
    let listed = timestamp.snapshot();
    let checked = fetched::check_version(&role, &stored.document, listed)
        .and_then(|()| fetched::check_listed(&role, stored.bytes(), listed))
        .and_then(|()| context.check_not_expired(&role, stored.document.signed().expires()));
    match checked {
        Ok(()) => Ok(Trusted::mint(stored.document)),
        Err(_) => Err(stored),
    }
}

/// Checks a downloaded snapshot against the root, the timestamp and the stored one, if any.
pub fn snapshot<'a>(
    root: &Trusted<'_, Root>,
    timestamp: &Trusted<'_, Timestamp>,
    stored: Option<&Authentic<'_, Snapshot>>,
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
    if let Some(stored) = stored {
        check_listing(&stored.document, &document)?;
    }
    // §5.5.6
    context.check_not_expired(&role, document.signed().expires())?;
    Ok(Trusted::mint(document))
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
