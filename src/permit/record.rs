//! The bytes that carry an intention over a restart.

use alloc::format;
use alloc::vec::Vec;

use super::write::not_expired;
use super::{InstallState, PermitError, WritePermit};
use crate::eligibility::Eligible;
use crate::primitives::{StartTime, UtcTime, checksummed};
use crate::release::{ManifestDigest, Product, ReleaseVersion, TrustedRelease};

const TITLE: &str = "ota-trust permit 1";

/// That a release was about to be installed, and until when that may be done.
///
/// It proves nothing, whoever wrote it. [`recheck`](Self::recheck) asks for a release that is trusted
/// *now* and a device that is eligible *now*, and gives a [`WritePermit`]; reading every component back
/// from the slot leads from there to an [`InstallPermit`](super::InstallPermit).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermitRecord {
    product: Product,
    version: ReleaseVersion,
    manifest: ManifestDigest,
    not_after: UtcTime,
}

impl PermitRecord {
    pub(super) fn new(
        product: Product,
        version: ReleaseVersion,
        manifest: ManifestDigest,
        not_after: UtcTime,
    ) -> Self {
        Self { product, version, manifest, not_after }
    }

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
        now: StartTime,
    ) -> Result<WritePermit, PermitError> {
        let (expected, found) = (self.manifest, release.digest());
        if expected != found {
            return Err(PermitError::OtherRelease { expected, found });
        }
        not_expired(self.not_after, now)?;
        Ok(WritePermit::new(release, eligible, state)?.until(self.not_after))
    }

    /// The bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { product, version, manifest, not_after } = self;
        checksummed::write(TITLE, &format!("{product} {version} {manifest} {not_after}\n"))
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let line = checksummed::read(TITLE, bytes)?.strip_suffix('\n')?;
        let words: [&str; 4] = line.split(' ').collect::<Vec<_>>().try_into().ok()?;
        let [product, version, manifest, not_after] = words;
        Some(Self {
            product: Product::new(product).ok()?,
            version: ReleaseVersion::new(version).ok()?,
            manifest: ManifestDigest::from_hex(manifest)?,
            not_after: UtcTime::parse(not_after).ok()?,
        })
    }
}
