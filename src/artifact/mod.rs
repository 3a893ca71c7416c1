//! Layer 4, artifact verification: do these bytes have the digests that trusted metadata lists?
//!
//! It starts with [`TrustedTarget::stream`](crate::verify::TrustedTarget::stream). Nothing here
//! holds a file. Bytes come in chunks of any size, in order, and memory stays constant at
//! every length; lengths are `u64` on every target.
//!
//! | what was checked | the proof | what it does not prove |
//! |---|---|---|
//! | the bytes that streamed by ([`ArtifactStream`]) | [`VerifiedArtifact`] | that the storage holds them |
//! | the bytes that the storage gives back ([`ReadBack`]) | [`StoredArtifact`] | that nobody writes there later |
//! | one block of 4 KiB ([`BlockVerifier`], [`BlockStream`]) | [`Block`] | that the other blocks follow |
//!
//! The order of the checks is fixed. First the listed length against the device's own maximum and
//! the list of digests for one that is known, before any byte; then each chunk against the length,
//! before it is hashed; then the exact length; then **all** listed digests of known algorithms.
//!
//! An artifact of any size is only proven at its last byte. Where a device must not even write a
//! wrong byte, or wants to fetch only what is damaged, metadata can list a [`BlockRoot`] beside the
//! digests: then each block is proven before it is released, and a corrupt one is named.

mod block;
mod block_stream;
mod check;
mod error;
mod evidence;
mod fsverity;
mod read_back;
mod streaming;
mod target;
#[cfg(test)]
mod tests;

pub use block::BlockVerifier;
pub use block_stream::{Block, BlockStream};
pub use error::ArtifactError;
pub use evidence::Evidence;
pub use fsverity::{BLOCK_LENGTH, BlockRoot, FsVerityHasher, Salt};
pub use read_back::{ReadBack, StoredArtifact};
pub use streaming::{ArtifactStream, VerifiedArtifact};
