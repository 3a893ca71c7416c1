//! The timestamp (TUF §5.4).

use alloc::borrow::Cow;

use super::root::{require_top_level, require_top_level_by};
use super::signatures::KeyIds;
use super::{Authentic, Context, Result, Trusted, VerifyError, fetched};
use crate::metadata::{Document, RoleType, Root, Signed, Timestamp};
use crate::primitives::{Limits, RoleName, Version};

/// What a downloaded timestamp turned out to be.
#[derive(Debug)]
pub enum NewTimestamp<'a> {
    /// It becomes the trusted timestamp.
    Newer(Trusted<'a, Timestamp>),
    /// It has the version of the stored one, which stays the trusted timestamp.
    Same(Trusted<'a, Timestamp>),
}

/// A timestamp that was trusted once, as a rollback baseline: signed as the root says, under whatever
/// key ids. Its expiry does not matter.
pub fn stored_timestamp<'a>(
    root: &Trusted<'_, Root>,
    bytes: impl Into<Cow<'a, [u8]>>,
    limits: &Limits,
) -> Result<Authentic<'a, Timestamp>> {
    let document = read(bytes.into(), limits)?;
    require_top_level_by(root, RoleType::Timestamp, &document, KeyIds::Hints, limits)?;
    Ok(Authentic::under(root, document))
}

/// Checks a downloaded timestamp against the root, the floors of the context and the stored one, if
/// any.
///
/// Where the repository serves the version that is stored, the stored one is taken out of `stored`
/// and is the trusted one, if it was signed under this very root; otherwise `stored` is left as it is.
pub fn timestamp<'a>(
    root: &Trusted<'_, Root>,
    stored: &mut Option<Authentic<'a, Timestamp>>,
    bytes: impl Into<Cow<'a, [u8]>>,
    context: &Context,
) -> Result<NewTimestamp<'a>> {
    let role = RoleName::from(RoleType::Timestamp);
    // §5.4.1 up to X bytes, §5.4.2 signatures.
    let document = read(bytes.into(), context.limits())?;
    require_top_level(root, RoleType::Timestamp, &document, context.limits())?;
    // §5.4.3.1: not older than one that was trusted.
    context.floors().check_timestamp(document.signed().version())?;
    if let Some(before) = stored.take() {
        let (trusted, found) = (before.version(), document.signed().version());
        if trusted == found && before.is_under(root) {
            // §5.4.3.1: where the specification ends the cycle, it goes on here with the stored
            // timestamp. Aborting would leave a device that had lost its snapshot, or was stopped
            // before it, without one for ever.
            return match context.check_not_expired(&role, before.document.signed().expires()) {
                Ok(()) => Ok(NewTimestamp::Same(Trusted::mint(before.document))),
                Err(expired) => {
                    *stored = Some(before);
                    Err(expired)
                }
            };
        }
        let snapshot = before.document.signed().snapshot().version;
        *stored = Some(before);
        // §5.4.3.1: not older. §5.4.3.2: the snapshot that it names is not older either.
        not_older(RoleType::Timestamp, trusted, found)?;
        not_older(RoleType::Snapshot, snapshot, document.signed().snapshot().version)?;
    }
    // §5.4.3.2
    context.floors().check_snapshot(document.signed().snapshot().version)?;
    // §5.4.4
    context.check_not_expired(&role, document.signed().expires())?;
    Ok(NewTimestamp::Newer(Trusted::mint(document)))
}

/// Trusts the stored timestamp, if it is of this root, no older than the floors, and has not expired.
pub(crate) fn current_timestamp<'a>(
    root: &Trusted<'_, Root>,
    stored: Authentic<'a, Timestamp>,
    context: &Context,
) -> Result<Trusted<'a, Timestamp>> {
    let document = stored.document;
    require_top_level(root, RoleType::Timestamp, &document, context.limits())?;
    context.floors().check_timestamp(document.signed().version())?;
    context.floors().check_snapshot(document.signed().snapshot().version)?;
    context.check_not_expired(&RoleType::Timestamp.into(), document.signed().expires())?;
    Ok(Trusted::mint(document))
}

fn read<'a>(bytes: Cow<'a, [u8]>, limits: &Limits) -> Result<Document<'a, Timestamp>> {
    let role = RoleName::from(RoleType::Timestamp);
    fetched::read(&role, bytes, limits.max_timestamp_length, limits)
}

fn not_older(role: RoleType, trusted: Version, found: Version) -> Result<()> {
    if found < trusted {
        return Err(VerifyError::Rollback { role: role.into(), trusted, found });
    }
    Ok(())
}
