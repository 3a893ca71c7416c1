//! What a timestamp or a snapshot lists of another file (TUF §4.4, `METAFILES`).

use super::{MetadataError, Result, required};
use crate::json::Reader;
use crate::primitives::{Hashes, Version};

/// The version of a metadata file, and its length and digests where the repository lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaFile {
    /// The version that is current.
    pub version: Version,
    /// The exact length in bytes.
    pub length: Option<u64>,
    /// The digests, all of which must match.
    pub hashes: Option<Hashes>,
}

impl MetaFile {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self> {
        let (mut version, mut length, mut hashes) = (None, None, None);
        r.object(|r, key| {
            if key.is("version") {
                version = Some(r.u64()?);
            } else if key.is("length") {
                length = Some(r.u64()?);
            } else if key.is("hashes") {
                hashes = Some(read_hashes(r)?);
            } else {
                r.skip()?;
            }
            Ok::<_, MetadataError>(())
        })?;
        let version = required(version, "version")?;
        let version = Version::new(version).map_err(|_| MetadataError::Version)?;
        Ok(Self { version, length, hashes })
    }
}

/// Reads `hashes`, which must name at least one known algorithm.
pub(super) fn read_hashes(r: &mut Reader<'_>) -> Result<Hashes> {
    let mut hashes = Hashes::default();
    r.object(|r, key| {
        let digest = r.text()?;
        hashes.insert_listed(&key.decode(), &digest.decode())?;
        Ok::<_, MetadataError>(())
    })?;
    Ok(hashes.non_empty()?)
}
