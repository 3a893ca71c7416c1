//! The check of what a storage gives back, and its proof.

use alloc::boxed::Box;

use super::ArtifactError;
use super::check::Check;
use crate::primitives::Hashes;

/// Checks that a storage holds an artifact, from the bytes that are read from it.
///
/// A file that was verified and then swapped before it was installed has been the end of other
/// updaters. So the bytes are read again from where they will be started from, past every cache
/// that can be got past, and this check is repeated on them. Read exactly
/// [`length`](Self::length) bytes: what follows in the slot is not a part of the artifact.
///
/// All errors are [`ArtifactError::StorageDiffers`].
#[derive(Clone, Debug)]
#[must_use = "the storage is proven only by `finish`"]
pub struct ReadBack {
    check: Check,
}

impl ReadBack {
    /// Starts the check of a storage that should hold an artifact of `length` with `hashes`.
    pub(crate) fn new(length: u64, hashes: &Hashes) -> Self {
        Self { check: Check::new(length, hashes.clone()) }
    }

    /// Takes the next bytes that were read.
    pub fn update(&mut self, chunk: &[u8]) -> Result<(), ArtifactError> {
        self.check.update(chunk).map_err(differs)
    }

    /// The bytes taken so far.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.check.received
    }

    /// How many bytes to read.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.check.length
    }

    /// Ends the check: the storage gave all bytes back, and they have the listed digests.
    pub fn finish(self) -> Result<StoredArtifact, ArtifactError> {
        let (length, hashes) = self.check.finish(0).map_err(differs)?;
        Ok(StoredArtifact { length, hashes })
    }
}

fn differs(why: ArtifactError) -> ArtifactError {
    ArtifactError::StorageDiffers(Box::new(why))
}

/// Proof that a storage gave an artifact back, byte for byte. Had only from [`ReadBack::finish`].
///
/// It holds for the moment of reading. Who can write to the storage can end its truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredArtifact {
    length: u64,
    hashes: Hashes,
}

impl StoredArtifact {
    /// The length.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The digests that were listed, all of which matched.
    #[must_use]
    pub fn hashes(&self) -> &Hashes {
        &self.hashes
    }
}
