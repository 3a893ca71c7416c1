//! What hostile reading found. Each test says what was promised.

mod bounds;
mod devices;
mod editing;
mod lost_keys;
mod people;
mod refusals;
mod unproven;
mod versions;
mod words;

use ota_trust::json::Json;
use ota_trust::key::{KeyId, NamedKey, Signer as _};
use ota_trust::metadata::{PathPattern, PathSet, RoleType};
use ota_trust::primitives::{Limits, RoleName, UtcTime, Version};
use ota_trust::provenance::{PredicateType, ProvenancePolicy};
use ota_trust::repository::ceremony::Review;
use ota_trust::repository::{
    Bins, Delegation, Draft, Next, Policy, Published, Signing, TargetEntry,
};

use super::house::{House, TOP_LEVEL, add, assert_found, first, key, now, path, public, role};

pub(super) fn soon() -> UtcTime {
    now().saturating_add(86_400)
}

pub(super) fn delegation(name: &str, keys: &str, patterns: &[&str]) -> Delegation {
    let paths = PathSet::patterns(patterns.iter().copied());
    Delegation::new(role(name), vec![public(keys)], 1, paths)
}

/// Delegates and creates the role.
pub(super) fn delegate(draft: &mut Draft, from: &str, to: &Delegation, name: &str) {
    let from = role(from);
    let parent = if from.is_targets() { draft.targets() } else { draft.role(&from) };
    parent.unwrap().delegate(to).unwrap();
    draft.create_role(&role(name)).unwrap();
}

/// What is published, opened anew from the web, without any targets role.
pub(super) fn reopened(house: &House) -> Published {
    let file = |name: String| house.web.0[&name].clone();
    let version = |role: RoleType| house.published.version(&role.into()).unwrap();
    Published::open(
        file(format!("{}.root.json", version(RoleType::Root))),
        file("timestamp.json".into()),
        file(format!("{}.snapshot.json", version(RoleType::Snapshot))),
        &Limits::default(),
    )
    .unwrap()
}

pub(super) fn load(
    published: &mut Published,
    house: &House,
    name: &str,
) -> Result<(), &'static str> {
    let role = role(name);
    let file = house.web.0[&published.file_name(&role).unwrap()].clone();
    published.load(&role, file).map_err(|error| error.code())
}

pub(super) fn finds(house: &House, at: &str) -> bool {
    let mut device = house.web.device();
    let repository = device.refresh(&house.web);
    device.find(&house.web, repository, at).is_ok_and(|outcome| outcome.target.is_ok())
}

/// The review of the next file of a role against the one that is published.
pub(super) fn review(house: &House, of: &RoleName, edit: impl FnOnce(&mut Draft)) -> Review {
    let mut draft = house.published.draft();
    edit(&mut draft);
    let signing = draft.seal(now(), &house.policy).unwrap();
    let copy = &house.web.0[&house.published.file_name(of).unwrap()];
    signing.request(of, soon()).unwrap().review(Some(copy), &Limits::default()).unwrap()
}
