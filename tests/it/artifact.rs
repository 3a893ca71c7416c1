//! Block proofs against the vectors of the `fsverity` tool (`tests/interop/fsverity.sh`), and against
//! what a hostile source can change.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::fmt::Write as _;
use std::sync::LazyLock;

use ota_trust::artifact::{
    ArtifactError, BLOCK_LENGTH, BlockRoot, BlockVerifier, FsVerityHasher, Salt,
};
use ota_trust::primitives::HashesError;
use ota_trust::primitives::Remedy::{AnotherMirror, FixCaller, Operator, Retry};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

const BLOCK: usize = 4096;
const VECTORS: &str = include_str!("../data/fsverity/vectors.txt");

/// A line of the vectors.
struct Vector {
    content: &'static str,
    length: u64,
    salt: Vec<u8>,
    digest: [u8; 32],
    tree_length: u64,
    tree_sha256: [u8; 32],
}

impl Vector {
    fn all() -> impl Iterator<Item = Self> {
        VECTORS.lines().map(|line| {
            let field: Vec<&str> = line.split(' ').collect();
            Self {
                content: field[0],
                length: field[1].parse().unwrap(),
                salt: hex::decode(field[2].trim_start_matches('-')).unwrap(),
                digest: hex::decode(field[3]).unwrap().try_into().unwrap(),
                tree_length: field[4].parse().unwrap(),
                tree_sha256: hex::decode(field[5]).unwrap().try_into().unwrap(),
            }
        })
    }

    fn root(&self) -> BlockRoot {
        BlockRoot::new(self.digest, Salt::new(&self.salt).unwrap())
    }
}

/// What `seq 1 … | head -c LENGTH` prints.
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

/// The hash tree of a file with these hashes of blocks, as plainly as it can be written, and its root.
fn tree(leaves: Vec<[u8; 32]>, salt: &[u8]) -> (Vec<u8>, [u8; 32]) {
    let mut levels = Vec::new();
    let mut hashes = leaves;
    while hashes.len() > 1 {
        let mut level = hashes.concat();
        level.resize(level.len().next_multiple_of(BLOCK), 0);
        // Blocks that repeat are hashed once: the tree of the zeros has ten thousand of them.
        let mut last: Option<(&[u8], [u8; 32])> = None;
        hashes = Vec::new();
        for block in level.chunks(BLOCK) {
            let hash = match last {
                Some((same, hash)) if same == block => hash,
                _ => block_hash(block, salt),
            };
            last = Some((block, hash));
            hashes.push(hash);
        }
        levels.push(level);
    }
    levels.reverse();
    (levels.concat(), hashes.first().copied().unwrap_or_default())
}

fn block_hash(block: &[u8], salt: &[u8]) -> [u8; 32] {
    let mut bytes = salt.to_vec();
    bytes.resize(if salt.is_empty() { 0 } else { 64 }, 0);
    bytes.extend(block);
    bytes.resize(bytes.len() + BLOCK - block.len(), 0);
    Sha256::digest(bytes).into()
}

fn tree_of(content: &[u8], salt: &[u8]) -> Vec<u8> {
    tree(content.chunks(BLOCK).map(|block| block_hash(block, salt)).collect(), salt).0
}

