//! Streams that release proven blocks only.

use alloc::vec::Vec;

use super::{ArtifactError, both, count, stream};
use crate::artifact::fsverity::BLOCK;
use crate::artifact::{BlockRoot, BlockStream, FsVerityHasher, Salt};
use crate::dice::Dice;
use crate::primitives::{Hashes, sha256};

fn root_of(content: &[u8]) -> BlockRoot {
    let mut hasher = FsVerityHasher::new(Salt::NONE);
    hasher.update(content);
    hasher.finish()
}

/// The hash tree, without salt, of content of at most 128 blocks.
fn tree_of(content: &[u8]) -> Vec<u8> {
    let hashes = content.chunks(BLOCK).map(|block| {
        let mut block = block.to_vec();
        block.resize(BLOCK, 0);
        sha256(&block)
    });
    let mut tree = hashes.collect::<Vec<_>>().concat();
    tree.resize(if content.len() > BLOCK { BLOCK } else { 0 }, 0);
    tree
}

fn blocks<'t>(content: &[u8], hashes: &Hashes, tree: &'t [u8]) -> BlockStream<'t> {
    stream(content.len(), hashes).with_blocks(&root_of(content), tree).unwrap()
}

/// Gives a chunk to the stream, and appends what is released.
fn give(
    stream: &mut BlockStream<'_>,
    mut chunk: &[u8],
    released: &mut Vec<u8>,
) -> Result<(), ArtifactError> {
    while let Some(block) = stream.next_block(&mut chunk)? {
        assert_eq!(block.offset(), released.len() as u64);
        assert!(block.bytes().len() <= BLOCK);
        released.extend(block.bytes());
    }
    assert!(chunk.is_empty());
    Ok(())
}

#[test]
fn whole_blocks_are_released_at_every_chunking() {
    for length in [0, 1, 4095, 4096, 4097, 8192, 20_000] {
        let content = count(length);
        let tree = tree_of(&content);
        for cut in [1, 100, 4095, 4096, 4097, 8192, 12_289, 20_000] {
            let mut stream = blocks(&content, &both(&content), &tree);
            let mut released = Vec::new();
            let mut taken = 0;
            for chunk in content.chunks(cut) {
                give(&mut stream, chunk, &mut released).unwrap();
                taken += chunk.len();
                let whole = if taken == length { length } else { taken / BLOCK * BLOCK };
                assert_eq!((released.len(), stream.offset()), (whole, taken as u64));
            }
            assert_eq!(released, content);
            assert_eq!(stream.finish().unwrap().hashes(), &both(&content));
        }
    }
}

#[test]
fn a_corrupt_block_is_not_released_and_can_be_fetched_again() {
    let content = count(5 * BLOCK + 10);
    let tree = tree_of(&content);
    for cut in [1000, 4096, 5000, 100_000] {
        for index in 0..6_usize {
            let start = index * BLOCK;
            let mut corrupt = content.clone();
            corrupt[start + 3] ^= 1;

            let mut stream = blocks(&content, &both(&content), &tree);
            let mut released = Vec::new();
            let mut chunks = corrupt.chunks(cut);
            let why = chunks.find_map(|chunk| give(&mut stream, chunk, &mut released).err());
            let end = content.len().min(start + BLOCK);
            let bytes = start as u64..end as u64;
            let named = ArtifactError::Block { index: index as u64, bytes };
            assert_eq!(why, Some(named.clone()));
            assert_eq!(released, content[..start]);
            assert_eq!(stream.offset(), start as u64);

            // Still wrong from another mirror, then right.
            let again = &corrupt[start..end];
            assert_eq!(give(&mut stream, again, &mut released), Err(named));
            assert_eq!(stream.offset(), start as u64);
            give(&mut stream, &content[start..], &mut released).unwrap();
            assert_eq!(released, content);
            assert!(stream.finish().is_ok());
        }
    }
}

#[test]
fn going_on_after_a_corrupt_block_without_fetching_it_again_is_refused() {
    let content = count(3 * BLOCK);
    let tree = tree_of(&content);
    let mut stream = blocks(&content, &both(&content), &tree);
    let mut corrupt = content.clone();
    corrupt[0] ^= 1;
    let mut chunk = &corrupt[..];
    for _ in 0..3 {
        let why = stream.next_block(&mut chunk).unwrap_err();
        assert_eq!(why, ArtifactError::Block { index: 0, bytes: 0..4096 });
    }
    let why = ArtifactError::Truncated { expected: 3 * 4096, received: 0 };
    assert_eq!(stream.finish(), Err(why));
}

