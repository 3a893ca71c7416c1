//! A product's rollout plan as data: which releases are live, and how far each has come.

use alloc::vec::Vec;

use super::sources::versions;
use super::withdrawal::withdrawals;
use super::{Exposure, Grant, HaltCriteria, Privilege, SourceVersions, Stage, Withdrawal};
use crate::json::{Reader, RecordError, Scanned, fields, record};
use crate::primitives::{Limits, StartTime, UtcTime};
use crate::release::{Manifest, ManifestDigest, Product, ReleaseVersion};

/// What a plan says. [`TrustedPlan`](super::TrustedPlan) derefs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub(super) product: Product,
    pub(super) epoch: u64,
    pub(super) expires: UtcTime,
    pub(super) releases: Vec<PlannedRelease>,
    pub(super) minimum_index: u64,
    pub(super) timestamp_seconds: Option<u64>,
    pub(super) withdrawn: Vec<Withdrawal>,
}

/// What a plan says of one live release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedRelease {
    pub(super) manifest: ManifestDigest,
    pub(super) version: ReleaseVersion,
    pub(super) stage: Stage,
    pub(super) exposure: Exposure,
    pub(super) grants: Vec<Grant>,
    pub(super) halt: Option<HaltCriteria>,
    pub(super) recalls: Vec<ReleaseVersion>,
    pub(super) sources: SourceVersions,
}

impl Plan {
    /// The product.
    #[must_use]
    pub fn product(&self) -> &Product {
        &self.product
    }

    /// The epoch, which rises with every plan.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Until when it may be acted on.
    #[must_use]
    pub fn expires(&self) -> UtcTime {
        self.expires
    }

    /// The live releases: with [`Product::manifest_path`], where to find all that the product offers.
    #[must_use]
    pub fn releases(&self) -> &[PlannedRelease] {
        &self.releases
    }

    /// The rollback index below which nothing is offered, whatever is live; 0 unless the plan says so. It
    /// never falls from plan to plan.
    #[must_use]
    pub fn minimum_index(&self) -> u64 {
        self.minimum_index
    }

    /// How long, in seconds, a timestamp of the repository lives at most; `None` where the plan does not
    /// say.
    ///
    /// Where it does, a device that is kept from new metadata stays at the exposure of the day on which
    /// its timestamp was signed, and does not go on to steps that a brake has stopped since.
    #[must_use]
    pub fn timestamp_seconds(&self) -> Option<u64> {
        self.timestamp_seconds
    }

    /// The releases that are withdrawn for good.
    #[must_use]
    pub fn withdrawn(&self) -> &[Withdrawal] {
        &self.withdrawn
    }

    /// Whether it lists a manifest as withdrawn.
    pub(super) fn withdraws(&self, manifest: ManifestDigest) -> bool {
        self.withdrawn.iter().any(|withdrawal| withdrawal.manifest == manifest)
    }

    /// What it says of a release.
    #[must_use]
    pub fn release(&self, manifest: ManifestDigest) -> Option<&PlannedRelease> {
        self.releases.iter().find(|release| release.manifest == manifest)
    }

    /// All that it says is withdrawn.
    pub(super) fn all_withdrawn(&self) -> impl Iterator<Item = Withdrawal> {
        let staged = self.releases.iter().filter(|release| release.stage == Stage::Withdrawn);
        self.withdrawn.iter().copied().chain(staged.map(|release| release.manifest.into()))
    }

