//! Why bytes are not the artifact that metadata lists.

use alloc::boxed::Box;
use core::ops::Range;

use crate::primitives::{HashesError, Sha256Digest, refusals};

refusals!(
    Artifact,
    /// Why an artifact, a part of it or a proof of it is refused.
    ///
    /// To [retry](crate::primitives::Remedy::Retry) is to go on where the bytes ended, or to write once
    /// more what the storage did not keep.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum ArtifactError {
        /// The listed length is over what the device takes. No byte was read.
        #[refusal("artifact.over-device-limit", Operator)]
        #[error("the artifact has {length} bytes, this device takes at most {max_length}")]
        OverDeviceLimit {
            /// The length that metadata lists.
            length: u64,
            /// The caller's maximum.
            max_length: u64,
        },
        /// No digest of a known algorithm is listed: verification is unavailable, so the artifact is
        /// refused. No byte was read.
        #[refusal("artifact.no-known-digest", Operator)]
        #[error("no digest of a known algorithm is listed")]
        NoKnownDigest,
        /// More bytes came than are listed. Nothing of the chunk that went too far was hashed or
        /// released, and the check takes nothing more.
        #[refusal("artifact.too-long", AnotherMirror)]
        #[error("the artifact has {expected} bytes, at least {offered} were offered")]
        TooLong {
            /// The length that metadata lists.
            expected: u64,
            /// The bytes taken before, and those of the chunk that was refused.
            offered: u64,
        },
        /// The bytes ended before the listed length.
        #[refusal("artifact.truncated", Retry)]
        #[error("the artifact has {expected} bytes, only {received} came")]
        Truncated {
            /// The length that metadata lists.
            expected: u64,
            /// The bytes that came.
            received: u64,
        },
        /// The length is right, and a listed digest is not that of the bytes.
        #[refusal("artifact.digest", AnotherMirror)]
        #[error("a listed digest is not that of the bytes")]
        Digest {
            /// The digest that is listed, and that of the bytes.
            #[source]
            mismatch: HashesError,
        },
        /// The length is right, and a listed digest is not that of the bytes, of which some were
        /// [rehashed](crate::artifact::ArtifactStream::rehash) from storage. The fault may lie there: begin
        /// again from the first byte, or every further attempt fails too, with any mirror.
        #[refusal("artifact.digest-resumed", Retry)]
        #[error(
            "a listed digest is not that of the bytes, of which {rehashed} came from storage: begin again from the first"
        )]
        DigestResumed {
            /// The digest that is listed, and that of the bytes.
            #[source]
            mismatch: HashesError,
            /// How many of the bytes came from storage.
            rehashed: u64,
        },
        /// The storage does not hold what it should. What streamed by may have been right.
        #[refusal("artifact.storage-differs", Retry)]
        #[error("the storage does not hold the artifact")]
        StorageDiffers(#[source] Box<ArtifactError>),

        /// A block is not the one that the block root vouches for. It was not released.
        #[refusal("artifact.block", AnotherMirror)]
        #[error("block {index} (bytes {} to {}) is corrupt", bytes.start, bytes.end)]
        Block {
            /// The number of the block, from 0.
            index: u64,
            /// Its place in the artifact.
            bytes: Range<u64>,
        },
        /// A block has not the length of a block in its place.
        #[refusal("artifact.block-length", FixCaller)]
        #[error("block {index} has {expected} bytes, {actual} were given")]
        BlockLength {
            /// The number of the block, from 0.
            index: u64,
            /// [`BLOCK_LENGTH`](super::BLOCK_LENGTH), or less for the last block.
            expected: usize,
            /// What was given.
            actual: usize,
        },
        /// The artifact has no block of that number.
        #[refusal("artifact.no-such-block", FixCaller)]
        #[error("there is no block {index}, the artifact has {blocks}")]
        NoSuchBlock {
            /// The number that was asked for.
            index: u64,
            /// How many blocks there are.
            blocks: u64,
        },
        /// The hash tree has not the length that belongs to an artifact of this length.
        #[refusal("artifact.tree-length", AnotherMirror)]
        #[error("the hash tree has {actual} bytes, to this artifact belong {expected}")]
        TreeLength {
            /// The length that belongs to the artifact.
            expected: u64,
            /// The length that was given.
            actual: u64,
        },
        /// The hash tree, its salt and the artifact's length do not give the listed block root.
        #[refusal("artifact.block-root", AnotherMirror)]
        #[error("the hash tree is not that of the listed block root")]
        BlockRoot {
            /// The fs-verity digest that metadata lists.
            listed: Sha256Digest,
            /// What the tree gives.
            actual: Sha256Digest,
        },
        /// A part of the hash tree is corrupt, so what lies under it cannot be proven.
        #[refusal("artifact.tree", AnotherMirror)]
        #[error("bytes {} to {} of the hash tree are corrupt", bytes.start, bytes.end)]
        Tree {
            /// The place in the tree.
            bytes: Range<u64>,
        },
        /// A salt has more than 32 bytes.
        #[refusal("artifact.salt-too-long", Operator)]
        #[error("a salt has at most 32 bytes, this one has {length}")]
        SaltTooLong {
            /// The length of the salt.
            length: usize,
        },
        /// Block proofs were asked for after bytes had been taken without them.
        #[refusal("artifact.already-begun", FixCaller)]
        #[error("block proofs start at the first byte, {received} were taken before")]
        AlreadyBegun {
            /// The bytes taken before.
            received: u64,
        },
    }
);
