//! A device that decides for itself: its facts, what it has seen of rollouts, its installations.

use ota_trust::Error;
use ota_trust::attestation::AttestationSignal;
use ota_trust::eligibility::{
    Catalog, Cohort, Decided, DeviceFacts, Eligible, EnrolmentStatus, Policy, RollbackFloor, decide,
};
use ota_trust::identity::DeviceSecret;
use ota_trust::permit::{
    Boot, BootVerdict, InstallPermit, InstallState, Slot, WritePermit, confirm_boot,
};
use ota_trust::primitives::{Limits, StartTime, TargetPath};
use ota_trust::release::{Channel, HardwareId, Product, ReleaseVersion, TrustedRelease};
use ota_trust::rollout::{FoundBrake, Ratchets, TrustedBrake, TrustedPlan};
use ota_trust::update::{NotFound, Repository};
use ota_trust::verify::VouchedTarget;

use crate::Result;
use crate::device::Device;
use crate::source::Source;

/// The version that devices leave the factory with, and its rollback index.
const FACTORY: (&str, u64) = ("1.0.0", 1);

/// A device.
pub struct Agent {
    pub name: &'static str,
    pub policy: Policy,
    pub enrolment: EnrolmentStatus,
    pub signal: AttestationSignal,
    device: Device,
    hardware: HardwareId,
    secret: DeviceSecret,
    ratchets: Ratchets,
    state: InstallState,
    slot: Slot,
}

impl Agent {
    /// As it leaves the factory. Its secret is made from a number here, and from entropy elsewhere.
    pub fn new(
        name: &'static str,
        (product, hardware): (&str, &str),
        root: Vec<u8>,
        number: u8,
    ) -> Result<Self> {
        let product = Product::new(product)?;
        let mut random = [number; 32];
        random[..12].copy_from_slice(b"not a secret");
        Ok(Self {
            name,
            policy: Policy::default(),
            enrolment: EnrolmentStatus::Enrolled,
            signal: AttestationSignal::Unavailable,
            device: Device::new(root, StartTime::Known(crate::STORY_TIME.parse()?)),
            hardware: HardwareId::new(hardware)?,
            secret: DeviceSecret::new(&mut random).map_err(Error::from)?,
            ratchets: Ratchets::new(product.clone()),
            state: InstallState::new(product),
            slot: Slot::new("a")?,
        })
    }

    pub fn set_time(&mut self, start: StartTime) {
        self.device.set_time(start);
    }

    /// Which release may be installed now, and why no other: the catalog and the decision.
    pub fn poll(&mut self, source: &Source) -> Result<(Repository<'static>, Catalog, Decided)> {
        let limits = Limits::default();
        let product = self.ratchets.product().clone();
        let mut repository = self.device.refresh(source, &mut |_| ())?;
        let mut find = |repository, path: &TargetPath| self.device.fetch(repository, path, source);
        let (next, plan) = find(repository, &product.plan_path())?;
        let (plan, bytes) = plan?;
        let plan = TrustedPlan::read(plan, &bytes, &limits).map_err(Error::from)?;
        let (next, brake) = find(next, &product.brake_path())?;
        repository = next;
        let brake = match brake {
            Ok((target, bytes)) => {
                FoundBrake::Brake(TrustedBrake::read(target, &bytes, &limits).map_err(Error::from)?)
            }
            // That there is none is proven, too.
            Err(not_found) => FoundBrake::Unlisted(not_found.into_unlisted()?),
        };
        // The plan is the index of what the product offers.
        let mut releases = Vec::new();
        for planned in plan.releases() {
            let (next, manifest) = find(repository, &product.manifest_path(planned.version()))?;
            repository = next;
            if let Ok((target, bytes)) = manifest {
                let release = TrustedRelease::read(target, &bytes, &limits);
                releases.push(release.map_err(Error::from)?);
            }
        }
        let start = self.device.start();
        let sighting = self.ratchets.observe(plan, brake, start, &limits).map_err(Error::from)?;
        self.ratchets = sighting.ratchets().clone(); // the store of this device
        let catalog = Catalog::new(&sighting.stored(), releases).map_err(Error::from)?;
        let decided = decide(&self.policy, &self.facts()?, &catalog, self.signal, start);
        Ok((repository, catalog, decided))
    }

