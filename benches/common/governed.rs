//! A product with ten live releases, as a server has it before it decides for devices.

use std::collections::BTreeMap;
use std::convert::Infallible;

use ota_trust::eligibility::{Catalog, DeviceFacts, DeviceTrust, EnrolmentStatus};
use ota_trust::installation::RollbackFloor;
use ota_trust::key::{Ed25519Signer, Signer};
use ota_trust::metadata::{PathSet, RoleType};
use ota_trust::primitives::{Limits, RoleName, StartTime, TargetPath};
use ota_trust::release::{
    Channel, ComponentDraft, ComponentId, Content, HardwareId, ManifestDigest, ManifestDraft,
    Product, ReleaseVersion, Severity, TrustedRelease,
};
use ota_trust::repository::{Delegation, Draft, Policy, Published, TargetEntry};
use ota_trust::rollout::{
    BasisPoints, ExposureStep, PlanDraft, PlannedReleaseDraft, Ratchets, Stage, TrustedPlan,
};
use ota_trust::update::{
    Change, Fetched, FileRequest, Io, Loaded, Repository, Step, StoredItem, Update,
};
use ota_trust::verify::VouchedTarget;

use super::start;

/// How many releases the plan has.
pub const RELEASES: u64 = 10;

const HARDWARE: [&str; 4] = ["a1", "a2", "b1", "b2"];

/// A repository in memory.
struct Governed {
    metadata: BTreeMap<String, Vec<u8>>,
    targets: BTreeMap<String, Vec<u8>>,
}

fn product() -> Product {
    Product::new("lamp").expect("a name")
}

pub fn channel(name: &str) -> Channel {
    Channel::new(name).expect("a name")
}

fn version(number: u64) -> ReleaseVersion {
    ReleaseVersion::new(&format!("2.{number}.0")).expect("a version")
}

fn key(name: &str) -> Ed25519Signer {
    let mut seed = [0; 32];
    seed.iter_mut().zip(name.bytes()).for_each(|(to, byte)| *to = byte);
    Ed25519Signer::from_seed(&seed)
}

/// The catalog of ten releases: stable ones, limited ones, one paused, of two channels and several
/// kinds of hardware.
pub fn catalog() -> Catalog {
    let governed = publish();
    let mut repository = Some(governed.refresh());
    let mut search = |path: &TargetPath| {
        let step = std::mem::take(&mut repository).expect("a repository").find_vouched(path);
        let found = governed.drive(step.expect("a search"));
        repository = Some(found.repository);
        found.target
    };
    let no_brake = search(&product().brake_path()).expect_err("a brake").into_unlisted();
    let mut find = |path: &TargetPath| {
        (search(path).expect("a target"), governed.targets[path.as_str()].clone())
    };
    let limits = Limits::default();
    let (target, bytes): (VouchedTarget, _) = find(&product().plan_path());
    let plan = TrustedPlan::read(target, &bytes, &limits).expect("a plan");
    let releases: Vec<TrustedRelease> = (0..RELEASES)
        .map(|number| {
            let (target, bytes) = find(&product().manifest_path(&version(number)));
            TrustedRelease::read(target, &bytes, &limits).expect("a release")
        })
        .collect();
    let seen = Ratchets::new(product()).observe(
        plan,
        no_brake.expect("a whole search").into(),
        start(),
        &limits,
    );
    Catalog::new(&seen.expect("a current plan").stored(), releases).expect("one state")
}

/// Devices that differ in all that decides, as a server knows them.
pub fn fleet(count: usize) -> Vec<DeviceFacts<'static>> {
    (0..count)
        .map(|number| {
            let n = number as u64;
            let hardware = HardwareId::new(HARDWARE[number % HARDWARE.len()]).expect("a name");
            let floor = RollbackFloor::of(&[Some(n % RELEASES)]).expect("a floor");
            let stable = if n.is_multiple_of(10) { "beta" } else { "stable" };
            let mut facts =
                DeviceFacts::on_server(product(), hardware, version(n % 7), floor, channel(stable));
            (facts.enrolment, facts.trust) = (EnrolmentStatus::Enrolled, DeviceTrust::Trusted);
            facts
        })
        .collect()
}

