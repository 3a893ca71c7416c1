//! A graph of delegations, read from an input and published.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::choices::Choices;
use super::signing::{Signer, authority, file, header, key_map, sha256};

const NAMES: [&str; 6] = ["targets", "a", "b", "c/d", "../e", "\u{fc}"];
/// As they stand in file names.
const STEMS: [&str; 6] = ["targets", "a", "b", "c%2Fd", "..%2Fe", "%C3%BC"];
pub const PATHS: [&str; 6] = ["x", "a/x", "a/y.bin", "b/a/x", "[a]/x", "\u{fc}/\u{fd}"];
const PATTERNS: [&str; 12] = [
    "*", "*/*", "a/*", "?/x", "[!b]/?", "a/x", "**", "*/*.bin", "b/*", "[[]a]/x", "\u{fc}/*",
    "*/a/*",
];
/// Keys that delegators know; a role may be signed by any of them.
const KEYS: usize = 3;
pub const START: &str = "2027-01-01T00:00:00Z";

/// A role, and what it delegates.
#[derive(Debug, Default)]
pub struct Role {
    pub signers: Vec<usize>,
    pub is_listed: bool,
    pub has_expired: bool,
    /// The paths of its targets.
    pub targets: Vec<&'static str>,
    pub edges: Edges,
}

#[derive(Debug)]
pub enum Edges {
    Listed(Vec<Edge>),
    /// So many bits; the bins are signed by this key.
    Succinct {
        bits: usize,
        key: usize,
    },
}

