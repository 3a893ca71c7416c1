//! What devices make of a state of the repository: one verified update cycle, and the catalog.
//!
//! The cycle is a real one, with stored state from one edition to the next: metadata from the root
//! on, then plan, brake and manifests, then the ratchets. Its result depends on the repository alone
//! and not on which device ran it, so one device runs it for the whole fleet. What differs between
//! devices is decided by each of them, at each poll.

use std::collections::BTreeMap;
use std::convert::Infallible;

use ota_trust::eligibility::{Catalog, FoundRelease};
use ota_trust::primitives::{Limits, StartTime, TargetPath, UtcTime};
use ota_trust::release::ManifestDigest;
use ota_trust::rollout::{
    BasisPoints, FoundBrake, HaltCriteria, LivePlan, PlannedRelease, Ratchets, Stage, TrustedBrake,
    TrustedPlan,
};
use ota_trust::update::{
    Change, Fetched, FileRequest, Io, Loaded, NotFound, Repository, StoredItem, Update,
};
use ota_trust::verify::VouchedTarget;

use crate::Result;
use crate::lamp::{Build, Channel, product};
use crate::vendor::Vendor;

/// The device that reads for all, and what it keeps.
pub struct Reader {
    root: Vec<u8>,
    stored: BTreeMap<StoredItem, Vec<u8>>,
    ratchets: Ratchets,
    limits: Limits,
}

/// The product's documents in one state of the repository.
pub struct Edition {
    pub catalog: Catalog,
    live: LivePlan,
}

/// What the plan means to do with a build on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// `None` before the plan has it.
    pub stage: Option<Stage>,
    /// The share of those devices that do not validate.
    pub exposure: BasisPoints,
}

impl Reader {
    /// With the vendor's first root in its firmware.
    pub fn new(vendor: &Vendor) -> Result<Self> {
        let root = vendor.metadata.get("1.root.json").cloned().ok_or("there is no root")?;
        let mut limits = Limits::default();
        // There is no other mirror to ask.
        limits.max_attempts = 1;
        let (stored, ratchets) = (BTreeMap::new(), Ratchets::new(product()?));
        Ok(Self { root, stored, ratchets, limits })
    }

    /// One update cycle.
    pub fn read(&mut self, vendor: &Vendor, now: UtcTime) -> Result<Edition> {
        let (start, limits) = (StartTime::Known(now), self.limits.clone());
        let cycle = Update::begin(self.root.clone(), start, limits.clone())?;
        let mut repository = Some(cycle.run(&mut self.beside(vendor))?);
        let mut find = |path: &TargetPath| self.find(&mut repository, path, vendor);
        let (plan, bytes) = find(&product()?.plan_path())??;
        let plan = TrustedPlan::read(plan, &bytes, &limits)?;
        let brake = match find(&product()?.brake_path())? {
            Ok((brake, bytes)) => TrustedBrake::read(brake, &bytes, &limits)?.into(),
            Err(not_found) => FoundBrake::Unlisted(not_found.into_unlisted()?),
        };
        let mut releases = Vec::new();
        for planned in plan.releases() {
            let path = product()?.manifest_path(planned.version());
            // What is not found, or cannot be read, is in the trace of every decision.
            if let Ok((release, bytes)) = find(&path)? {
                releases.push(FoundRelease::read(planned, release, &bytes, &limits));
            }
        }
        let live = self.ratchets.observe(plan, brake, start, &limits)?.stored();
        self.ratchets = live.ratchets().clone();
        Ok(Edition { catalog: Catalog::new(&live, releases)?, live })
    }

    fn find(
        &mut self,
        repository: &mut Option<Repository<'static>>,
        path: &TargetPath,
        vendor: &Vendor,
    ) -> Result<std::result::Result<(VouchedTarget, Vec<u8>), NotFound>> {
        let at_hand = repository.take().ok_or("a look-up has failed before")?;
        let found = at_hand.find_vouched(path)?.run(&mut self.beside(vendor))?;
        *repository = Some(found.repository);
        Ok(match found.target {
            Ok(target) => {
                let bytes = vendor.documents.get(path).cloned();
                Ok((target, bytes.ok_or("what is listed is not served")?))
            }
            Err(not_found) => Err(not_found),
        })
    }

    fn beside<'r>(&'r mut self, vendor: &'r Vendor) -> Online<'r> {
        Online { stored: &mut self.stored, metadata: &vendor.metadata }
    }
}

/// What the device keeps, and what the vendor serves.
struct Online<'r> {
    stored: &'r mut BTreeMap<StoredItem, Vec<u8>>,
    metadata: &'r BTreeMap<String, Vec<u8>>,
}

impl Io for Online<'_> {
    type Error = Infallible;

    fn load(&mut self, item: &StoredItem) -> Loaded<Infallible> {
        Ok(self.stored.get(item).cloned()).into()
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<Infallible> {
        Ok(self.metadata.get(&request.file.name()).cloned()).into()
    }

    fn store(&mut self, changes: &[Change<'_>]) -> Result<(), Infallible> {
        for &change in changes {
            match change {
                Change::Write { item, bytes } => {
                    self.stored.insert(item.clone(), bytes.to_vec());
                }
                Change::Remove { item } => {
                    self.stored.remove(item);
                }
            }
        }
        Ok(())
    }
}

impl Edition {
    pub fn planned(&self, build: Build, channel: Channel, now: UtcTime) -> Result<Planned> {
        let Some((planned, stage)) = self.find(build) else {
            return Ok(Planned { stage: None, exposure: BasisPoints::NONE });
        };
        let exposure = match stage {
            Stage::Limited => planned.exposure().at(&channel.id()?, now),
            Stage::Stable => BasisPoints::ALL,
            _ => BasisPoints::NONE,
        };
        Ok(Planned { stage: Some(stage), exposure })
    }

    pub fn digest(&self, build: Build) -> Option<ManifestDigest> {
        self.find(build).map(|(planned, _)| planned.manifest())
    }

    /// Which build a manifest is of.
    pub fn build(&self, manifest: ManifestDigest) -> Option<Build> {
        Build::of_version(self.live.plan().release(manifest)?.version())
    }

    pub fn halt_criteria(&self, build: Build) -> Option<&HaltCriteria> {
        self.find(build).and_then(|(planned, _)| planned.halt())
    }

    /// Whether devices report on a build: as long as reports can still stop something short of all.
    pub fn asks_for_reports(&self, build: Build) -> bool {
        let stage = self.find(build).map(|(_, stage)| stage);
        matches!(stage, Some(Stage::Validation | Stage::Limited))
    }

    fn find(&self, build: Build) -> Option<(&PlannedRelease, Stage)> {
        let mut releases = self.live.plan().releases().iter();
        let found = releases.find(|planned| planned.version().as_str() == build.number())?;
        self.live.release(found.manifest())
    }
}
