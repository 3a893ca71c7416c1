//! The one check of length and digests, which streaming, block proofs and read-back share.

use core::fmt;

use super::ArtifactError;
use crate::primitives::{Hasher, Hashes, HashesError};

/// Compares bytes with a listed length and listed digests, as they come.
#[derive(Clone)]
pub(super) struct Check {
    pub(super) length: u64,
    pub(super) hashes: Hashes,
    pub(super) hasher: Hasher,
    /// The bytes hashed. Never more than `length`.
    pub(super) received: u64,
    /// Set by the first chunk that went too far: how many bytes had then been offered.
    overrun: Option<u64>,
}

impl Check {
    pub(super) fn new(length: u64, hashes: Hashes) -> Self {
        Self { length, hasher: hashes.hasher(), hashes, received: 0, overrun: None }
    }

    /// Whether `more` bytes are still within the listed length. If not, nothing ever is again.
    pub(super) fn admit(&mut self, more: u64) -> Result<(), ArtifactError> {
        // A subtraction, since a sum could overflow where a length is close to `u64::MAX`.
        if more > self.length.saturating_sub(self.received) {
            self.overrun.get_or_insert(self.received.saturating_add(more));
        }
        match self.overrun {
            Some(offered) => Err(ArtifactError::TooLong { expected: self.length, offered }),
            None => Ok(()),
        }
    }

    /// Takes the next bytes, all or none.
    pub(super) fn update(&mut self, chunk: &[u8]) -> Result<(), ArtifactError> {
        let more = chunk.len() as u64;
        self.admit(more)?;
        self.hasher.update(chunk);
        self.received = self.received.saturating_add(more);
        Ok(())
    }

    /// Gives the listed length and digests back if the bytes had them. `rehashed` is for the error.
    pub(super) fn finish(mut self, rehashed: u64) -> Result<(u64, Hashes), ArtifactError> {
        self.admit(0)?;
        if self.received != self.length {
            let (expected, received) = (self.length, self.received);
            return Err(ArtifactError::Truncated { expected, received });
        }
        match self.hasher.check(&self.hashes) {
            Ok(()) => Ok((self.length, self.hashes)),
            Err(HashesError::NoneKnown) => Err(ArtifactError::NoKnownDigest),
            Err(mismatch) if rehashed > 0 => {
                Err(ArtifactError::DigestResumed { mismatch, rehashed })
            }
            Err(mismatch) => Err(ArtifactError::Digest { mismatch }),
        }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("length", &self.length)
            .field("hashes", &self.hashes)
            .field("received", &self.received)
            .field("overrun", &self.overrun)
            .finish_non_exhaustive()
    }
}
