//! One delegation.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::json::{self, Reader};
use crate::metadata::role::RoleFields;
use crate::metadata::{MetadataError, PathPattern, Result, RoleKeys, required};
use crate::primitives::{Limits, RoleName};

/// One delegation: a role, who signs for it, and what it may speak for.
#[derive(Clone, Copy, Debug)]
pub struct DelegatedRole<'d> {
    file: &'d str,
    entry: &'d Entry,
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

/// A delegation as it is kept: what is small, and where the rest stands in the file.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) terminating: bool,
    threshold: u64,
    pub(super) name: u32,
    key_ids: u32,
    /// The list of paths stands here, and before the lists of the delegations that follow.
    pub(super) paths: u32,
    pub(super) hashed: bool,
}

/// How many paths the delegations of a file list, of either kind.
#[derive(Default)]
pub(super) struct Paths {
    pub(super) patterns: usize,
    pub(super) prefixes: usize,
}

impl<'d> DelegatedRole<'d> {
    pub(super) fn new(file: &'d str, entry: &'d Entry) -> Self {
        Self { file, entry }
    }

    /// The role's name.
    #[must_use]
    pub fn name(&self) -> RoleName {
        RoleName::checked(&json::text_at(self.file, self.entry.name).decode())
    }

    /// Who may sign for it.
    #[must_use]
    pub fn keys(&self) -> RoleKeys {
        RoleKeys::checked(self.file, self.entry.key_ids, self.entry.threshold)
    }

    /// Whether a search that matches ends with this role and what it delegates to.
    #[must_use]
    pub fn is_terminating(&self) -> bool {
        self.entry.terminating
    }

    /// The paths that it may speak for.
    #[must_use]
    pub fn paths(&self) -> PathSet {
        let mut texts: Vec<Box<str>> = Vec::new();
        json::texts(self.file, self.entry.paths, |_, text| texts.push(text.decode().into()));
        if self.entry.hashed {
            PathSet::HashPrefixes(texts)
        } else {
            PathSet::Patterns(texts.into_iter().map(PathPattern::new).collect())
        }
    }
}

impl Entry {
    /// Reads one delegation; its paths are counted in `paths`.
    pub(super) fn read(r: &mut Reader<'_>, paths: &mut Paths, limits: &Limits) -> Result<Self> {
        let mut keys = RoleFields::default();
        let (mut name, mut terminating, mut patterns, mut prefixes) = (None, None, None, None);
        r.object(|r, key| {
            if keys.take(&key, r, limits)? {
            } else if key.is("name") {
                let at = r.position()?;
                RoleName::delegated(&r.text()?.decode())?;
                name = Some(at);
            } else if key.is("terminating") {
                terminating = Some(r.boolean()?);
            } else if key.is("paths") {
                patterns = Some(r.position()?);
                paths.read(r, false, limits)?;
            } else if key.is("path_hash_prefixes") {
                prefixes = Some(r.position()?);
                paths.read(r, true, limits)?;
            } else {
                r.skip()?;
            }
            Ok::<_, MetadataError>(())
        })?;
        let name = required(name, "name")?;
        let (paths, hashed) = match (patterns, prefixes) {
            (Some(at), None) => (at, false),
            (None, Some(at)) => (at, true),
            _ => {
                let name = json::text_at(r.source(), name).decode();
                return Err(MetadataError::PathSet(RoleName::checked(&name)));
            }
        };
        let (key_ids, threshold) = keys.finish()?;
        // go-tuf and notary leave it out where it is false.
        let terminating = terminating.unwrap_or(false);
        Ok(Self { terminating, threshold, name, key_ids, paths, hashed })
    }
}

impl Paths {
    /// Reads `paths` or `path_hash_prefixes`.
    fn read(&mut self, r: &mut Reader<'_>, hashed: bool, limits: &Limits) -> Result<()> {
        let (what, limit) = ("paths and path hash prefixes", limits.max_paths);
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        r.array(|r| {
            if self.patterns + self.prefixes >= most {
                return Err(MetadataError::TooMany { what, limit });
            }
            *(if hashed { &mut self.prefixes } else { &mut self.patterns }) += 1;
            r.text()?;
            Ok(())
        })
    }
}
