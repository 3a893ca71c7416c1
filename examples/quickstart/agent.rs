//! A device that decides for itself: its facts, what it has seen of rollouts, its installations.

use ota_trust::Error;
use ota_trust::attestation::TimedSignal;
use ota_trust::eligibility::{
    Catalog, Cohort, Decided, DeviceFacts, Eligible, EnrolmentStatus, FoundRelease, Policy, decide,
};
use ota_trust::identity::{DeviceSecret, Fleet};
use ota_trust::installation::{
    BootId, Build, Health, InstallState, Running, Slot, Step, Steps, Verdict, judge,
};
use ota_trust::permit::{InstallPermit, WritePermit};
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
    pub signal: TimedSignal,
    device: Device,
    hardware: HardwareId,
    secret: DeviceSecret,
    fleet: Fleet,
    ratchets: Ratchets,
    state: InstallState,
    slot: Slot,
    /// What the image that runs says of itself.
    build: Build,
    /// How often the system has started.
    starts: u8,
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
            signal: TimedSignal::UNAVAILABLE,
            device: Device::new(root, StartTime::Known(crate::STORY_TIME.parse()?)),
            hardware: HardwareId::new(hardware)?,
            secret: DeviceSecret::new(&mut random).map_err(Error::from)?,
            fleet: Fleet::new("lamps.example").map_err(Error::from)?,
            ratchets: Ratchets::new(product.clone()),
            state: InstallState::new(product),
            slot: Slot::new("a")?,
            build: Build::new(ReleaseVersion::new(FACTORY.0)?, FACTORY.1),
            starts: 0,
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
                // What this firmware cannot read is no reason to refuse the rest.
                releases.push(FoundRelease::read(planned, target, &bytes, &limits));
            }
        }
        let start = self.device.start();
        let unstored = self.ratchets.observe(plan, brake, start, &limits).map_err(Error::from)?;
        let live = unstored.stored(); // once `to_store()` is: this device has a variable for a store
        self.ratchets = live.ratchets().clone();
        let catalog = Catalog::new(&live, releases).map_err(Error::from)?;
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
        let (running, slot) = (self.running(&[]), self.other_slot()?);
        let write = WritePermit::new(release, eligible, &self.state, &running, &slot);
        let mut write = write.map_err(Error::from)?;
        let steps = write.before_writing(&running);
        self.take(steps);
        let mut repository = repository;
        for component in release.components() {
            let path = component.full().ok_or("only deltas lead to a component")?;
            let (next, found) = self.device.fetch(repository, path, source)?;
            repository = next;
            let (target, bytes) = found?;
            let mut stream = write.stream(component.id(), &target, 1 << 20).map_err(Error::from)?;
            for chunk in bytes.chunks(4096) {
                stream.update(chunk).map_err(Error::from)?; // and write it to the other slot
            }
            stream.finish(&mut write).map_err(Error::from)?;
        }
        let start = self.device.start();
        Ok(write.install(start).map_err(Error::from)?)
    }

    /// The boot loader starts the other slot, and the release works.
    pub fn restart(&mut self, permit: InstallPermit) -> Result<()> {
        let fallback = self.build.rollback_index;
        let (build, slot) =
            (Build::new(permit.version().clone(), permit.rollback_index()), permit.slot().clone());
        let start = self.device.start();
        let steps = permit.activate(&self.state, &self.running(&[]), &self.ratchets, start);
        self.take(steps.map_err(Error::from)?);
        // The new image runs: in its slot, with what is built into it.
        (self.slot, self.build, self.starts) = (slot, build, self.starts + 1);
        let judgement = judge(&self.state, &self.running(&[fallback]), &self.ratchets);
        let confirmed = *judgement.verdict() == Verdict::Confirmed;
        self.take(judgement.into_steps());
        if confirmed { Ok(()) } else { Err("the release did not boot".into()) }
    }

    /// Stores what is to be stored, and tells the boot loader what it is to be told, in that order.
    fn take(&mut self, steps: Steps) {
        for step in steps {
            match step {
                Step::Store(unstored) => self.state = unstored.stored(),
                // The loader of this device does as it is told.
                Step::Tell(_) => {}
            }
        }
    }

    /// What runs, and works.
    fn running<'r>(&'r self, must_stay_bootable: &'r [u64]) -> Running<'r> {
        Running {
            slot: &self.slot,
            boot: BootId::of(&[self.starts]),
            build: &self.build,
            health: Health::Good,
            hardware_counter: None,
            must_stay_bootable,
        }
    }

    fn other_slot(&self) -> Result<Slot> {
        Ok(Slot::new(if self.slot.as_str() == "a" { "b" } else { "a" })?)
    }

    /// The version that runs.
    pub fn version(&self) -> &ReleaseVersion {
        &self.build.version
    }

    /// The confirmed rollback index: no higher than what the slot to fall back to has.
    pub fn rollback_index(&self) -> Option<u64> {
        self.state.rollback_index()
    }

    fn facts(&self) -> Result<DeviceFacts<'_>> {
        let (running, channel) = (self.running(&[]), Channel::new("stable")?);
        let hardware = self.hardware.clone();
        let mut facts = DeviceFacts::from_state(&self.state, &running, hardware, channel);
        facts.enrolment = self.enrolment;
        facts.cohort = Cohort::Device { secret: &self.secret, fleet: &self.fleet };
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
