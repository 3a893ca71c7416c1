//! Which file is whose.
//!
//! A digest that the snapshot lists binds a file to its role. Without one, a file is bound by keys and
//! a version alone, and any file fits that these keys have signed for that version: of a sibling, of an
//! earlier day, of a role that is delegated no more. Whoever serves files needs no key to swap them.
//! So what is not bound proves nothing by what it does not list.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::key::{KeyFingerprint, KeyId};
use crate::metadata::{ListedKey, RoleType, Root, Snapshot, SuccinctRoles, Targets};
use crate::primitives::{RoleName, sha256};
use crate::verify::{Trusted, VerifyError};

/// The keys of all roles that a cycle has seen to be delegated, as far as the snapshot lists them.
#[derive(Default)]
pub(super) struct KeysSeen {
    /// The files that have been looked through.
    delegators: BTreeSet<RoleName>,
    /// For whom a key signs.
    users: BTreeMap<KeyFingerprint, Users>,
    /// Bins, which always are several with the same keys.
    bins: Vec<SuccinctRoles>,
}

#[derive(PartialEq, Eq)]
enum Users {
    One(RoleName),
    Several,
}

impl KeysSeen {
    /// Looks through the root.
    pub(super) fn see_root(&mut self, root: &Trusted<'_, Root>) {
        if !self.delegators.insert(RoleType::Root.into()) {
            return;
        }
        let targets = RoleName::targets();
        for id in root.role(RoleType::Targets).key_ids() {
            if let Some(key) = root.document().key(id).and_then(fingerprint) {
                self.signs_for(key, &targets);
            }
        }
    }

    /// Looks through the delegations of a targets role. What the snapshot does not list has no file that
    /// could be served for another's, whoever says what of its keys.
    pub(super) fn see(
        &mut self,
        name: &RoleName,
        file: &Trusted<'_, Targets>,
        snapshot: &Trusted<'_, Snapshot>,
    ) {
        if !self.delegators.insert(name.clone()) {
            return;
        }
        let Some(delegations) = file.delegations() else { return };
        // Many roles may list one key.
        let mut decoded: BTreeMap<KeyId, Option<KeyFingerprint>> = BTreeMap::new();
        let mut key = |id: &KeyId| {
            let known = decoded.entry(id.clone());
            *known.or_insert_with(|| delegations.key(id).and_then(fingerprint))
        };
        if let Some(bins) = delegations.succinct() {
            for key in bins.keys().key_ids().iter().filter_map(&mut key) {
                self.users.insert(key, Users::Several);
            }
            self.bins.push(bins.clone());
        }
        for role in delegations.roles() {
            let name = role.name();
            if snapshot.document().meta(&name).is_none() {
                continue;
            }
            for key in role.keys().key_ids().iter().filter_map(&mut key) {
                self.signs_for(key, &name);
            }
        }
    }

    fn signs_for(&mut self, key: KeyFingerprint, role: &RoleName) {
        let users = self.users.entry(key).or_insert_with(|| Users::One(role.clone()));
        if *users != Users::One(role.clone()) {
            *users = Users::Several;
        }
    }

    /// Whether a role that has these keys shares one of them with another one.
    pub(super) fn is_shared(&self, role: &RoleName, keys: &[KeyFingerprint]) -> bool {
        self.bins.iter().any(|bins| bins.contains(role))
            || keys.iter().any(|key| self.users.get(key) == Some(&Users::Several))
    }
}

fn fingerprint(key: ListedKey<'_>) -> Option<KeyFingerprint> {
    key.decode()?.fingerprint()
}

/// The file of a bin does not list paths of other bins alone: or else it is another one's.
///
/// That finds swaps, and proves nothing: an empty bin passes. A path of another bin among its own is
/// passed over, as everything that a role lists and may not speak for (§5.6.7).
pub(super) fn check_bin(
    bins: &SuccinctRoles,
    role: &RoleName,
    file: &Trusted<'_, Targets>,
) -> Result<(), VerifyError> {
    let is_its_own = |path: &str| bins.bin_of(&sha256(path.as_bytes())).as_ref() == Some(role);
    match file.paths().next() {
        Some(path) if !file.paths().any(|path| is_its_own(&path)) => {
            Err(VerifyError::OtherBin { role: role.clone(), path: path.into() })
        }
        _ => Ok(()),
    }
}
