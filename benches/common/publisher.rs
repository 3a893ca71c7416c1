//! A publisher of the repositories that the other benches read: its keys, and what it lists.
//!
//! As with the clients, files are read before anything is measured. What is measured starts from bytes
//! and ends with a release.

use std::fs;

use ota_trust::key::{Ed25519Signer, NamedKey, Signer};
use ota_trust::primitives::{Digest, Hashes, Limits, RoleName, TargetPath, UtcTime};
use ota_trust::repository::{
    Bins, Draft, DraftError, Policy, Published, Release, Signing, TargetEntry,
};

use super::Mirror;

pub struct Publisher {
    mirror: Mirror,
    keys: Vec<(String, Ed25519Signer)>,
    /// What is listed.
    pub entries: Vec<(TargetPath, TargetEntry)>,
    /// Of how many bits the bins are, if there are bins.
    bits: Option<u32>,
    pub policy: Policy,
}

pub fn now() -> UtcTime {
    UtcTime::parse("2027-01-01T00:00:00Z").expect("a time")
}

impl Publisher {
    pub fn of(workload: &str) -> Self {
        let mirror = Mirror::of(workload);
        let text = |name: &str| {
            let path = mirror.folder.join("publish").join(name);
            fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        };
        let keys = text("keys.txt").lines().map(key).collect();
        let entries = text("targets.txt").lines().map(entry).collect();
        let bits = text("layout.txt");
        let bits = bits.trim().strip_prefix("bins ").map(|bits| bits.parse().expect("a number"));
        Self { mirror, keys, entries, bits, policy: Policy::default() }
    }

    /// All keys.
    pub fn signers(&self) -> Vec<&dyn Signer> {
        self.keys.iter().map(|(_, key)| key as &dyn Signer).collect()
    }

    fn public_key(&self, role: &str) -> NamedKey {
        let found = self.keys.iter().find(|(known, _)| known == role);
        found.expect("a key").1.public_key().clone()
    }

    fn file(&self, name: &str) -> Vec<u8> {
        self.mirror.file(name).to_vec()
    }

    /// All targets, from nothing but the root, not yet sealed.
    pub fn drafted(&self) -> Draft {
        let root = self.file("1.root.json");
        let mut draft = Published::open_root(root, &Limits::default()).expect("a root").draft();
        let targets = draft.targets().expect("a role");
        for (path, entry) in &self.entries {
            targets.insert(path, entry);
        }
        draft
    }

    /// As [`drafted`](Self::drafted), and moved into bins where the repository has bins.
    pub fn binned(&self) -> Draft {
        let mut draft = self.drafted();
        if let Some(bits) = self.bits {
            self.move_into_bins(&mut draft, bits);
        }
        draft
    }

    pub fn move_into_bins(&self, draft: &mut Draft, bits: u32) {
        let layout = Bins::listed(bits, "bin", vec![self.public_key("bin")], 1);
        draft.move_into_bins(&RoleName::targets(), &layout).expect("bins");
    }

    pub fn seal(&self, draft: Draft) -> Signing {
        draft.seal(now(), &self.policy).expect("a draft that can be published")
    }

    pub fn publish(&self, draft: Draft) -> Release {
        self.seal(draft).publish(&self.signers(), now()).expect("a release")
    }

    /// The repository as it is published, with no targets role at hand.
    pub fn opened(&self) -> Published {
        let [root, timestamp, snapshot] =
            ["1.root.json", "timestamp.json", "1.snapshot.json"].map(|name| self.file(name));
        Published::open(root, timestamp, snapshot, &Limits::default()).expect("a repository")
    }

    pub fn load(&self, published: &mut Published, role: &RoleName) {
        let name = published.file_name(role).expect("a published role");
        published.load(role, self.file(&name)).expect("a file of the role");
    }

    /// The repository with what one has to have to change the first look-up's target.
    pub fn opened_for_a_change(&self) -> Published {
        let mut published = self.opened();
        self.load(&mut published, &RoleName::targets());
        let (path, _) = &self.mirror.lookups[0];
        while let Err(DraftError::NotLoaded(role)) = published.draft().role_for(path) {
            self.load(&mut published, &role);
        }
        published
    }

    /// Lists that target with another content.
    pub fn change(&self, published: &Published) -> Release {
        let mut draft = published.draft();
        let (path, _) = &self.mirror.lookups[0];
        draft.insert_target(path, &TargetEntry::of(b"changed")).expect("a role that lists it");
        self.publish(draft)
    }

    /// A renewed timestamp.
    pub fn renew(&self) -> Release {
        let mut draft = self.opened().draft();
        draft.renew(&ota_trust::metadata::RoleType::Timestamp.into()).expect("a timestamp");
        self.publish(draft)
    }
}

fn key(line: &str) -> (String, Ed25519Signer) {
    let [role, seed, _] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
    (role.to_owned(), Ed25519Signer::from_seed(&digest(seed)))
}

fn entry(line: &str) -> (TargetPath, TargetEntry) {
    let [path, length, sha256] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
    let hashes = Hashes::from_digest(Digest::Sha256(digest(sha256)));
    let entry = TargetEntry::new(length.parse().expect("a length"), hashes).expect("a digest");
    (TargetPath::new(path).expect("a path"), entry)
}

/// Thirty-two bytes in hexadecimal.
fn digest(text: &str) -> [u8; 32] {
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    std::array::from_fn(|number| byte(2 * number))
}
