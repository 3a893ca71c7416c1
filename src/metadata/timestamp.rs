//! `timestamp.json` (TUF §4.6).

use super::header::{Header, HeaderFields};
use super::{MetaFile, MetadataError, Result, RoleType, Signed, required};
use crate::json::Reader;
use crate::primitives::{Limits, UtcTime, Version};

/// Names the current snapshot.
#[derive(Clone, Debug)]
pub struct Timestamp {
    header: Header,
    snapshot: MetaFile,
}

impl Timestamp {
    /// The snapshot that is current. Whatever else `meta` lists means nothing here.
    #[must_use]
    pub fn snapshot(&self) -> &MetaFile {
        &self.snapshot
    }
}

impl Signed for Timestamp {
    fn read(r: &mut Reader<'_>, _: &Limits) -> Result<Self> {
        let mut header = HeaderFields::default();
        let mut snapshot = None;
        r.object(|r, key| {
            if header.take(&key, r)? {
            } else if key.is("meta") {
                r.object(|r, key| {
                    if key.is("snapshot.json") {
                        snapshot = Some(MetaFile::read(r)?);
                    } else {
                        r.skip()?;
                    }
                    Ok::<_, MetadataError>(())
                })?;
            } else {
                r.skip()?;
            }
            Ok::<_, MetadataError>(())
        })?;
        let header = header.finish(RoleType::Timestamp)?;
        Ok(Self { header, snapshot: required(snapshot, "meta.snapshot.json")? })
    }

    fn version(&self) -> Version {
        self.header.version
    }

    fn expires(&self) -> UtcTime {
        self.header.expires
    }
}
