//! A publisher: each edit goes to the draft and, as JSON, beside it.

use std::collections::BTreeMap;

use ota_trust::metadata::RoleType;
use ota_trust::primitives::{RoleName, TargetPath};
use ota_trust::repository::{Draft, Policy, Published};
use serde_json::Value;

use crate::bins::Spread;
use crate::content::{Content, read, sha256};
use crate::keys::{Key, public};
use crate::said::{Said, TOP_LEVEL};
use crate::tree::{Scenario, Web};

pub struct Publisher {
    pub policy: Policy,
    pub draft: Draft,
    pub published: Published,
    pub said: Said,
    /// The keys at hand, by their ids.
    pub keys: BTreeMap<String, Key>,
    pub web: Web,
    /// Every path that was ever listed, and what a client finds there.
    pub contents: BTreeMap<String, Option<Content>>,
    /// How many releases there were.
    pub day: u32,
    /// What is published expires within weeks, and has expired when clients read it.
    pub short_lived: bool,
    pub steps: Vec<(Web, Value)>,
}

pub fn role(name: &str) -> RoleName {
    match name {
        "root" => RoleType::Root.into(),
        "timestamp" => RoleType::Timestamp.into(),
        "snapshot" => RoleType::Snapshot.into(),
        "targets" => RoleName::targets(),
        _ => RoleName::delegated(name).unwrap(),
    }
}

fn path(text: &str) -> TargetPath {
    TargetPath::new(text).unwrap()
}

impl Publisher {
    /// With these keys and thresholds of root, timestamp, snapshot and targets.
    pub fn new(keys: [(&[Key], u64); 4]) -> Self {
        let published = Published::nothing();
        let mut house = Self {
            policy: Policy::default(),
            draft: published.draft(),
            published,
            said: Said::nothing(),
            keys: BTreeMap::new(),
            web: Web::default(),
            contents: BTreeMap::new(),
            day: 0,
            short_lived: false,
            steps: Vec::new(),
        };
        let kinds = [RoleType::Root, RoleType::Timestamp, RoleType::Snapshot, RoleType::Targets];
        for ((kind, name), (keys, threshold)) in kinds.into_iter().zip(TOP_LEVEL).zip(keys) {
            house.draft.root().set_keys(kind, &public(keys), threshold).unwrap();
            house.said.set_keys(name, keys, threshold);
            house.hold(keys);
        }
        house.draft.targets().unwrap();
        house
    }

    /// These keys sign from now on.
    pub fn hold<'k>(&mut self, keys: impl IntoIterator<Item = &'k Key>) {
        self.keys.extend(keys.into_iter().map(|key| (key.id().to_owned(), key.clone())));
    }

    /// These do no more.
    pub fn let_go<'k>(&mut self, keys: impl IntoIterator<Item = &'k Key>) {
        for key in keys {
            self.keys.remove(key.id());
        }
    }

    /// Lists a target where a search for it ends, which is in `role`.
    pub fn add(&mut self, role: &str, at: &str, content: impl Into<Content>) {
        let content = content.into();
        let listed_by = self.draft.insert_target(&path(at), &content.entry()).unwrap();
        assert_eq!(listed_by.as_str(), role);
        self.list(role, at, content);
    }

    /// Lists a target in a role that a search comes to after others, which do not list it.
    pub fn add_in(&mut self, name: &str, at: &str, content: impl Into<Content>) {
        let content = content.into();
        self.draft.role(&role(name)).unwrap().insert(&path(at), &content.entry());
        self.list(name, at, content);
    }

    fn list(&mut self, role: &str, at: &str, content: Content) {
        self.said.insert(role, at, &content);
        self.upload(at, &content);
        self.contents.insert(at.into(), Some(content));
    }

    pub fn remove(&mut self, role: &str, at: &str) {
        assert_eq!(self.draft.remove_target(&path(at)).unwrap()[0].as_str(), role);
        self.said.remove(role, at);
        self.contents.insert(at.into(), None);
    }

    pub fn move_into(&mut self, from: &str, spread: &Spread) {
        self.draft.move_into_bins(&role(from), &spread.bins()).unwrap();
        self.said.move_into(from, spread);
        self.hold(&spread.keys);
    }

    pub fn rotate(&mut self, name: &str, old: &Key, new: &Key) {
        self.draft.rotate_key(&role(name), old.public().id(), &new.public()).unwrap();
        self.said.replace_key(name, old, new);
        self.hold([new]);
    }

    pub fn add_key(&mut self, name: &str, key: &Key) {
        self.draft.add_key(&role(name), &key.public()).unwrap();
        self.said.add_key(name, key);
        self.hold([key]);
    }

    /// The key can sign no more.
    pub fn lose_key(&mut self, name: &str, key: &Key) {
        self.let_go([key]);
        self.draft.lose_key(&role(name), key.public().id()).unwrap();
        self.said.remove_key(name, key);
    }

    pub fn set_threshold(&mut self, name: &str, threshold: u64) {
        self.draft.set_threshold(&role(name), threshold).unwrap();
        self.said.set_threshold(name, threshold);
    }

    pub fn renew(&mut self, name: &str) {
        self.draft.renew(&role(name)).unwrap();
        self.said.renew(name);
    }

    /// A field that nobody knows.
    pub fn set_field(&mut self, name: &str, field: &str, value: Value) {
        match name {
            "root" => self.draft.root().set_field(field, read(&value)),
            "timestamp" => self.draft.set_online_field(RoleType::Timestamp, field, read(&value)),
            "snapshot" => self.draft.set_online_field(RoleType::Snapshot, field, read(&value)),
            _ => self.draft.role(&role(name)).unwrap().set_field(field, read(&value)),
        }
        .unwrap();
        self.said.role(name)[field] = value;
    }

    pub fn set_consistent_snapshot(&mut self, consistent: bool) {
        self.draft.root().set_consistent_snapshot(consistent);
        self.said.role("root")["consistent_snapshot"] = consistent.into();
        // Targets have other names now.
        for (at, content) in self.contents.clone() {
            if let Some(content) = content {
                self.upload(&at, &content);
            }
        }
    }

    fn is_consistent(&self) -> bool {
        self.said.roles["root"]["consistent_snapshot"] == true
    }

    fn upload(&mut self, at: &str, content: &Content) {
        let consistent = self.is_consistent();
        for name in content.entry().upload_paths(&path(at), consistent) {
            self.web.put("targets", &name, &content.bytes);
        }
        if consistent {
            // Where tough looks for what is in a folder: the digest stands before the whole path.
            let digest = sha256(&content.bytes);
            let name = path(at).url_path();
            self.web.put("targets", &format!("{digest}.{name}"), &content.bytes);
        }
    }

    pub fn scenario(self, name: &str, clients: &[&'static str]) -> Scenario {
        Scenario {
            name: name.into(),
            clients: clients.to_vec(),
            root: self.web.metadata("1.root.json"),
            steps: self.steps,
            drafted: self.said.signed,
        }
    }
}
