//! Targets files as the model reads them, whole, and by what they are held against §5.6.

use ota_trust::metadata::{DelegatedRole, PathSet, Targets};
use ota_trust::primitives::Limits;
use ota_trust::verify::{Trusted, TrustedTarget};
use serde_json::{Map, Value};

use super::document::{
    Authority, File, Hashes, Header, MALFORMED, MetaFile, Verdict, keys, optional, text, texts,
};
use super::root::read_keys;
use super::signing::sha256;
use super::{patterns, world};

/// What the model knows of a targets file before it reads it: what the snapshot lists, and who
/// signs.
pub type Terms<'m> = (Option<&'m MetaFile>, Option<(&'m Authority, &'m Map<String, Value>)>);

/// §5.6.2 to §5.6.5.
pub fn expected(bytes: &[u8], (listed, authority): Terms<'_>) -> Verdict<Model> {
    let listed = listed.ok_or("verify.not-in-snapshot")?;
    listed.check_bytes(bytes)?;
    let file = File::read(bytes, Limits::default().max_targets_length)?;
    let model = Model::read(&file.signed).ok_or(MALFORMED)?;
    let (authority, keys) = authority.ok_or("verify.not-delegated")?;
    file.require(authority, keys)?;
    listed.check_version(&model.header)?;
    model.header.check_not_expired(world::START)?;
    Ok(model)
}

pub struct Model {
    pub header: Header,
    pub targets: Map<String, Value>,
    pub delegations: Option<Delegations>,
    /// The keys of the delegations.
    keys: Map<String, Value>,
}

/// What of delegations is compared.
#[derive(Debug, PartialEq)]
pub enum Delegations {
    Listed(Vec<Role>),
    Succinct { keys: Authority, bit_length: u64, prefix: String },
}

#[derive(Debug, PartialEq)]
pub struct Role {
    name: String,
    keys: Authority,
    terminating: bool,
    patterns: Option<Vec<String>>,
    prefixes: Option<Vec<String>>,
}

impl Model {
    pub fn read(signed: &Value) -> Option<Self> {
        let keys = signed.pointer("/delegations/keys").and_then(Value::as_object);
        Some(Self {
            header: Header::read(signed, "targets")?,
            targets: signed.get("targets")?.as_object()?.clone(),
            delegations: optional(signed, "delegations", Delegations::read)?,
            keys: keys.cloned().unwrap_or_default(),
        })
    }

    /// What a file says, whoever signed it.
    pub fn of_file(bytes: &[u8]) -> Verdict<Self> {
        let file = File::read(bytes, Limits::default().max_targets_length)?;
        Self::read(&file.signed).ok_or(MALFORMED)
    }

    /// Who signs for a role that is delegated here, and all keys.
    pub fn authority(&self, role: &str) -> Option<(&Authority, &Map<String, Value>)> {
        let authority = match self.delegations.as_ref()? {
            Delegations::Listed(roles) => &roles.iter().find(|listed| listed.name == role)?.keys,
            Delegations::Succinct { keys, bit_length, prefix } => {
                let digits = role.strip_prefix(prefix)?.strip_prefix('-')?;
                let number = u64::from_str_radix(digits, 16).ok()?;
                let is_bin = number >> bit_length == 0 && bin(prefix, number, *bit_length) == role;
                is_bin.then_some(keys)?
            }
        };
        Some((authority, &self.keys))
    }

    /// The delegations that may speak for a path, in order: the name, and whether the search ends
    /// there (§5.6.7.2).
    pub fn followed(&self, path: &str) -> Vec<(String, bool)> {
        let hash = sha256(path.as_bytes());
        match &self.delegations {
            None => Vec::new(),
            Some(Delegations::Listed(roles)) => {
                let speaking = roles.iter().filter(|role| role.speaks_for(path, &hash));
                speaking.map(|role| (role.name.clone(), role.terminating)).collect()
            }
            Some(Delegations::Succinct { bit_length, prefix, .. }) => {
                let leading = u64::from_str_radix(&hash[..8], 16).expect("a digest");
                vec![(bin(prefix, leading >> (32 - bit_length), *bit_length), true)]
            }
        }
    }
}

