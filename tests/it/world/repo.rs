//! The repository.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ota_trust::primitives::{RoleName, Version};
use ota_trust::update::StoredItem;
use serde_json::{Value, json};

use super::device::{Answer, Mirror};
use super::json::{Form, canonical, render, sha256_hex};
use super::signer::{Authority, Signer, key_map};
use super::targets::{Delegation, Role, Succinct};

/// When files expire unless a test says otherwise.
pub(crate) const FOREVER: &str = "2099-01-01T00:00:00Z";

/// Version and expiry of a role.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) version: u64,
    pub(crate) expires: String,
}

impl Header {
    fn first() -> Self {
        Self { version: 1, expires: FOREVER.to_owned() }
    }

    pub(crate) fn to_json(&self, role: &str) -> Value {
        json!({
            "_type": role,
            "spec_version": "1.0.34",
            "version": self.version,
            "expires": self.expires,
        })
    }
}

/// What timestamp and snapshot list of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    Version,
    VersionLengthAndHashes,
}

type Edit = Rc<dyn Fn(&mut Value)>;

/// A TUF repository: what it means to say, and the files that it serves.
#[derive(Clone)]
pub(crate) struct Repo {
    pub(crate) form: Form,
    /// `consistent_snapshot`; `None` leaves the field out.
    pub(crate) consistent: Option<bool>,
    pub(crate) listing: Listing,
    pub(crate) root: Header,
    pub(crate) timestamp: Header,
    pub(crate) snapshot: Header,
    /// The keys of the top-level roles.
    pub(crate) keys: BTreeMap<&'static str, Authority>,
    /// `targets` and the delegated roles.
    pub(crate) roles: BTreeMap<String, Role>,
    /// The files, by the name under which they are served.
    pub(crate) served: BTreeMap<String, Vec<u8>>,
    /// Files that cannot be downloaded although they may be there.
    pub(crate) unreachable: BTreeSet<String>,
    /// The root keys of the version before, which sign too.
    outgoing: Vec<Signer>,
    before_signing: Vec<(String, Edit)>,
    after_signing: Vec<(String, Edit)>,
    items: BTreeMap<String, StoredItem>,
}

impl Repo {
    /// One key for each top-level role, all of version 1, no targets.
    pub(crate) fn new() -> Self {
        let one = |role: &'static str| (role, Authority::new(&[role], 1));
        let keys = ["root", "timestamp", "snapshot", "targets"].map(one);
        let targets = Role::new(vec![Signer::new("targets")]);
        let mut repo = Self {
            form: Form::Compact,
            consistent: Some(true),
            listing: Listing::Version,
            root: Header::first(),
            timestamp: Header::first(),
            snapshot: Header::first(),
            keys: keys.into_iter().collect(),
            roles: [("targets".to_owned(), targets)].into_iter().collect(),
            served: BTreeMap::new(),
            unreachable: BTreeSet::new(),
            outgoing: Vec::new(),
            before_signing: Vec::new(),
            after_signing: Vec::new(),
            items: BTreeMap::new(),
        };
        repo.publish_all();
        repo
    }

    /// A repository that is built by `build` before anything is published.
    pub(crate) fn with(build: impl FnOnce(&mut Self)) -> Self {
        let mut repo = Self::new();
        build(&mut repo);
        repo.served.clear();
        repo.publish_all();
        repo
    }

    /// Edits the `signed` part of a role's files before they are signed, from now on.
    pub(crate) fn edit(&mut self, role: &str, edit: impl Fn(&mut Value) + 'static) {
        self.before_signing.push((role.to_owned(), Rc::new(edit)));
    }

    /// The same after they are signed.
    pub(crate) fn tamper(&mut self, role: &str, edit: impl Fn(&mut Value) + 'static) {
        self.after_signing.push((role.to_owned(), Rc::new(edit)));
    }

    /// No more edits.
    pub(crate) fn be_honest(&mut self) {
        self.before_signing.clear();
        self.after_signing.clear();
    }

    pub(crate) fn role(&mut self, name: &str) -> &mut Role {
        self.roles.get_mut(name).unwrap()
    }

    /// Lists a target with the digest of `content`.
    pub(crate) fn add_target(&mut self, role: &str, path: &str, content: &[u8]) {
        let entry = json!({"length": content.len(), "hashes": {"sha256": sha256_hex(content)}});
        self.role(role).targets.insert(path.to_owned(), entry);
    }

    /// Adds a delegation; a role that is new is signed as this delegation asks.
    pub(crate) fn delegate(&mut self, from: &str, edge: Delegation) {
        let role = self.roles.entry(edge.name.clone()).or_insert_with(|| Role::new(Vec::new()));
        for key in &edge.authority.keys {
            if !role.signers.iter().any(|signer| signer.id == key.id) {
                role.signers.push(key.clone());
            }
        }
        self.role(from).delegations.push(edge);
    }

    /// Adds succinct hash bins, of which only those in `bins` have a file.
    pub(crate) fn delegate_bins(&mut self, prefix: &str, bit_length: u64, bins: &[&str]) {
        let authority = Authority::new(&[prefix], 1);
        for &bin in bins {
            self.roles.insert(bin.to_owned(), Role::new(authority.keys.clone()));
        }
        let prefix = prefix.to_owned();
        self.role("targets").succinct = Some(Succinct { authority, bit_length, prefix });
    }