fn publish() -> Governed {
    let mut governed = Governed { metadata: BTreeMap::new(), targets: BTreeMap::new() };
    let mut draft = Published::nothing().draft();
    for role in [RoleType::Root, RoleType::Timestamp, RoleType::Snapshot, RoleType::Targets] {
        let keys = [key(role.name()).public_key().clone()];
        draft.root().set_keys(role, &keys, 1).expect("keys");
    }
    for (name, paths) in [("releases", "releases/*/*/*"), ("rollouts", "rollouts/*")] {
        let (role, paths) =
            (RoleName::delegated(name).expect("a name"), PathSet::patterns([paths]));
        let delegation =
            Delegation::new(role.clone(), vec![key(name).public_key().clone()], 1, paths);
        draft.targets().expect("a role").delegate(&delegation.terminating()).expect("paths");
        draft.create_role(&role).expect("a role");
    }
    let expires = "2027-06-01T00:00:00Z".parse().expect("a time");
    let mut plan = PlanDraft::new(product(), 1, expires);
    for number in 0..RELEASES {
        let manifest = manifest(number);
        let digest = ManifestDigest::of(&manifest);
        governed.put(&mut draft, &product().manifest_path(&version(number)), manifest);
        plan = plan.release(planned(digest, number));
    }
    let plan = plan.to_bytes(&Limits::default()).expect("a plan");
    governed.put(&mut draft, &product().plan_path(), plan);
    let names = ["root", "timestamp", "snapshot", "targets", "releases", "rollouts"];
    let keys = names.map(key);
    let signers: Vec<&dyn Signer> = keys.iter().map(|key| key as &dyn Signer).collect();
    let now = start().time();
    let signing = draft.seal(now, &Policy::default()).expect("what can be signed");
    for file in signing.publish(&signers, now).expect("a release").files() {
        governed.metadata.insert(file.name(), file.bytes().to_vec());
    }
    governed
}

fn manifest(number: u64) -> Vec<u8> {
    let content = Content::of(format!("firmware {number}").as_bytes());
    let id = ComponentId::new("firmware").expect("a name");
    let draft = ManifestDraft::new(product(), version(number), number)
        .channel(channel("stable"))
        .channel(channel("beta"))
        .severity(if number.is_multiple_of(3) { Severity::High } else { Severity::None })
        .component(ComponentDraft::full(id, "firmware.bin", content));
    let ids = HARDWARE.iter().filter(|id| number.is_multiple_of(2) || id.starts_with('a'));
    let draft =
        ids.fold(draft, |draft, id| draft.hardware_id(HardwareId::new(id).expect("a name")));
    draft.to_bytes(&Limits::default()).expect("a manifest")
}

fn planned(manifest: ManifestDigest, number: u64) -> PlannedReleaseDraft {
    let stage = if number < 6 { Stage::Stable } else { Stage::Limited };
    let from = "2026-12-01T00:00:00Z".parse().expect("a time");
    let exposure = BasisPoints::new(1000).expect("a share");
    let release = PlannedReleaseDraft::new(manifest, version(number), stage);
    release.step(&channel("stable"), ExposureStep::new(from, exposure))
}

impl Governed {
    fn put(&mut self, draft: &mut Draft, path: &TargetPath, bytes: Vec<u8>) {
        draft.insert_target(path, &TargetEntry::of(&bytes)).expect("a role for the path");
        self.targets.insert(path.as_str().into(), bytes);
    }

    fn refresh(&self) -> Repository<'static> {
        let root = self.metadata["1.root.json"].clone();
        let step = Update::begin(root, StartTime::Known(start().time()), Limits::default());
        self.drive(step.expect("a root"))
    }

    fn drive<D>(&self, step: Step<'_, D>) -> D {
        step.run(&mut &*self).expect("what was published")
    }
}

/// A device that keeps nothing.
impl Io for &Governed {
    type Error = Infallible;

    fn load(&mut self, _: &StoredItem) -> Loaded<Infallible> {
        Loaded::Nothing
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<Infallible> {
        Ok(self.metadata.get(&request.file.name()).cloned()).into()
    }

    fn store(&mut self, _: &[Change<'_>]) -> Result<(), Infallible> {
        Ok(())
    }
}
