//! A vendor whose releases, rollouts and brake are signed by three groups of people.

use std::collections::BTreeMap;

use ota_trust::metadata::{PathSet, RoleType};
use ota_trust::primitives::{Limits, RoleName, TargetPath, UtcTime};
use ota_trust::release::{
    Channel, ComponentDraft, ComponentId, Content, HardwareId, ManifestDigest, ManifestDraft,
    Product, ReleaseVersion, Severity,
};
use ota_trust::repository::{Delegation, Published};
use ota_trust::rollout::{BrakeDraft, PlanDraft};

use crate::Result;
use crate::vendor::{Vendor, Web, public};

/// Who may speak for what: a name, the paths, its keys and how many of them must sign.
const AUTHORITIES: [(&str, &str, &[&str], u64); 3] = [
    ("releases", "releases/*/*/*", &["release 1", "release 2", "release 3"], 2),
    ("rollouts", "rollouts/*", &["governor 1", "governor 2", "governor 3"], 2),
    ("brake", "brake/*", &["on call 1", "on call 2"], 1),
];

/// A release to be made.
pub struct NewRelease<'r> {
    pub product: &'r str,
    pub version: &'r str,
    pub rollback_index: u64,
    pub hardware: &'r str,
    pub severity: Severity,
}

/// The vendor, and what it publishes from now on.
pub struct Company {
    pub vendor: Vendor,
    pub now: UtcTime,
    /// The manifests, by product and version.
    manifests: BTreeMap<(String, String), ManifestDigest>,
}

impl Company {
    /// Nothing is listed yet.
    pub fn found(now: UtcTime) -> Result<Self> {
        let mut signers = vec!["root 1", "root 2", "targets", "snapshot", "timestamp"];
        signers.extend(AUTHORITIES.iter().flat_map(|(_, _, keys, _)| keys.iter().copied()));
        let mut vendor = Vendor { published: Published::nothing(), web: Web::default(), signers };
        let mut draft = vendor.published.draft();
        let root = draft.root();
        root.set_keys(RoleType::Root, &public(&["root 1", "root 2", "root 3"]), 2)?;
        for (role, name) in [
            (RoleType::Targets, "targets"),
            (RoleType::Snapshot, "snapshot"),
            (RoleType::Timestamp, "timestamp"),
        ] {
            root.set_keys(role, &public(&[name]), 1)?;
        }
        for (name, paths, keys, threshold) in AUTHORITIES {
            let (role, paths) = (RoleName::delegated(name)?, PathSet::patterns([paths]));
            let delegation = Delegation::new(role.clone(), public(keys), threshold, paths);
            draft.targets()?.delegate(&delegation.terminating())?;
            draft.create_role(&role)?;
        }
        vendor.publish(draft, now)?;
        Ok(Self { vendor, now, manifests: BTreeMap::new() })
    }

    /// A day passes: the machine that signs timestamps does so every day.
    pub fn pass(&mut self, now: UtcTime) -> Result<()> {
        self.now = now;
        let mut draft = self.vendor.published.draft();
        draft.renew(&RoleType::Timestamp.into())?;
        self.vendor.publish(draft, now)?;
        Ok(())
    }

    /// The release team builds a release and lists it. No device takes it yet.
    pub fn release(&mut self, new: &NewRelease<'_>) -> Result<ManifestDigest> {
        let (product, version) = (Product::new(new.product)?, ReleaseVersion::new(new.version)?);
        let firmware: Vec<u8> =
            format!("{product} {version} ").bytes().cycle().take(50_000).collect();
        let component = ComponentDraft::full(
            ComponentId::new("firmware")?,
            "firmware.bin",
            Content::of(&firmware),
        );
        let manifest = ManifestDraft::new(product.clone(), version.clone(), new.rollback_index)
            .hardware_id(HardwareId::new(new.hardware)?)
            .channel(Channel::new("stable")?)
            .severity(new.severity)
            .component(component)
            .to_bytes(&Limits::default())?;
        let at = format!("releases/{product}/{version}/firmware.bin");
        let mut draft = self.vendor.published.draft();
        self.vendor.put(&mut draft, &TargetPath::new(&at)?, &firmware)?;
        self.vendor.put(&mut draft, &product.manifest_path(&version), &manifest)?;
        self.vendor.publish(draft, self.now)?;
        let digest = ManifestDigest::of(&manifest);
        self.manifests.insert((new.product.into(), new.version.into()), digest);
        Ok(digest)
    }

    /// Two of the governors sign a plan.
    pub fn plan(&mut self, product: &str, plan: &PlanDraft) -> Result<()> {
        let bytes = plan.to_bytes(&Limits::default())?;
        self.publish(&Product::new(product)?.plan_path(), &bytes)
    }

    /// One of those on call pulls the brake.
    pub fn brake(&mut self, product: &str, brake: &BrakeDraft) -> Result<()> {
        let bytes = brake.to_bytes(&Limits::default())?;
        self.publish(&Product::new(product)?.brake_path(), &bytes)
    }

    /// The name that people know a manifest by.
    pub fn name_of(&self, manifest: ManifestDigest) -> String {
        let found = self.manifests.iter().find(|(_, known)| **known == manifest);
        found.map_or_else(
            || manifest.to_string(),
            |((product, version), _)| format!("{product} {version}"),
        )
    }

    fn publish(&mut self, path: &TargetPath, bytes: &[u8]) -> Result<()> {
        let mut draft = self.vendor.published.draft();
        self.vendor.put(&mut draft, path, bytes)?;
        self.vendor.publish(draft, self.now)?;
        Ok(())
    }
}