    /// Reads a plan for what it says, and trusts nothing.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, RecordError> {
        let plan = record!(
            Scanned::new(bytes, limits)?,
            |r, field| Self {
                schema: schema(1),
                product: required(fields::name(r, field, Product::new)?),
                epoch: required(r.u64()?),
                expires: required(fields::time(r)?),
                releases: required(read_releases(r, limits)?),
                minimum_index: default(r.u64()?, 0),
                timestamp_seconds: optional(r.u64()?),
                withdrawn: default(withdrawals(r, field, limits)?, Vec::new()),
            },
            {
                let (product, epoch, expires, releases) = (product?, epoch?, expires?, releases?);
                Self {
                    product,
                    epoch,
                    expires,
                    releases,
                    minimum_index,
                    timestamp_seconds,
                    withdrawn,
                }
            }
        );
        let contradicts = |release: &PlannedRelease| {
            !matches!(release.stage, Stage::Withdrawn | Stage::Unknown)
                && plan.withdraws(release.manifest)
        };
        if plan.releases.iter().any(contradicts) {
            return Err(RecordError::value("withdrawn", "a live release is among them"));
        }
        // A device remembers those in the list and those at that stage, each once.
        let mut all: Vec<_> = plan.all_withdrawn().map(|withdrawal| withdrawal.manifest).collect();
        all.sort_unstable();
        all.dedup();
        let (what, limit) = ("withdrawn manifests", limits.max_withdrawn);
        if all.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
            return Err(RecordError::TooMany { what, limit });
        }
        Ok(plan)
    }
}

impl PlannedRelease {
    /// The digest of the manifest that was approved, and so of all that it says.
    #[must_use]
    pub fn manifest(&self) -> ManifestDigest {
        self.manifest
    }

    /// The version under which the manifest lies.
    #[must_use]
    pub fn version(&self) -> &ReleaseVersion {
        &self.version
    }

    /// How far it has come.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// To how many it is offered while it is limited.
    #[must_use]
    pub fn exposure(&self) -> &Exposure {
        &self.exposure
    }

    /// What it is granted.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// When its rollout has to stop.
    #[must_use]
    pub fn halt(&self) -> Option<&HaltCriteria> {
        self.halt.as_ref()
    }

    /// The versions that it takes the place of, though it may be older: devices that run one are offered
    /// it, never below their index. What is recalled is offered to nobody.
    #[must_use]
    pub fn recalls(&self) -> &[ReleaseVersion] {
        &self.recalls
    }

    /// The versions that it is offered to devices of.
    #[must_use]
    pub fn sources(&self) -> &SourceVersions {
        &self.sources
    }

    /// Until when a release with this manifest has a privilege, if it has it now.
    #[must_use]
    pub fn granted_until(
        &self,
        privilege: Privilege,
        manifest: &Manifest,
        now: StartTime,
    ) -> Option<UtcTime> {
        let holds = |grant: &&Grant| {
            privilege.is_for(manifest.severity())
                && grant.privilege == privilege
                && grant.holds(now)
        };
        self.grants.iter().filter(holds).map(|grant| grant.until).max()
    }

    /// What says something of a release that must not be passed over, and that this version does not
    /// know, closes this release and leaves the others as they are.
    fn read(r: &mut Reader<'_>, limits: &Limits) -> Result<Self, RecordError> {
        let mut again = Reader::again(r.source(), r.offset());
        match r.unless_critical(|r| Self::read_known(r, limits))? {
            Some(known) => Ok(known),
            None => Self::read_closed(&mut again, limits),
        }
    }

    /// All that is needed of a release that is closed: which it is, which ones it recalls, and whether it
    /// is withdrawn. These keep their form in later versions.
    fn read_closed(r: &mut Reader<'_>, limits: &Limits) -> Result<Self, RecordError> {
        let (mut manifest, mut version, mut recalls) = (None, None, Vec::new());
        let mut withdrawn = false;
        r.object(|r, key| {
            if key.is("manifest") {
                manifest = Some(ManifestDigest::from_bytes(fields::sha256(r, "manifest")?));
            } else if key.is("version") {
                version = Some(fields::name(r, "version", ReleaseVersion::new)?);
            } else if key.is("recalls") {
                recalls = versions(r, "recalls", limits)?;
            } else if key.is("stage") && r.peek()? == b'"' {
                withdrawn = r.text()?.is(Stage::Withdrawn.name());
            } else {
                r.skip()?;
            }
            Ok::<_, RecordError>(())
        })?;
        let manifest = manifest.ok_or(RecordError::Missing { field: "manifest" })?;
        let version = version.ok_or(RecordError::Missing { field: "version" })?;
        Ok(Self::closed(manifest, version, recalls, withdrawn))
    }

