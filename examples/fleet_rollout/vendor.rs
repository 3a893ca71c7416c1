//! The vendor: a repository in memory, with authorities for releases, rollouts and the brake.

use std::collections::BTreeMap;

use ota_trust::key::{Ed25519Signer, NamedKey, Signer};
use ota_trust::metadata::{PathSet, RoleType};
use ota_trust::primitives::{Limits, RoleName, TargetPath, UtcTime};
use ota_trust::release::{
    ComponentDraft, ComponentId, Content, ManifestDigest, ManifestDraft, Severity,
};
use ota_trust::repository::{Delegation, Draft, Policy, Published, TargetEntry};
use ota_trust::rollout::{
    BrakeDraft, Plan, PlanDraft, PlannedReleaseDraft, Stage, check_successor,
};

use crate::Result;
use crate::lamp::{Build, Channel, DAY, Hardware, product};

/// Who releases, who rolls out, and who brakes: below `targets`, each with keys of its own. To stop
/// takes one person, to start takes two.
const AUTHORITIES: [(&str, &str, &[&str], u64); 3] = [
    ("releases", "releases/*/*/*", &["release 1", "release 2", "release 3"], 2),
    ("rollouts", "rollouts/*", &["rollout 1", "rollout 2", "rollout 3"], 2),
    ("brake", "brake/*", &["brake 1", "brake 2"], 1),
];

/// A vendor of lamps, and its web server.
pub struct Vendor {
    published: Published,
    /// Metadata files, by name.
    pub metadata: BTreeMap<String, Vec<u8>>,
    /// What is listed, by path.
    pub documents: BTreeMap<TargetPath, Vec<u8>>,
    plan: Option<Plan>,
}

impl Vendor {
    /// A vendor whose 2.0.0 has gone all the way to stable.
    pub fn found(now: UtcTime) -> Result<Self> {
        let mut vendor = Self {
            published: Published::nothing(),
            metadata: BTreeMap::new(),
            documents: BTreeMap::new(),
            plan: None,
        };
        let mut draft = vendor.published.draft();
        for role in [RoleType::Root, RoleType::Targets, RoleType::Snapshot, RoleType::Timestamp] {
            let name = RoleName::from(role);
            draft.root().set_keys(role, &public(&[name.as_str()]), 1)?;
        }
        for (name, paths, keys, threshold) in AUTHORITIES {
            let (role, paths) = (RoleName::delegated(name)?, PathSet::patterns([paths]));
            let delegation = Delegation::new(role.clone(), public(keys), threshold, paths);
            draft.targets()?.delegate(&delegation.terminating())?;
            draft.create_role(&role)?;
        }
        vendor.publish(draft, now)?;
        let old = vendor.release(Build::Old, now)?;
        let mut epoch = PlanDraft::new(product()?, 1, expires(now));
        for stage in [Stage::Validation, Stage::Limited, Stage::Stable] {
            epoch = epoch.release(PlannedReleaseDraft::new(old, Build::Old.version()?, stage));
            vendor.put_plan(&epoch, now)?;
            epoch = vendor.next_plan(now)?;
        }
        Ok(vendor)
    }

    /// Publishes a release, and gives the digest of its manifest.
    pub fn release(&mut self, build: Build, now: UtcTime) -> Result<ManifestDigest> {
        let firmware = format!("lamp firmware {}", build.number()).into_bytes();
        let content = Content::of(&firmware);
        let component =
            ComponentDraft::full(ComponentId::new("firmware")?, "firmware.bin", content);
        let index = build.rollback_index();
        let mut manifest =
            ManifestDraft::new(product()?, build.version()?, index).component(component);
        for hardware in Hardware::SERVED {
            manifest = manifest.hardware_id(hardware.id()?);
        }
        for channel in Channel::ALL {
            manifest = manifest.channel(channel.id()?);
        }
        if build == Build::Mended {
            manifest = manifest.severity(Severity::High);
        }
        let manifest = manifest.to_bytes(&Limits::default())?;
        let digest = ManifestDigest::of(&manifest);
        let folder = format!("releases/lamp/{}", build.number());
        self.put(&TargetPath::new(&format!("{folder}/firmware.bin"))?, firmware, now)?;
        self.put(&product()?.manifest_path(&build.version()?), manifest, now)?;
        Ok(digest)
    }

    /// What follows the plan that is published, before anybody changes it.
    pub fn next_plan(&self, now: UtcTime) -> Result<PlanDraft> {
        let plan = self.plan.as_ref().ok_or("there is no plan yet")?;
        Ok(PlanDraft::after(plan, expires(now)))
    }

    /// Publishes a plan that may follow the one before.
    pub fn put_plan(&mut self, draft: &PlanDraft, now: UtcTime) -> Result<()> {
        let bytes = draft.to_bytes(&Limits::default())?;
        let plan = Plan::parse(&bytes, &Limits::default())?;
        check_successor(self.plan.as_ref(), &plan)?;
        self.plan = Some(plan);
        self.put(&product()?.plan_path(), bytes, now)
    }

    /// Publishes the first brake, which pauses a release.
    pub fn brake(&mut self, manifest: ManifestDigest, now: UtcTime) -> Result<()> {
        let brake = BrakeDraft::new(&product()?, 1).pause(manifest);
        self.put(&product()?.brake_path(), brake.to_bytes(&Limits::default())?, now)
    }

    /// Renews the timestamp, as a machine does every day.
    pub fn renew(&mut self, now: UtcTime) -> Result<()> {
        let mut draft = self.published.draft();
        draft.renew(&RoleType::Timestamp.into())?;
        self.publish(draft, now)
    }

    /// Uploads a document, then lists it.
    fn put(&mut self, path: &TargetPath, bytes: Vec<u8>, now: UtcTime) -> Result<()> {
        let mut draft = self.published.draft();
        draft.insert_target(path, &TargetEntry::of(&bytes))?;
        self.documents.insert(path.clone(), bytes);
        self.publish(draft, now)
    }

    fn publish(&mut self, draft: Draft, now: UtcTime) -> Result<()> {
        let top_level = ["root", "targets", "snapshot", "timestamp"].into_iter();
        let delegated = AUTHORITIES.iter().flat_map(|(_, _, keys, _)| keys.iter().copied());
        let keys: Vec<Ed25519Signer> = top_level.chain(delegated).map(key).collect();
        let signers: Vec<&dyn Signer> = keys.iter().map(|key| key as &dyn Signer).collect();
        let release = draft.seal(now, &Policy::default())?.publish(&signers, now)?;
        for file in release.files() {
            self.metadata.insert(file.name(), file.bytes().to_vec());
        }
        self.published = release.into_published();
        Ok(())
    }
}

/// A key of the story, made from its name. Real ones are drawn at random, and never in a program.
pub fn key(name: &str) -> Ed25519Signer {
    let mut seed = [0; 32];
    seed.iter_mut().zip(name.bytes()).for_each(|(to, byte)| *to = byte);
    Ed25519Signer::from_seed(&seed)
}

fn public(names: &[&str]) -> Vec<NamedKey> {
    names.iter().map(|name| key(name).public_key().clone()).collect()
}

/// A plan holds for a month.
fn expires(now: UtcTime) -> UtcTime {
    now.saturating_add(30 * DAY)
}
