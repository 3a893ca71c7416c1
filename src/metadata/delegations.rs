//! `delegations` of a targets role: who else may speak, and for which paths (TUF §4.5).

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::keys::KeyIndex;
use super::role::read_key_ids;
use super::{MetadataError, PathPattern, Result, RoleKeys, SuccinctRoles, required, room};
use crate::json::Reader;
use crate::primitives::{Digest, Limits, RoleName, TargetPath, sha256};

/// The roles that a targets role delegates to.
#[derive(Clone, Debug)]
pub struct Delegations {
    pub(super) keys: KeyIndex,
    roles: Roles,
}

#[derive(Clone, Debug)]
enum Roles {
    Listed(Vec<DelegatedRole>),
    Succinct(SuccinctRoles),
}

/// One delegation.
#[derive(Clone, Debug)]
pub struct DelegatedRole {
    name: RoleName,
    keys: RoleKeys,
    terminating: bool,
    paths: PathSet,
}

/// The paths that a delegated role may speak for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathSet {
    /// Those that match one of these patterns.
    Patterns(Vec<PathPattern>),
    /// Those whose SHA-256, in lower-case hexadecimal, starts with one of these.
    HashPrefixes(Vec<Box<str>>),
}

/// One delegation that a search follows: a role that may speak for the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    /// The role's name.
    pub(crate) name: RoleName,
    /// Whether the search ends with this role and what it delegates to.
    pub(crate) terminating: bool,
}

impl Delegations {
    /// The delegations in order of appearance; empty where the roles are succinct.
    #[must_use]
    pub fn roles(&self) -> &[DelegatedRole] {
        match &self.roles {
            Roles::Listed(roles) => roles,
            Roles::Succinct(_) => &[],
        }
    }

    /// The succinct hash bins, where there are such.
    #[must_use]
    pub fn succinct(&self) -> Option<&SuccinctRoles> {
        match &self.roles {
            Roles::Listed(_) => None,
            Roles::Succinct(succinct) => Some(succinct),
        }
    }

    /// The roles that may speak for `path`, in order of appearance, up to and with the first that
    /// is terminating.
    pub(crate) fn matches(&self, path: &TargetPath) -> Vec<Match> {
        let hash = PathHash::of(path);
        let mut matches = Vec::new();
        match &self.roles {
            Roles::Listed(roles) => {
                for role in roles.iter().filter(|role| role.paths.contains(path, &hash)) {
                    matches.push(Match { name: role.name.clone(), terminating: role.terminating });
                    if role.terminating {
                        break;
                    }
                }
            }
            // A bin is the only role that can speak for its paths, so the search ends there.
            Roles::Succinct(bins) => {
                matches
                    .extend(bins.bin_of(&hash.bytes).map(|name| Match { name, terminating: true }));
            }
        }
        matches
    }

    /// Who signs for the role `name`; `None` where it is not delegated here.
    pub(crate) fn keys_of(&self, name: &RoleName) -> Option<&RoleKeys> {
        match &self.roles {
            Roles::Listed(roles) => roles.iter().find(|r| r.name == *name).map(|r| &r.keys),
            Roles::Succinct(bins) => bins.contains(name).then_some(bins.keys()),
        }
    }

    pub(super) fn read(r: &mut Reader<'_>, limits: &Limits) -> Result<Self> {
        let (mut keys, mut listed, mut succinct) = (None, None, None);
        r.object(|r, key| {
            if key.is("keys") {
                keys = Some(KeyIndex::read(r, limits)?);
            } else if key.is("roles") {
                listed = Some(read_roles(r, limits)?);
            } else if key.is("succinct_roles") {
                succinct = Some(SuccinctRoles::read(r, limits)?);
            } else {
                r.skip()?;
            }
            Ok::<_, MetadataError>(())
        })?;
        let roles = match (listed, succinct) {
            (Some(listed), None) => Roles::Listed(listed),
            (None, Some(succinct)) => Roles::Succinct(succinct),
            _ => return Err(MetadataError::RoleSet),
        };
        Ok(Self { keys: required(keys, "keys")?, roles })
    }
}

impl DelegatedRole {
    /// The role's name.
    #[must_use]
    pub fn name(&self) -> &RoleName {
        &self.name
    }

