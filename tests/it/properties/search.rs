//! Random delegation graphs against a recursive search, written down from §5.6.7.

use std::collections::BTreeSet;

use ota_trust::update::NotFound;
use proptest::prelude::*;

use crate::world::*;

const ROLES: usize = 7;
const PATHS: [&str; 5] = ["a", "b", "bb", "x/a", "x/b"];
const PATTERNS: [&str; 7] = ["*", "a", "b*", "x/*", "*/a", "?", "[!a]*"];

#[derive(Clone, Debug)]
struct Edge {
    to: usize,
    /// Which patterns it has.
    patterns: Vec<usize>,
    terminating: bool,
}

/// Role 0 is `targets`.
#[derive(Clone, Debug)]
struct Graph {
    edges: Vec<Vec<Edge>>,
    /// Which paths each role lists.
    listed: Vec<BTreeSet<usize>>,
}

fn graph() -> impl Strategy<Value = Graph> {
    let edge =
        (1..ROLES, prop::collection::vec(0..PATTERNS.len(), 0..3), prop::bool::weighted(0.25))
            .prop_map(|(to, patterns, terminating)| Edge { to, patterns, terminating });
    let edges = prop::collection::vec(edge, 0..5).prop_map(|mut edges: Vec<Edge>| {
        // Two delegations of one name are refused.
        let mut seen = BTreeSet::new();
        edges.retain(|edge| seen.insert(edge.to));
        edges
    });
    let listed = prop::collection::btree_set(0..PATHS.len(), 0..2);
    (prop::collection::vec(edges, ROLES), prop::collection::vec(listed, ROLES))
        .prop_map(|(edges, listed)| Graph { edges, listed })
}

fn name(role: usize) -> String {
    if role == 0 { "targets".to_owned() } else { format!("r{role}") }
}

/// What the patterns above mean, one by one.
fn matches(pattern: usize, path: &str) -> bool {
    let (first, second) = path.split_once('/').map_or((path, None), |(a, b)| (a, Some(b)));
    match (PATTERNS[pattern], second) {
        ("*", None) => true,
        ("a", None) => first == "a",
        ("b*", None) => first.starts_with('b'),
        ("?", None) => first.len() == 1,
        ("[!a]*", None) => !first.starts_with('a'),
        ("x/*", Some(_)) => first == "x",
        ("*/a", Some(second)) => second == "a",
        _ => false,
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    Found(Vec<String>),
    NotListed,
    TooManyRoles,
}

struct Oracle<'g> {
    graph: &'g Graph,
    path: usize,
    max: usize,
    visited: Vec<usize>,
}

impl Oracle<'_> {
    /// `Some` ends the search.
    fn visit(&mut self, role: usize, chain: &[String]) -> Option<Answer> {
        // 1. "If this role has been visited before, then skip this role. Otherwise, if an
        //    application-specific maximum number of roles have been visited, then go to step 5.7.
        //    Otherwise, if this role contains metadata about the desired target, then go to step 5.7."
        if self.visited.contains(&role) {
            return None;
        }
        if self.visited.len() == self.max {
            return Some(Answer::TooManyRoles);
        }
        self.visited.push(role);
        let chain = [chain, &[name(role)]].concat();
        if self.graph.listed[role].contains(&self.path) {
            return Some(Answer::Found(chain));
        }
        // 2. "Otherwise, recursively search the list of delegations in order of appearance."
        for edge in &self.graph.edges[role] {
            if !edge.patterns.iter().any(|&pattern| matches(pattern, PATHS[self.path])) {
                continue;
            }
            if let Some(answer) = self.visit(edge.to, &chain) {
                return Some(answer);
            }
            // "If the current delegation is a terminating delegation, then jump to step 5.7."
            if edge.terminating {
                return Some(Answer::NotListed);
            }
        }
        None
    }
}

fn build(graph: &Graph) -> Repo {
    Repo::with(|repo| {
        for role in 1..ROLES {
            repo.roles.insert(name(role), Role::new(vec![Signer::new(&name(role))]));
        }
        for role in 0..ROLES {
            for edge in &graph.edges[role] {
                let patterns: Vec<&str> = edge.patterns.iter().map(|&p| PATTERNS[p]).collect();
                let delegation = Delegation::new(&name(edge.to), &patterns);
                let delegation =
                    if edge.terminating { delegation.terminating() } else { delegation };
                repo.delegate(&name(role), delegation);
            }
            for &path in &graph.listed[role] {
                repo.add_target(&name(role), PATHS[path], name(role).as_bytes());
            }
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cve_2025_2886_random_graphs_are_searched_in_pre_order(graph in graph(), max in 1..=8_usize) {
        let repo = build(&graph);
        for (path, name_of_path) in PATHS.into_iter().enumerate() {
            let mut oracle = Oracle { graph: &graph, path, max, visited: Vec::new() };
            let expected = oracle.visit(0, &[]).unwrap_or(Answer::NotListed);
            let mut device = Device::new(&repo);
            device.limits.max_visited_roles = u32::try_from(max).unwrap();
            let trusted = device.refresh(&repo);
            let target = device.find(&repo, trusted, name_of_path).unwrap().target;
            let visited: Vec<String> = oracle.visited.iter().map(|&role| name(role)).collect();
            let found = match target {
                Ok(target) => {
                    let chain: Vec<String> =
                        target.vouched_by().iter().map(ToString::to_string).collect();
                    let content = chain.last().unwrap();
                    prop_assert_eq!(target.hashes().check(content.as_bytes()), Ok(()));
                    Answer::Found(chain)
                }
                Err(NotFound::NotListed(told)) => {
                    let told = told.visited().iter().map(ToString::to_string);
                    let told: Vec<String> = told.collect();
                    prop_assert_eq!(&told, &visited);
                    Answer::NotListed
                }
                Err(NotFound::TooManyRoles { limit }) => {
                    prop_assert_eq!(limit as usize, max);
                    Answer::TooManyRoles
                }
                Err(other) => panic!("{other}"),
            };
            prop_assert_eq!(found, expected);
            let files: Vec<String> = visited[1..].iter().map(|role| format!("1.{role}.json")).collect();
            prop_assert_eq!(device.requested(), files);
        }
    }
}
