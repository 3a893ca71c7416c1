//! Single blocks against a hash tree, and the tree against its root.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::fsverity::{
    BLOCK, BLOCK_LENGTH, BlockRoot, HASH, HASHES_PER_BLOCK, Salted, descriptor_digest,
};
use super::{ArtifactError, FsVerityHasher};
use crate::primitives::Sha256Digest;

/// Proves blocks of an artifact, in any order.
///
/// The tree comes from anywhere. It is what `fsverity digest --out-merkle-tree=FILE` writes: the
/// levels from the root to the leaves, each padded to whole blocks. A part of it is checked, from
/// the root down, when the first block under it is. Of each level the part that was checked last is
/// remembered, so that blocks in sequence cost little more than one hash each, and any block at
/// most one for each level.
///
/// ```
/// use ota_trust::artifact::{BlockVerifier, FsVerityHasher, Salt};
/// # use ota_trust::artifact::ArtifactError;
/// let file = [7; 300];
/// let mut hasher = FsVerityHasher::new(Salt::NONE);
/// hasher.update(&file);
/// // A file of one block has an empty tree.
/// let mut verifier = BlockVerifier::new(&hasher.finish(), 300, &[])?;
/// verifier.verify_block(0, &file)?;
/// let corrupt = verifier.verify_block(0, &[8; 300]).unwrap_err();
/// assert_eq!(corrupt, ArtifactError::Block { index: 0, bytes: 0..300 });
/// # Ok::<(), ArtifactError>(())
/// ```
#[derive(Clone)]
pub struct BlockVerifier<'t> {
    root: BlockRoot,
    salted: Salted,
    length: u64,
    tree: &'t [u8],
    /// From the leaves up. Empty where there are fewer than two blocks.
    levels: Vec<Level>,
}

/// A level of the tree.
#[derive(Clone)]
struct Level {
    /// Where it starts in the tree, in blocks.
    start: u64,
    /// How many blocks of hashes it has.
    blocks: u64,
    /// The number in this level of the block that was checked last.
    checked: Option<u64>,
}

impl<'t> BlockVerifier<'t> {
    /// A verifier for an artifact of `length` whose `root` trusted metadata lists.
    ///
    /// Checks the tree's length, and its first block against the root.
    pub fn new(root: &BlockRoot, length: u64, tree: &'t [u8]) -> Result<Self, ArtifactError> {
        let (expected, actual) = (Self::tree_length(length), tree.len() as u64);
        if actual != expected {
            return Err(ArtifactError::TreeLength { expected, actual });
        }
        let salted = Salted::new(root.salt());
        let levels = levels(length);
        let mut verifier = Self { root: *root, salted, length, tree, levels };
        verifier.check_top()?;
        Ok(verifier)
    }

    /// The bytes of the tree of an artifact of `length`: how much to fetch at most.
    #[must_use]
    pub fn tree_length(length: u64) -> u64 {
        levels(length).iter().map(|level| level.blocks).sum::<u64>().saturating_mul(BLOCK_LENGTH)
    }

