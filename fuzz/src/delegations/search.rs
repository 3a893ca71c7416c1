//! The search of §5.6.7 as a recursion.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Edge, Edges, Graph, Paths, Role, bin_of, stem};
use super::patterns;
use super::signing::sha256;

/// How a search ends.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// The roles by which the target was found.
    Found(Vec<String>),
    /// The roles that were visited.
    NotListed(Vec<String>),
    TooManyRoles,
    Refused(&'static str),
}

/// The search of §5.6.7.
pub struct Search<'g> {
    pub graph: &'g Graph,
    pub limit: usize,
    /// The roles at hand, each with the roles by whose keys it was verified.
    pub held: BTreeMap<String, BTreeSet<String>>,
    pub requests: Vec<String>,
}

impl Search<'_> {
    pub fn run(&mut self, path: &str) -> End {
        let mut visited = Vec::new();
        match self.visit(path, "targets", &mut Vec::new(), &mut visited) {
            Err(end) => end,
            Ok(()) => End::NotListed(visited),
        }
    }

    /// Visits a role at the end of `chain` and what it delegates to; `Err` when the search is over.
    fn visit(
        &mut self,
        path: &str,
        name: &str,
        chain: &mut Vec<String>,
        visited: &mut Vec<String>,
    ) -> Result<(), End> {
        // §5.6.7.1
        visited.push(name.to_owned());
        chain.push(name.to_owned());
        let role = &self.graph[name];
        if role.targets.contains(&path) {
            return Err(End::Found(chain.clone()));
        }
        // §5.6.7.2
        for (to, key, terminating) in edges_for(role, path) {
            if !visited.contains(&to) {
                if visited.len() >= self.limit {
                    return Err(End::TooManyRoles);
                }
                self.obtain(&to, name, key).map_err(End::Refused)?;
                self.visit(path, &to, chain, visited)?;
            }
            // §5.6.7.2.1
            if terminating {
                return Err(End::NotListed(visited.clone()));
            }
        }
        chain.pop();
        Ok(())
    }

    /// §5.6.1 to §5.6.6, for one delegating edge.
    fn obtain(&mut self, name: &str, delegator: &str, key: usize) -> Result<(), &'static str> {
        let role = &self.graph[name];
        let is_signed = role.signers.contains(&key);
        // A copy that this delegator's keys have not signed is asked for anew.
        if let Some(delegators) = self.held.get_mut(name)
            && (is_signed || delegators.contains(delegator))
        {
            delegators.insert(delegator.to_owned());
            return Ok(());
        }
        if !role.is_listed {
            return Err("verify.not-in-snapshot");
        }
        self.requests.push(format!("1.{}.json", stem(name)));
        if !is_signed {
            return Err("verify.signatures");
        }
        if role.has_expired {
            return Err("verify.expired");
        }
        self.held.insert(name.to_owned(), BTreeSet::from([delegator.to_owned()]));
        Ok(())
    }
}

/// The delegations of a role that may speak for a path, in order: name, key, whether terminating.
fn edges_for(role: &Role, path: &str) -> Vec<(String, usize, bool)> {
    match &role.edges {
        Edges::Succinct { bits, key } => vec![(bin_of(path, *bits), *key, true)],
        Edges::Listed(edges) => {
            let hash = sha256(path.as_bytes());
            let speaks = |edge: &&Edge| match &edge.paths {
                Paths::Patterns(all) => all.iter().any(|p| patterns::matches(p, path)),
                Paths::Prefixes(all) => all.iter().any(|prefix| hash.starts_with(prefix.as_str())),
            };
            let edges = edges.iter().filter(speaks);
            edges.map(|edge| (edge.to.clone(), edge.key, edge.terminating)).collect()
        }
    }
}
