//! The check of single components, and what it proves.

use super::write::bytes;
use super::{PermitError, WritePermit};
use crate::artifact::{ArtifactStream, Evidence, ReadBack};
use crate::release::{ComponentId, Content, ManifestDigest};
use crate::verify::SnapshotId;

/// Which component of which release, of which state of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Whose {
    pub(super) manifest: ManifestDigest,
    pub(super) snapshot: SnapshotId,
    pub(super) id: ComponentId,
}

/// Checks a component while it streams by: fetched, or made by a delta.
///
/// Give each chunk to [`update`](Self::update) *before* writing it to the slot.
#[derive(Clone, Debug)]
#[must_use = "bytes are proven only by `finish`"]
pub struct ComponentStream {
    whose: Whose,
    stream: ArtifactStream,
}

impl ComponentStream {
    /// Takes the next bytes.
    pub fn update(&mut self, chunk: &[u8]) -> Result<(), PermitError> {
        self.stream.update(chunk).map_err(bytes(&self.whose.id))
    }

    /// Takes the next bytes from what an interrupted download left in the slot, and returns the
    /// offset at which the download goes on ([`ArtifactStream::rehash`]).
    pub fn rehash(&mut self, stored: &[u8]) -> Result<u64, PermitError> {
        self.stream.rehash(stored).map_err(bytes(&self.whose.id))
    }

    /// The bytes taken so far.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.stream.received()
    }

    /// Ends the stream: the component is right, and the permit knows it.
    pub fn finish(self, permit: &mut WritePermit) -> Result<(), PermitError> {
        let Self { whose, stream } = self;
        stream.finish().map_err(bytes(&whose.id))?;
        permit.verified(whose, Evidence::Streamed)
    }
}

/// Checks a delta while it streams by. Keep it where nothing reads it before `finish`: what applies
/// deltas should not meet hostile ones.
#[derive(Clone, Debug)]
#[must_use = "bytes are proven only by `finish`"]
pub struct DeltaStream {
    whose: Whose,
    stream: ArtifactStream,
    source: Content,
    result: Content,
    max_length: u64,
}

impl DeltaStream {
    /// Takes the next bytes.
    pub fn update(&mut self, chunk: &[u8]) -> Result<(), PermitError> {
        self.stream.update(chunk).map_err(bytes(&self.whose.id))
    }

    /// Ends the stream: the delta is right.
    pub fn finish(self) -> Result<VerifiedDelta, PermitError> {
        let Self { whose, stream, source, result, max_length } = self;
        stream.finish().map_err(bytes(&whose.id))?;
        Ok(VerifiedDelta { whose, source, result, max_length })
    }
}

/// A delta that is right. What it is applied to, and what comes of it, are not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct VerifiedDelta {
    whose: Whose,
    source: Content,
    result: Content,
    max_length: u64,
}

impl VerifiedDelta {
    /// Starts to check what it is to be applied to: the content that the device has now.
    pub fn source(&self) -> ReadBack {
        ReadBack::new(self.source.length, &self.source.hashes)
    }

    /// The source has been read to its end. Then this checks what the delta makes of it, and takes no
    /// byte more than the manifest says.
    pub fn result(self, source: ReadBack) -> Result<ComponentStream, PermitError> {
        let Self { whose, source: expected, result, max_length } = self;
        let stored = source.finish().map_err(bytes(&whose.id))?;
        if stored.length() != expected.length || *stored.hashes() != expected.hashes {
            return Err(PermitError::Mismatch { id: whose.id });
        }
        let stream = ArtifactStream::new(result.length, &result.hashes, max_length);
        Ok(ComponentStream { stream: stream.map_err(bytes(&whose.id))?, whose })
    }
}

/// How streams begin: only a permit can say so.
pub(super) mod streams {
    use super::{ComponentStream, DeltaStream, Whose};
    use crate::artifact::ArtifactStream;
    use crate::permit::PermitError;
    use crate::permit::write::bytes;
    use crate::primitives::Hashes;
    use crate::release::{Content, Delta};
    use crate::verify::TrustedTarget;

    pub(in crate::permit) fn full(
        whose: Whose,
        target: &TrustedTarget,
        content: &Content,
        max_length: u64,
    ) -> Result<ComponentStream, PermitError> {
        let stream = both(&whose, target, content, max_length)?;
        Ok(ComponentStream { whose, stream })
    }

    pub(in crate::permit) fn delta(
        whose: Whose,
        target: &TrustedTarget,
        delta: &Delta,
        result: &Content,
        max_length: u64,
    ) -> Result<DeltaStream, PermitError> {
        let stream = both(&whose, target, delta.content(), max_length)?;
        let (source, result) = (delta.source().clone(), result.clone());
        Ok(DeltaStream { whose, stream, source, result, max_length })
    }

    /// What the metadata lists and what the manifest lists: all of it has to match.
    fn both(
        whose: &Whose,
        target: &TrustedTarget,
        content: &Content,
        max_length: u64,
    ) -> Result<ArtifactStream, PermitError> {
        let mismatch = || PermitError::Mismatch { id: whose.id.clone() };
        let hashes = union(target.hashes(), &content.hashes).ok_or_else(mismatch)?;
        if target.length() != content.length {
            return Err(mismatch());
        }
        ArtifactStream::new(content.length, &hashes, max_length).map_err(bytes(&whose.id))
    }

    /// All digests of both, if none contradicts the other.
    fn union(one: &Hashes, other: &Hashes) -> Option<Hashes> {
        let mut all = one.clone();
        for digest in other.iter() {
            if one.iter().any(|d| d.algorithm() == digest.algorithm() && d != digest) {
                return None;
            }
            all.insert(digest);
        }
        Some(all)
    }
}
