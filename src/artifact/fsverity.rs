//! The fs-verity digest of a file, with SHA-256 and blocks of 4 KiB.
//!
//! As Linux defines it in `Documentation/filesystems/fsverity.rst`, "File digest computation". The
//! file is cut in blocks, the last one padded with zeros. The hashes of 128 blocks fill a block of
//! the next level, and so on until one hash is left, the root. The digest is the hash of a
//! descriptor that holds the root and the file's length: without the length, padding would make
//! files ambiguous.

use alloc::vec::Vec;
use core::fmt;
use core::mem;

use sha2::{Digest as _, Sha256};

use super::ArtifactError;
use crate::primitives::Sha256Digest;

/// The bytes of a block. Only the last block of an artifact may have fewer.
pub const BLOCK_LENGTH: u64 = 4096;

/// [`BLOCK_LENGTH`] as the length of a slice.
pub(super) const BLOCK: usize = 4096;

/// The bytes of a hash.
pub(super) const HASH: usize = 32;

/// How many hashes fill a block.
pub(super) const HASHES_PER_BLOCK: u64 = 128;

/// The salt of an fs-verity digest: 0 to 32 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Salt {
    bytes: [u8; 32],
    length: u8,
}

impl Salt {
    /// No salt, as `fsverity digest` has it by default.
    pub const NONE: Self = Self { bytes: [0; 32], length: 0 };

    /// A salt from its bytes.
    pub fn new(salt: &[u8]) -> Result<Self, ArtifactError> {
        let too_long = ArtifactError::SaltTooLong { length: salt.len() };
        let length = u8::try_from(salt.len()).map_err(|_| too_long.clone())?;
        let mut bytes = [0; 32];
        bytes.get_mut(..salt.len()).ok_or(too_long)?.copy_from_slice(salt);
        Ok(Self { bytes, length })
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

/// What names a whole hash tree: an fs-verity digest and its salt.
///
/// It says as much as the metadata that it was taken from is trusted. The digest is the text that
/// `fsverity digest` prints, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRoot {
    digest: Sha256Digest,
    salt: Salt,
}

impl BlockRoot {
    /// A root from an fs-verity `digest` and the `salt` that it was computed with.
    #[must_use]
    pub const fn new(digest: Sha256Digest, salt: Salt) -> Self {
        Self { digest, salt }
    }

    /// The fs-verity digest.
    #[must_use]
    pub const fn digest(&self) -> &Sha256Digest {
        &self.digest
    }

    /// The salt.
    #[must_use]
    pub const fn salt(&self) -> &Salt {
        &self.salt
    }
}

/// Computes the [`BlockRoot`] of a file that comes in chunks, in about a kilobyte of memory.
///
/// ```
/// use ota_trust::artifact::{FsVerityHasher, Salt};
/// let mut hasher = FsVerityHasher::new(Salt::NONE);
/// hasher.update(b"hello\n");
/// let digest = hasher.finish().digest().map(|byte| format!("{byte:02x}")).concat();
/// // $ echo hello >file; fsverity digest --compact file
/// assert_eq!(digest, "9c76eecc7b76fcb46199cb27b90cf59a660e10575bb0412128905129d5b1c2aa");
/// # Ok::<(), ota_trust::artifact::ArtifactError>(())
/// ```
#[derive(Clone)]
pub struct FsVerityHasher {
    salt: Salt,
    salted: Salted,
    length: u64,
    data: Sha256,
    /// The bytes of the current block that `data` has taken; fewer than [`BLOCK`].
    filled: usize,
    /// From the leaves up: the current block of hashes of each level, at most 9.
    levels: Vec<Level>,
}

/// The block of hashes that a level is filling.
#[derive(Clone)]
struct Level {
    state: Sha256,
    hashes: u64,
    last: Sha256Digest,
}

impl FsVerityHasher {
    /// Starts with an empty file.
    #[must_use]
    pub fn new(salt: Salt) -> Self {
        let salted = Salted::new(&salt);
        let data = salted.begin();
        Self { salt, salted, length: 0, data, filled: 0, levels: Vec::new() }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, mut chunk: &[u8]) {
        self.length = self.length.saturating_add(chunk.len() as u64);
        while !chunk.is_empty() {
            let room = BLOCK.saturating_sub(self.filled);
            let (now, later) = chunk.split_at(room.min(chunk.len()));
            self.data.update(now);
            self.filled = self.filled.saturating_add(now.len());
            if self.filled == BLOCK {
                let hash = self.salted.end(&mut self.data);
                self.filled = 0;
                self.push(0, hash);
            }
            chunk = later;
        }
    }

    /// The root of the file.
    #[must_use]
    pub fn finish(mut self) -> BlockRoot {
        let (length, salt) = (self.length, self.salt);
        let root = self.root();
        BlockRoot { digest: descriptor_digest(length, &salt, &root), salt }
    }

    /// Adds the next hash of a level. A level that is then full adds one to the level above.
    fn push(&mut self, mut level: usize, mut hash: Sha256Digest) {
        loop {
            if level == self.levels.len() {
                let state = self.salted.begin();
                self.levels.push(Level { state, hashes: 0, last: hash });
            }
            let Some(at) = self.levels.get_mut(level) else { return };
            at.state.update(hash);
            at.hashes = at.hashes.saturating_add(1);
            at.last = hash;
            if at.hashes < HASHES_PER_BLOCK {
                return;
            }
            hash = self.salted.end(&mut at.state);
            at.hashes = 0;
            level = level.saturating_add(1);
        }
    }

