//! A vendor whose releases, rollouts, brake and services are four authorities.

use std::collections::BTreeMap;

use ota_trust::metadata::{PathSet, RoleType};
use ota_trust::primitives::{Limits, UtcTime};
use ota_trust::release::{
    Channel, ComponentDraft, ComponentId, Content, HardwareId, ManifestDigest, ManifestDraft,
    Product, ReleaseVersion,
};
use ota_trust::repository::{Delegation, Draft, TargetEntry};
use ota_trust::rollout::{BrakeDraft, PlanDraft, PlannedReleaseDraft, Stage};
use sha2::{Digest as _, Sha256};

use crate::publishing::house::{House, first, path, public, role};

/// The authorities below `targets`, and what they may speak for.
pub(crate) const AUTHORITIES: [(&str, &str); 4] = [
    ("releases", "releases/*/*/*"),
    ("rollouts", "rollouts/*"),
    ("brake", "brake/*"),
    ("services", "services/*"),
];

/// When plans expire, unless a test says otherwise.
pub(crate) const PLAN_EXPIRES: &str = "2027-06-01T00:00:00Z";

/// A vendor, and every target file that it has ever uploaded.
pub(crate) struct Vendor {
    pub(crate) house: House,
    pub(crate) contents: BTreeMap<String, Vec<u8>>,
}

impl Vendor {
    /// With four authorities, each of one key with its own name, and nothing listed.
    pub(crate) fn new() -> Self {
        Self::with_authorities(AUTHORITIES.map(|(name, paths)| (name, paths, name)))
    }

    /// With authorities of a name, paths and a key.
    pub(crate) fn with_authorities<const N: usize>(of: [(&str, &str, &str); N]) -> Self {
        let mut house = House::empty().with_keys(&of.map(|(_, _, key)| key));
        house.publish(|draft| {
            first(draft);
            for (name, paths, key) in of {
                let paths = PathSet::patterns([paths]);
                let delegation = Delegation::new(role(name), vec![public(key)], 1, paths);
                draft.targets().unwrap().delegate(&delegation.terminating()).unwrap();
                draft.create_role(&role(name)).unwrap();
            }
        });
        Self { house, contents: BTreeMap::new() }
    }

    /// Publishes target files, each by the role that a search for it ends with.
    pub(crate) fn put(&mut self, files: &[(String, Vec<u8>)]) {
        // What is published already is no release.
        if files.iter().all(|(at, bytes)| self.contents.get(at) == Some(bytes)) {
            return;
        }
        self.house.publish(|draft| {
            for (at, bytes) in files {
                draft.insert_target(&path(at), &TargetEntry::of(bytes)).unwrap();
            }
        });
        for (at, bytes) in files {
            let digest = hex::encode(Sha256::digest(bytes));
            self.contents.insert(format!("{digest}.{at}"), bytes.clone());
            self.contents.insert(at.clone(), bytes.clone());
        }
    }

    /// Publishes a release with one component of a few bytes, and gives its digest.
    pub(crate) fn release(&mut self, of: &str, number: &str, index: u64) -> ManifestDigest {
        self.release_as(of, number, index, |draft| draft)
    }

    /// The same, with changes to the manifest.
    pub(crate) fn release_as(
        &mut self,
        of: &str,
        number: &str,
        index: u64,
        edit: impl FnOnce(ManifestDraft) -> ManifestDraft,
    ) -> ManifestDigest {
        let firmware = firmware(of, number);
        let component =
            ComponentDraft::full(component("firmware"), "firmware.bin", Content::of(&firmware));
        let draft = ManifestDraft::new(product(of), version(number), index)
            .hardware_id(hardware("a1"))
            .channel(channel("stable"))
            .component(component);
        let manifest = edit(draft).to_bytes(&Limits::default()).unwrap();
        let folder = format!("releases/{of}/{number}");
        let digest = ManifestDigest::from_bytes(Sha256::digest(&manifest).into());
        self.put(&[
            (format!("{folder}/release.json"), manifest),
            (format!("{folder}/firmware.bin"), firmware),
        ]);
        digest
    }

    /// Publishes a plan.
    pub(crate) fn plan(&mut self, of: &str, plan: &PlanDraft) {
        let bytes = plan.to_bytes(&Limits::default()).unwrap();
        self.put(&[(format!("rollouts/{of}.json"), bytes)]);
    }

    /// Publishes a brake.
    pub(crate) fn brake(&mut self, of: &str, brake: &BrakeDraft) {
        let bytes = brake.to_bytes(&Limits::default()).unwrap();
        self.put(&[(format!("brake/{of}.json"), bytes)]);
    }

    /// Replaces the one key of an authority: the parent takes the old one away.
    pub(crate) fn rotate(&mut self, authority: &str, old: &str, new: &str) {
        self.house.keys.retain(|key| key != old);
        self.house.keys.push(new.to_owned());
        self.house.publish(|draft| {
            let targets = draft.targets().unwrap();
            let old = public(old);
            targets.replace_key(&role(authority), old.id(), &public(new)).unwrap();
            draft.renew(&role(authority)).unwrap();
        });
    }

    /// What a thief of keys publishes: any edit, signed with the keys that the house has.
    pub(crate) fn edit(&mut self, edit: impl FnOnce(&mut Draft)) {
        self.house.publish(edit);
    }

    /// A fresh timestamp and snapshot by their online keys.
    pub(crate) fn refresh(&mut self) {
        self.house.publish(|draft| {
            draft.renew(&RoleType::Snapshot.into()).unwrap();
        });
    }
}

/// The bytes of the component `firmware` of a release.
pub(crate) fn firmware(of: &str, number: &str) -> Vec<u8> {
    format!("firmware of {of} {number}").into_bytes()
}

/// A plan with stable releases.
pub(crate) fn stable(of: &str, epoch: u64, releases: &[(ManifestDigest, &str)]) -> PlanDraft {
    let draft = PlanDraft::new(product(of), epoch, utc(PLAN_EXPIRES));
    releases.iter().fold(draft, |draft, (manifest, number)| {
        draft.release(PlannedReleaseDraft::new(*manifest, version(number), Stage::Stable))
    })
}

pub(crate) fn product(name: &str) -> Product {
    Product::new(name).unwrap()
}

pub(crate) fn version(text: &str) -> ReleaseVersion {
    ReleaseVersion::new(text).unwrap()
}

pub(crate) fn channel(name: &str) -> Channel {
    Channel::new(name).unwrap()
}

pub(crate) fn hardware(name: &str) -> HardwareId {
    HardwareId::new(name).unwrap()
}

pub(crate) fn component(name: &str) -> ComponentId {
    ComponentId::new(name).unwrap()
}

pub(crate) fn utc(text: &str) -> UtcTime {
    UtcTime::parse(text).unwrap()
}