    /// The artifact's length.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// How many blocks the artifact has.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.length.div_ceil(BLOCK_LENGTH)
    }

    /// The place of a block in the artifact; `None` where there is no such block.
    #[must_use]
    pub fn block_range(&self, index: u64) -> Option<Range<u64>> {
        let start = index.checked_mul(BLOCK_LENGTH).filter(|&start| start < self.length)?;
        Some(start..start.saturating_add(BLOCK_LENGTH).min(self.length))
    }

    /// Whether `block` is the block of that number, from 0. The last one is given without padding.
    pub fn verify_block(&mut self, index: u64, block: &[u8]) -> Result<(), ArtifactError> {
        let no_such_block = ArtifactError::NoSuchBlock { index, blocks: self.blocks() };
        let bytes = self.block_range(index).ok_or(no_such_block)?;
        let expected = bytes.end.saturating_sub(bytes.start);
        if block.len() as u64 != expected {
            let expected = usize::try_from(expected).unwrap_or(BLOCK);
            return Err(ArtifactError::BlockLength { index, expected, actual: block.len() });
        }
        let hash = self.salted.block(block);
        let proven = if self.levels.is_empty() {
            // The only block: its hash is the root.
            self.digest_of_root(&hash) == *self.root.digest()
        } else {
            self.check_path(index)?;
            *self.hash_in_tree(0, index)? == hash
        };
        if proven { Ok(()) } else { Err(ArtifactError::Block { index, bytes }) }
    }

    /// Checks the block of hashes at the top against the root.
    fn check_top(&mut self) -> Result<(), ArtifactError> {
        let actual = match self.levels.len().checked_sub(1) {
            Some(top) => {
                let hash = self.salted.block(self.tree_block(top, 0)?);
                if let Some(level) = self.levels.get_mut(top) {
                    level.checked = Some(0);
                }
                self.digest_of_root(&hash)
            }
            None if self.length == 0 => *FsVerityHasher::new(*self.root.salt()).finish().digest(),
            // The only block: it is checked when it comes.
            None => return Ok(()),
        };
        let listed = *self.root.digest();
        if actual == listed { Ok(()) } else { Err(ArtifactError::BlockRoot { listed, actual }) }
    }

    /// Checks, top down, what lies between the root and the hash of a block and was not checked
    /// last.
    fn check_path(&mut self, index: u64) -> Result<(), ArtifactError> {
        // The number, in each level, of the block of hashes that the path goes through.
        let mut number = index;
        let path = self.levels.iter().map(|level| {
            number /= HASHES_PER_BLOCK;
            (number, level.checked == Some(number))
        });
        // The top has one block, and it is checked.
        let unchecked: Vec<u64> =
            path.take_while(|(_, checked)| !checked).map(|(number, _)| number).collect();
        for (level, &number) in unchecked.iter().enumerate().rev() {
            let hash = self.salted.block(self.tree_block(level, number)?);
            if *self.hash_in_tree(level.saturating_add(1), number)? != hash {
                return Err(ArtifactError::Tree { bytes: self.tree_range(level, number) });
            }
            if let Some(level) = self.levels.get_mut(level) {
                level.checked = Some(number);
            }
        }
        Ok(())
    }

    /// The hash that `level` holds of the `index`th block beneath it.
    fn hash_in_tree(&self, level: usize, index: u64) -> Result<&'t Sha256Digest, ArtifactError> {
        let number = index / HASHES_PER_BLOCK;
        let hashes = self.tree_block(level, number)?.as_chunks::<HASH>().0;
        let at = usize::try_from(index % HASHES_PER_BLOCK).ok();
        let missing = ArtifactError::Tree { bytes: self.tree_range(level, number) };
        at.and_then(|at| hashes.get(at)).ok_or(missing)
    }

    /// A block of hashes. None is missing, since the length of the tree was checked.
    fn tree_block(&self, level: usize, number: u64) -> Result<&'t [u8], ArtifactError> {
        let bytes = self.tree_range(level, number);
        let range = usize::try_from(bytes.start).ok().zip(usize::try_from(bytes.end).ok());
        let block = range.and_then(|(start, end)| self.tree.get(start..end));
        block.ok_or(ArtifactError::Tree { bytes })
    }

    fn tree_range(&self, level: usize, number: u64) -> Range<u64> {
        let start = self.levels.get(level).map_or(0, |level| level.start).saturating_add(number);
        let start = start.saturating_mul(BLOCK_LENGTH);
        start..start.saturating_add(BLOCK_LENGTH)
    }

    fn digest_of_root(&self, hash: &Sha256Digest) -> Sha256Digest {
        descriptor_digest(self.length, self.root.salt(), hash)
    }
}

/// The shape of the tree of an artifact of `length`: at most 8 levels, whatever the length.
fn levels(length: u64) -> Vec<Level> {
    let mut levels = Vec::new();
    let mut blocks = length.div_ceil(BLOCK_LENGTH);
    while blocks > 1 {
        blocks = blocks.div_ceil(HASHES_PER_BLOCK);
        levels.push(Level { start: 0, blocks, checked: None });
    }
    // The tree is written from the root to the leaves.
    let mut start = 0_u64;
    for level in levels.iter_mut().rev() {
        level.start = start;
        start = start.saturating_add(level.blocks);
    }
    levels
}

impl fmt::Debug for BlockVerifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockVerifier")
            .field("root", &self.root)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}
