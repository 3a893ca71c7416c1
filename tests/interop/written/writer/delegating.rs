//! Delegations.

use ota_trust::metadata::PathSet;
use ota_trust::repository::Delegation;
use serde_json::json;

use crate::keys::{Key, public};
use crate::publisher::{Publisher, role};

/// A delegation to be made.
pub struct To<'d> {
    pub name: &'d str,
    pub keys: &'d [Key],
    pub threshold: u64,
    pub patterns: &'d [&'d str],
    pub terminating: bool,
}

impl Publisher {
    /// Delegates, and creates the role.
    pub fn delegate(&mut self, from: &str, to: &To) {
        let paths = PathSet::patterns(to.patterns.iter().copied());
        let mut made = Delegation::new(role(to.name), public(to.keys), to.threshold, paths);
        if to.terminating {
            made = made.terminating();
        }
        self.draft.role(&role(from)).unwrap().delegate(&made).unwrap();
        self.draft.create_role(&role(to.name)).unwrap();
        let entry = json!({"name": to.name, "paths": to.patterns, "terminating": to.terminating});
        self.said.delegate(from, &entry, to.keys, to.threshold);
        self.hold(to.keys);
    }

    pub fn undelegate(&mut self, from: &str, name: &str) {
        self.draft.role(&role(from)).unwrap().undelegate(&role(name)).unwrap();
        self.said.undelegate(from, name);
    }

    /// A role may speak for other paths than before.
    pub fn set_patterns(&mut self, from: &str, name: &str, patterns: &[&str]) {
        let paths = PathSet::patterns(patterns.iter().copied());
        self.draft.role(&role(from)).unwrap().set_paths(&role(name), paths).unwrap();
        self.said.set_patterns(from, name, patterns);
    }
}
