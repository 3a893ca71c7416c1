//! What every part of a cycle has at hand.

use super::error::Result;
use super::ledger::{Anchor, Ledger};
use super::{RemoteFile, UpdateError};
use crate::metadata::{MetaFile, Root};
use crate::primitives::{Limits, RoleName, UtcTime};
use crate::verify::{Context, Trusted, VerifyError};

/// The context of a cycle, its ledger, and how many roots it has fetched.
pub(super) struct Cycle {
    pub(super) context: Context,
    pub(super) ledger: Ledger,
    /// The provisioned root.
    pub(super) anchor: Anchor,
    /// The roots fetched in this cycle, if they are as many as the limits allow.
    pub(super) roots_at_bound: Option<u32>,
    /// When the timestamp expires; `None` before there is one, and where it may have expired.
    pub(super) timestamp_expires: Option<UtcTime>,
}

impl Cycle {
    pub(super) fn limits(&self) -> &Limits {
        self.context.limits()
    }

    /// A refusal as the caller sees it: under a root that may not be the last, another cycle may be
    /// all that is needed.
    pub(super) fn refusal(&self, reason: VerifyError) -> UpdateError {
        match self.roots_at_bound {
            Some(fetched) => UpdateError::MoreRoots { fetched, reason },
            None => UpdateError::Verify(reason),
        }
    }

    /// The file of `role` that its parent lists, and its length: what is listed, or else the limit.
    pub(super) fn listed_file(
        &self,
        root: &Trusted<'_, Root>,
        role: RoleName,
        listed: &MetaFile,
        limit: u64,
    ) -> Result<(RemoteFile, u64)> {
        let length = listed.length.unwrap_or(limit);
        if length > limit {
            return Err(self.refusal(VerifyError::TooLong { role, limit, length }));
        }
        let file = RemoteFile::versioned(role, listed.version, root.consistent_snapshot());
        Ok((file, length))
    }
}
