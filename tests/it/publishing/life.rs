//! Any sequence of edits: devices of every age go along, find what a naive model says, and take
//! nothing that was not published.

use std::collections::{BTreeMap, BTreeSet};

use ota_trust::key::NamedKey;
use ota_trust::metadata::{PathSet, RoleType};
use ota_trust::primitives::RoleName;
use ota_trust::repository::{Bins, Delegation, Draft, TargetEntry};
use proptest::prelude::*;
use serde_json::Value;

use super::house::{House, Web, path, public, role};
use crate::world::{Answer, Device, Mirror};

/// One edit. Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Edit {
    Add { folder: u8, name: u8, content: u8 },
    Remove(u8),
    Delegate { folder: u8, terminating: bool },
    Bins { folder: u8, bits: u32, succinct: bool },
    Rotate { role: u8 },
    SecondKey { role: u8, threshold: bool },
    Lose { role: u8 },
    Recover(bool),
    Renew(u8),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => (0..4_u8, 0..6_u8, any::<u8>())
            .prop_map(|(folder, name, content)| Edit::Add { folder, name, content }),
        2 => any::<u8>().prop_map(Edit::Remove),
        2 => (0..4_u8, any::<bool>())
            .prop_map(|(folder, terminating)| Edit::Delegate { folder, terminating }),
        2 => (0..5_u8, 1..4_u32, any::<bool>())
            .prop_map(|(folder, bits, succinct)| Edit::Bins { folder, bits, succinct }),
        2 => any::<u8>().prop_map(|role| Edit::Rotate { role }),
        2 => (any::<u8>(), any::<bool>())
            .prop_map(|(role, threshold)| Edit::SecondKey { role, threshold }),
        1 => any::<u8>().prop_map(|role| Edit::Lose { role }),
        1 => any::<bool>().prop_map(Edit::Recover),
        1 => any::<u8>().prop_map(Edit::Renew),
    ]
}

/// What the publisher means: contents by path, who may be delegated to, and the keys of each role.
struct Model {
    house: House,
    contents: BTreeMap<String, Vec<u8>>,
    /// Everything that was ever listed.
    paths: BTreeSet<String>,
    folders: BTreeSet<u8>,
    binned: BTreeSet<u8>,
    roles: Vec<RoleName>,
    keys: BTreeMap<RoleName, Vec<NamedKey>>,
    made: u32,
}

const FLAT: u8 = 4;

impl Model {
    fn new() -> Self {
        let house = House::new();
        let top = [RoleType::Root, RoleType::Timestamp, RoleType::Snapshot, RoleType::Targets];
        let roles: Vec<RoleName> = top.into_iter().map(RoleName::from).collect();
        let keys = roles.iter().map(|role| (role.clone(), vec![public(role.as_str())])).collect();
        let (contents, paths) = (BTreeMap::new(), BTreeSet::new());
        let (folders, binned) = (BTreeSet::new(), BTreeSet::new());
        Self { house, contents, paths, folders, binned, roles, keys, made: 0 }
    }

    /// A key that nobody has yet.
    fn key(&mut self) -> NamedKey {
        self.made += 1;
        let name = format!("made {}", self.made);
        self.house.keys.push(name.clone());
        public(&name)
    }

    fn pick(&self, number: u8) -> RoleName {
        self.roles[usize::from(number) % self.roles.len()].clone()
    }

    /// Publishes one edit; `false` if it makes no sense now.
    fn publish(&mut self, edit: &Edit) -> bool {
        let mut draft = self.house.published.draft();
        if !self.make(&mut draft, edit) {
            return false;
        }
        self.house.publish(|it| *it = draft);
        true
    }

