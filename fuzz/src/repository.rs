//! A repository in memory, and the thief who has some of its keys.

use std::collections::{BTreeMap, BTreeSet};

use ota_trust::primitives::UtcTime;
use serde_json::{Value, json};

use super::device::Answer;
use super::signing::{self, KEYS, Signer};
use super::strict::canonical;

pub const ROLES: [&str; 5] = ["root", "timestamp", "snapshot", "targets", "team"];
/// For how many days a file of each role is good.
const LIFETIMES: [u64; 5] = [300, 5, 10, 60, 60];
/// What the team offers; how long it is tells the version of the role that lists it.
pub const PATH: &str = "team/app";
pub const BASE_LENGTH: u64 = 1000;

/// Which keys a role loses, and what it has in their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The older of the two, for a new one.
    One,
    Both,
    /// All but those that it had first, which it has again.
    BackToFirst,
}

/// How a repository is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub consistent: bool,
    /// Whether timestamp and snapshot list lengths and digests.
    pub digests: bool,
}

/// What it says and serves. Each role has two keys, which both sign; one is enough.
#[derive(Clone, Debug)]
pub struct Repository {
    pub style: Style,
    pub today: u64,
    keys: BTreeMap<&'static str, Vec<usize>>,
    pub next_key: usize,
    versions: BTreeMap<&'static str, u64>,
    expires: BTreeMap<&'static str, u64>,
    served: BTreeMap<String, Vec<u8>>,
    /// The roots from version 1.
    pub roots: Vec<Vec<u8>>,
    /// Everything that was ever signed with its keys, by name.
    pub history: Vec<(String, Vec<u8>)>,
    /// The canonical forms of the same.
    pub signed: BTreeSet<String>,
}

/// What a thief signs, with one key of the timestamp and one of the snapshot.
#[derive(Clone, Copy, Debug)]
pub enum Forgery {
    Timestamp,
    Snapshot,
    DropTeam,
    LowerTeam,
    RaiseTargets,
}

impl Repository {
    pub fn new(style: Style, today: u64) -> Self {
        let keys = ROLES.iter().map(|role| (*role, first_keys(role)));
        let mut repository = Self {
            style,
            today,
            keys: keys.collect(),
            next_key: 2 * ROLES.len(),
            versions: ROLES.iter().map(|role| (*role, 1)).collect(),
            expires: BTreeMap::new(),
            served: BTreeMap::new(),
            roots: Vec::new(),
            history: Vec::new(),
            signed: BTreeSet::new(),
        };
        for (role, days) in ROLES.iter().zip(LIFETIMES) {
            repository.expires.insert(role, today + days);
        }
        repository.publish_root(&[]);
        repository.publish(&["targets", "team"]);
        repository
    }

    /// New versions of these roles, and of snapshot and timestamp.
    pub fn release(&mut self, roles: &[&'static str]) {
        for role in roles.iter().chain(&["snapshot", "timestamp"]) {
            self.renew(role);
        }
        self.publish(roles);
    }

    /// A new timestamp alone.
    pub fn stamp(&mut self) {
        self.renew("timestamp");
        self.publish(&[]);
    }

    /// A next root, by which a role loses keys. With `restart`, the versions of timestamp and
    /// snapshot begin again at 1, as they may when one of them has lost a key (§5.3.11).
    pub fn rotate(&mut self, role: &'static str, rotation: Rotation, restart: bool) {
        if self.next_key + 2 > KEYS {
            return;
        }
        let outgoing = self.keys["root"].clone();
        let keys = self.keys.entry(role).or_default();
        match rotation {
            Rotation::BackToFirst => *keys = first_keys(role),
            Rotation::One | Rotation::Both => {
                for _ in 0..=usize::from(rotation == Rotation::Both) {
                    keys.remove(0);
                    keys.push(self.next_key);
                    self.next_key += 1;
                }
            }
        }
        self.renew("root");
        self.publish_root(&outgoing);
        if restart && ["timestamp", "snapshot"].contains(&role) {
            self.versions.insert("timestamp", 0);
            self.versions.insert("snapshot", 0);
        }
        match role {
            "team" => self.release(&["targets", "team"]),
            "targets" => self.release(&["targets"]),
            _ => self.release(&[]),
        }
    }

    /// The files that a thief serves in place of those of the same name.
    pub fn forge(&mut self, forgery: Forgery, ahead: u64) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let one_key = |keys: &[usize]| ids(&keys[..1]);
        let mut version = self.versions["snapshot"];
        if !matches!(forgery, Forgery::Timestamp) {
            version += ahead;
            let mut signed = self.header("snapshot");
            signed["version"] = json!(version);
            signed["meta"] = self.meta();
            match forgery {
                Forgery::DropTeam => signed["meta"] = json!({"targets.json": {"version": 1}}),
                Forgery::LowerTeam => signed["meta"]["team.json"] = json!({"version": 1}),
                Forgery::RaiseTargets => {
                    let version = self.versions["targets"] + ahead;
                    signed["meta"]["targets.json"] = json!({"version": version});
                }
                Forgery::Timestamp | Forgery::Snapshot => {}
            }
            let name = self.file_name("snapshot", version);
            let file = self.sign(&name, &signed, &one_key(&self.keys["snapshot"]));
            files.insert(name, file);
        }
        let mut signed = self.header("timestamp");
        signed["version"] = json!(self.versions["timestamp"] + ahead);
        signed["meta"] = json!({"snapshot.json": {"version": version}});
        let signers = one_key(&self.keys["timestamp"]);
        files.insert("timestamp.json".into(), self.sign("timestamp.json", &signed, &signers));
        files
    }

