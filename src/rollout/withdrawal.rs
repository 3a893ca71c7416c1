//! A release that is withdrawn for good, as a plan or a brake says it.

use crate::json::{Reader, RecordError, fields, record};
use crate::primitives::Limits;
use crate::release::ManifestDigest;

/// A release that is withdrawn for good.
///
/// In a document it is the digest of the manifest, or an object with the rollback index beside it:
/// `{"manifest": "…", "rollback_index": 4}`. Once the [`minimum index`](super::Plan::minimum_index) of plans
/// is above that, the withdrawal need not be said, nor remembered, for ever. The index is believed as it
/// was said first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Withdrawal {
    /// The manifest.
    pub manifest: ManifestDigest,
    /// The rollback index of the release, if it is said.
    pub rollback_index: Option<u64>,
}

impl Withdrawal {
    /// Whether nothing of such an index is offered any more.
    pub(super) fn is_below(&self, minimum: u64) -> bool {
        self.rollback_index.is_some_and(|index| index < minimum)
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<Self, RecordError> {
        if r.peek()? != b'{' {
            let manifest = ManifestDigest::from_bytes(fields::sha256(r, field)?);
            return Ok(Self { manifest, rollback_index: None });
        }
        let mut again = Reader::again(r.source(), r.offset());
        let known = r.unless_critical(|r| {
            Ok(record!(
                r,
                |r, field| Self {
                    manifest: required(ManifestDigest::from_bytes(fields::sha256(r, field)?)),
                    rollback_index: required(r.u64()?),
                },
                Self { manifest: manifest?, rollback_index: Some(rollback_index?) }
            ))
        })?;
        known.map_or_else(|| Self::read_closed(&mut again), Ok)
    }

    /// What is withdrawn in a way that this version does not know, is withdrawn.
    fn read_closed(r: &mut Reader<'_>) -> Result<Self, RecordError> {
        let mut manifest = None;
        r.object(|r, key| {
            if key.is("manifest") {
                manifest = Some(ManifestDigest::from_bytes(fields::sha256(r, "manifest")?));
                return Ok(());
            }
            Ok::<_, RecordError>(r.skip()?)
        })?;
        let manifest = manifest.ok_or(RecordError::Missing { field: "manifest" })?;
        Ok(Self { manifest, rollback_index: None })
    }
}

impl From<ManifestDigest> for Withdrawal {
    fn from(manifest: ManifestDigest) -> Self {
        Self { manifest, rollback_index: None }
    }
}

/// A list of withdrawals.
pub(super) fn withdrawals(
    r: &mut Reader<'_>,
    field: &'static str,
    limits: &Limits,
) -> Result<alloc::vec::Vec<Withdrawal>, RecordError> {
    fields::list(r, limits.max_withdrawn, field, |r, _| Withdrawal::read(r, field))
}