    fn make(&mut self, draft: &mut Draft, edit: &Edit) -> bool {
        match *edit {
            Edit::Add { folder, name, content } => {
                let at = format!("d{folder}/{name}");
                let content = vec![content; usize::from(content) % 7];
                if self.contents.get(&at) == Some(&content) {
                    return false;
                }
                draft.insert_target(&path(&at), &TargetEntry::of(&content)).unwrap();
                self.paths.insert(at.clone());
                self.contents.insert(at, content);
            }
            Edit::Remove(number) => {
                let Some(at) = self.contents.keys().nth(usize::from(number) % 8).cloned() else {
                    return false;
                };
                draft.remove_target(&path(&at)).unwrap();
                self.contents.remove(&at);
            }
            Edit::Delegate { folder, terminating } => {
                // Bins are the only delegation of a role.
                if self.binned.contains(&FLAT) || !self.folders.insert(folder) {
                    return false;
                }
                let (key, name) = (self.key(), role(&format!("folder {folder}")));
                let pattern = format!("d{folder}/*");
                let paths = PathSet::patterns([pattern.as_str()]);
                let mut delegation = Delegation::new(name.clone(), vec![key.clone()], 1, paths);
                if terminating {
                    delegation = delegation.terminating();
                }
                draft.targets().unwrap().delegate(&delegation).unwrap();
                draft.create_role(&name).unwrap();
                self.roles.push(name.clone());
                self.keys.insert(name, vec![key]);
            }
            Edit::Bins { folder, bits, succinct } => {
                let name = match folder {
                    FLAT if self.folders.is_empty() => RoleName::targets(),
                    folder if self.folders.contains(&folder) => role(&format!("folder {folder}")),
                    _ => return false,
                };
                if !self.binned.insert(folder) {
                    return false;
                }
                let make = if succinct { Bins::succinct } else { Bins::listed };
                let bins = make(bits, &format!("bin {folder}"), vec![self.key()], 1);
                draft.move_into_bins(&name, &bins).unwrap();
            }
            Edit::Rotate { role } => {
                let (name, new) = (self.pick(role), self.key());
                let keys = self.keys.get_mut(&name).unwrap();
                let old = std::mem::replace(&mut keys[0], new.clone());
                draft.rotate_key(&name, old.id(), &new).unwrap();
            }
            Edit::SecondKey { role, threshold } => {
                let (name, new) = (self.pick(role), self.key());
                draft.add_key(&name, &new).unwrap();
                let keys = self.keys.get_mut(&name).unwrap();
                keys.push(new);
                if threshold {
                    draft.set_threshold(&name, keys.len() as u64).unwrap();
                }
            }
            Edit::Lose { role } => {
                let name = self.pick(role);
                let keys = self.keys.get_mut(&name).unwrap();
                if keys.len() < 2 {
                    return false;
                }
                let lost = keys.pop().unwrap();
                draft.set_threshold(&name, 1).unwrap();
                draft.lose_key(&name, lost.id()).unwrap();
            }
            Edit::Recover(timestamp) => {
                let kind = if timestamp { RoleType::Timestamp } else { RoleType::Snapshot };
                let key = self.key();
                draft.recover(kind, std::slice::from_ref(&key), 1).unwrap();
                self.keys.insert(kind.into(), vec![key]);
            }
            Edit::Renew(role) => draft.renew(&self.pick(role)).unwrap(),
        }
        true
    }

    /// The device finds what the model has, and nothing that it has not.
    fn assert_found_by(&self, device: &mut Device) {
        let web = &self.house.web;
        let mut repository = device.refresh(web);
        assert!(repository.is_durable());
        for at in &self.paths {
            let lookup = device.find(web, repository, at).unwrap();
            repository = lookup.repository;
            match (self.contents.get(at), lookup.target) {
                (Some(content), Ok(target)) => {
                    let mut stream = target.stream(100).unwrap();
                    stream.update(content).unwrap();
                    stream.finish().unwrap();
                }
                (None, Err(_)) => {}
                (expected, found) => panic!("{at}: {expected:?}, but {found:?}"),
            }
        }
    }
}

fn signed(bytes: &[u8]) -> Value {
    let mut file: Value = serde_json::from_slice(bytes).unwrap_or_default();
    file["signed"].take()
}

/// A web server with one file that is not as it should be.
struct Attacked<'w> {
    web: &'w Web,
    name: String,
    answer: Answer,
}

impl Mirror for Attacked<'_> {
    fn get(&self, name: &str, attempt: u32) -> Answer {
        if name == self.name { self.answer.clone() } else { self.web.get(name, attempt) }
    }
}

/// One attack on what is served: which file, which attack, and where.
type Attack = (prop::sample::Index, u8, prop::sample::Index);