    pub fn serve(&self, name: &str) -> Answer {
        self.served.get(name).cloned().map_or(Answer::NotFound, Answer::File)
    }

    /// The current file of a role.
    pub fn current(&self, role: &str) -> &[u8] {
        match role {
            "root" => &self.roots[self.roots.len() - 1],
            _ => &self.served[&self.file_name(role, self.versions[role])],
        }
    }

    /// The root of a version; empty where there is none.
    pub fn root(&self, version: u64) -> &[u8] {
        let index = usize::try_from(version).ok().and_then(|v| v.checked_sub(1));
        index.and_then(|index| self.roots.get(index)).map_or(&[], Vec::as_slice)
    }

    fn file_name(&self, role: &str, version: u64) -> String {
        match role {
            "root" => format!("{version}.root.json"),
            _ if role != "timestamp" && self.style.consistent => format!("{version}.{role}.json"),
            _ => format!("{role}.json"),
        }
    }

    fn renew(&mut self, role: &'static str) {
        let lifetime = ROLES.iter().zip(LIFETIMES).find(|(r, _)| **r == role);
        *self.versions.entry(role).or_default() += 1;
        self.expires.insert(role, self.today + lifetime.map_or(1, |(_, days)| days));
    }

    fn header(&self, role: &str) -> Value {
        let kind = if role == "team" { "targets" } else { role };
        signing::header(kind, self.versions[role], &time(self.expires[role]).to_string())
    }

    fn publish_root(&mut self, outgoing: &[usize]) {
        let mut signed = self.header("root");
        let top_level = || ROLES.into_iter().filter(|role| *role != "team");
        let keys: Vec<Signer> = top_level().flat_map(|role| ids(&self.keys[role])).collect();
        signed["consistent_snapshot"] = json!(self.style.consistent);
        signed["keys"] = signing::key_map(&keys);
        let authority = |role| signing::authority(&ids(&self.keys[role]), 1);
        signed["roles"] = top_level().map(|role| (role, authority(role))).collect();
        let mut signers: BTreeSet<usize> = self.keys["root"].iter().copied().collect();
        signers.extend(outgoing);
        let signers: Vec<usize> = signers.into_iter().collect();
        let name = self.file_name("root", self.versions["root"]);
        let file = self.sign(&name, &signed, &ids(&signers));
        self.roots.push(file.clone());
        self.served.insert(name, file);
    }

    /// Writes these roles, and snapshot and timestamp.
    fn publish(&mut self, roles: &[&'static str]) {
        for &role in roles {
            let mut signed = self.header(role);
            signed["targets"] = json!({});
            if role == "team" {
                let length = BASE_LENGTH + self.versions["team"];
                let hashes = json!({"sha256": signing::sha256(&length.to_be_bytes())});
                signed["targets"][PATH] = json!({"length": length, "hashes": hashes});
            } else {
                let mut edge = signing::authority(&ids(&self.keys["team"]), 1);
                edge["name"] = json!("team");
                edge["terminating"] = json!(true);
                edge["paths"] = json!(["team/*"]);
                let keys = signing::key_map(&ids(&self.keys["team"]));
                signed["delegations"] = json!({"keys": keys, "roles": [edge]});
            }
            self.write(role, &signed);
        }
        let mut signed = self.header("snapshot");
        signed["meta"] = self.meta();
        self.write("snapshot", &signed);
        let mut signed = self.header("timestamp");
        signed["meta"] = json!({"snapshot.json": self.listed("snapshot")});
        self.write("timestamp", &signed);
    }

    fn meta(&self) -> Value {
        json!({"targets.json": self.listed("targets"), "team.json": self.listed("team")})
    }

    fn listed(&self, role: &str) -> Value {
        let mut listed = json!({"version": self.versions[role]});
        if self.style.digests {
            let file = self.current(role);
            listed["length"] = json!(file.len());
            listed["hashes"] = json!({"sha256": signing::sha256(file)});
        }
        listed
    }

    fn write(&mut self, role: &'static str, signed: &Value) {
        let name = self.file_name(role, self.versions[role]);
        let file = self.sign(&name, signed, &ids(&self.keys[role]));
        self.served.insert(name, file);
    }

    fn sign(&mut self, name: &str, signed: &Value, signers: &[Signer]) -> Vec<u8> {
        let file = signing::file(signed, signers);
        self.history.push((name.to_owned(), file.clone()));
        self.signed.insert(canonical(signed));
        file
    }
}

fn first_keys(role: &str) -> Vec<usize> {
    let at = ROLES.iter().position(|r| *r == role).unwrap_or_default();
    vec![2 * at, 2 * at + 1]
}

fn ids(keys: &[usize]) -> Vec<Signer> {
    keys.iter().map(|key| (format!("k{key}"), *key)).collect()
}

/// The start of a day.
pub fn time(day: u64) -> UtcTime {
    let seconds = i64::try_from(day * 86_400).expect("a small number");
    UtcTime::from_unix(seconds).expect("a near day")
}
