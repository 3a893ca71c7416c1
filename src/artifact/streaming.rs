//! The check of bytes as they arrive, and its proof.

use super::check::Check;
use super::{ArtifactError, BlockRoot, BlockStream, ReadBack};
use crate::primitives::Hashes;

/// Checks an artifact while it streams by.
///
/// Give each chunk to [`update`](Self::update) *before* using it, write it where it cannot yet be
/// started (the inactive slot), and call [`finish`](Self::finish) after the last. Only then are the
/// bytes proven. A chunk that would go beyond the listed length is refused before any of it is
/// hashed; after that the stream takes nothing more.
///
/// ```
/// # use ota_trust::artifact::{ArtifactError, VerifiedArtifact};
/// # use ota_trust::verify::TrustedTarget;
/// # fn write(_chunk: &[u8]) {}
/// fn download(target: &TrustedTarget, body: &[&[u8]]) -> Result<VerifiedArtifact, ArtifactError> {
///     let mut stream = target.stream(64 << 20)?;
///     for chunk in body {
///         stream.update(chunk)?;
///         write(chunk);
///     }
///     stream.finish()
/// }
/// ```
///
/// # Resuming
///
/// A hash state that was kept on disk would be trusted without proof, so there is none to keep.
/// After an interruption, take a new stream, give it what the storage already holds with
/// [`rehash`](Self::rehash), and go on with a download from the offset that it returns. Stored
/// bytes that rotted make `finish` fail; [`ArtifactError::Digest`] tells that some came from
/// storage.
#[derive(Clone, Debug)]
#[must_use = "bytes are proven only by `finish`"]
pub struct ArtifactStream {
    pub(super) check: Check,
    rehashed: u64,
}

impl ArtifactStream {
    /// Starts the check of an artifact that trusted metadata lists with `length` and `hashes`.
    pub(crate) fn new(
        length: u64,
        hashes: &Hashes,
        max_length: u64,
    ) -> Result<Self, ArtifactError> {
        if length > max_length {
            return Err(ArtifactError::OverDeviceLimit { length, max_length });
        }
        let hashes = hashes.clone().non_empty().map_err(|_| ArtifactError::NoKnownDigest)?;
        Ok(Self { check: Check::new(length, hashes), rehashed: 0 })
    }

    /// Takes the next bytes.
    ///
    /// Fails with [`ArtifactError::TooLong`] at the first byte too many, and from then on always.
    pub fn update(&mut self, chunk: &[u8]) -> Result<(), ArtifactError> {
        self.check.update(chunk)
    }

    /// Takes the next bytes from what an interrupted download left in storage, and returns the
    /// offset at which the download goes on: the start of an HTTP `Range`.
    ///
    /// The same as [`update`](Self::update), but a later [`ArtifactError::Digest`] then says that
    /// the fault may lie in the storage.
    pub fn rehash(&mut self, stored: &[u8]) -> Result<u64, ArtifactError> {
        self.check.update(stored)?;
        self.rehashed = self.rehashed.saturating_add(stored.len() as u64);
        Ok(self.received())
    }

    /// The bytes taken so far.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.check.received
    }

    /// The listed length.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.check.length
    }

    /// Proves each block on its own too, before it is released, against a `root` that trusted
    /// metadata lists and a hash `tree` from anywhere. Costs a second SHA-256 of each byte.
    pub fn with_blocks<'t>(
        self,
        root: &BlockRoot,
        tree: &'t [u8],
    ) -> Result<BlockStream<'t>, ArtifactError> {
        match self.received() {
            0 => BlockStream::new(self.check, root, tree),
            received => Err(ArtifactError::AlreadyBegun { received }),
        }
    }

    /// Ends the stream: all bytes came, and all listed digests of known algorithms are theirs.
    pub fn finish(self) -> Result<VerifiedArtifact, ArtifactError> {
        VerifiedArtifact::after(self.check, self.rehashed)
    }
}

/// Proof that bytes with the listed length and digests streamed by.
///
/// Had only from [`ArtifactStream::finish`] and [`BlockStream::finish`]. It says nothing of what
/// the storage did with the bytes: see [`read_back`](Self::read_back).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedArtifact {
    length: u64,
    hashes: Hashes,
}

impl VerifiedArtifact {
    pub(super) fn after(check: Check, rehashed: u64) -> Result<Self, ArtifactError> {
        let (length, hashes) = check.finish(rehashed)?;
        Ok(Self { length, hashes })
    }

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

    /// Starts to compare what the storage now holds with what was verified.
    pub fn read_back(&self) -> ReadBack {
        ReadBack::new(self.length, &self.hashes)
    }
}
