//! The files of a repository from the anchor to the targets, by the library and by the reference.

use std::collections::BTreeMap;

use ota_trust::metadata::{Snapshot, Targets};
use ota_trust::primitives::{Limits, RoleName, TargetPath};
use ota_trust::update::{Repository, Update};
use ota_trust::verify::{Delegator, Trusted};

use super::fuzz::device::{Answer, Device};
use super::fuzz::roles::document::Verdict;
use super::fuzz::roles::{agree, listing, root, search, snapshot, targets, timestamp, world};

/// What a repository serves.
#[derive(Clone, Debug)]
pub(super) struct Files {
    /// The root that a device is provisioned with.
    pub(super) anchor: Vec<u8>,
    /// The newest file of each role; `root` is the one that follows the anchor.
    pub(super) roles: BTreeMap<String, Vec<u8>>,
}

impl Files {
    pub(super) fn get(&self, role: &str) -> &[u8] {
        self.roles.get(role).map_or(&[], Vec::as_slice)
    }
}

/// Whether a cycle accepts the files, once everything about them has been compared: each file by
/// itself, beside the `stored` ones, and a whole cycle with searches for these paths.
pub(super) fn check(files: &Files, stored: Option<&Files>, paths: &[&str]) -> bool {
    let each = check_each(files, stored).is_some();
    let cycle = check_cycle(files, paths);
    assert!(each == cycle || stored.is_some(), "the verdict of a cycle is that of its files");
    cycle
}

/// One function of `verify` after the other; `None` at the first file that both refuse.
fn check_each(files: &Files, stored: Option<&Files>) -> Option<()> {
    let (anchor, anchor_model) = root::check_anchor(&files.anchor)?;
    let (root, root_model) = root::check_next(&anchor, &anchor_model, files.get("root"))?;
    root_model.header.check_not_expired(world::START).ok()?;

    let baseline = |role| stored.map(|stored| stored.get(role));
    let of_timestamp = |bytes| timestamp::check_stored(&root, &root_model, bytes);
    let of_snapshot = |bytes| snapshot::check_stored(&root, &root_model, bytes);
    let before = baseline("timestamp").and_then(of_timestamp);
    let (timestamp, named) =
        timestamp::check_new(&root, &root_model, before, files.get("timestamp"))?;
    let before = baseline("snapshot").and_then(of_snapshot);
    let listed = (&timestamp, &named.snapshot);
    let file = files.get("snapshot");
    let (snapshot, listing) =
        snapshot::check_new(&root, &root_model, listed, before.as_ref(), file)?;

    let top = RoleName::targets();
    let terms = (listing.meta.get("targets.json"), Some(root_model.authority("targets")));
    let file = files.get("targets");
    let (targets, model) =
        targets::check_file(Delegator::Root(&root), &snapshot, &top, terms, file)?;
    check_delegated(files, (&snapshot, &listing), (&top, &targets, &model));
    Some(())
}

/// All files as those of roles that one role delegates. Those that it does not are refused, by both.
fn check_delegated(
    files: &Files,
    (snapshot, listing): (&Trusted<'_, Snapshot>, &snapshot::Model),
    (parent, trusted, model): (&RoleName, &Trusted<'_, Targets>, &listing::Model),
) {
    for name in files.roles.keys().filter(|_| model.delegations.is_some()) {
        let Ok(role) = RoleName::delegated(name) else { continue };
        let delegator = Delegator::Targets(parent, trusted);
        let terms = (listing.meta.get(&format!("{name}.json")), model.authority(name));
        let both = targets::check_file(delegator, snapshot, &role, terms, files.get(name));
        // A file may delegate to its own role.
        if let Some((trusted, model)) = both.filter(|_| parent.is_targets()) {
            check_delegated(files, (snapshot, listing), (&role, &trusted, &model));
        }
    }
}

/// A cycle on a new device, and searches.
fn check_cycle(files: &Files, paths: &[&str]) -> bool {
    let served = |role: &str| files.get(role);
    let mut roots = 0;
    let mut serve = |name: &str, _: u32| match search::role_of(name) {
        "root" => {
            roots += 1;
            if roots == 1 { Answer::File(served("root").to_vec()) } else { Answer::NotFound }
        }
        role => Answer::File(served(role).to_vec()),
    };
    let mut limits = Limits::default();
    limits.max_attempts = 1;
    let step = Update::begin(files.anchor.clone(), world::context().start(), limits);
    let cycle = Device::default().drive(&mut serve, step);
    let Some((mut repository, (snapshot, targets))) = agree(cycle, search::code, expected(files))
    else {
        return false;
    };
    for path in paths.iter().filter_map(|path| TargetPath::new(path).ok()) {
        let next: Option<Repository<'static>> =
            search::check(repository, &path, &served, (&snapshot, &targets));
        match next {
            Some(next) => repository = next,
            None => break,
        }
    }
    true
}

/// What the reference says of a cycle on a new device, and what it then trusts.
fn expected(files: &Files) -> Verdict<(snapshot::Model, listing::Model)> {
    // Why an anchor is no root has been compared with `check_anchor`.
    let anchor = root::expected(&files.anchor, None).map_err(|_| "update.anchor")?;
    let root = root::expected(files.get("root"), Some(&anchor))?;
    root.header.check_not_expired(world::START)?;
    let timestamp = timestamp::expected(files.get("timestamp"), &root, None)?;
    let timestamp = timestamp.expect("nothing is stored that could have its version");
    let snapshot = snapshot::expected(files.get("snapshot"), &root, &timestamp.snapshot, None)?;
    let terms = (snapshot.meta.get("targets.json"), Some(root.authority("targets")));
    let targets = listing::expected(files.get("targets"), terms)?;
    Ok((snapshot, targets))
}
