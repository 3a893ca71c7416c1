//! A device agent: what a caller of the library does with a product's documents.

use std::collections::BTreeMap;

use ota_trust::attestation::AttestationSignal;
use ota_trust::eligibility::{Catalog, Decided, DeviceFacts, Policy, RollbackFloor, decide};
use ota_trust::permit::{
    Boot, BootVerdict, InstallPermit, InstallState, PermitError, Slot, VerifiedComponent,
    WritePermit, confirm_boot,
};
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
    pub(crate) running: Slot,
}

/// A product's documents, as one cycle found them.
pub(crate) struct Documents {
    pub(crate) repository: Repository<'static>,
    pub(crate) plan: Option<TrustedPlan>,
    pub(crate) brake: FoundBrake,
    pub(crate) releases: Vec<TrustedRelease>,
}

impl Agent {
    /// A device of a product that has just left the factory, with version 1.0.0.
    pub(crate) fn new(vendor: &Vendor, product: Product) -> Self {
        Self {
            device: vendor.house.web.device(),
            ratchets: Ratchets::new(product.clone()),
            state: InstallState::new(product),
            policy: Policy::default(),
            running: Slot::new("a").unwrap(),
        }
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
        let mut releases = Vec::new();
        for planned in plan.iter().flat_map(|plan| plan.releases()) {
            let path = product.manifest_path(planned.version());
            let found;
            (repository, found) = self.try_fetch(web, contents, repository, &path)?;
            if let Ok((target, bytes)) = found {
                let read = TrustedRelease::read(target, &bytes, &limits);
                releases.push(read.map_err(|e| e.code())?);
            }
        }
        Ok(Documents { repository, plan, brake, releases })
    }

    /// Looks at the plan, and stores what it has learned.
    pub(crate) fn observe(
        &mut self,
        plan: TrustedPlan,
        brake: FoundBrake,
    ) -> Result<LivePlan, &'static str> {
        let (start, limits) = (self.device.start, &self.device.limits);
        let sighting = self.ratchets.observe(plan, brake, start, limits).map_err(|e| e.code())?;
        let bytes = sighting.ratchets().to_bytes();
        self.ratchets = Ratchets::from_bytes(&bytes, self.ratchets.product()).unwrap();
        assert_eq!(&self.ratchets, sighting.ratchets(), "what is stored is what is read");
        Ok(sighting.stored())
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
        let catalog = Catalog::new(&live, documents.releases.clone()).map_err(|e| e.code())?;
        Ok((documents, catalog))
    }

    /// What the firmware and the storage know.
    pub(crate) fn facts(&self) -> DeviceFacts<'static> {
        let good = self.state.good();
        let running = good.map_or_else(|| version("1.0.0"), |good| good.version.clone());
        let sources = [self.state.rollback_index(), good.map(|good| good.rollback_index), Some(1)];
        let floor = RollbackFloor::of(&sources).unwrap();
        let (hardware, channel) = (hardware("a1"), channel("stable"));
        let mut facts = DeviceFacts::new(self.product().clone(), hardware, running, floor, channel);
        facts.running = good.map(|good| good.manifest);
        facts.failed_boots = self.state.failed_boots().to_vec();
        facts
    }

    /// A whole poll.
    pub(crate) fn poll(&mut self, vendor: &Vendor) -> Result<(Documents, Decided), &'static str> {
        let (documents, catalog) = self.catalog(vendor)?;
        let (facts, now) = (self.facts(), self.device.start);
        let signal = AttestationSignal::Unavailable;
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
        let write = WritePermit::new(release, eligible, &self.state).map_err(|e| e.code())?;
        Ok(Some((documents, write)))
    }

    /// Streams every component of a permit.
    pub(crate) fn download(
        &mut self,
        vendor: &Vendor,
        mut repository: Repository<'static>,
        write: &WritePermit,
    ) -> Result<Vec<VerifiedComponent>, PermitError> {
        let mut verified = Vec::new();
        for component in write.release().components() {
            let path = component.full().unwrap();
            let found;
            (repository, found) = self.fetch(&vendor.house.web, &vendor.contents, repository, path);
            let (target, bytes) = found.unwrap();
            let mut stream = write.stream(component.id(), &target, 1 << 20)?;
            stream.update(&bytes)?;
            verified.push(stream.finish()?);
        }
        Ok(verified)
    }

    /// A poll that ends with a permit to install; `None` where nothing is to be installed.
    pub(crate) fn install_permit(
        &mut self,
        vendor: &Vendor,
    ) -> Result<Option<InstallPermit>, &'static str> {
        let Some((documents, write)) = self.write_permit(vendor)? else { return Ok(None) };
        let verified = self.download(vendor, documents.repository, &write);
        let permit = write.install(verified.map_err(|e| e.code())?, self.device.start);
        permit.map(Some).map_err(|e| e.code())
    }

    /// Installs what a poll permits into the other slot, and restarts into it; whether there was any.
    pub(crate) fn update(&mut self, vendor: &Vendor) -> Result<bool, &'static str> {
        let Some(permit) = self.install_permit(vendor)? else { return Ok(false) };
        let other = Slot::new(if self.running.as_str() == "a" { "b" } else { "a" }).unwrap();
        let manifest = permit.manifest();
        let activation = permit.activate(&self.state, &other, &self.running, self.device.start);
        self.state = activation.map_err(|e| e.code())?.stored();
        self.running = other;
        let boot = Boot {
            slot: &self.running,
            running: Some(manifest),
            image_index: None,
            healthy: true,
            hardware_counter: None,
            must_stay_bootable: &[],
        };
        let BootVerdict::Confirmed(change) = confirm_boot(&self.state, &boot) else {
            return Err("not confirmed");
        };
        self.state = change.state().clone();
        Ok(true)
    }
}
