//! `targets.json`, and the file of each delegated role (TUF §4.5).

use alloc::borrow::Cow;
use alloc::boxed::Box;

use super::delegations::DelegationIndex;
use super::header::{Header, HeaderFields};
use super::meta_file::read_hashes;
use super::{Delegations, Document, MetadataError, Result, RoleType, Signed, required};
use crate::json::{Index, JsonProblem, Reader};
use crate::primitives::{Hashes, Limits, TargetPath, UtcTime, Version};

/// Names targets, and delegates.
#[derive(Clone, Debug)]
pub struct Targets {
    header: Header,
    targets: Index,
    delegations: Option<DelegationIndex>,
}

/// What a role lists of one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TargetFile {
    /// The exact length in bytes.
    pub(crate) length: u64,
    /// The digests, all of which must match.
    pub(crate) hashes: Hashes,
    /// The `custom` object as it stands in the file.
    pub(crate) custom: Option<Box<str>>,
}

impl Targets {
    /// The number of targets listed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether no target is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Document<'_, Targets> {
    /// What this file lists of `path`: nothing, an entry, or one that cannot vouch for a file.
    pub(crate) fn target(&self, path: &TargetPath, limits: &Limits) -> Option<Result<TargetFile>> {
        let mut reader = self.signed().targets.find(self.text(), path.as_str())?;
        Some(TargetFile::read(&mut reader, limits))
    }

    /// Whether this file lists `path`.
    #[cfg(feature = "repository")]
    pub(crate) fn lists(&self, path: &TargetPath) -> bool {
        self.signed().targets.find(self.text(), path.as_str()).is_some()
    }

    /// What this file lists, each entry as it stands.
    #[cfg(feature = "repository")]
    pub(crate) fn entries(&self) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
        let entries = self.signed().targets.entries(self.text());
        entries.filter_map(|(path, mut entry)| Some((path.decode(), entry.raw().ok()?)))
    }

    /// Whether this file lists `path` in just these words.
    #[cfg(feature = "repository")]
    pub(crate) fn lists_as(&self, path: &str, entry: &str) -> bool {
        let found = self.signed().targets.find(self.text(), path);
        found.is_some_and(|mut found| found.raw() == Ok(entry))
    }

    /// The first entry that would be refused when it is looked up, and why.
    #[cfg(feature = "repository")]
    pub(crate) fn unreadable_target(
        &self,
        limits: &Limits,
    ) -> Option<(Cow<'_, str>, MetadataError)> {
        self.signed().targets.entries(self.text()).find_map(|(path, mut entry)| {
            TargetFile::read(&mut entry, limits).err().map(|reason| (path.decode(), reason))
        })
    }

    /// The paths that this file lists, in order.
    pub(crate) fn paths(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.signed().targets.keys(self.text()).map(|path| path.decode())
    }

    /// The paths that begin with `folder`, in order.
    #[cfg(feature = "repository")]
    pub(crate) fn paths_in(&self, folder: &str) -> impl Iterator<Item = Cow<'_, str>> {
        self.signed().targets.keys_with(self.text(), folder)
    }

    /// To whom this role delegates.
    pub(crate) fn delegations(&self) -> Option<Delegations<'_>> {
        let index = self.signed().delegations.as_ref()?;
        Some(Delegations::new(self.text(), index))
    }
}

impl TargetFile {
    fn read(r: &mut Reader<'_>, limits: &Limits) -> Result<Self> {
        let (mut length, mut hashes, mut custom) = (None, None, None);
        r.object(|r, key| {
            if key.is("length") {
                length = Some(r.u64()?);
            } else if key.is("hashes") {
                hashes = Some(read_hashes(r)?);
            } else if key.is("custom") {
                if r.peek()? != b'{' {
                    return Err(r.fail(JsonProblem::Type).into());
                }
                let raw = r.raw()?;
                if raw.len() > usize::try_from(limits.max_custom).unwrap_or(usize::MAX) {
                    let (what, limit) = ("bytes of `custom`", limits.max_custom);
                    return Err(MetadataError::TooMany { what, limit });
                }
                custom = Some(raw.into());
            } else {
                r.skip()?;
            }
            Ok::<_, MetadataError>(())
        })?;
        let length = required(length, "length")?;
        Ok(Self { length, hashes: required(hashes, "hashes")?, custom })
    }
}

impl Signed for Targets {
    fn read(r: &mut Reader<'_>, limits: &Limits) -> Result<Self> {
        let mut header = HeaderFields::default();
        let mut targets = None;
        let mut delegations = None;
        r.object(|r, key| {
            if header.take(&key, r)? {
            } else if key.is("targets") {
                targets = Some(r.indexed_object(|r, _| r.skip())?);
            } else if key.is("delegations") {
                delegations = Some(DelegationIndex::read(r, limits)?);
            } else {
                r.skip()?;
            }
            Ok::<_, MetadataError>(())
        })?;
        let header = header.finish(RoleType::Targets)?;
        Ok(Self { header, targets: required(targets, "targets")?, delegations })
    }

    fn version(&self) -> Version {
        self.header.version
    }

    fn expires(&self) -> UtcTime {
        self.header.expires
    }
}