#[test]
fn nothing_of_a_chunk_that_goes_too_far_is_released() {
    for length in [0, 10, 4096, 9000] {
        let offered = count(length + 1);
        let content = &offered[..length];
        let tree = tree_of(content);
        for before in [0, 1, 4000, 4096, 8999, 9000].into_iter().filter(|&n| n <= length) {
            let mut stream = blocks(content, &both(content), &tree);
            let mut released = Vec::new();
            give(&mut stream, &content[..before], &mut released).unwrap();
            let whole = released.len();
            let (expected, offered_length) = (length as u64, length as u64 + 1);
            let why = ArtifactError::TooLong { expected, offered: offered_length };
            let refused = give(&mut stream, &offered[before..], &mut released);
            assert_eq!(refused, Err(why.clone()));
            assert_eq!(released.len(), whole);
            assert_eq!(stream.check.hasher.clone().check(&both(&released)), Ok(()));
            let rest = &content[before..];
            assert_eq!(give(&mut stream, rest, &mut released), Err(why.clone()));
            assert_eq!(stream.finish(), Err(why));
        }
    }
}

#[test]
fn a_truncation_counts_the_bytes_of_the_unfinished_block() {
    let content = count(9000);
    let tree = tree_of(&content);
    for received in [0, 1, 4096, 5000, 8192, 8999] {
        let mut stream = blocks(&content, &both(&content), &tree);
        give(&mut stream, &content[..received], &mut Vec::new()).unwrap();
        let received = received as u64;
        let why = ArtifactError::Truncated { expected: 9000, received };
        assert_eq!(stream.finish(), Err(why));
    }
}

#[test]
fn the_listed_digests_must_match_too() {
    let content = count(9000);
    let tree = tree_of(&content);
    let mut stream = blocks(&content, &both(&content[1..]), &tree);
    give(&mut stream, &content, &mut Vec::new()).unwrap();
    assert_eq!(stream.finish().unwrap_err().code(), "artifact.digest");
}

#[test]
fn stored_blocks_are_proven_again_up_to_the_first_that_rotted() {
    let content = count(9000);
    let tree = tree_of(&content);
    let mut stored = content[..8500].to_vec();
    stored[5000] ^= 1;
    let mut stream = blocks(&content, &both(&content), &tree);
    let mut released = Vec::new();
    let why = give(&mut stream, &stored, &mut released).unwrap_err();
    assert_eq!(why, ArtifactError::Block { index: 1, bytes: 4096..8192 });
    assert_eq!(stream.offset(), 4096);
    give(&mut stream, &content[4096..], &mut released).unwrap();
    assert!(stream.finish().is_ok());
}

#[test]
fn blocks_are_proven_from_the_first_byte_and_against_their_own_tree() {
    let content = count(9000);
    let (root, tree) = (root_of(&content), tree_of(&content));
    let mut begun = stream(9000, &both(&content));
    begun.update(&content[..1]).unwrap();
    let why = begun.with_blocks(&root, &tree).unwrap_err();
    assert_eq!(why, ArtifactError::AlreadyBegun { received: 1 });

    let other = stream(8999, &both(&content)).with_blocks(&root, &tree);
    assert_eq!(other.unwrap_err().code(), "artifact.block-root");
    let other = stream(9000, &both(&content)).with_blocks(&root, &[]);
    assert_eq!(other.unwrap_err().code(), "artifact.tree-length");
}

#[test]
fn what_is_released_is_a_prefix_of_the_artifact_up_to_the_first_wrong_block() {
    let mut dice = Dice::new(1);
    for _ in 0..128 {
        let length = dice.below(30_000);
        let content = count(length);
        let tree = tree_of(&content);
        let mut offered = content.clone();
        let wrong = (length > 0 && dice.coin()).then(|| dice.below(length));
        if let Some(at) = wrong {
            offered[at] ^= 4;
        }
        let mut stream = blocks(&content, &both(&content), &tree);
        let mut released = Vec::new();
        let mut verdict = Ok(());
        let mut rest = &offered[..];
        let cuts = dice.list(10, |dice| dice.below(9000));
        for cut in cuts.into_iter().chain([usize::MAX]) {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            verdict = verdict.and_then(|()| give(&mut stream, now, &mut released));
            rest = later;
        }
        let proven = wrong.map_or(length, |at| at / BLOCK * BLOCK);
        assert_eq!(released, &content[..proven]);
        assert_eq!(stream.offset(), proven as u64);
        assert_eq!(verdict.is_err(), wrong.is_some());
        assert_eq!(stream.finish().is_ok(), wrong.is_none());
    }
}
