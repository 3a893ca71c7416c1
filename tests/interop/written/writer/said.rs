//! What each role is to say, as JSON, built beside the draft from the same edits: what the files are
//! held against. Nothing here is read from a file; only their lengths and digests are listed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::bins::Spread;
use crate::content::{Content, sha256};
use crate::keys::Key;

pub const TOP_LEVEL: [&str; 4] = ["root", "timestamp", "snapshot", "targets"];

/// The metadata of a repository, as it is meant.
#[derive(Clone)]
pub struct Said {
    /// Every key that was ever listed, by its id.
    keys: BTreeMap<String, Value>,
    /// What each role says besides the header and what follows from other roles.
    pub roles: BTreeMap<String, Value>,
    /// The targets roles, those who delegate before those to whom they do.
    pub order: Vec<String>,
    /// Roles that are published anew though they say the same.
    renewed: BTreeSet<String>,
    /// What was last published: `roles` as they were then, and the whole `signed`.
    before: BTreeMap<String, Value>,
    pub signed: BTreeMap<String, Value>,
}

/// The next release: the versions that it is meant to have, of `TOP_LEVEL` in that order, and what
/// it consists of.
pub struct Next<'n> {
    pub versions: [u64; 4],
    pub files: BTreeMap<String, &'n [u8]>,
    pub expires: &'n dyn Fn(&str) -> String,
    pub digests: bool,
}

impl Said {
    pub fn nothing() -> Self {
        let mut roles: BTreeMap<_, _> =
            TOP_LEVEL.map(|role| (role.to_owned(), json!({"meta": {}}))).into();
        let keys = TOP_LEVEL.map(|role| (role.to_owned(), json!({"keyids": [], "threshold": 0})));
        let keys: Map<String, Value> = keys.into_iter().collect();
        roles.insert("root".into(), json!({"consistent_snapshot": true, "roles": keys}));
        roles.insert("targets".into(), json!({"targets": {}}));
        let (keys, order) = (BTreeMap::new(), vec!["targets".into()]);
        let (renewed, before, signed) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
        Self { keys, roles, order, renewed, before, signed }
    }

    pub fn role(&mut self, role: &str) -> &mut Value {
        self.roles.get_mut(role).unwrap_or_else(|| panic!("no role {role}"))
    }

    pub fn insert(&mut self, role: &str, path: &str, content: &Content) {
        self.role(role)["targets"][path] = content.listed();
    }

    pub fn remove(&mut self, role: &str, path: &str) {
        let targets = self.role(role)["targets"].as_object_mut().unwrap();
        targets.remove(path).unwrap_or_else(|| panic!("{role} has no {path}"));
    }

    /// `delegation` is the entry in `roles`, but for keys and threshold.
    pub fn delegate(&mut self, from: &str, delegation: &Value, keys: &[Key], threshold: u64) {
        let name = delegation["name"].as_str().unwrap().to_owned();
        let mut entry = delegation.clone();
        entry["keyids"] = json!([]);
        let delegations = &mut self.role(from)["delegations"];
        match delegations["roles"].as_array_mut() {
            Some(roles) => roles.push(entry),
            None => *delegations = json!({"roles": [entry]}),
        }
        self.set_keys(&name, keys, threshold);
        self.create(&name);
    }

    pub fn undelegate(&mut self, from: &str, name: &str) {
        let roles = self.role(from)["delegations"]["roles"].as_array_mut().unwrap();
        roles.retain(|entry| entry["name"] != name);
        self.order.retain(|known| known != name);
    }

    pub fn set_patterns(&mut self, from: &str, name: &str, patterns: &[&str]) {
        let roles = self.role(from)["delegations"]["roles"].as_array_mut().unwrap();
        let found = roles.iter_mut().filter(|entry| entry["name"] == name);
        found.for_each(|entry| entry["paths"] = patterns.into());
    }

    pub fn move_into(&mut self, role: &str, spread: &Spread) {
        for key in &spread.keys {
            self.keys.insert(key.id().into(), key.listed());
        }
        let from = self.role(role);
        from["delegations"] = spread.delegations();
        let targets = std::mem::replace(&mut from["targets"], json!({}));
        for name in spread.names() {
            self.create(&name);
        }
        for (path, entry) in targets.as_object().unwrap() {
            self.role(&spread.of(path))["targets"][path] = entry.clone();
        }
    }

    fn create(&mut self, name: &str) {
        self.roles.entry(name.into()).or_insert_with(|| json!({"targets": {}}));
        self.order.push(name.into());
    }

    pub fn set_keys(&mut self, role: &str, keys: &[Key], threshold: u64) {
        self.edit(role, |entry| entry["keyids"] = json!([]));
        for key in keys {
            self.add_key(role, key);
        }
        self.set_threshold(role, threshold);
    }

