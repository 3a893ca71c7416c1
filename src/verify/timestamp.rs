//! The timestamp (TUF §5.4).

use alloc::borrow::Cow;

use super::root::require_top_level;
use super::{Authentic, Context, Result, Trusted, VerifyError, fetched};
use crate::metadata::{Document, RoleType, Root, Signed, Timestamp};
use crate::primitives::{Limits, RoleName, Version};

/// What a downloaded timestamp turned out to be.
#[derive(Debug)]
pub enum NewTimestamp<'a> {
    /// It becomes the trusted timestamp.
    Newer(Trusted<'a, Timestamp>),
    /// It has the version of the one that is stored, which stays: see [`current_timestamp`].
    Same,
}

/// A stored timestamp as a rollback baseline: signed as the root says. Its expiry does not matter.
pub fn stored_timestamp<'a>(
    root: &Trusted<'_, Root>,
    bytes: impl Into<Cow<'a, [u8]>>,
    limits: &Limits,
) -> Result<Authentic<'a, Timestamp>> {
    Ok(Authentic { document: read(root, bytes.into(), limits)? })
}

/// Checks a downloaded timestamp against the root and the stored one, if any.
pub fn timestamp<'a>(
    root: &Trusted<'_, Root>,
    stored: Option<&Authentic<'_, Timestamp>>,
    bytes: impl Into<Cow<'a, [u8]>>,
    context: &Context,
) -> Result<NewTimestamp<'a>> {
    // §5.4.1 up to X bytes, §5.4.2 signatures.
    let document = read(root, bytes.into(), context.limits())?;
    if let Some(stored) = stored {
        // §5.4.3.1: not older. Where the specification ends the cycle at an equal version, it goes
        // on here with the stored one: aborting would leave a device that had lost its snapshot,
        // or was stopped before it, without one for ever.
        let found = document.signed().version();
        not_older(RoleType::Timestamp, stored.version(), found)?;
        if stored.version() == found {
            return Ok(NewTimestamp::Same);
        }
        // §5.4.3.2: the snapshot that it names is not older either.
        let before = stored.document.signed().snapshot().version;
        not_older(RoleType::Snapshot, before, document.signed().snapshot().version)?;
    }
    // §5.4.4
    context.check_not_expired(&RoleType::Timestamp.into(), document.signed().expires())?;
    Ok(NewTimestamp::Newer(Trusted::mint(document)))
}

impl Authentic<'_, Timestamp> {
    /// The stored timestamp has not expired (§5.4.4), which matters once it turns out to be
    /// current.
    pub fn check_not_expired(&self, context: &Context) -> Result<()> {
        let expires = self.document.signed().expires();
        context.check_not_expired(&RoleType::Timestamp.into(), expires)
    }
}

/// Trusts the stored timestamp, because the repository still serves its version, if it has not
/// expired.
pub fn current_timestamp<'a>(
    stored: Authentic<'a, Timestamp>,
    context: &Context,
) -> Result<Trusted<'a, Timestamp>> {
    stored.check_not_expired(context)?;
    Ok(Trusted::mint(stored.document))
}

fn read<'a>(
    root: &Trusted<'_, Root>,
    bytes: Cow<'a, [u8]>,
    limits: &Limits,
) -> Result<Document<'a, Timestamp>> {
    let role = RoleName::from(RoleType::Timestamp);
    let document = fetched::read(&role, bytes, limits.max_timestamp_length, limits)?;
    require_top_level(root, RoleType::Timestamp, &document, limits)?;
    Ok(document)
}

fn not_older(role: RoleType, trusted: Version, found: Version) -> Result<()> {
    if found < trusted {
        return Err(VerifyError::Rollback { role: role.into(), trusted, found });
    }
    Ok(())
}
