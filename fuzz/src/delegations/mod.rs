//! The search for a target, against §5.6.7 as a recursion.
//!
//! An input describes a graph of delegations: cycles, diamonds and missing edges included, some
//! roles not listed, expired, or not signed by the keys of every delegator. Library and model have
//! to come to the same end by the same requests. Several paths are looked for in one repository, so
//! roles that are at hand are reached by other edges too. A second device, which has stored what
//! the first one verified, has to come to the same ends.

mod graph;
mod search;

use std::collections::BTreeMap;

use ota_trust::primitives::{Limits, RoleName, StartTime, TargetPath, UtcTime};
use ota_trust::update::{NotFound, Update};

use super::choices::Choices;
use super::device::{Answer, Device, Ended};
// What graph and search are written with.
use super::{choices, patterns, signing};
use graph::{PATHS, START, publish, read_graph};
use search::{End, Search};

const SEARCHES: usize = 3;

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let limit = 1 + choices.below(8);
    let graph = read_graph(&mut choices);
    let paths: Vec<&str> = (0..SEARCHES).map(|_| *choices.one_of(&PATHS)).collect();

    let mut search = Search { graph: &graph, limit, held: BTreeMap::new(), requests: Vec::new() };
    let mut expected = Vec::new();
    for path in &paths {
        let end = search.run(path);
        expected.push(end.clone());
        if matches!(end, End::Refused(_)) {
            break;
        }
    }
    let files = publish(&graph);
    let mut device = Device::default();
    assert_eq!(run(&files, &mut device, limit, &paths), expected);
    let requested: Vec<String> = device.requests.split_off(4);
    assert_eq!(requested, search.requests);

    device.begin_run();
    assert_eq!(run(&files, &mut device, limit, &paths), expected, "with what is stored");
    // Only what was refused is not stored, so it is asked for again.
    let again = device.requests.split_off(2);
    let refused = requested.last().filter(|_| matches!(expected.last(), Some(End::Refused(_))));
    assert!(again.iter().all(|name| Some(name) == refused));
    assert!(device.verified.is_empty());
}

/// A cycle, and searches up to the first that is refused.
fn run(
    files: &BTreeMap<String, Vec<u8>>,
    device: &mut Device,
    limit: usize,
    paths: &[&str],
) -> Vec<End> {
    let mut serve = |name: &str, _: u32| match files.get(name) {
        Some(file) => Answer::File(file.clone()),
        None => Answer::NotFound,
    };
    let mut limits = Limits::default();
    limits.max_attempts = 1;
    limits.max_visited_roles = u32::try_from(limit).expect("a small number");
    let start = StartTime::Known(UtcTime::parse(START).expect("a time"));
    let step = Update::begin(files["1.root.json"].clone(), start, limits);
    let mut repository = device.drive(&mut serve, step).expect("the top level is right");
    let names = |roles: &[RoleName]| roles.iter().map(|role| role.as_str().to_owned()).collect();
    let mut ends = Vec::new();
    for path in paths {
        let path = TargetPath::new(path).expect("a path");
        let lookup = match device.drive(&mut serve, repository.find(&path)) {
            Ok(lookup) => lookup,
            Err(refused) => {
                ends.push(End::Refused(Ended::code(&refused)));
                break;
            }
        };
        repository = lookup.repository;
        ends.push(match lookup.target {
            Ok(target) => End::Found(names(target.vouched_by())),
            Err(NotFound::NotListed(unlisted)) => End::NotListed(names(unlisted.visited())),
            Err(NotFound::TooManyRoles { .. }) => End::TooManyRoles,
            Err(NotFound::Refused(error)) => {
                ends.push(End::Refused(error.code()));
                break;
            }
            Err(other) => panic!("{other}"),
        });
    }
    ends
}
