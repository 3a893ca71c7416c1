//! `targets` and the roles below it.

use serde_json::{Value, json};
use std::collections::BTreeMap;

use super::repo::{FOREVER, Header};
use super::signer::{Authority, Signer, key_map};

/// A targets role, top-level or delegated.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) header: Header,
    pub(crate) targets: BTreeMap<String, Value>,
    pub(crate) delegations: Vec<Delegation>,
    /// TAP 15: instead of `delegations`.
    pub(crate) succinct: Option<Succinct>,
    /// Who signs the file, which need not be who should.
    pub(crate) signers: Vec<Signer>,
}

/// One delegating edge.
#[derive(Clone, Debug)]
pub(crate) struct Delegation {
    pub(crate) name: String,
    pub(crate) authority: Authority,
    pub(crate) terminating: bool,
    pub(crate) paths: Paths,
}

#[derive(Clone, Debug)]
pub(crate) enum Paths {
    Patterns(Vec<String>),
    HashPrefixes(Vec<String>),
}

#[derive(Clone, Debug)]
pub(crate) struct Succinct {
    pub(crate) authority: Authority,
    pub(crate) bit_length: u64,
    pub(crate) prefix: String,
}

impl Delegation {
    /// To `name`, signed by the key of that name, for the paths that match a pattern.
    pub(crate) fn new(name: &str, patterns: &[&str]) -> Self {
        let patterns = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        Self {
            name: name.to_owned(),
            authority: Authority::new(&[name], 1),
            terminating: false,
            paths: Paths::Patterns(patterns),
        }
    }

    pub(crate) fn terminating(self) -> Self {
        Self { terminating: true, ..self }
    }

    pub(crate) fn signed_by(self, keys: &[&str], threshold: u64) -> Self {
        Self { authority: Authority::new(keys, threshold), ..self }
    }

    pub(crate) fn hash_prefixes(self, prefixes: &[&str]) -> Self {
        let prefixes = prefixes.iter().map(|&prefix| prefix.to_owned()).collect();
        Self { paths: Paths::HashPrefixes(prefixes), ..self }
    }

    fn to_json(&self) -> Value {
        let mut edge = self.authority.role();
        edge["name"] = json!(self.name);
        edge["terminating"] = json!(self.terminating);
        match &self.paths {
            Paths::Patterns(patterns) => edge["paths"] = json!(patterns),
            Paths::HashPrefixes(prefixes) => edge["path_hash_prefixes"] = json!(prefixes),
        }
        edge
    }
}

impl Role {
    /// A role of version 1 without targets.
    pub(crate) fn new(signers: Vec<Signer>) -> Self {
        Self {
            header: Header { version: 1, expires: FOREVER.to_owned() },
            targets: BTreeMap::new(),
            delegations: Vec::new(),
            succinct: None,
            signers,
        }
    }

    /// The `signed` part.
    pub(crate) fn to_json(&self) -> Value {
        let mut signed = self.header.to_json("targets");
        signed["targets"] = self.targets.clone().into_iter().collect();
        if let Some(Succinct { authority, bit_length, prefix }) = &self.succinct {
            let mut bins = authority.role();
            bins["bit_length"] = json!(bit_length);
            bins["name_prefix"] = json!(prefix);
            signed["delegations"] = json!({"keys": key_map([authority]), "succinct_roles": bins});
        } else if !self.delegations.is_empty() {
            let keys = key_map(self.delegations.iter().map(|edge| &edge.authority));
            let roles: Vec<Value> = self.delegations.iter().map(Delegation::to_json).collect();
            signed["delegations"] = json!({"keys": keys, "roles": roles});
        }
        signed
    }
}