    /// A next root: `change` is applied, and the keys of both versions sign.
    pub(crate) fn next_root(&mut self, change: impl FnOnce(&mut Self)) {
        self.outgoing = self.keys["root"].keys.clone();
        self.root.version += 1;
        change(self);
        self.publish_root();
    }

    /// The next version of a targets role, published with [`release`](Self::release).
    pub(crate) fn bump(&mut self, role: &str) {
        self.role(role).header.version += 1;
    }

    /// The next versions of snapshot and timestamp.
    pub(crate) fn release(&mut self) {
        self.snapshot.version += 1;
        self.timestamp.version += 1;
        self.publish();
    }

    pub(crate) fn publish_all(&mut self) {
        self.publish_root();
        self.publish();
    }

    fn publish_root(&mut self) {
        let mut signed = self.root.to_json("root");
        if let Some(consistent) = self.consistent {
            signed["consistent_snapshot"] = json!(consistent);
        }
        signed["keys"] = key_map(self.keys.values());
        signed["roles"] = self.keys.iter().map(|(&role, keys)| (role, keys.role())).collect();
        let mut signers = self.keys["root"].keys.clone();
        for key in &self.outgoing {
            if !signers.iter().any(|signer| signer.id == key.id) {
                signers.push(key.clone());
            }
        }
        let bytes = self.write("root", signed, &signers);
        let version = Version::new(self.root.version.max(1)).unwrap();
        let name = format!("{version}.root.json");
        self.serve(&name, StoredItem::Root(version), bytes);
    }

    /// Writes everything but the root. What has not changed comes out byte for byte as before.
    pub(crate) fn publish(&mut self) {
        let mut meta = serde_json::Map::new();
        for (name, role) in self.roles.clone() {
            let bytes = self.write(&name, role.to_json(), &role.signers);
            let listed = self.listed(role.header.version, &bytes);
            meta.insert(format!("{name}.json"), listed);
            let item = match name.as_str() {
                "targets" => StoredItem::Role(RoleName::targets()),
                // A name that no delegation may have is served, but never stored.
                name => match RoleName::delegated(name) {
                    Ok(name) => StoredItem::Role(name),
                    Err(_) => continue,
                },
            };
            let file = self.file_name(&quote(&name), role.header.version);
            self.serve(&file, item, bytes);
        }
        let mut signed = self.snapshot.to_json("snapshot");
        signed["meta"] = meta.into();
        let bytes = self.write("snapshot", signed, &self.keys["snapshot"].keys.clone());
        let file = self.file_name("snapshot", self.snapshot.version);
        let listed = self.listed(self.snapshot.version, &bytes);
        self.serve(&file, StoredItem::Snapshot, bytes);
        let mut signed = self.timestamp.to_json("timestamp");
        signed["meta"] = json!({"snapshot.json": listed});
        let bytes = self.write("timestamp", signed, &self.keys["timestamp"].keys.clone());
        self.serve("timestamp.json", StoredItem::Timestamp, bytes);
    }

    fn serve(&mut self, name: &str, item: StoredItem, bytes: Vec<u8>) {
        self.served.insert(name.to_owned(), bytes);
        self.items.insert(name.to_owned(), item);
    }

    fn write(&self, role: &str, mut signed: Value, signers: &[Signer]) -> Vec<u8> {
        for (_, edit) in self.before_signing.iter().filter(|(of, _)| of == role) {
            edit(&mut signed);
        }
        let mut envelope = sign(signed, signers);
        for (_, edit) in self.after_signing.iter().filter(|(of, _)| of == role) {
            edit(&mut envelope);
        }
        render(&envelope, self.form)
    }

    fn listed(&self, version: u64, bytes: &[u8]) -> Value {
        let mut listed = json!({"version": version});
        if self.listing == Listing::VersionLengthAndHashes {
            listed["length"] = json!(bytes.len());
            listed["hashes"] = json!({"sha256": sha256_hex(bytes)});
        }
        listed
    }

    fn file_name(&self, stem: &str, version: u64) -> String {
        match self.consistent {
            Some(true) => format!("{version}.{stem}.json"),
            _ => format!("{stem}.json"),
        }
    }

    /// The bytes of a served file.
    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        self.served.get(name).unwrap_or_else(|| panic!("{name} is not served")).clone()
    }

    /// As which item a device stores a served file.
    pub(crate) fn item(&self, name: &str) -> StoredItem {
        self.items[name].clone()
    }
}

impl Mirror for Repo {
    fn get(&self, name: &str, _attempt: u32) -> Answer {
        if self.unreachable.contains(name) {
            return Answer::Failed;
        }
        self.served.get(name).map_or(Answer::NotFound, |bytes| Answer::File(bytes.clone()))
    }
}

/// The envelope of `signed`.
#[allow(clippy::needless_pass_by_value, reason = "it becomes a part of the envelope")]
pub(crate) fn sign(signed: Value, signers: &[Signer]) -> Value {
    let message = canonical(&signed);
    let signatures: Vec<Value> = signers.iter().map(|s| s.sign(message.as_bytes())).collect();
    json!({"signatures": signatures, "signed": signed})
}

/// `urllib.parse.quote(text, "")`
pub(crate) fn quote(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