fn root_of(content: &[u8], salt: &[u8]) -> BlockRoot {
    let mut hasher = FsVerityHasher::new(Salt::new(salt).unwrap());
    hasher.update(content);
    hasher.finish()
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The blocks that `verifier` refuses, with the reasons.
fn refused(verifier: &mut BlockVerifier<'_>, content: &[u8]) -> Vec<(u64, ArtifactError)> {
    let blocks = (0..).zip(content.chunks(BLOCK));
    blocks.filter_map(|(i, block)| Some((i, verifier.verify_block(i, block).err()?))).collect()
}

#[test]
fn counted_files_have_the_roots_and_trees_of_the_tool() {
    let vectors: Vec<Vector> = Vector::all().filter(|v| v.content == "count").collect();
    assert_eq!(vectors.len(), 30);
    for vector in vectors {
        let content = count(vector.length.try_into().unwrap());
        // Two cuts that share no factor with a block, and the whole; the largest file once.
        let cuts = [70_001, 4093, content.len().max(1)];
        for cut in cuts.into_iter().take(if vector.length < 1 << 24 { 3 } else { 1 }) {
            let mut hasher = FsVerityHasher::new(*vector.root().salt());
            content.chunks(cut).for_each(|chunk| hasher.update(chunk));
            assert_eq!(hasher.finish(), vector.root(), "{} in {cut}", vector.length);
        }
        let tree = tree_of(&content, &vector.salt);
        assert_eq!(sha256(&tree), vector.tree_sha256);
        assert_eq!(BlockVerifier::tree_length(vector.length), vector.tree_length);

        let mut verifier = BlockVerifier::new(&vector.root(), vector.length, &tree).unwrap();
        assert_eq!(verifier.blocks(), vector.length.div_ceil(BLOCK_LENGTH));
        assert_eq!(refused(&mut verifier, &content), []);
    }
}

#[test]
fn zeros_have_the_roots_and_trees_of_the_tool_beyond_4_gib() {
    const ZEROS: [u8; BLOCK] = [0; BLOCK];
    let vectors: Vec<Vector> = Vector::all().filter(|v| v.content == "zeros").collect();
    assert_eq!(vectors.len(), 4);
    for vector in vectors {
        let blocks = vector.length.div_ceil(BLOCK_LENGTH);
        let leaves = vec![block_hash(&ZEROS, &vector.salt); blocks.try_into().unwrap()];
        let tree = tree(leaves, &vector.salt).0;
        assert_eq!(BlockVerifier::tree_length(vector.length), vector.tree_length);
        assert_eq!(tree.len() as u64, vector.tree_length);
        if vector.length < 1 << 32 {
            assert_eq!(sha256(&tree), vector.tree_sha256);
        }

        let mut verifier = BlockVerifier::new(&vector.root(), vector.length, &tree).unwrap();
        let last = blocks - 1;
        let last_block = vec![0; (vector.length - last * BLOCK_LENGTH).try_into().unwrap()];
        for index in [last - 1, 0, 127, 128, 16_383, last / 2, last - 1] {
            assert_eq!(verifier.verify_block(index, &ZEROS).err(), None, "{index}");
        }
        assert_eq!(verifier.verify_block(last, &last_block), Ok(()));
        let corrupt = vec![1; last_block.len()];
        let bytes = last * BLOCK_LENGTH..vector.length;
        let named = ArtifactError::Block { index: last, bytes };
        assert_eq!(verifier.verify_block(last, &corrupt), Err(named));
        // 4 GiB further on lies, modulo 2^32, a block that exists.
        for index in [blocks, last + (1 << 20), last + (1 << 32), 1 << 52, u64::MAX] {
            let none = ArtifactError::NoSuchBlock { index, blocks };
            assert_eq!(verifier.verify_block(index, &ZEROS), Err(none));
            assert_eq!(verifier.block_range(index), None);
        }
    }
}

/// A file with two levels of hashes, and what proves it.
fn two_levels() -> (Vec<u8>, BlockRoot, Vec<u8>) {
    let content = count(130 * BLOCK + 100);
    let (root, tree) = (root_of(&content, b"salt"), tree_of(&content, b"salt"));
    (content, root, tree)
}

#[test]
fn a_flipped_bit_in_a_block_is_refused_and_named() {
    let (content, root, tree) = two_levels();
    let mut verifier = BlockVerifier::new(&root, content.len() as u64, &tree).unwrap();
    for at in (0..content.len()).step_by(997).chain([content.len() - 1]) {
        let index = at / BLOCK;
        let range = index * BLOCK..content.len().min((index + 1) * BLOCK);
        let mut block = content[range.clone()].to_vec();
        block[at - range.start] ^= 1 << (at % 8);
        let (index, bytes) = (index as u64, range.start as u64..range.end as u64);
        assert_eq!(verifier.block_range(index), Some(bytes.clone()));
        let named = ArtifactError::Block { index, bytes };
        assert_eq!(verifier.verify_block(index, &block), Err(named));
        // A corrupt block spoils nothing: the right one is still taken.
        assert_eq!(verifier.verify_block(index, &content[range]), Ok(()));
    }
}

#[test]
fn a_flipped_bit_in_the_tree_is_refused_and_named() {
    let (content, root, tree) = two_levels();
    let length = content.len() as u64;
    for at in (0..tree.len()).step_by(61).chain([BLOCK - 1, BLOCK, 2 * BLOCK - 1, 2 * BLOCK]) {
        let mut tree = tree.clone();
        tree[at] ^= 1 << (at % 8);
        let verifier = BlockVerifier::new(&root, length, &tree);
        // The first block is the root's; the leaves' two blocks follow.
        let (under, bytes) = match at / BLOCK {
            0 => {
                let why = verifier.unwrap_err();
                assert_eq!(why.code(), "artifact.block-root", "{at}");
                continue;
            }
            1 => (0..128, 4096..8192),
            _ => (128..131, 8192..12_288),
        };
        let refused = refused(&mut verifier.unwrap(), &content);
        let why = ArtifactError::Tree { bytes };
        assert_eq!(refused, under.map(|i| (i, why.clone())).collect::<Vec<_>>(), "{at}");
    }
}

#[test]
fn a_hash_in_the_tree_that_suits_a_corrupt_block_is_refused() {
    let (mut content, root, _) = two_levels();
    content[0] ^= 1;
    let length = content.len() as u64;
    let hostile = tree_of(&content, b"salt");
    let (listed, actual) = (*root.digest(), *root_of(&content, b"salt").digest());
    let why = BlockVerifier::new(&root, length, &hostile).unwrap_err();
    assert_eq!(why, ArtifactError::BlockRoot { listed, actual });

    // The right top over the hostile leaves: the top gives them away.
    let (right, _, tree) = two_levels();
    let mixed = [&tree[..BLOCK], &hostile[BLOCK..]].concat();
    let mut verifier = BlockVerifier::new(&root, length, &mixed).unwrap();
    for block in [&content[..BLOCK], &right[..BLOCK]] {
        let why = ArtifactError::Tree { bytes: 4096..8192 };
        assert_eq!(verifier.verify_block(0, block), Err(why));
    }
    assert_eq!(verifier.verify_block(128, &right[128 * BLOCK..129 * BLOCK]), Ok(()));
}

/// What hangs from a part that is refused must not be remembered as checked.
#[test]
fn a_hostile_branch_is_refused_however_often_it_is_asked_for() {
    // Three levels of hashes, under which only the first block is hostile.
    let zero = [0; BLOCK];
    let mut hostile_block = zero;
    hostile_block[0] = 1;
    let vector = Vector::all().find(|v| v.length == (1 << 26) + 1 && v.salt.is_empty()).unwrap();
    let mut leaves = vec![block_hash(&zero, &[]); 128 * 128 + 1];
    let right = tree(leaves.clone(), &[]).0;
    leaves[0] = block_hash(&hostile_block, &[]);
    let hostile = tree(leaves, &[]).0;
    // The top, then two blocks, then the leaves' 129.
    assert_eq!(right.len(), 132 * BLOCK);

    for (levels, refused) in [(1, 4096..8192), (3, 12_288..16_384)] {
        let mixed = [&right[..levels * BLOCK], &hostile[levels * BLOCK..]].concat();
        let mut verifier = BlockVerifier::new(&vector.root(), vector.length, &mixed).unwrap();
        for block in [&hostile_block, &hostile_block, &zero, &hostile_block] {
            let why = ArtifactError::Tree { bytes: refused.clone() };
            assert_eq!(verifier.verify_block(0, block), Err(why));
        }
    }
}

#[test]
fn a_block_in_another_place_is_refused() {
    let (content, root, tree) = two_levels();
    let mut verifier = BlockVerifier::new(&root, content.len() as u64, &tree).unwrap();
    for (index, other) in [(0, 1), (1, 0), (5, 128), (128, 5), (127, 128)] {
        let block = &content[other * BLOCK..(other + 1) * BLOCK];
        let why = verifier.verify_block(index, block).unwrap_err();
        assert_eq!(why.code(), "artifact.block", "{index} {other}");
    }
}

#[test]
fn a_block_of_another_length_is_refused() {
    let (content, root, tree) = two_levels();
    let mut verifier = BlockVerifier::new(&root, content.len() as u64, &tree).unwrap();
    // Padding is ours to add: with it, the last block would be the same to the hash.
    let mut padded = content[130 * BLOCK..].to_vec();
    padded.resize(BLOCK, 0);
    let cases: [(u64, &[u8], usize); 5] = [
        (130, &padded, 100),
        (130, &padded[..101], 100),
        (130, &padded[..99], 100),
        (0, &content[..BLOCK - 1], BLOCK),
        (0, &content[..=BLOCK], BLOCK),
    ];
    for (index, block, expected) in cases {
        let why = ArtifactError::BlockLength { index, expected, actual: block.len() };
        assert_eq!(verifier.verify_block(index, block), Err(why));
    }
}

#[test]
fn a_tree_of_another_length_salt_or_file_is_refused() {
    let (content, root, tree) = two_levels();
    let length = content.len() as u64;
    for wrong in [&tree[..0], &tree[..2 * BLOCK], &tree[..tree.len() - 1]] {
        let (expected, actual) = (12_288, wrong.len() as u64);
        let why = BlockVerifier::new(&root, length, wrong).unwrap_err();
        assert_eq!(why, ArtifactError::TreeLength { expected, actual });
    }
    let longer = [&tree[..], &[0]].concat();
    let why = BlockVerifier::new(&root, length, &longer).unwrap_err();
    assert_eq!(why.code(), "artifact.tree-length");

    // Same padded blocks, another length; same bytes when padded, another salt.
    let salted = BlockRoot::new(*root.digest(), Salt::new(b"salt\0").unwrap());
    for (root, length) in [(root, length - 1), (root, length + 1), (salted, length)] {
        let why = BlockVerifier::new(&root, length, &tree).unwrap_err();
        assert_eq!(why.code(), "artifact.block-root");
    }
}

#[test]
fn files_of_no_block_and_of_one_block_are_bound_to_the_root_too() {
    let empty = root_of(&[], b"");
    let mut verifier = BlockVerifier::new(&empty, 0, &[]).unwrap();
    let why = ArtifactError::NoSuchBlock { index: 0, blocks: 0 };
    assert_eq!(verifier.verify_block(0, &[]), Err(why));
    let one = root_of(&[0], b"");
    assert_eq!(BlockVerifier::new(&one, 0, &[]).unwrap_err().code(), "artifact.block-root");

    // One byte or two, the padded block is the same: the descriptor tells them apart.
    assert_eq!(BlockVerifier::new(&one, 1, &[]).unwrap().verify_block(0, &[0]), Ok(()));
    let mut verifier = BlockVerifier::new(&one, 2, &[]).unwrap();
    let why = ArtifactError::Block { index: 0, bytes: 0..2 };
    assert_eq!(verifier.verify_block(0, &[0, 0]), Err(why));
}

#[test]
fn the_length_of_a_tree_is_known_for_every_length() {
    for (length, blocks) in [(0, 0), (1, 0), (4096, 0), (4097, 1), (1 << 19, 1), (1 << 26, 129)] {
        assert_eq!(BlockVerifier::tree_length(length), blocks * BLOCK_LENGTH, "{length}");
    }
    // 2^52 blocks: 2^45 + 2^38 + … + 2^3 of hashes in seven levels, and one on top.
    let blocks = (3..=45).step_by(7).map(|bits| 1_u64 << bits).sum::<u64>() + 1;
    assert_eq!(BlockVerifier::tree_length(u64::MAX), blocks * BLOCK_LENGTH);
    // Whatever length metadata lists: nothing is allocated for it.
    let root = root_of(&[], b"");
    let why = BlockVerifier::new(&root, u64::MAX, &[]).unwrap_err();
    assert_eq!(why.code(), "artifact.tree-length");
}

#[test]
fn a_salt_has_up_to_32_bytes() {
    for length in [0, 1, 31, 32] {
        let salt = vec![9; length];
        assert_eq!(Salt::new(&salt).unwrap().as_bytes(), salt);
    }
    for length in [33, 255, 256, 288, 300] {
        let why = Salt::new(&vec![9; length]).unwrap_err();
        assert_eq!(why, ArtifactError::SaltTooLong { length });
    }
    assert_eq!(Salt::new(&[]).unwrap(), Salt::NONE);
    assert_ne!(Salt::new(&[0]).unwrap(), Salt::NONE);
}

#[test]
fn codes_and_remedies_are_as_published() {
    let block = ArtifactError::Block { index: 0, bytes: 0..1 };
    let digest = [0; 32];
    let table = [
        (
            ArtifactError::OverDeviceLimit { length: 2, max_length: 1 },
            "over-device-limit",
            Operator,
        ),
        (ArtifactError::NoKnownDigest, "no-known-digest", Operator),
        (ArtifactError::TooLong { expected: 1, offered: 2 }, "too-long", AnotherMirror),
        (ArtifactError::Truncated { expected: 2, received: 1 }, "truncated", Retry),
        (ArtifactError::Digest { mismatch: HashesError::NoneKnown }, "digest", AnotherMirror),
        (
            ArtifactError::DigestResumed { mismatch: HashesError::NoneKnown, rehashed: 1 },
            "digest-resumed",
            Retry,
        ),
        (ArtifactError::StorageDiffers(block.clone().into()), "storage-differs", Retry),
        (block, "block", AnotherMirror),
        (
            ArtifactError::BlockLength { index: 0, expected: 1, actual: 2 },
            "block-length",
            FixCaller,
        ),
        (ArtifactError::NoSuchBlock { index: 1, blocks: 1 }, "no-such-block", FixCaller),
        (ArtifactError::TreeLength { expected: 1, actual: 2 }, "tree-length", AnotherMirror),
        (ArtifactError::BlockRoot { listed: digest, actual: digest }, "block-root", AnotherMirror),
        (ArtifactError::Tree { bytes: 0..1 }, "tree", AnotherMirror),
        (ArtifactError::SaltTooLong { length: 33 }, "salt-too-long", Operator),
        (ArtifactError::AlreadyBegun { received: 1 }, "already-begun", FixCaller),
    ];
    for (why, code, remedy) in table {
        assert_eq!(why.code().strip_prefix("artifact."), Some(code));
        assert_eq!(why.remedy(), remedy, "{code}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn chunks_change_nothing(
        length in 0_usize..20_000,
        salt in proptest::collection::vec(any::<u8>(), 0..=32),
        cuts in proptest::collection::vec(0_usize..9000, 0..8),
    ) {
        let content = count(length);
        let mut hasher = FsVerityHasher::new(Salt::new(&salt).unwrap());
        let mut rest = &content[..];
        for cut in cuts {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            hasher.update(now);
            rest = later;
        }
        hasher.update(rest);
        let root = hasher.finish();
        prop_assert_eq!(root, root_of(&content, &salt));
        let tree = tree_of(&content, &salt);
        prop_assert!(BlockVerifier::new(&root, length as u64, &tree).is_ok());
    }

    /// What was checked before is remembered, and must not make a wrong block right.
    #[test]
    fn any_order_of_right_and_wrong_blocks_has_the_same_verdicts(
        asked in proptest::collection::vec((0_usize..300, any::<Option<u16>>()), 1..60),
        rotten in proptest::option::of(1_usize..4),
    ) {
        static FILE: LazyLock<(Vec<u8>, BlockRoot, Vec<u8>)> = LazyLock::new(|| {
            let content = count(299 * BLOCK + 1);
            let (root, tree) = (root_of(&content, b""), tree_of(&content, b""));
            (content, root, tree)
        });
        let (content, root, tree) = &*FILE;
        let mut tree = tree.clone();
        if let Some(rotten) = rotten {
            tree[rotten * BLOCK + 5] ^= 1;
        }
        let mut verifier = BlockVerifier::new(root, content.len() as u64, &tree).unwrap();
        for (index, flip) in asked {
            let range = index * BLOCK..content.len().min((index + 1) * BLOCK);
            let mut block = content[range].to_vec();
            if let Some(flip) = flip {
                let at = usize::from(flip) % block.len();
                block[at] ^= 1;
            }
            let code = verifier.verify_block(index as u64, &block).map_err(|why| why.code());
            let expected = if rotten == Some(1 + index / 128) {
                Err("artifact.tree")
            } else if flip.is_some() {
                Err("artifact.block")
            } else {
                Ok(())
            };
            prop_assert_eq!(code, expected);
        }
    }
}
