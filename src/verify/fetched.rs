//! The checks on a file's bytes that come before it is read.

use alloc::borrow::Cow;

use super::{Result, VerifyError};
use crate::metadata::{Document, MetaFile, Signed};
use crate::primitives::{Limits, RoleName};

/// Reads `bytes` after checking their length against `limit`.
pub(super) fn read<'a, R: Signed>(
    role: &RoleName,
    bytes: Cow<'a, [u8]>,
    limit: u64,
    limits: &Limits,
) -> Result<Document<'a, R>> {
    check_limit(role, bytes.len() as u64, limit)?;
    Document::read(bytes, limits)
        .map_err(|reason| VerifyError::Malformed { role: role.clone(), reason })
}

/// Reads `bytes` after checking them against what the parent lists: the caller's limit, then
/// length, then digests (§5.5.2, §5.6.2).
pub(super) fn read_listed<'a, R: Signed>(
    role: &RoleName,
    bytes: Cow<'a, [u8]>,
    listed: &MetaFile,
    limit: u64,
    limits: &Limits,
) -> Result<Document<'a, R>> {
    check_limit(role, bytes.len() as u64, limit)?;
    check_listed(role, &bytes, listed)?;
    read(role, bytes, limit, limits)
}

/// The length and the digests that the parent lists, if any.
pub(super) fn check_listed(role: &RoleName, bytes: &[u8], listed: &MetaFile) -> Result<()> {
    let length = bytes.len() as u64;
    if let Some(listed) = listed.length
        && listed != length
    {
        return Err(VerifyError::Length { role: role.clone(), listed, length });
    }
    if let Some(hashes) = &listed.hashes {
        hashes.check(bytes).map_err(|reason| VerifyError::Hash { role: role.clone(), reason })?;
    }
    Ok(())
}

/// The file's version is the one that the parent lists (§5.5.4, §5.6.4).
pub(super) fn check_version<R: Signed>(
    role: &RoleName,
    document: &Document<'_, R>,
    listed: &MetaFile,
) -> Result<()> {
    let (listed, found) = (listed.version, document.signed().version());
    if listed == found {
        Ok(())
    } else {
        Err(VerifyError::VersionNotListed { role: role.clone(), listed, found })
    }
}

fn check_limit(role: &RoleName, length: u64, limit: u64) -> Result<()> {
    if length > limit {
        return Err(VerifyError::TooLong { role: role.clone(), limit, length });
    }
    Ok(())
}