fn attacked<'w>(web: &'w Web, history: &[Web], attack: &Attack) -> Attacked<'w> {
    let (file, kind, place) = attack;
    let names: Vec<&String> = web.0.keys().collect();
    let name = names[file.index(names.len())].clone();
    let genuine = &web.0[&name];
    let mut json: Value = serde_json::from_slice(genuine).unwrap();
    let answer = match kind {
        // One bit flipped.
        0 => {
            let mut bytes = genuine.clone();
            let at = place.index(bytes.len());
            bytes[at] ^= 1 << (at % 8);
            Answer::File(bytes)
        }
        // Cut off, and with something behind it.
        1 => Answer::File(genuine[..place.index(genuine.len())].to_vec()),
        2 => Answer::File([genuine.as_slice(), b" {}"].concat()),
        // Another file under this name; the same from another day.
        3 => Answer::File(web.0[names[place.index(names.len())]].clone()),
        4 => {
            let older = &history[place.index(history.len())];
            older.0.get(&name).map_or(Answer::NotFound, |bytes| Answer::File(bytes.clone()))
        }
        // Signatures taken away, or exchanged with those of another file.
        5 => {
            let signatures = json["signatures"].as_array_mut().unwrap();
            signatures.remove(place.index(signatures.len()));
            Answer::File(json.to_string().into_bytes())
        }
        6 => {
            let other = &web.0[names[place.index(names.len())]];
            let other: Value = serde_json::from_slice(other).unwrap();
            json["signatures"] = other["signatures"].clone();
            Answer::File(json.to_string().into_bytes())
        }
        // What is signed says something else.
        7 => {
            json["signed"]["version"] = (json["signed"]["version"].as_u64().unwrap() + 1).into();
            Answer::File(json.to_string().into_bytes())
        }
        8 => {
            json["signed"]["expires"] = "2099-01-01T00:00:00Z".into();
            Answer::File(json.to_string().into_bytes())
        }
        _ => Answer::NotFound,
    };
    Attacked { web, name, answer }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn devices_of_every_age_go_along_and_find_what_the_model_has(
        edits in prop::collection::vec(edit(), 1..16),
    ) {
        let mut model = Model::new();
        let mut devices = vec![model.house.web.device()];
        for edit in edits {
            if model.publish(&edit) {
                for device in &devices {
                    model.assert_found_by(&mut device.clone());
                }
                // One looks after every release, the others only once.
                model.assert_found_by(&mut devices[0]);
                let mut young = model.house.web.device();
                model.assert_found_by(&mut young);
                devices.push(young);
            }
        }
    }

    #[test]
    fn no_attack_makes_a_device_take_what_was_not_published(
        edits in prop::collection::vec(edit(), 1..10),
        attacks in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..10_u8, any::<prop::sample::Index>()), 1..20,
        ),
    ) {
        let mut model = Model::new();
        let mut history = vec![model.house.web.clone()];
        let mut devices = vec![model.house.web.device()];
        for edit in edits {
            model.publish(&edit);
            history.push(model.house.web.clone());
            let mut device = model.house.web.device();
            model.assert_found_by(&mut device);
            devices.push(device);
        }
        let published: Vec<Value> =
            history.iter().flat_map(|web| web.0.values()).map(|bytes| signed(bytes)).collect();
        for attack in &attacks {
            let attacked = attacked(&model.house.web, &history, attack);
            for device in &devices {
                let mut device = device.clone();
                let before = device.store.clone();
                let outcome = device.try_refresh(&attacked).map(|_| ());
                for (item, bytes) in &device.store {
                    let new = before.get(item) != Some(bytes);
                    if new && !crate::world::LEDGER.contains(item) {
                        prop_assert!(published.contains(&signed(bytes)), "{item:?} {attack:?}");
                    }
                }
                let asked = device.requested().contains(&attacked.name.as_str());
                let changed = match &attacked.answer {
                    Answer::File(bytes) => signed(bytes) != signed(&model.house.web.0[&attacked.name]),
                    _ => false,
                };
                // An older timestamp is taken by a device that has seen none newer: a freeze until
                // it expires. All else that says something else is refused.
                if asked && changed && attack.1 != 4 {
                    prop_assert!(outcome.is_err(), "{} {attack:?}", attacked.name);
                }
                // And an honest server makes good for all of it.
                model.assert_found_by(&mut device);
            }
        }
    }
}