    /// Who may sign for it.
    #[must_use]
    pub fn keys(&self) -> &RoleKeys {
        &self.keys
    }

    /// Whether a search that matches ends with this role and what it delegates to.
    #[must_use]
    pub fn is_terminating(&self) -> bool {
        self.terminating
    }

    /// The paths that it may speak for.
    #[must_use]
    pub fn paths(&self) -> &PathSet {
        &self.paths
    }

    /// Reads one delegation; `paths_left` is how many paths the file may still list.
    fn read(r: &mut Reader<'_>, paths_left: &mut u32, limits: &Limits) -> Result<Self> {
        let (mut name, mut key_ids, mut threshold) = (None, None, None);
        let (mut patterns, mut prefixes) = (None, None);
        let mut terminating = None;
        r.object(|r, key| {
            if key.is("name") {
                name = Some(RoleName::delegated(&r.text()?.decode())?);
            } else if key.is("keyids") {
                key_ids = Some(read_key_ids(r, limits)?);
            } else if key.is("threshold") {
                threshold = Some(r.u64()?);
            } else if key.is("terminating") {
                terminating = Some(r.boolean()?);
            } else if key.is("paths") {
                let texts = read_paths(r, paths_left, limits)?;
                patterns = Some(texts.into_iter().map(PathPattern::new).collect());
            } else if key.is("path_hash_prefixes") {
                prefixes = Some(read_paths(r, paths_left, limits)?);
            } else {
                r.skip()?;
            }
            Ok::<_, MetadataError>(())
        })?;
        let name = required(name, "name")?;
        let paths = match (patterns, prefixes) {
            (Some(patterns), None) => PathSet::Patterns(patterns),
            (None, Some(prefixes)) => PathSet::HashPrefixes(prefixes),
            _ => return Err(MetadataError::PathSet(name)),
        };
        let key_ids = required(key_ids, "keyids")?;
        let keys = RoleKeys::new(key_ids, required(threshold, "threshold")?)?;
        let terminating = required(terminating, "terminating")?;
        Ok(Self { name, keys, terminating, paths })
    }
}

impl PathSet {
    fn contains(&self, path: &TargetPath, hash: &PathHash) -> bool {
        match self {
            Self::Patterns(patterns) => patterns.iter().any(|p| p.matches(path.as_str())),
            Self::HashPrefixes(prefixes) => prefixes.iter().any(|p| hash.hex.starts_with(&**p)),
        }
    }
}

/// The SHA-256 of a target path, as bytes for succinct bins and as text for prefixes.
struct PathHash {
    bytes: [u8; 32],
    hex: alloc::string::String,
}

impl PathHash {
    fn of(path: &TargetPath) -> Self {
        let bytes = sha256(path.as_str().as_bytes());
        Self { bytes, hex: alloc::format!("{}", Digest::Sha256(bytes)) }
    }
}

/// Reads `paths` or `path_hash_prefixes`, and takes their number from what is left.
fn read_paths(r: &mut Reader<'_>, left: &mut u32, limits: &Limits) -> Result<Vec<Box<str>>> {
    let what = "paths and path hash prefixes";
    let too_many = MetadataError::TooMany { what, limit: limits.max_paths };
    let mut paths = Vec::new();
    r.array(|r| {
        *left = left.checked_sub(1).ok_or_else(|| too_many.clone())?;
        paths.push(r.text()?.decode().into());
        Ok::<_, MetadataError>(())
    })?;
    Ok(paths)
}

fn read_roles(r: &mut Reader<'_>, limits: &Limits) -> Result<Vec<DelegatedRole>> {
    let mut roles: Vec<DelegatedRole> = Vec::new();
    let mut paths_left = limits.max_paths;
    r.array(|r| {
        room(&roles, limits.max_delegations, "delegations")?;
        roles.push(DelegatedRole::read(r, &mut paths_left, limits)?);
        Ok::<_, MetadataError>(())
    })?;
    let mut names = BTreeSet::new();
    for role in &roles {
        if !names.insert(&role.name) {
            return Err(MetadataError::DuplicateRole(role.name.clone()));
        }
    }
    Ok(roles)
}
