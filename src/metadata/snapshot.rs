//! `snapshot.json` (TUF §4.4).

use alloc::string::String;

use super::header::{Header, HeaderFields};
use super::{Document, MetaFile, MetadataError, Result, RoleType, Signed, required};
use crate::json::{Index, Reader, Text};
use crate::primitives::{Limits, RoleName, UtcTime, Version};

/// Names the versions of all targets files.
#[derive(Clone, Debug)]
pub struct Snapshot {
    header: Header,
    meta: Index,
}

impl Snapshot {
    /// The number of files listed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.meta.len()
    }

    /// Whether no file is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Document<'_, Snapshot> {
    /// What is listed of the file of `role`.
    pub(crate) fn meta(&self, role: &RoleName) -> Option<MetaFile> {
        let mut name = String::with_capacity(role.as_str().len() + 5);
        name.push_str(role.as_str());
        name.push_str(".json");
        let mut reader = self.signed().meta.find(self.text(), &name)?;
        MetaFile::read(&mut reader).ok()
    }

    /// All that is listed, in the order of the names.
    pub(crate) fn listing(&self) -> impl Iterator<Item = (Text<'_>, MetaFile)> {
        let entries = self.signed().meta.entries(self.text());
        entries.filter_map(|(name, mut r)| MetaFile::read(&mut r).ok().map(|file| (name, file)))
    }
}

impl Signed for Snapshot {
    fn read(r: &mut Reader<'_>, _: &Limits) -> Result<Self> {
        let mut header = HeaderFields::default();
        let mut meta = None;
        r.object(|r, key| {
            if header.take(&key, r)? {
            } else if key.is("meta") {
                // Every entry is read here once, so that none can fail to be read later.
                meta = Some(r.indexed_object(|r, _| MetaFile::read(r).map(|_| ()))?);
            } else {
                r.skip()?;
            }
            Ok::<_, MetadataError>(())
        })?;
        Ok(Self { header: header.finish(RoleType::Snapshot)?, meta: required(meta, "meta")? })
    }

    fn version(&self) -> Version {
        self.header.version
    }

    fn expires(&self) -> UtcTime {
        self.header.expires
    }
}