/// TAP 15: the prefix, a hyphen, and the number in as many digits as the last bin needs.
fn bin(prefix: &str, number: u64, bit_length: u64) -> String {
    let digits = format!("{:x}", (1_u64 << bit_length) - 1).len();
    format!("{prefix}-{number:0digits$x}")
}

impl Delegations {
    fn read(value: &Value) -> Option<Self> {
        keys(value.get("keys")?)?;
        match (value.get("roles"), value.get("succinct_roles")) {
            (Some(roles), None) => {
                let roles: Vec<Role> =
                    roles.as_array()?.iter().map(Role::read).collect::<Option<_>>()?;
                let mut names: Vec<&String> = roles.iter().map(|role| &role.name).collect();
                names.sort();
                names.dedup();
                (names.len() == roles.len()).then_some(Self::Listed(roles))
            }
            (None, Some(bins)) => Some(Self::Succinct {
                keys: Authority::read(bins)?,
                bit_length: bins.get("bit_length")?.as_u64().filter(|n| (1..=32).contains(n))?,
                prefix: text(bins, "name_prefix")?,
            }),
            _ => None,
        }
    }

    pub fn of(trusted: &Trusted<'_, Targets>) -> Option<Self> {
        let delegations = trusted.delegations()?;
        if let Some(bins) = delegations.succinct() {
            return Some(Self::Succinct {
                keys: read_keys(bins.keys()),
                bit_length: bins.bit_length().into(),
                prefix: bins.name_prefix().into(),
            });
        }
        let role = |role: DelegatedRole<'_>| {
            let (patterns, prefixes) = match role.paths() {
                PathSet::Patterns(list) => {
                    (Some(list.iter().map(|p| p.as_str().to_owned()).collect()), None)
                }
                PathSet::HashPrefixes(list) => {
                    (None, Some(list.iter().map(ToString::to_string).collect()))
                }
                _ => (None, None),
            };
            Role {
                name: role.name().as_str().to_owned(),
                keys: read_keys(&role.keys()),
                terminating: role.is_terminating(),
                patterns,
                prefixes,
            }
        };
        Some(Self::Listed(delegations.roles().map(role).collect()))
    }
}

impl Role {
    fn read(value: &Value) -> Option<Self> {
        let reserved = ["", "root", "timestamp", "snapshot", "targets", "mirrors"];
        let role = Self {
            name: text(value, "name").filter(|name| !reserved.contains(&name.as_str()))?,
            keys: Authority::read(value)?,
            terminating: optional(value, "terminating", Value::as_bool)?.unwrap_or(false),
            patterns: optional(value, "paths", texts)?,
            prefixes: optional(value, "path_hash_prefixes", texts)?,
        };
        (role.patterns.is_some() != role.prefixes.is_some()).then_some(role)
    }

    fn speaks_for(&self, path: &str, hash: &str) -> bool {
        let mut patterns = self.patterns.iter().flatten();
        let mut prefixes = self.prefixes.iter().flatten();
        patterns.any(|pattern| patterns::matches(pattern, path))
            || prefixes.any(|prefix| hash.starts_with(prefix))
    }
}

/// What a role lists of a target.
pub struct Entry<'m> {
    length: u64,
    hashes: Hashes,
    custom: Option<&'m Value>,
}

impl<'m> Entry<'m> {
    pub fn read(entry: &'m Value) -> Verdict<Self> {
        let read = || {
            Some(Self {
                length: entry.get("length")?.as_u64()?,
                hashes: Hashes::read(entry.get("hashes")?)?,
                custom: entry.get("custom"),
            })
        };
        let custom_is_object = |entry: &Self| entry.custom.is_none_or(Value::is_object);
        read().filter(custom_is_object).ok_or(MALFORMED)
    }

    pub fn compare(&self, target: &TrustedTarget) {
        assert_eq!(target.length(), self.length);
        assert_eq!(self.hashes, *target.hashes());
        let custom = target.custom().map(|text| serde_json::from_str(text).expect("JSON"));
        assert_eq!(custom.as_ref(), self.custom);
    }
}