    pub fn add_key(&mut self, role: &str, key: &Key) {
        self.keys.insert(key.id().into(), key.listed());
        self.edit(role, |entry| entry["keyids"].as_array_mut().unwrap().push(key.id().into()));
    }

    pub fn remove_key(&mut self, role: &str, key: &Key) {
        self.edit(role, |entry| {
            entry["keyids"].as_array_mut().unwrap().retain(|id| id != key.id());
        });
    }

    pub fn replace_key(&mut self, role: &str, old: &Key, new: &Key) {
        self.keys.insert(new.id().into(), new.listed());
        self.edit(role, |entry| {
            let ids = entry["keyids"].as_array_mut().unwrap().iter_mut();
            ids.filter(|id| *id == old.id()).for_each(|id| *id = new.id().into());
        });
    }

    pub fn set_threshold(&mut self, role: &str, threshold: u64) {
        self.edit(role, |entry| entry["threshold"] = threshold.into());
    }

    /// A role is published anew though it says the same: it is renewed, or has other signers.
    pub fn renew(&mut self, role: &str) {
        self.renewed.insert(role.into());
    }

    /// Wherever it stands who signs for a role.
    fn edit(&mut self, role: &str, edit: impl Fn(&mut Value)) {
        if TOP_LEVEL.contains(&role) {
            return edit(&mut self.role("root")["roles"][role]);
        }
        let delegators = self.roles.values_mut().filter_map(|said| said.get_mut("delegations"));
        for entry in delegators.filter_map(|delegations| delegations["roles"].as_array_mut()) {
            entry.iter_mut().filter(|entry| entry["name"] == role).for_each(&edit);
        }
    }

    /// Publishes what differs from before, if `next` has a new version for it.
    pub fn publish(&mut self, next: &Next) {
        let [root, timestamp, snapshot, targets] = next.versions;
        self.sign("root", "root", root, next);
        for role in self.order.clone() {
            let version = if role == "targets" { targets } else { self.next_version(&role) };
            if self.sign(&role, "targets", version, next) {
                self.list("snapshot", &role, next);
            }
        }
        if self.sign("snapshot", "snapshot", snapshot, next) {
            self.list("timestamp", "snapshot", next);
        }
        self.sign("timestamp", "timestamp", timestamp, next);
        self.renewed.clear();
    }

    fn version(&self, role: &str) -> u64 {
        self.signed.get(role).map_or(0, |signed| signed["version"].as_u64().unwrap())
    }

    /// Of a delegated role.
    fn next_version(&self, role: &str) -> u64 {
        let same = self.before.get(role) == self.roles.get(role) && !self.renewed.contains(role);
        self.version(role) + u64::from(!same)
    }

    fn sign(&mut self, role: &str, kind: &str, version: u64, next: &Next) -> bool {
        if self.version(role) == version {
            return false;
        }
        let said = self.roles[role].clone();
        let mut signed = said.clone();
        for (field, value) in [
            ("_type", kind.into()),
            ("expires", (next.expires)(role).into()),
            ("spec_version", "1.0.34".into()),
            ("version", version.into()),
        ] {
            signed[field] = value;
        }
        if kind == "root" {
            signed["keys"] = self.keys_of(said["roles"].as_object().unwrap().values());
        } else if let Some(succinct) = said.pointer("/delegations/succinct_roles") {
            signed["delegations"]["keys"] = self.keys_of([succinct]);
        } else if let Some(roles) = said.pointer("/delegations/roles") {
            signed["delegations"]["keys"] = self.keys_of(roles.as_array().unwrap());
        }
        self.before.insert(role.into(), said);
        self.signed.insert(role.into(), signed);
        true
    }

    /// The keys that these name.
    fn keys_of<'e>(&self, entries: impl IntoIterator<Item = &'e Value>) -> Value {
        let ids = entries.into_iter().flat_map(|entry| entry["keyids"].as_array().unwrap());
        let ids = ids.map(|id| id.as_str().unwrap());
        ids.map(|id| (id.to_owned(), self.keys[id].clone())).collect::<Map<_, _>>().into()
    }

    /// Lists the file of a role in the snapshot, or the snapshot in the timestamp.
    fn list(&mut self, by: &str, role: &str, next: &Next) {
        let bytes = next.files.get(role).unwrap_or_else(|| panic!("{role} is not published"));
        let mut listed = json!({"version": self.version(role)});
        if next.digests {
            listed["hashes"] = json!({"sha256": sha256(bytes)});
            listed["length"] = bytes.len().into();
        }
        self.role(by)["meta"][format!("{role}.json")] = listed;
    }
}
