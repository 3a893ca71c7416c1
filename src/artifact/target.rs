//! The public way in: only a target that was found trusted can be streamed or read back.

use super::{ArtifactError, ArtifactStream, ReadBack};
use crate::verify::TrustedTarget;

impl TrustedTarget {
    /// Starts to check this target's bytes while they stream by.
    ///
    /// A target that is longer than `max_length`, the device's own limit, is refused before any
    /// byte.
    pub fn stream(&self, max_length: u64) -> Result<ArtifactStream, ArtifactError> {
        ArtifactStream::new(self.length(), self.hashes(), max_length)
    }

    /// Starts to check that a storage holds this target, whoever wrote it there: after a restart,
    /// for one, when no proof of the download is left.
    pub fn read_back(&self) -> ReadBack {
        ReadBack::new(self.length(), self.hashes())
    }
}
