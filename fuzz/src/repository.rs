//! A repository in memory, and the thief who has some of its keys.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

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

/// What it says and serves. Each role has two keys, which both sign; one is enough, but for a
/// timestamp or a snapshot where root says two.
#[derive(Clone, Debug)]
pub struct Repository {
    pub style: Style,
    pub today: u64,
    state: State,
    /// The states in which the roots were made, from version 1.
    past: Vec<State>,
    /// The next new key, and the first that is another's.
    keys_left: Range<usize>,
    served: BTreeMap<String, Vec<u8>>,
    /// The roots from version 1.
    pub roots: Vec<Vec<u8>>,
    /// Everything that was ever signed with its keys, by name.
    pub history: Vec<(String, Vec<u8>)>,
    /// The canonical forms of the same.
    pub signed: BTreeSet<String>,
}

/// Who signs, and how far each role has come.
#[derive(Clone, Debug)]
struct State {
    keys: BTreeMap<&'static str, Vec<usize>>,
    thresholds: BTreeMap<&'static str, u64>,
    /// Roles whose keys are called by their place in the role, and not by what they are.
    placed: BTreeSet<&'static str>,
    versions: BTreeMap<&'static str, u64>,
    expires: BTreeMap<&'static str, u64>,
}

/// What a thief signs, with one key of the timestamp and one of the snapshot, or with all.
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
        let keys = ROLES.iter().map(|role| (*role, first_keys(role))).collect();
        Self::with_keys(style, today, keys, 2 * ROLES.len()..KEYS / 2)
    }

    /// Another repository, all of whose first keys are those of this one, but perhaps for those of
    /// root.
    pub fn other(&self, shares_root: bool) -> Self {
        let style = Style { consistent: !self.style.consistent, ..self.style };
        let mut keys_left = KEYS / 2..KEYS * 3 / 4;
        let mut keys: BTreeMap<_, _> = ROLES.iter().map(|role| (*role, first_keys(role))).collect();
        if !shares_root {
            keys.insert("root", keys_left.by_ref().take(2).collect());
        }
        Self::with_keys(style, self.today, keys, keys_left)
    }

    fn with_keys(
        style: Style,
        today: u64,
        keys: BTreeMap<&'static str, Vec<usize>>,
        keys_left: Range<usize>,
    ) -> Self {
        let state = State {
            keys,
            thresholds: ROLES.iter().map(|role| (*role, 1)).collect(),
            placed: BTreeSet::new(),
            versions: ROLES.iter().map(|role| (*role, 1)).collect(),
            expires: BTreeMap::new(),
        };
        let mut repository = Self {
            style,
            today,
            state,
            past: Vec::new(),
            keys_left,
            served: BTreeMap::new(),
            roots: Vec::new(),
            history: Vec::new(),
            signed: BTreeSet::new(),
        };
        for (role, days) in ROLES.iter().zip(LIFETIMES) {
            repository.state.expires.insert(role, today + days);
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
        if self.keys_left.len() < 2 {
            return;
        }
        let outgoing = self.state.keys["root"].clone();
        let keys = self.state.keys.entry(role).or_default();
        let before = keys.clone();
        match rotation {
            Rotation::BackToFirst => *keys = first_keys(role),
            Rotation::One | Rotation::Both => {
                let new = if rotation == Rotation::Both { 2 } else { 1 };
                keys.drain(..new);
                keys.extend(self.keys_left.by_ref().take(new));
            }
        }
        let has_lost = before.iter().any(|key| !keys.contains(key));
        self.renew("root");
        self.publish_root(&outgoing);
        if restart && has_lost && ["timestamp", "snapshot"].contains(&role) {
            self.state.versions.insert("timestamp", 0);
            self.state.versions.insert("snapshot", 0);
        }
        match role {
            "team" => self.release(&["targets", "team"]),
            "targets" => self.release(&["targets"]),
            _ => self.release(&[]),
        }
    }

    /// A next root, by which a role needs one signature where it needed two, or the other way round.
    pub fn change_threshold(&mut self, role: &'static str) {
        let threshold = self.state.thresholds.entry(role).or_default();
        *threshold = 3 - *threshold;
        self.renew_root();
    }

    /// A next root, by which the keys of a role are called otherwise.
    pub fn rename_keys(&mut self, role: &'static str) {
        if !self.state.placed.remove(role) {
            self.state.placed.insert(role);
        }
        self.renew_root();
    }

    fn renew_root(&mut self) {
        self.renew("root");
        self.publish_root(&self.state.keys["root"].clone());
        self.release(&[]);
    }

    /// The last root once more, in other words: the publisher has lost it.
    pub fn reissue(&mut self) {
        if self.roots.len() < 2 {
            return;
        }
        self.roots.pop();
        self.past.pop();
        let outgoing = self.past[self.past.len() - 1].keys["root"].clone();
        let expires = self.state.expires.entry("root").or_default();
        *expires = (*expires).max(self.today) + 1;
        self.publish_root(&outgoing);
        self.release(&[]);
    }

    /// What who has the keys of an old root makes of it: roots of their own, with keys of their own,
    /// up to the version that is reached by honest ones, or further.
    pub fn forked(&self, at: usize, further: usize) -> Self {
        let mut fork = self.clone();
        let latest = self.roots.len();
        let at = at % latest;
        fork.roots.truncate(at + 1);
        fork.past.truncate(at + 1);
        fork.state = fork.past[at].clone();
        fork.served.retain(|name, _| !name.ends_with(".root.json"));
        for (number, root) in (1..).zip(&fork.roots) {
            fork.served.insert(format!("{number}.root.json"), root.clone());
        }
        fork.keys_left = KEYS * 3 / 4..KEYS;
        fork.release(&["targets", "team"]);
        for role in ["root", "timestamp", "snapshot"] {
            fork.rotate(role, Rotation::Both, false);
        }
        while fork.roots.len() < latest + further {
            fork.renew_root();
        }
        fork
    }

    /// The files that a thief serves in place of those of the same name.
    pub fn forge(
        &mut self,
        forgery: Forgery,
        ahead: u64,
        keys: usize,
    ) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut version = self.state.versions["snapshot"];
        if !matches!(forgery, Forgery::Timestamp) {
            version += ahead;
            let mut signed = self.header("snapshot");
            signed["version"] = json!(version);
            signed["meta"] = self.meta();
            match forgery {
                Forgery::DropTeam => signed["meta"] = json!({"targets.json": {"version": 1}}),
                Forgery::LowerTeam => signed["meta"]["team.json"] = json!({"version": 1}),
                Forgery::RaiseTargets => {
                    let version = self.state.versions["targets"] + ahead;
                    signed["meta"]["targets.json"] = json!({"version": version});
                }
                Forgery::Timestamp | Forgery::Snapshot => {}
            }
            let name = self.file_name("snapshot", version);
            let file = self.sign(&name, &signed, &self.ids("snapshot")[..keys]);
            files.insert(name, file);
        }
        let mut signed = self.header("timestamp");
        signed["version"] = json!(self.state.versions["timestamp"] + ahead);
        signed["meta"] = json!({"snapshot.json": {"version": version}});
        let signers = &self.ids("timestamp")[..keys];
        files.insert("timestamp.json".into(), self.sign("timestamp.json", &signed, signers));
        files
    }

    pub fn serve(&self, name: &str) -> Answer {
        self.served.get(name).cloned().map_or(Answer::NotFound, Answer::File)
    }

    /// The current file of a role.
    pub fn current(&self, role: &str) -> &[u8] {
        match role {
            "root" => &self.roots[self.roots.len() - 1],
            _ => &self.served[&self.file_name(role, self.state.versions[role])],
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
        *self.state.versions.entry(role).or_default() += 1;
        self.state.expires.insert(role, self.today + lifetime.map_or(1, |(_, days)| days));
    }

    fn header(&self, role: &str) -> Value {
        let kind = if role == "team" { "targets" } else { role };
        signing::header(
            kind,
            self.state.versions[role],
            &time(self.state.expires[role]).to_string(),
        )
    }

    fn publish_root(&mut self, outgoing: &[usize]) {
        let mut signed = self.header("root");
        let top_level = || ROLES.into_iter().filter(|role| *role != "team");
        let keys: Vec<Signer> = top_level().flat_map(|role| self.ids(role)).collect();
        signed["consistent_snapshot"] = json!(self.style.consistent);
        signed["keys"] = signing::key_map(&keys);
        let authority = |role| signing::authority(&self.ids(role), self.state.thresholds[role]);
        signed["roles"] = top_level().map(|role| (role, authority(role))).collect();
        let mut signers: BTreeSet<usize> = self.state.keys["root"].iter().copied().collect();
        signers.extend(outgoing);
        let signers: Vec<usize> = signers.into_iter().collect();
        let name = self.file_name("root", self.state.versions["root"]);
        let file = self.sign(&name, &signed, &ids(&signers));
        self.roots.push(file.clone());
        self.past.push(self.state.clone());
        self.served.insert(name, file);
    }

    /// The keys of a role, as root calls them.
    fn ids(&self, role: &str) -> Vec<Signer> {
        let keys = &self.state.keys[role];
        if self.state.placed.contains(role) {
            let place = |(place, key): (usize, &usize)| (format!("{role} {place}"), *key);
            return keys.iter().enumerate().map(place).collect();
        }
        ids(keys)
    }

    /// Writes these roles, and snapshot and timestamp.
    fn publish(&mut self, roles: &[&'static str]) {
        for &role in roles {
            let mut signed = self.header(role);
            signed["targets"] = json!({});
            if role == "team" {
                let length = BASE_LENGTH + self.state.versions["team"];
                let hashes = json!({"sha256": signing::sha256(&length.to_be_bytes())});
                signed["targets"][PATH] = json!({"length": length, "hashes": hashes});
            } else {
                let mut edge = signing::authority(&self.ids("team"), 1);
                edge["name"] = json!("team");
                edge["terminating"] = json!(true);
                edge["paths"] = json!(["team/*"]);
                let keys = signing::key_map(&self.ids("team"));
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
        let mut listed = json!({"version": self.state.versions[role]});
        if self.style.digests {
            let file = self.current(role);
            listed["length"] = json!(file.len());
            listed["hashes"] = json!({"sha256": signing::sha256(file)});
        }
        listed
    }

    fn write(&mut self, role: &'static str, signed: &Value) {
        let name = self.file_name(role, self.state.versions[role]);
        let file = self.sign(&name, signed, &self.ids(role));
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