    fn closed(
        manifest: ManifestDigest,
        version: ReleaseVersion,
        recalls: Vec<ReleaseVersion>,
        withdrawn: bool,
    ) -> Self {
        Self {
            manifest,
            version,
            stage: if withdrawn { Stage::Withdrawn } else { Stage::Unknown },
            exposure: Exposure::default(),
            grants: Vec::new(),
            halt: None,
            recalls,
            sources: SourceVersions::default(),
        }
    }

    fn read_known(r: &mut Reader<'_>, limits: &Limits) -> Result<Self, RecordError> {
        Ok(record!(
            r,
            |r, field| Self {
                manifest: required(ManifestDigest::from_bytes(fields::sha256(r, field)?)),
                version: required(fields::name(r, field, ReleaseVersion::new)?),
                stage: required(r.text()?.decode()),
                paused_from: optional(r.text()?.decode()),
                exposure: default(Exposure::read(r, limits)?, Some(Exposure::default())),
                grants: default(read_grants(r, field, limits)?, Vec::new()),
                halt: optional(r.unless_critical(HaltCriteria::read)?),
                recalls: default(versions(r, field, limits)?, Vec::new()),
                sources: default(SourceVersions::read(r, limits)?, Some(SourceVersions::default())),
            },
            {
                let (manifest, version) = (manifest?, version?);
                let stage = Stage::from_names(&stage?, paused_from.as_deref());
                // None where there is none, and where there is one that is not known.
                let (halts, halt) = (halt.is_some(), halt.flatten());
                match (stage, exposure, sources) {
                    (Some(stage), Some(exposure), Some(sources)) if halts == halt.is_some() => {
                        Self { manifest, version, stage, exposure, grants, halt, recalls, sources }
                    }
                    (stage, ..) => {
                        let withdrawn = stage == Some(Stage::Withdrawn);
                        Self::closed(manifest, version, recalls, withdrawn)
                    }
                }
            }
        ))
    }
}

fn read_releases(r: &mut Reader<'_>, limits: &Limits) -> Result<Vec<PlannedRelease>, RecordError> {
    fields::list(r, limits.max_components, "releases", |r, before| {
        let release = PlannedRelease::read(r, limits)?;
        let same = |other: &PlannedRelease| {
            other.manifest == release.manifest || other.version == release.version
        };
        if before.iter().any(same) {
            return Err(RecordError::value("releases", "a manifest or a version is there twice"));
        }
        Ok(release)
    })
}

fn read_grants(
    r: &mut Reader<'_>,
    field: &'static str,
    limits: &Limits,
) -> Result<Vec<Grant>, RecordError> {
    let grants = fields::list(r, limits.max_list, field, |r, _| Grant::read(r))?;
    Ok(grants.into_iter().flatten().collect())
}

/// A list of manifests.
pub(super) fn digests(
    r: &mut Reader<'_>,
    field: &'static str,
    limits: &Limits,
) -> Result<Vec<ManifestDigest>, RecordError> {
    fields::list(r, limits.max_withdrawn, field, |r, _| {
        Ok(ManifestDigest::from_bytes(fields::sha256(r, field)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::schemas;

    #[test]
    fn the_schema_names_the_fields_that_are_read() {
        let document = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/data/documents/plan.valid.all-fields.json"
        ));
        schemas::assert_same_fields(crate::rollout::PLAN_SCHEMA, document, || {
            Plan::parse(document.as_bytes(), &Limits::default()).unwrap();
        });
    }
}
