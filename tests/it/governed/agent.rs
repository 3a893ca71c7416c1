//! A device agent: what a caller of the library does with a product's documents.

use std::collections::BTreeMap;

use ota_trust::attestation::TimedSignal;
use ota_trust::eligibility::{
    Catalog, Decided, DeviceFacts, Eligible, FoundRelease, Policy, decide,
};
use ota_trust::installation::{
    BootId, Build, Health, InstallState, Running, Slot, Step, Steps, Tell, Verdict, judge,
};
use ota_trust::permit::{InstallPermit, PermitError, WritePermit};
use ota_trust::primitives::TargetPath;
use ota_trust::release::{Product, TrustedRelease};
use ota_trust::rollout::{FoundBrake, LivePlan, Ratchets, TrustedBrake, TrustedPlan};
use ota_trust::update::{NotFound, Repository};
use ota_trust::verify::VouchedTarget;

use super::vendor::{Vendor, channel, hardware, version};
use crate::world::{Device, Mirror};

/// A device with its trust store, its ratchets and its installations.
#[derive(Clone)]
pub(crate) struct Agent {
    pub(crate) device: Device,
    pub(crate) ratchets: Ratchets,
    pub(crate) state: InstallState,
    pub(crate) policy: Policy,
    pub(crate) slot: Slot,
    pub(crate) build: Build,
    /// How often the system has started.
    pub(crate) starts: u8,
}

/// A product's documents, as one cycle found them.
pub(crate) struct Documents {
    pub(crate) repository: Repository<'static>,
    pub(crate) plan: Option<TrustedPlan>,
    pub(crate) brake: FoundBrake,
    pub(crate) releases: Vec<TrustedRelease>,
    /// These, and what is wrong with the others.
    pub(crate) found: Vec<FoundRelease>,
}

impl Agent {
    /// A device of a product that has just left the factory, with version 1.0.0.
    pub(crate) fn new(vendor: &Vendor, product: Product) -> Self {
        Self {
            device: vendor.house.web.device(),
            ratchets: Ratchets::new(product.clone()),
            state: InstallState::new(product),
            policy: Policy::default(),
            slot: Slot::new("a").unwrap(),
            build: Build::new(version("1.0.0"), 1),
            starts: 0,
        }
    }

