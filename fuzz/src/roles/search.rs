//! A search for a target in what is trusted, against §5.6.7 as a recursion over files that the
//! models read.

use ota_trust::primitives::{Limits, RoleName, TargetPath};
use ota_trust::update::{NotFound, Repository};
use serde_json::Value;

use super::agree;
use super::device::{Answer, Device, Ended};
use super::document::Verdict;
use super::listing::{Entry, Model, expected};
use super::snapshot;

/// The files of a repository by role, whatever their versions; no bytes where there is none.
pub type Files<'f> = dyn Fn(&str) -> &'f [u8] + 'f;

/// How a search ends.
pub enum End {
    /// The entry, and the roles by which it was found.
    Found(Value, Vec<String>),
    /// The roles that were visited.
    NotListed(Vec<String>),
    TooManyRoles,
}

/// Looks for a path in the library and in the model; the repository for the next search.
pub fn check(
    repository: Repository<'static>,
    path: &TargetPath,
    files: &Files<'_>,
    (snapshot, targets): (&snapshot::Model, &Model),
) -> Option<Repository<'static>> {
    let mut serve = |name: &str, _: u32| Answer::File(files(role_of(name)).to_vec());
    let lookup = Device::default().drive(&mut serve, repository.find(path));
    let lookup = lookup.and_then(|lookup| match lookup.target {
        Err(NotFound::Refused(error)) => Err(Ended::Refused(*error)),
        _ => Ok(lookup),
    });
    let mut search = Search { path: path.as_str(), files, snapshot, visited: Vec::new() };
    let end = search.run(targets);
    let (lookup, end) = agree(lookup, code, end)?;
    let names = |roles: &[RoleName]| -> Vec<String> {
        roles.iter().map(|role| role.as_str().to_owned()).collect()
    };
    match (lookup.target, end) {
        (Ok(target), End::Found(entry, chain)) => {
            Entry::read(&entry).expect("the model has read it").compare(&target);
            assert_eq!(names(target.vouched_by()), chain);
        }
        (Err(NotFound::NotListed(unlisted)), End::NotListed(expected)) => {
            assert_eq!(names(unlisted.visited()), expected);
        }
        (Err(NotFound::TooManyRoles { .. }), End::TooManyRoles) => {}
        (found, _) => panic!("another end of the search for {path}: {found:?}"),
    }
    Some(lookup.repository)
}

/// The code of a refusal in a cycle. A download may be no longer than its parent lists, so a file
/// that is, is too long before its length is found wrong, and a file that is listed as longer than the
/// limit is not asked for; the models know only the second.
pub fn code(ended: &Ended) -> &'static str {
    match ended.code() {
        "verify.too-long" | "verify.listed-too-long" => "verify.length",
        code => code,
    }
}

/// The role of a file by its name, with or without a version.
pub fn role_of(file: &str) -> &str {
    let stem = file.strip_suffix(".json").unwrap_or(file);
    match stem.split_once('.') {
        Some((version, role)) if version.bytes().all(|b| b.is_ascii_digit()) => role,
        _ => stem,
    }
}

struct Search<'s, 'f> {
    path: &'s str,
    files: &'s Files<'f>,
    snapshot: &'s snapshot::Model,
    visited: Vec<String>,
}

impl Search<'_, '_> {
    fn run(&mut self, targets: &Model) -> Verdict<End> {
        let end = self.visit("targets", targets, &[])?;
        Ok(end.unwrap_or_else(|| End::NotListed(self.visited.clone())))
    }

    /// Visits a role below `chain` and what it delegates to; `None` if the search goes on.
    fn visit(&mut self, name: &str, role: &Model, chain: &[String]) -> Verdict<Option<End>> {
        // §5.6.7.1
        self.visited.push(name.to_owned());
        let chain = [chain, &[name.to_owned()]].concat();
        if let Some(entry) = role.targets.get(self.path) {
            Entry::read(entry)?;
            return Ok(Some(End::Found(entry.clone(), chain)));
        }
        // §5.6.7.2
        for (to, terminating) in role.followed(self.path) {
            if !self.visited.contains(&to) {
                if self.visited.len() >= Limits::default().max_visited_roles as usize {
                    return Ok(Some(End::TooManyRoles));
                }
                let listed = self.snapshot.meta.get(&format!("{to}.json"));
                let terms = (listed, role.authority(&to));
                let delegated = expected((self.files)(&to), terms)?;
                if let Some(end) = self.visit(&to, &delegated, &chain)? {
                    return Ok(Some(end));
                }
            }
            // §5.6.7.2.1
            if terminating {
                return Ok(Some(End::NotListed(self.visited.clone())));
            }
        }
        Ok(None)
    }
}
