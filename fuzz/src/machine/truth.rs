//! What a device has seen and must not forget, whatever its storage says.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{self, listed};

/// A version that was accepted once: under which root, and the keys of timestamp and snapshot then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub version: u64,
    pub root: u64,
    pub keys: BTreeSet<String>,
}

/// The highest version of each role, and the last root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub floors: BTreeMap<&'static str, Fact>,
    pub root: Option<Vec<u8>>,
}

impl Facts {
    /// A timestamp or a snapshot was accepted under this root.
    pub fn learn(&mut self, role: &'static str, bytes: &[u8], root: &[u8]) {
        let Some(file) = model::of_role(bytes, role) else { return };
        let (version, keys) = (model::mark_of(root).version, model::floor_keys(root));
        let lists = if role == "timestamp" { "snapshot" } else { "targets" };
        for (role, number) in [(role, Some(file.version())), (lists, listed(&file, lists))] {
            let fact =
                number.map(|number| Fact { version: number, root: version, keys: keys.clone() });
            if let Some(fact) = fact {
                self.raise(role, fact);
            }
        }
    }

    fn raise(&mut self, role: &'static str, fact: Fact) {
        if self.floors.get(role).is_none_or(|known| known.version < fact.version) {
            self.floors.insert(role, fact);
        }
    }

    pub fn add(&mut self, other: &Self) {
        for (role, fact) in &other.floors {
            self.raise(role, fact.clone());
        }
    }

    /// A walk has ended: what was said by keys that are gone counts no more (A2.4).
    pub fn end(&mut self, walk: &[Vec<u8>]) {
        self.floors.retain(|_, fact| model::stands(fact.root, &fact.keys, walk, 0));
    }

    /// Nothing that is accepted now is older.
    pub fn check(&self, now: &Self) {
        for (role, fact) in &self.floors {
            let version = now.floors.get(role).map(|fact| fact.version);
            assert!(version >= Some(fact.version), "{role} rollback: {version:?} after {fact:?}");
        }
    }

    /// Whether a walk goes on from the last root: it comes to that one, or to another of its version
    /// that its keys have signed, or begins later.
    pub fn goes_on(&self, walk: &[Vec<u8>]) -> bool {
        let Some(known) = self.root.as_ref().map(|root| model::last_root(root)) else {
            return true;
        };
        let version = |root: &Vec<u8>| model::mark_of(root).version;
        let Some(at) = walk.iter().position(|root| version(root) == known.mark.version) else {
            return walk.first().map(version) > Some(known.mark.version);
        };
        let before = at.checked_sub(1).map(|before| &*walk[before]);
        let is_it = model::mark_of(&walk[at]) == known.mark;
        is_it || model::continues(&known, &walk[at], before)
    }

    /// The last root is that of the walk.
    pub fn go_on(&mut self, walk: &[Vec<u8>]) {
        if self.goes_on(walk) {
            self.root = walk.last().cloned();
        }
    }
}
