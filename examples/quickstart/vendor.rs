//! The vendor: its keys, its releases, and the web server that it uploads to.

use std::collections::BTreeMap;

use ota_trust::key::{Ed25519Signer, NamedKey, Signer};
use ota_trust::metadata::{PathSet, RoleType};
use ota_trust::primitives::{RoleName, TargetPath, UtcTime};
use ota_trust::repository::{Bins, Delegation, Draft, Policy, Published, Release, TargetEntry};

use crate::Result;

/// A vendor of lamps and fans.
pub struct Vendor {
    pub published: Published,
    pub web: Web,
    /// Who signs now. Keys that lie in a safe are not among them.
    pub signers: Vec<&'static str>,
}

/// What a web server serves: metadata and targets, by name.
#[derive(Clone, Default)]
pub struct Web {
    pub metadata: BTreeMap<String, Vec<u8>>,
    pub targets: BTreeMap<String, Vec<u8>>,
}

/// A key of the story. Real ones are drawn at random and never in a program; these are made from
/// their names, so that the story is the same each time.
pub fn key(name: &str) -> Ed25519Signer {
    let mut seed = [0; 32];
    seed.iter_mut().zip(name.bytes()).for_each(|(to, byte)| *to = byte);
    Ed25519Signer::from_seed(&seed)
}

pub fn public(names: &[&str]) -> Vec<NamedKey> {
    names.iter().map(|name| key(name).public_key().clone()).collect()
}

/// The three keys of the release team, two of which have to sign.
pub const RELEASE_KEYS: [&str; 3] = ["release 1", "release 2", "release 3"];

impl Vendor {
    /// Root is signed by two of three people, releases by two of three others; `targets` only
    /// delegates, and what is signed every day is signed by machines.
    pub fn found(now: UtcTime) -> Result<Self> {
        let signers =
            vec!["root 1", "root 2", "targets", "release 1", "release 3", "snapshot", "timestamp"];
        let mut vendor = Self { published: Published::nothing(), web: Web::default(), signers };
        let mut draft = vendor.published.draft();
        let root = draft.root();
        root.set_keys(RoleType::Root, &public(&["root 1", "root 2", "root 3"]), 2)?;
        root.set_keys(RoleType::Targets, &public(&["targets"]), 1)?;
        root.set_keys(RoleType::Snapshot, &public(&["snapshot"]), 1)?;
        root.set_keys(RoleType::Timestamp, &public(&["timestamp"]), 1)?;
        for product in ["lamp", "fan"] {
            let role = RoleName::delegated(product)?;
            let paths = PathSet::patterns([format!("{product}/*/*").as_str()]);
            let delegation = Delegation::new(role.clone(), public(&RELEASE_KEYS), 2, paths);
            draft.targets()?.delegate(&delegation.terminating())?;
            draft.create_role(&role)?;
        }
        vendor.add(&mut draft, "lamp/1.0.0/firmware.bin", 20_000)?;
        for number in 0..40 {
            vendor.add(&mut draft, &format!("fan/1.0.0/part-{number}.bin"), 100)?;
        }
        vendor.publish(draft, now)?;
        Ok(vendor)
    }

    /// A new release of the lamp.
    pub fn release_lamp(&mut self, version: &str, now: UtcTime) -> Result<Release> {
        let mut draft = self.published.draft();
        self.add(&mut draft, &format!("lamp/{version}/firmware.bin"), 30_000)?;
        self.publish(draft, now)
    }

    /// One root key was lost, and the timestamp key gets a successor. Both of the timestamp's keys
    /// sign once, so that no device sees a gap.
    pub fn rotate_keys(&mut self, now: UtcTime) -> Result<Release> {
        let mut draft = self.published.draft();
        let ids = |names: &[&str]| {
            public(names).into_iter().map(|key| key.id().clone()).collect::<Vec<_>>()
        };
        for (role, old, new) in [
            (RoleType::Root, "root 3", "root 4"),
            (RoleType::Timestamp, "timestamp", "timestamp 2"),
        ] {
            for (old, new) in ids(&[old]).iter().zip(&public(&[new])) {
                draft.rotate_key(&role.into(), old, new)?;
            }
        }
        self.signers.push("timestamp 2");
        let release = self.publish(draft, now)?;
        self.signers.retain(|name| *name != "timestamp");
        Ok(release)
    }

    /// The fan has many parts: from now on they lie in eight bins, by the hashes of their paths.
    pub fn move_fan_into_bins(&mut self, now: UtcTime) -> Result<Release> {
        let mut draft = self.published.draft();
        let bins = Bins::listed(3, "fan-bin", public(&RELEASE_KEYS), 2);
        draft.move_into_bins(&RoleName::delegated("fan")?, &bins)?;
        self.publish(draft, now)
    }

    /// Lists an artifact, and uploads it: artifacts come before the metadata that lists them.
    fn add(&mut self, draft: &mut Draft, path: &str, length: usize) -> Result<()> {
        let bytes: Vec<u8> = path.bytes().cycle().take(length).collect();
        self.put(draft, &TargetPath::new(path)?, &bytes)
    }

    /// The same, with these bytes.
    pub fn put(&mut self, draft: &mut Draft, path: &TargetPath, bytes: &[u8]) -> Result<()> {
        let entry = TargetEntry::of(bytes);
        draft.insert_target(path, &entry)?;
        for name in entry.upload_paths(path, true) {
            self.web.targets.insert(name, bytes.to_vec());
        }
        Ok(())
    }

    /// Seals a draft, signs it, and uploads its files in their order.
    pub fn publish(&mut self, draft: Draft, now: UtcTime) -> Result<Release> {
        let keys: Vec<Ed25519Signer> = self.signers.iter().map(|name| key(name)).collect();
        let signers: Vec<&dyn Signer> = keys.iter().map(|key| key as &dyn Signer).collect();
        let release = draft.seal(now, &Policy::default())?.publish(&signers, now)?;
        for file in release.files() {
            self.web.metadata.insert(file.name(), file.bytes().to_vec());
        }
        self.published = release.published().clone();
        Ok(release)
    }
}
