//! The bytes that carry an intention over a restart.

use alloc::vec::Vec;

use super::write::not_expired;
use super::{PermitError, WritePermit};
use crate::eligibility::Eligible;
use crate::installation::{InstallState, Running, Slot};
use crate::primitives::stored::{Fields, Line, Reader, Writer, lines};
use crate::primitives::{Kept, StartTime, StoredState, UtcTime};
use crate::release::{ManifestDigest, Product, ReleaseVersion, TrustedRelease};

lines!(
    "permit",
    1,
    /// `permit <product> <version> <manifest> <slot> <not after>`
    struct Lines {
        permit: Option<Line<PermitRecord>>,
    }
);

/// That a release was about to be installed, into which slot, and until when that may be done.
///
/// It proves nothing, whoever wrote it. [`recheck`](Self::recheck) asks for a release that is trusted
/// *now* and a device that is eligible *now*, and gives a [`WritePermit`]; reading every component back
/// from the slot leads from there to an [`InstallPermit`](super::InstallPermit).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermitRecord {
    pub(super) product: Product,
    pub(super) version: ReleaseVersion,
    pub(super) manifest: ManifestDigest,
    pub(super) slot: Slot,
    pub(super) not_after: UtcTime,
}

impl PermitRecord {
    /// The product: where to look for its plan.
    #[must_use]
    pub fn product(&self) -> &Product {
        &self.product
    }

    /// The version: where to look for the manifest.
    #[must_use]
    pub fn version(&self) -> &ReleaseVersion {
        &self.version
    }

    /// The release.
    #[must_use]
    pub fn manifest(&self) -> ManifestDigest {
        self.manifest
    }

    /// The slot that it was written into.
    #[must_use]
    pub fn slot(&self) -> &Slot {
        &self.slot
    }

    /// Until when it may be installed.
    #[must_use]
    pub fn not_after(&self) -> UtcTime {
        self.not_after
    }

    /// The release is trusted and the device eligible, both found anew, and the record has not ended.
    /// What comes of it ends no later than the record.
    pub fn recheck(
        &self,
        release: &TrustedRelease,
        eligible: Eligible,
        state: &InstallState,
        running: &Running<'_>,
        now: StartTime,
    ) -> Result<WritePermit, PermitError> {
        let (expected, found) = (self.manifest, release.digest());
        if expected != found {
            return Err(PermitError::OtherRelease { expected, found });
        }
        not_expired(self.not_after, now)?;
        let permit = WritePermit::new(release, eligible, state, running, &self.slot)?;
        Ok(permit.until(self.not_after))
    }

    /// The bytes. (A record is written by the permit that it is of, and by nobody who has read it: what newer
    /// firmware has added to one is not kept.)
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let lines = Lines { permit: Some(Line::new(self.clone())) };
        // One that is new is never newer than this firmware.
        Kept::new().write(&lines).unwrap_or_default()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote. `None` stands for a storage that has nothing. (One that
    /// newer firmware has written in another form counts as damaged: it proves nothing, and is no floor.)
    #[must_use]
    pub fn load(stored: Option<&[u8]>) -> StoredState<Self> {
        StoredState::read(stored, |lines: Lines, _| lines.permit.map(|line| (*line).clone()))
    }
}

impl Fields for PermitRecord {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            product: line.field()?,
            version: line.field()?,
            manifest: line.field()?,
            slot: line.field()?,
            not_after: line.field()?,
        })
    }

    fn write(&self, line: &mut Writer<'_>) {
        let Self { product, version, manifest, slot, not_after } = self;
        line.field(product).field(version).field(manifest).field(slot).field(not_after);
    }
}