    /// Fills what is unfinished with zeros, from the leaves up, until one hash is left.
    fn root(&mut self) -> Sha256Digest {
        if self.filled > 0 {
            pad(&mut self.data, self.filled);
            let hash = self.salted.end(&mut self.data);
            self.push(0, hash);
        }
        let mut level = 0_usize;
        loop {
            let above = level.saturating_add(1);
            let top = above == self.levels.len();
            // An empty file has no hashes; its root is defined as zeros.
            let Some(at) = self.levels.get_mut(level) else { return [0; HASH] };
            if top && at.hashes == 1 {
                return at.last;
            }
            if at.hashes > 0 {
                pad_hashes(&mut at.state, at.hashes);
                let hash = self.salted.end(&mut at.state);
                self.push(above, hash);
            }
            level = above;
        }
    }
}

impl fmt::Debug for FsVerityHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FsVerityHasher")
            .field("salt", &self.salt)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// The state of a hash that has taken the salt and nothing else.
///
/// The salt is padded to a whole block of SHA-256, so that this state costs nothing to start from.
#[derive(Clone)]
pub(super) struct Salted(Sha256);

impl Salted {
    pub(super) fn new(salt: &Salt) -> Self {
        let mut state = Sha256::new();
        if !salt.as_bytes().is_empty() {
            state.update(salt.bytes);
            state.update([0; 32]);
        }
        Self(state)
    }

    fn begin(&self) -> Sha256 {
        self.0.clone()
    }

    /// The hash in `state`, which then starts anew.
    fn end(&self, state: &mut Sha256) -> Sha256Digest {
        mem::replace(state, self.begin()).finalize().into()
    }

    /// The hash of a block, padded if it is short.
    pub(super) fn block(&self, bytes: &[u8]) -> Sha256Digest {
        let mut state = self.begin();
        state.update(bytes);
        pad(&mut state, bytes.len());
        state.finalize().into()
    }
}

/// Fills with zeros a block that has `filled` bytes.
fn pad(state: &mut Sha256, filled: usize) {
    const ZEROS: [u8; BLOCK] = [0; BLOCK];
    state.update(ZEROS.get(filled..).unwrap_or_default());
}

/// Fills with zeros a block that has `filled` hashes.
fn pad_hashes(state: &mut Sha256, filled: u64) {
    (filled..HASHES_PER_BLOCK).for_each(|_| state.update([0; HASH]));
}

/// The SHA-256 of a `struct fsverity_descriptor`.
pub(super) fn descriptor_digest(length: u64, salt: &Salt, root: &Sha256Digest) -> Sha256Digest {
    const VERSION: u8 = 1;
    const SHA256: u8 = 1;
    const LOG_BLOCK_LENGTH: u8 = 12;
    Sha256::new()
        .chain_update([VERSION, SHA256, LOG_BLOCK_LENGTH, salt.length])
        .chain_update([0; 4])
        .chain_update(length.to_le_bytes())
        // The field has room for 64 bytes.
        .chain_update(root)
        .chain_update([0; 32])
        .chain_update(salt.bytes)
        .chain_update([0; 144])
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::hex_decode;

    /// The root of so many bytes of zeros, which nobody hashes: equal blocks have equal hashes.
    fn root_of_zeros(length: u64, salt: Salt) -> BlockRoot {
        let mut hasher = FsVerityHasher::new(salt);
        let leaf = hasher.salted.block(&[]);
        let parent = hasher.salted.block([leaf; 128].as_flattened());
        let blocks = length.div_ceil(BLOCK_LENGTH);
        // The first 128 make the levels, the others come with their parents.
        (0..128).for_each(|_| hasher.push(0, leaf));
        (1..blocks / 128).for_each(|_| hasher.push(1, parent));
        (0..blocks % 128).for_each(|_| hasher.push(0, leaf));
        hasher.length = length;
        hasher.finish()
    }

    /// The digests are those of `tests/data/fsverity/vectors.txt`.
    #[test]
    fn deep_trees_and_lengths_beyond_4_gib_have_the_digests_of_the_tool() {
        let salt = hex_decode(&"00112233445566778899aabbccddeeff".repeat(2));
        let salt = Salt::new(&salt.unwrap_or_default());
        for (length, salt, digest) in [
            (
                1 << 26,
                Ok(Salt::NONE),
                "382b8844ad09fb5f7b53e0fc27413cd4e72f47d69604dac5d4865e609ba33c53",
            ),
            (
                (1 << 26) + 1,
                Ok(Salt::NONE),
                "be5993679f703697692cc6ce69e480edc9721baff591795438ae8097275c0687",
            ),
            (
                (1 << 26) + 1,
                salt,
                "d443d4dffac9bb7eb7eaa55433ca8fc4b2d38c5d86561196588d2aad7e5bbc19",
            ),
            (
                (5 << 30) + 1,
                Ok(Salt::NONE),
                "b6c8ef00a5276a0eab995b868e26ba7ba14e878ecf46960614330f4c392afa02",
            ),
        ] {
            let root = salt.map(|salt| root_of_zeros(length, salt));
            let listed = hex_decode(digest);
            assert_eq!(root.map(|root| root.digest().to_vec()).ok(), listed, "{length}");
        }
    }
}
