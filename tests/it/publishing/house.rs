//! A publisher: its keys, what it has published, and a web server in memory.

use std::collections::BTreeMap;

use ota_trust::key::{Ed25519Signer, NamedKey, Signer};
use ota_trust::metadata::RoleType;
use ota_trust::primitives::{RoleName, TargetPath, UtcTime};
use ota_trust::repository::{Draft, Policy, PublishError, Published, Release, TargetEntry};

use crate::world::{Answer, Device, Mirror, at};

/// When releases are made unless a test says otherwise.
pub(crate) const NOW: &str = "2027-01-01T00:00:00Z";

pub(crate) fn now() -> UtcTime {
    UtcTime::parse(NOW).unwrap()
}

/// The key with that name: its seed is the name.
pub(crate) fn key(name: &str) -> Ed25519Signer {
    let mut seed = [0; 32];
    seed[..name.len()].copy_from_slice(name.as_bytes());
    Ed25519Signer::from_seed(&seed)
}

pub(crate) fn public(name: &str) -> NamedKey {
    key(name).public_key().clone()
}

pub(crate) fn role(name: &str) -> RoleName {
    if name == "targets" { RoleName::targets() } else { RoleName::delegated(name).unwrap() }
}

pub(crate) fn path(path: &str) -> TargetPath {
    TargetPath::new(path).unwrap()
}

/// Everything that a web server has.
#[derive(Clone, Default)]
pub(crate) struct Web(pub(crate) BTreeMap<String, Vec<u8>>);

impl Web {
    pub(crate) fn upload(&mut self, release: &Release) {
        for file in release.files() {
            self.0.insert(file.name(), file.bytes().to_vec());
        }
    }

    /// A device with the first root.
    pub(crate) fn device(&self) -> Device {
        Device::provisioned(self.0["1.root.json"].clone(), at(NOW))
    }
}

impl Mirror for Web {
    fn get(&self, name: &str, _: u32) -> Answer {
        self.0.get(name).map_or(Answer::NotFound, |bytes| Answer::File(bytes.clone()))
    }
}

/// A publisher with all of its keys at hand.
pub(crate) struct House {
    pub(crate) published: Published,
    pub(crate) policy: Policy,
    pub(crate) keys: Vec<String>,
    pub(crate) web: Web,
}

/// The keys of a new house: one for each top-level role.
pub(crate) const TOP_LEVEL: [(RoleType, &str); 4] = [
    (RoleType::Root, "root"),
    (RoleType::Timestamp, "timestamp"),
    (RoleType::Snapshot, "snapshot"),
    (RoleType::Targets, "targets"),
];

impl House {
    /// Nothing is published.
    pub(crate) fn empty() -> Self {
        Self {
            published: Published::nothing(),
            policy: Policy::default(),
            keys: TOP_LEVEL.iter().map(|(_, name)| (*name).to_owned()).collect(),
            web: Web::default(),
        }
    }

    /// A repository with no targets.
    pub(crate) fn new() -> Self {
        let mut house = Self::empty();
        house.publish(first);
        house
    }

    pub(crate) fn with_keys(mut self, names: &[&str]) -> Self {
        self.keys.extend(names.iter().map(|name| (*name).to_owned()));
        self
    }

    /// Makes a release of an edit, with all keys; uploads nothing.
    pub(crate) fn release(&self, edit: impl FnOnce(&mut Draft)) -> Result<Release, PublishError> {
        let mut draft = self.published.draft();
        edit(&mut draft);
        let signing = draft.seal(now(), &self.policy)?;
        let keys: Vec<Ed25519Signer> = self.keys.iter().map(|name| key(name)).collect();
        let signers: Vec<&dyn Signer> = keys.iter().map(|key| key as &dyn Signer).collect();
        signing.publish(&signers, now())
    }

    /// Makes a release and uploads it; the names of the files, in order.
    pub(crate) fn publish(&mut self, edit: impl FnOnce(&mut Draft)) -> Vec<String> {
        let release = self.release(edit).unwrap();
        self.web.upload(&release);
        self.published = release.published().clone();
        release.files().map(|file| file.name()).collect()
    }

    /// The code of the refusal of an edit.
    pub(crate) fn refusal(&self, edit: impl FnOnce(&mut Draft)) -> &'static str {
        self.release(edit).map(|release| format!("{release:?}")).unwrap_err().code()
    }
}

/// Gives each top-level role its key, and creates the targets role.
pub(crate) fn first(draft: &mut Draft) {
    for (role, name) in TOP_LEVEL {
        draft.root().set_keys(role, &[public(name)], 1).unwrap();
    }
    draft.targets().unwrap();
}

/// Lists a target that consists of its own path, where a search for it ends.
pub(crate) fn add(draft: &mut Draft, at: &str) -> RoleName {
    draft.insert_target(&path(at), &TargetEntry::of(at.as_bytes())).unwrap()
}

/// The device finds the target, and it consists of its own path.
pub(crate) fn assert_found(device: &mut Device, web: &Web, at: &str) {
    let repository = device.refresh(web);
    let target = device.find(web, repository, at).unwrap().target.unwrap();
    let mut stream = target.stream(1 << 20).unwrap();
    stream.update(at.as_bytes()).unwrap();
    stream.finish().unwrap();
}