    /// What runs, and works.
    pub(crate) fn running(&self) -> Running<'_> {
        Running {
            slot: &self.slot,
            boot: BootId::of(&[self.starts]),
            build: &self.build,
            health: Health::Good,
            hardware_counter: None,
            must_stay_bootable: &[],
        }
    }

    /// The slot that does not run.
    pub(crate) fn other_slot(&self) -> Slot {
        Slot::new(if self.slot.as_str() == "a" { "b" } else { "a" }).unwrap()
    }

    pub(crate) fn product(&self) -> &Product {
        self.ratchets.product()
    }

    /// What a mirror lists under a path, and the bytes that it serves for it.
    pub(crate) fn fetch(
        &mut self,
        mirror: &dyn Mirror,
        contents: &BTreeMap<String, Vec<u8>>,
        repository: Repository<'static>,
        path: &TargetPath,
    ) -> (Repository<'static>, Option<(VouchedTarget, Vec<u8>)>) {
        let (repository, found) = self.try_fetch(mirror, contents, repository, path).unwrap();
        (repository, found.ok())
    }

    /// The same, on a mirror that may serve anything; a refusal is its code.
    fn try_fetch(
        &mut self,
        mirror: &dyn Mirror,
        contents: &BTreeMap<String, Vec<u8>>,
        repository: Repository<'static>,
        path: &TargetPath,
    ) -> Result<(Repository<'static>, Result<(VouchedTarget, Vec<u8>), NotFound>), &'static str>
    {
        let found = self.device.find_vouched(mirror, repository, path);
        let found = found.map_err(|ended| ended.refusal().code())?;
        let target = found.target.map(|target| {
            // As with consistent snapshots, old contents stay where their digests are.
            let hash = target.target().hashes().iter().next().unwrap();
            let old = contents.get(&format!("{hash}.{path}"));
            let bytes = old.or_else(|| contents.get(path.as_str())).cloned().unwrap_or_default();
            (target, bytes)
        });
        Ok((found.repository, target))
    }

    /// A cycle, and all documents of the product; a refusal is its code.
    pub(crate) fn documents(&mut self, vendor: &Vendor) -> Result<Documents, &'static str> {
        let refreshed = self.device.try_refresh(&vendor.house.web);
        let repository = refreshed.map_err(|ended| ended.refusal().code())?;
        self.documents_of(vendor, repository)
    }

    fn documents_of(
        &mut self,
        vendor: &Vendor,
        repository: Repository<'static>,
    ) -> Result<Documents, &'static str> {
        let (web, contents) = (&vendor.house.web, &vendor.contents);
        let limits = self.device.limits.clone();
        let product = self.product().clone();
        let (repository, plan) = self.try_fetch(web, contents, repository, &product.plan_path())?;
        let plan = plan
            .ok()
            .map(|(target, bytes)| TrustedPlan::read(target, &bytes, &limits))
            .transpose()
            .map_err(|e| e.code())?;
        let (mut repository, brake) =
            self.try_fetch(web, contents, repository, &product.brake_path())?;
        let brake = match brake {
            Ok((target, bytes)) => {
                TrustedBrake::read(target, &bytes, &limits).map_err(|e| e.code())?.into()
            }
            Err(not_found) => not_found.into_unlisted().map_err(|e| e.code())?.into(),
        };
        let (mut releases, mut refused) = (Vec::new(), Vec::new());
        for planned in plan.iter().flat_map(|plan| plan.releases()) {
            let path = product.manifest_path(planned.version());
            let found;
            (repository, found) = self.try_fetch(web, contents, repository, &path)?;
            if let Ok((target, bytes)) = found {
                match FoundRelease::read(planned, target, &bytes, &limits) {
                    FoundRelease::Release(release) => releases.push(release),
                    other @ FoundRelease::Refused { .. } => refused.push(other),
                }
            }
        }
        let found = releases.iter().cloned().map(FoundRelease::from).chain(refused).collect();
        Ok(Documents { repository, plan, brake, releases, found })
    }

    /// Looks at the plan, and stores what it has learned.
    pub(crate) fn observe(
        &mut self,
        plan: TrustedPlan,
        brake: FoundBrake,
    ) -> Result<LivePlan, &'static str> {
        let (start, limits) = (self.device.start, &self.device.limits);
        let unstored = self.ratchets.observe(plan, brake, start, limits).map_err(|e| e.code())?;
        let read = Ratchets::load(Some(unstored.to_store()), self.ratchets.product());
        let live = unstored.stored();
        self.ratchets = read.kept().unwrap();
        assert_eq!(&self.ratchets, live.ratchets(), "what is stored is what is read");
        Ok(live)
    }

    /// A whole poll up to the catalog.
    pub(crate) fn catalog(
        &mut self,
        vendor: &Vendor,
    ) -> Result<(Documents, Catalog), &'static str> {
        let mut documents = self.documents(vendor)?;
        let Some(plan) = documents.plan.clone() else {
            let releases = std::mem::take(&mut documents.releases);
            let catalog = Catalog::without_rollouts(releases).map_err(|e| e.code())?;
            return Ok((documents, catalog));
        };
        let live = self.observe(plan, documents.brake.clone())?;
        let catalog = Catalog::new(&live, documents.found.clone()).map_err(|e| e.code())?;
        Ok((documents, catalog))
    }

    /// What the firmware and the storage know.
    pub(crate) fn facts(&self) -> DeviceFacts<'static> {
        let (hardware, channel) = (hardware("a1"), channel("stable"));
        DeviceFacts::from_state(&self.state, &self.running(), hardware, channel)
    }

    /// A whole poll.
    pub(crate) fn poll(&mut self, vendor: &Vendor) -> Result<(Documents, Decided), &'static str> {
        let (documents, catalog) = self.catalog(vendor)?;
        let (facts, now) = (self.facts(), self.device.start);
        let signal = TimedSignal::UNAVAILABLE;
        let decided = decide(&self.policy, &facts, &catalog, signal, now);
        Ok((documents, decided))
    }

    /// A poll that ends with a permit to write; `None` where nothing is to be installed.
    pub(crate) fn write_permit(
        &mut self,
        vendor: &Vendor,
    ) -> Result<Option<(Documents, WritePermit)>, &'static str> {
        let (documents, decided) = self.poll(vendor)?;
        let Some(eligible) = decided.into_eligible() else { return Ok(None) };
        let mut releases = documents.releases.iter();
        let release = releases.find(|release| release.digest() == eligible.manifest()).unwrap();
        let write = self.permit_for(release, eligible).map_err(|e| e.code())?;
        Ok(Some((documents, write)))
    }

    /// A permit for the slot that does not run.
    pub(crate) fn permit_for(
        &self,
        release: &TrustedRelease,
        eligible: Eligible,
    ) -> Result<WritePermit, PermitError> {
        WritePermit::new(release, eligible, &self.state, &self.running(), &self.other_slot())
    }

    /// Streams every component of a permit.
    pub(crate) fn download(
        &mut self,
        vendor: &Vendor,
        mut repository: Repository<'static>,
        write: &mut WritePermit,
    ) -> Result<(), PermitError> {
        for component in write.release().components().to_vec() {
            let path = component.full().unwrap();
            let found;
            (repository, found) = self.fetch(&vendor.house.web, &vendor.contents, repository, path);
            let (target, bytes) = found.unwrap();
            let mut stream = write.stream(component.id(), &target, 1 << 20)?;
            stream.update(&bytes)?;
            stream.finish(write)?;
        }
        Ok(())
    }

    /// A poll that ends with a permit to install; `None` where nothing is to be installed.
    pub(crate) fn install_permit(
        &mut self,
        vendor: &Vendor,
    ) -> Result<Option<InstallPermit>, &'static str> {
        let Some((documents, mut write)) = self.write_permit(vendor)? else { return Ok(None) };
        let downloaded = self.download(vendor, documents.repository, &mut write);
        downloaded.map_err(|e| e.code())?;
        let permit = write.install(self.device.start);
        permit.map(Some).map_err(|e| e.code())
    }

    /// Takes steps: stores what they store, and says what the boot loader is told.
    pub(crate) fn take(&mut self, steps: Steps) -> Vec<Tell> {
        let mut told = Vec::new();
        for step in steps {
            match step {
                Step::Store(unstored) => {
                    let read = InstallState::load(Some(unstored.to_store()), self.state.product());
                    self.state = unstored.stored();
                    assert_eq!(read.kept().as_ref(), Some(&self.state), "it is read as it was");
                }
                Step::Tell(tell) => told.push(tell),
            }
        }
        told
    }

    /// Activates what a permit permits.
    pub(crate) fn activate(&mut self, permit: InstallPermit) -> Result<Vec<Tell>, &'static str> {
        let (running, now) = (self.running(), self.device.start);
        let steps = permit.activate(&self.state, &running, &self.ratchets, now);
        let steps = steps.map_err(|e| e.code())?;
        Ok(self.take(steps))
    }

    /// The boot loader starts what is pending.
    pub(crate) fn restart(&mut self) {
        let pending = self.state.pending().unwrap().release();
        self.build = Build::new(pending.version.clone(), pending.rollback_index);
        self.slot = pending.slot.clone();
        self.starts += 1;
    }

    /// Judges what runs, and takes the steps.
    pub(crate) fn judge(&mut self) -> Verdict {
        let judgement = judge(&self.state, &self.running(), &self.ratchets);
        let verdict = judgement.verdict().clone();
        self.take(judgement.into_steps());
        verdict
    }

    /// Installs what a poll permits into the other slot, and restarts into it; whether there was any.
    pub(crate) fn update(&mut self, vendor: &Vendor) -> Result<bool, &'static str> {
        let Some(permit) = self.install_permit(vendor)? else { return Ok(false) };
        self.activate(permit)?;
        self.restart();
        assert_eq!(self.judge(), Verdict::Confirmed);
        Ok(true)
    }
}
