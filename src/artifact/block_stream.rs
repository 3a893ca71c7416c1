//! A stream that releases nothing but proven blocks.

use alloc::vec::Vec;
use core::fmt;

use super::check::Check;
use super::fsverity::{BLOCK, BLOCK_LENGTH};
use super::{ArtifactError, BlockRoot, BlockVerifier, VerifiedArtifact};

/// Checks an artifact while it streams by, and releases it block by block, each proven before.
///
/// From [`ArtifactStream::with_blocks`](super::ArtifactStream::with_blocks). Chunks may be cut
/// anywhere; at most one block is held.
///
/// ```
/// # use ota_trust::artifact::{ArtifactError, BlockStream};
/// # fn write(_offset: u64, _bytes: &[u8]) {}
/// fn received(stream: &mut BlockStream<'_>, mut chunk: &[u8]) -> Result<(), ArtifactError> {
///     while let Some(block) = stream.next_block(&mut chunk)? {
///         write(block.offset(), block.bytes());
///     }
///     Ok(())
/// }
/// ```
///
/// # A corrupt block
///
/// [`ArtifactError::Block`] names it and loses nothing else: drop the rest of the chunk, fetch
/// again from [`offset`](Self::offset), best from elsewhere, and go on. The caller bounds how
/// often.
///
/// # Resuming
///
/// In a new stream, pass what the storage holds through [`next_block`](Self::next_block) as if it
/// came from the network, without writing it again. At the first block that rotted, or where the
/// stored bytes end, go on with a download from [`offset`](Self::offset).
#[must_use = "the whole artifact is proven only by `finish`"]
pub struct BlockStream<'t> {
    /// Has taken the blocks that were released.
    pub(super) check: Check,
    verifier: BlockVerifier<'t>,
    /// The start of the next block, or all of the block that was released last.
    buffer: Vec<u8>,
    released: bool,
}

/// A block of an artifact that the block root vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    offset: u64,
    bytes: &'a [u8],
}

impl<'a> Block<'a> {
    /// Where it starts in the artifact.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Its bytes: [`BLOCK_LENGTH`], or fewer if it is the last.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl<'t> BlockStream<'t> {
    pub(super) fn new(
        check: Check,
        root: &BlockRoot,
        tree: &'t [u8],
    ) -> Result<Self, ArtifactError> {
        let verifier = BlockVerifier::new(root, check.length, tree)?;
        Ok(Self { check, verifier, buffer: Vec::with_capacity(BLOCK), released: false })
    }

    /// Takes from the front of `chunk` up to the end of the next block, and releases that block if
    /// it is complete and right. `None` once the chunk is used up.
    ///
    /// Fails with [`ArtifactError::TooLong`], from then on always, when the chunk goes beyond the
    /// listed length, even where the next block alone would not.
    pub fn next_block<'a, 'c: 'a>(
        &'a mut self,
        chunk: &mut &'c [u8],
    ) -> Result<Option<Block<'a>>, ArtifactError> {
        if self.released {
            self.buffer.clear();
            self.released = false;
        }
        self.check.admit((self.buffer.len() as u64).saturating_add(chunk.len() as u64))?;

        let offset = self.check.received;
        let missing = self.block_length().saturating_sub(self.buffer.len());
        let (now, later) = chunk.split_at(missing.min(chunk.len()));
        *chunk = later;
        if now.len() < missing || now.is_empty() {
            self.buffer.extend_from_slice(now);
            return Ok(None);
        }
        if self.buffer.is_empty() {
            // The chunk has the whole block: nothing is copied.
            verify(&mut self.check, &mut self.verifier, now)?;
            return Ok(Some(Block { offset, bytes: now }));
        }
        self.buffer.extend_from_slice(now);
        // Right or wrong, the buffer has served.
        self.released = true;
        verify(&mut self.check, &mut self.verifier, &self.buffer)?;
        Ok(Some(Block { offset, bytes: &self.buffer }))
    }

    /// The next byte that is wanted: the start of an HTTP `Range` after an error or an
    /// interruption.
    #[must_use]
    pub fn offset(&self) -> u64 {
        let held = if self.released { 0 } else { self.buffer.len() };
        self.check.received.saturating_add(held as u64)
    }

    /// The listed length.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.check.length
    }

    /// Ends the stream: all blocks came, and all listed digests of known algorithms are theirs.
    pub fn finish(self) -> Result<VerifiedArtifact, ArtifactError> {
        let received = self.offset();
        VerifiedArtifact::after(self.check, 0).map_err(|why| match why {
            // The bytes of an unfinished block came too.
            ArtifactError::Truncated { expected, .. } => {
                ArtifactError::Truncated { expected, received }
            }
            other => other,
        })
    }

    /// The length of the next block; 0 after the last.
    fn block_length(&self) -> usize {
        let rest = self.check.length.saturating_sub(self.check.received);
        usize::try_from(rest).map_or(BLOCK, |rest| rest.min(BLOCK))
    }
}

/// Takes a block that comes next, if it is right.
fn verify(
    check: &mut Check,
    verifier: &mut BlockVerifier<'_>,
    block: &[u8],
) -> Result<(), ArtifactError> {
    verifier.verify_block(check.received / BLOCK_LENGTH, block)?;
    check.update(block)
}

impl fmt::Debug for BlockStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockStream")
            .field("check", &self.check)
            .field("verifier", &self.verifier)
            .field("offset", &self.offset())
            .finish()
    }
}
