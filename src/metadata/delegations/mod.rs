//! `delegations` of a targets role: who else may speak, and for which paths (TUF §4.5).
//!
//! Read once and checked in full; what is kept are positions in the file. A repository with 16,384
//! hash bins lists more delegations than most roles list targets, and a search needs one of them.

mod heads;
mod role;

use alloc::boxed::Box;
use alloc::vec::Vec;

use self::heads::{Head, Heads};
use self::role::{Entry, Paths};
use super::keys::KeyIndex;
use super::pattern::Subject;
use super::{ListedKey, MetadataError, Result, RoleKeys, SuccinctRoles, required, room};
use crate::json::{self, Index, Reader};
use crate::key::KeyId;
use crate::primitives::{Limits, RoleName, TargetPath, hex_encode, sha256};

pub use self::role::{DelegatedRole, PathSet};

/// The roles that a targets role delegates to.
#[derive(Clone, Copy, Debug)]
pub struct Delegations<'d> {
    file: &'d str,
    index: &'d DelegationIndex,
}

/// Where the delegations of a file stand in it.
#[derive(Clone, Debug)]
pub(super) struct DelegationIndex {
    keys: KeyIndex,
    roles: Roles,
}

#[derive(Clone, Debug)]
enum Roles {
    Listed(RoleIndex),
    Succinct(SuccinctRoles),
}

#[derive(Clone, Debug)]
struct RoleIndex {
    /// In order of appearance.
    roles: Box<[Entry]>,
    /// Their names in order.
    names: Index,
    patterns: Heads,
    prefixes: Heads,
}

/// One delegation that a search follows: a role that may speak for the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    /// The role's name.
    pub(crate) name: RoleName,
    /// Whether the search ends with this role and what it delegates to.
    pub(crate) terminating: bool,
}

impl<'d> Delegations<'d> {
    /// `index` is that of `file`.
    pub(super) fn new(file: &'d str, index: &'d DelegationIndex) -> Self {
        Self { file, index }
    }

    /// The delegations in order of appearance; none where the roles are succinct.
    #[must_use]
    pub fn roles(&self) -> impl ExactSizeIterator<Item = DelegatedRole<'d>> + use<'d> {
        let roles: &[Entry] = match &self.index.roles {
            Roles::Listed(listed) => &listed.roles,
            Roles::Succinct(_) => &[],
        };
        let file = self.file;
        roles.iter().map(move |entry| DelegatedRole::new(file, entry))
    }

    /// The succinct hash bins, where there are such.
    #[must_use]
    pub fn succinct(&self) -> Option<&'d SuccinctRoles> {
        match &self.index.roles {
            Roles::Listed(_) => None,
            Roles::Succinct(succinct) => Some(succinct),
        }
    }

    /// The roles that may speak for `path`, in order of appearance, up to and with the first that
    /// is terminating.
    pub(crate) fn matches(&self, path: &TargetPath) -> Vec<Match> {
        match &self.index.roles {
            Roles::Listed(listed) => listed.matches(self.file, path),
            // A bin is the only role that can speak for its paths, so the search ends there.
            Roles::Succinct(bins) => {
                let bin = bins.bin_of(&sha256(path.as_str().as_bytes()));
                bin.map(|name| Match { name, terminating: true }).into_iter().collect()
            }
        }
    }

    /// Who signs for the role `name`; `None` where it is not delegated here.
    pub(crate) fn keys_of(&self, name: &RoleName) -> Option<RoleKeys> {
        match &self.index.roles {
            Roles::Listed(listed) => Some(listed.named(self.file, name)?.keys()),
            Roles::Succinct(bins) => bins.contains(name).then(|| bins.keys().clone()),
        }
    }

    /// The key with the id `id`, if it is listed.
    pub(crate) fn key(&self, id: &KeyId) -> Option<ListedKey<'d>> {
        self.index.keys.get(self.file, id)
    }
}

impl DelegationIndex {
    pub(super) fn read(r: &mut Reader<'_>, limits: &Limits) -> Result<Self> {
        let (mut keys, mut listed, mut succinct) = (None, None, None);
        r.object(|r, key| {
            if key.is("keys") {
                keys = Some(KeyIndex::read(r, limits)?);
            } else if key.is("roles") {
                listed = Some(RoleIndex::read(r, limits)?);
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

impl RoleIndex {
    fn read(r: &mut Reader<'_>, limits: &Limits) -> Result<Self> {
        let mut roles: Vec<Entry> = Vec::new();
        let mut paths = Paths::default();
        r.array(|r| {
            room(&roles, limits.max_delegations, "delegations")?;
            roles.push(Entry::read(r, &mut paths, limits)?);
            Ok::<_, MetadataError>(())
        })?;
        let file = r.source();
        let names = roles.iter().map(|role| role.name).collect();
        let names = Index::of_texts(file, names).map_err(|twice| {
            MetadataError::DuplicateRole(RoleName::checked(&json::text_at(file, twice).decode()))
        })?;
        // Counted first: a list that grows takes more than it holds.
        let gather = |hashed, count| {
            let mut texts = Vec::with_capacity(count);
            for role in roles.iter().filter(|role| role.hashed == hashed) {
                json::texts(file, role.paths, |at, _| texts.push(at));
            }
            texts
        };
        let patterns = Heads::new(Head::BeforeWildcard, file, gather(false, paths.patterns));
        let prefixes = Heads::new(Head::Whole, file, gather(true, paths.prefixes));
        Ok(Self { names, roles: roles.into_boxed_slice(), patterns, prefixes })
    }

    fn matches(&self, file: &str, path: &TargetPath) -> Vec<Match> {
        let mut numbers: Vec<usize> = Vec::new();
        let subject = Subject::new(path.as_str());
        self.patterns.starting(file, path.as_str().as_bytes(), |at| {
            if subject.matches(&json::text_at(file, at).decode()) {
                numbers.push(self.role_of(at));
            }
        });
        if !self.prefixes.is_empty() {
            let hash = hex_encode(&sha256(path.as_str().as_bytes()));
            self.prefixes.starting(file, &hash, |at| numbers.push(self.role_of(at)));
        }
        numbers.sort_unstable();
        numbers.dedup();
        let mut matches = Vec::with_capacity(numbers.len());
        for entry in numbers.into_iter().filter_map(|number| self.roles.get(number)) {
            let (name, terminating) = (DelegatedRole::new(file, entry).name(), entry.terminating);
            matches.push(Match { name, terminating });
            if terminating {
                break;
            }
        }
        matches
    }

    /// The number of the role in whose list of paths the offset `at` is.
    fn role_of(&self, at: u32) -> usize {
        self.roles.partition_point(|entry| entry.paths < at).saturating_sub(1)
    }

    fn named<'d>(&'d self, file: &'d str, name: &RoleName) -> Option<DelegatedRole<'d>> {
        let at = self.names.offset_of(file, name.as_str())?;
        let number = self.roles.partition_point(|entry| entry.name < at);
        Some(DelegatedRole::new(file, self.roles.get(number)?))
    }
}
