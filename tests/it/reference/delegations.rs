//! Which of many delegations are followed for a path, and by whose keys, against a scan of all of
//! them in the value that another parser reads.
//!
//! One role delegates to dozens of others, under names, patterns and hash prefixes that share their
//! beginnings, in any order and any escapes. None lists a target, so a search visits every role
//! that may speak for the path, and nothing else. What is requested, and what is told as visited,
//! must be what the scan finds. Each file is signed by the one key that its delegation names.

use std::collections::BTreeSet;

use ota_trust::primitives::{Remedy, RoleName};
use ota_trust::update::NotFound;
use proptest::prelude::*;

use super::fuzz::roles::listing::Model;
use super::layout::{Chance, Layout};
use crate::world::*;

const PATHS: [&str; 16] = [
    "a",
    "b",
    "ab",
    "a/b",
    "a/a",
    "a/b/c",
    "b/a",
    "[a]b",
    "[a",
    "*",
    "?/b",
    "a-b",
    "\u{fc}",
    "\u{fc}/\u{1f600}",
    "a b",
    "\\\"",
];
const PATTERNS: [&str; 28] = [
    "", "*", "**", "?", "a", "a*", "a?", "a/b", "a/*", "a/?", "a/*/c", "*/b", "*/*", "ab", "a[b]",
    "a/[!a]", "[a]b", "[[]a]b", "[a", "[]", "[", "a-*", "[a-b]", "\u{fc}", "\u{fc}*", "\u{fc}/*",
    "/", "a/",
];
const KEYS: [&str; 3] = ["first", "second", "third"];

#[derive(Clone, Debug)]
struct Edge {
    name: String,
    key: usize,
    terminating: bool,
    paths: Paths,
}

#[derive(Clone, Debug)]
enum Paths {
    Patterns(Vec<String>),
    HashPrefixes(Vec<String>),
}

/// From the table above, or any few characters that matter to patterns.
fn pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(PATTERNS.to_vec()).prop_map(str::to_owned),
        1 => "[ab/*?\\[\\]!\u{fc}-]{0,7}",
    ]
}

/// As many digits of a path's hash as there may be, and what is nearly that.
fn hash_prefix() -> impl Strategy<Value = String> {
    // Short ones are common, so that several paths share them.
    let length = prop_oneof![3 => 0..4_usize, 1 => 0..=64_usize];
    (prop::sample::select(PATHS.to_vec()), length, 0..12).prop_map(|(path, length, twist)| {
        let hash = sha256_hex(path.as_bytes());
        let prefix = &hash[..length];
        match twist {
            0 => prefix.to_uppercase(),
            1 => format!("{hash}0"),
            2 => format!("{prefix}g"),
            3 => format!("{prefix} "),
            4 => hash[64 - length..].to_owned(),
            _ => prefix.to_owned(),
        }
    })
}

fn edge() -> impl Strategy<Value = Edge> {
    let paths = prop_oneof![
        prop::collection::vec(pattern(), 0..4).prop_map(Paths::Patterns),
        prop::collection::vec(hash_prefix(), 0..4).prop_map(Paths::HashPrefixes),
    ];
    // Order by UTF-16 units, by bytes as written and by code points are three orders of these.
    let name = "[abA/.%\"\\\\ \n\u{fc}\u{ffff}\u{1f600}]{1,3}";
    (name, 0..KEYS.len(), prop::bool::weighted(0.05), paths)
        .prop_map(|(name, key, terminating, paths)| Edge { name, key, terminating, paths })
}

/// Up to `most` edges to as many roles.
fn edges(most: usize) -> impl Strategy<Value = Vec<Edge>> {
    prop::collection::vec(edge(), 0..most).prop_map(|mut edges| {
        let mut seen = BTreeSet::new();
        edges.retain(|edge| seen.insert(edge.name.clone()));
        edges
    })
}

fn publish(edges: &[Edge], chance: &mut Chance) -> Repo {
    let mut repo = Repo::with(|repo| {
        for Edge { name, key, terminating, paths } in edges {
            let delegation = match paths {
                Paths::Patterns(all) => Delegation::new(name, &strs(all)),
                Paths::HashPrefixes(all) => Delegation::new(name, &[]).hash_prefixes(&strs(all)),
            };
            let delegation = if *terminating { delegation.terminating() } else { delegation };
            repo.delegate("targets", delegation.signed_by(&[KEYS[*key]], 1));
        }
    });
    let file = serde_json::from_slice(&repo.file("1.targets.json")).unwrap();
    let file = Layout::any(chance).write(&file, chance);
    repo.served.insert("1.targets.json".into(), file.into_bytes());
    repo
}

fn strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

proptest! {
    #[test]
    fn the_delegations_followed_are_those_of_a_scan(edges in edges(60), seed: u64) {
        let repo = publish(&edges, &mut Chance(seed));
        let model = Model::of_file(&repo.file("1.targets.json")).unwrap();
        let mut device = Device::new(&repo);
        device.limits.max_visited_roles = 1000;
        let mut repository = device.refresh(&repo);
        let mut held = BTreeSet::new();
        for path in PATHS {
            let mut expected: Vec<String> = Vec::new();
            for (name, terminating) in model.followed(path) {
                expected.push(name);
                if terminating {
                    break;
                }
            }
            let lookup = device.find(&repo, repository, path).unwrap();
            repository = lookup.repository;
            let Err(NotFound::NotListed(unlisted)) = lookup.target else {
                panic!("{path:?}: {:?}", lookup.target);
            };
            let visited: Vec<&str> = unlisted.visited()[1..].iter().map(RoleName::as_str).collect();
            prop_assert_eq!(&visited, &expected, "{:?}", path);
            let new = expected.into_iter().filter(|name| held.insert(name.clone()));
            let new: Vec<String> = new.map(|name| format!("1.{}.json", quote(&name))).collect();
            prop_assert_eq!(device.requested(), new, "{:?}", path);
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_refused_wherever_it_stands(
        edges in edges(30),
        first: prop::sample::Index,
        second: prop::sample::Index,
        seed: u64,
    ) {
        prop_assume!(!edges.is_empty());
        let (first, second) = (first.index(edges.len()), second.index(edges.len() + 1));
        let mut edges = edges;
        edges.insert(second, edges[first].clone());
        let repo = publish(&edges, &mut Chance(seed));
        let refusal = Device::new(&repo).refusal(&repo);
        assert_refused(&refusal, "metadata.duplicate-role", Remedy::AnotherMirror);
    }
}