    /// From the decision to a confirmed boot.
    pub fn install(
        &mut self,
        source: &Source,
        repository: Repository<'static>,
        catalog: &Catalog,
        eligible: Eligible,
    ) -> Result<InstallPermit> {
        let of_eligible = |release: &&TrustedRelease| release.digest() == eligible.manifest();
        let release = catalog.releases().find(of_eligible).ok_or("no such release")?;
        let write = WritePermit::new(release, eligible, &self.state).map_err(Error::from)?;
        let (mut repository, mut verified) = (repository, Vec::new());
        for component in release.components() {
            let path = component.full().ok_or("only deltas lead to a component")?;
            let (next, found) = self.device.fetch(repository, path, source)?;
            repository = next;
            let (target, bytes) = found?;
            let mut stream = write.stream(component.id(), &target, 1 << 20).map_err(Error::from)?;
            for chunk in bytes.chunks(4096) {
                stream.update(chunk).map_err(Error::from)?; // and write it to the other slot
            }
            verified.push(stream.finish().map_err(Error::from)?);
        }
        let start = self.device.start();
        Ok(write.install(verified, start).map_err(Error::from)?)
    }

    /// The boot loader starts the other slot, and the release works.
    pub fn restart(&mut self, permit: InstallPermit) -> Result<()> {
        let other = Slot::new(if self.slot.as_str() == "a" { "b" } else { "a" })?;
        let (manifest, start) = (permit.manifest(), self.device.start());
        let fallback = self.state.good().map_or(FACTORY.1, |good| good.rollback_index);
        let activation =
            permit.activate(&self.state, &other, &self.slot, start).map_err(Error::from)?;
        self.state = activation.stored(); // stored first, then the boot loader is told
        self.slot = other;
        let boot = Boot {
            slot: &self.slot,
            running: Some(manifest),
            image_index: None,
            healthy: true,
            hardware_counter: None,
            must_stay_bootable: &[fallback],
        };
        let verdict = confirm_boot(&self.state, &boot);
        let confirmed = matches!(verdict, BootVerdict::Confirmed(_));
        self.state = verdict.change().state().clone();
        if confirmed { Ok(()) } else { Err("the release did not boot".into()) }
    }

    /// The version that runs.
    pub fn version(&self) -> Result<ReleaseVersion> {
        let good = self.state.good().map(|good| good.version.clone());
        Ok(good.map_or_else(|| ReleaseVersion::new(FACTORY.0), Ok)?)
    }

    /// The confirmed rollback index: no higher than what the slot to fall back to has.
    pub fn rollback_index(&self) -> Option<u64> {
        self.state.rollback_index()
    }

    fn facts(&self) -> Result<DeviceFacts<'_>> {
        let floor = RollbackFloor::of(&[self.state.rollback_index(), Some(FACTORY.1)]);
        let (product, hardware) = (self.state.product().clone(), self.hardware.clone());
        let floor = floor.ok_or("no floor is known")?;
        let channel = Channel::new("stable")?;
        let mut facts = DeviceFacts::new(product, hardware, self.version()?, floor, channel);
        facts.enrolment = self.enrolment;
        facts.running = self.state.good().map(|good| good.manifest);
        facts.failed_boots = self.state.failed_boots().to_vec();
        facts.cohort = Cohort::Device(&self.secret);
        Ok(facts)
    }
}

/// What was found of a path, and its bytes.
type Fetched = std::result::Result<(VouchedTarget, Vec<u8>), NotFound>;

impl Device {
    /// Looks a target up, and downloads it.
    fn fetch(
        &mut self,
        repository: Repository<'static>,
        path: &TargetPath,
        source: &Source,
    ) -> Result<(Repository<'static>, Fetched)> {
        let found = self.find_vouched(repository, path, source)?;
        let target = match found.target {
            Ok(target) => target,
            Err(not_found) => return Ok((found.repository, Err(not_found))),
        };
        let names: Vec<String> = target.target().download_paths().collect();
        for name in names {
            if let Some(bytes) = source.target(&name)? {
                return Ok((found.repository, Ok((target, bytes))));
            }
        }
        Err(format!("{path}: the repository has no such file").into())
    }
}