impl Default for Edges {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

#[derive(Debug)]
pub struct Edge {
    pub to: String,
    pub key: usize,
    pub terminating: bool,
    pub paths: Paths,
}

#[derive(Debug)]
pub enum Paths {
    Patterns(Vec<&'static str>),
    Prefixes(Vec<String>),
}

pub type Graph = BTreeMap<String, Role>;

pub fn read_graph(choices: &mut Choices<'_>) -> Graph {
    let mut graph = Graph::new();
    for name in NAMES {
        let top_level = name == "targets";
        let flags = choices.number();
        let mut role = Role {
            is_listed: top_level || flags & 1 == 0,
            has_expired: !top_level && flags & 6 == 6,
            signers: (0..KEYS).filter(|key| top_level || flags >> (3 + key) & 1 == 0).collect(),
            ..Role::default()
        };
        role.targets = (0..choices.below(3)).map(|_| *choices.one_of(&PATHS)).collect();
        role.edges = match choices.below(6) {
            5 => Edges::Succinct { bits: 1 + choices.below(32), key: choices.below(KEYS) },
            count => Edges::Listed(read_edges(choices, count)),
        };
        graph.insert(name.to_owned(), role);
    }
    add_bins(&mut graph, choices);
    graph
}

fn read_edges(choices: &mut Choices<'_>, count: usize) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    for _ in 0..count {
        let to = choices.one_of(&NAMES[1..]).to_string();
        let (key, terminating) = (choices.below(KEYS), choices.yes());
        let paths = match choices.below(4) {
            0 => Paths::Prefixes(vec![prefix(choices), prefix(choices)]),
            some => Paths::Patterns((1..=some).map(|_| *choices.one_of(&PATTERNS)).collect()),
        };
        // Twice the same name is refused; the target for bytes to trust looks at that.
        if edges.iter().all(|edge| edge.to != to) {
            edges.push(Edge { to, key, terminating, paths });
        }
    }
    edges
}

/// The first digits of a path's hash, possibly none, possibly in capitals.
fn prefix(choices: &mut Choices<'_>) -> String {
    let hash = sha256(choices.one_of(&PATHS).as_bytes());
    let prefix = hash[..choices.below(4)].to_owned();
    if choices.yes() { prefix.to_uppercase() } else { prefix }
}

/// The bins that hold the paths, as leaves of the graph.
fn add_bins(graph: &mut Graph, choices: &mut Choices<'_>) {
    let succinct: Vec<(usize, usize)> = graph
        .values()
        .filter_map(|role| match role.edges {
            Edges::Succinct { bits, key } => Some((bits, key)),
            Edges::Listed(_) => None,
        })
        .collect();
    for (bits, key) in succinct {
        for path in PATHS {
            let role = graph.entry(bin_of(path, bits)).or_default();
            role.is_listed = true;
            role.signers.push(key);
            if choices.yes() {
                role.targets.push(path);
            }
        }
    }
}

/// TAP 15: the leading bits of the hash, as a number in as many digits as the last bin needs.
pub fn bin_of(path: &str, bits: usize) -> String {
    let hash = hex::decode(sha256(path.as_bytes())).expect("a digest");
    let binary: Vec<String> = hash.iter().map(|byte| format!("{byte:08b}")).collect();
    let number = u64::from_str_radix(&binary.concat()[..bits], 2).expect("at most 32 bits");
    let last = (1_u64 << bits) - 1;
    let digits = format!("{last:x}").len();
    // Bins of as many bits are the same wherever they are delegated.
    format!("bin{bits}-{number:0digits$x}")
}

pub fn stem(name: &str) -> &str {
    NAMES.iter().position(|n| *n == name).map_or(name, |at| STEMS[at])
}

/// The files of the repository, by name.
pub fn publish(graph: &Graph) -> BTreeMap<String, Vec<u8>> {
    let later = "2030-01-01T00:00:00Z";
    let mut files = BTreeMap::new();
    let mut meta = json!({});
    for (name, role) in graph {
        let expires = if role.has_expired { START } else { later };
        let mut signed = header("targets", 1, expires);
        let entry = json!({"length": 1, "hashes": {"sha256": sha256(name.as_bytes())}});
        signed["targets"] = role.targets.iter().map(|path| (*path, entry.clone())).collect();
        signed["delegations"] = delegations(&role.edges);
        let signers: Vec<Signer> = role.signers.iter().map(|key| signer(*key)).collect();
        let distinct: BTreeSet<Signer> = signers.into_iter().collect();
        let signers: Vec<Signer> = distinct.into_iter().collect();
        let bytes = file(&signed, &signers);
        if role.is_listed {
            // Roles share keys here, so a device reuses what it has only if a digest says so.
            let hashes = json!({"sha256": sha256(&bytes)});
            meta[format!("{name}.json")] = json!({"version": 1, "hashes": hashes});
        }
        files.insert(format!("1.{}.json", stem(name)), bytes);
    }
    let online = [signer(0)];
    let mut signed = header("snapshot", 1, later);
    signed["meta"] = meta;
    files.insert("1.snapshot.json".into(), file(&signed, &online));
    let mut signed = header("timestamp", 1, later);
    signed["meta"] = json!({"snapshot.json": {"version": 1}});
    files.insert("timestamp.json".into(), file(&signed, &online));
    let mut signed = header("root", 1, later);
    signed["consistent_snapshot"] = json!(true);
    signed["keys"] = key_map(&online);
    let roles = ["root", "timestamp", "snapshot", "targets"];
    signed["roles"] = roles.into_iter().map(|role| (role, authority(&online, 1))).collect();
    files.insert("1.root.json".into(), file(&signed, &online));
    files
}

fn signer(key: usize) -> Signer {
    (format!("k{key}"), key)
}

fn delegations(edges: &Edges) -> Value {
    let keys: Vec<Signer> = (0..KEYS).map(signer).collect();
    let keys = key_map(&keys);
    match edges {
        Edges::Succinct { bits, key } => {
            let mut bins = authority(&[signer(*key)], 1);
            bins["bit_length"] = json!(bits);
            bins["name_prefix"] = json!(format!("bin{bits}"));
            json!({"keys": keys, "succinct_roles": bins})
        }
        Edges::Listed(edges) => {
            let edge = |edge: &Edge| {
                let mut value = authority(&[signer(edge.key)], 1);
                value["name"] = json!(edge.to);
                value["terminating"] = json!(edge.terminating);
                match &edge.paths {
                    Paths::Patterns(all) => value["paths"] = json!(all),
                    Paths::Prefixes(all) => value["path_hash_prefixes"] = json!(all),
                }
                value
            };
            json!({"keys": keys, "roles": edges.iter().map(edge).collect::<Vec<_>>()})
        }
    }
}
