//! Tests that need no trusted metadata, only what it would list: they use constructors that the
//! crate keeps to itself. Block proofs alone are tested from outside, in `tests/it/artifact.rs`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod block_stream;
mod known_answers;
mod limits;
mod read_back;
mod resume;
mod streaming;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::{ArtifactError, ArtifactStream, VerifiedArtifact};
use crate::primitives::{Digest, Hashes, hex_decode};

/// The numbers from 1 on, one a line, cut at `length`.
fn count(length: usize) -> Vec<u8> {
    let mut text = String::new();
    for number in 1..=length {
        if text.len() >= length {
            break;
        }
        writeln!(text, "{number}").unwrap();
    }
    text.truncate(length);
    text.into_bytes()
}

fn hex<const N: usize>(text: &str) -> [u8; N] {
    hex_decode(text).unwrap().try_into().unwrap()
}

fn sha256(bytes: &[u8]) -> Digest {
    Digest::Sha256(<sha2::Sha256 as sha2::Digest>::digest(bytes).into())
}

fn sha512(bytes: &[u8]) -> Digest {
    Digest::Sha512(<sha2::Sha512 as sha2::Digest>::digest(bytes).into())
}

/// Both digests, as metadata would list them.
fn both(bytes: &[u8]) -> Hashes {
    hashes([sha256(bytes), sha512(bytes)])
}

fn hashes<const N: usize>(digests: [Digest; N]) -> Hashes {
    let mut hashes = Hashes::default();
    for digest in digests {
        hashes.insert(digest);
    }
    hashes
}

/// Another digest of the same algorithm.
fn wrong(digest: Digest) -> Digest {
    match digest {
        Digest::Sha256(mut bytes) => {
            bytes[31] ^= 1;
            Digest::Sha256(bytes)
        }
        Digest::Sha512(mut bytes) => {
            bytes[63] ^= 1;
            Digest::Sha512(bytes)
        }
    }
}

fn stream(length: usize, hashes: &Hashes) -> ArtifactStream {
    ArtifactStream::new(length as u64, hashes, u64::MAX).unwrap()
}

/// Streams `content`, `cut` bytes at a time, against a listing of its own length.
fn check(content: &[u8], hashes: &Hashes, cut: usize) -> Result<VerifiedArtifact, ArtifactError> {
    let mut stream = stream(content.len(), hashes);
    content.chunks(cut).try_for_each(|chunk| stream.update(chunk))?;
    stream.finish()
}
