//! Block proofs against a Merkle tree built naively: whatever was touched is refused, and what was
//! not, is not.
//!
//! The tree is that of Linux, `Documentation/filesystems/fsverity.rst`. One file is of 64 MiB and a
//! byte, for three levels; its blocks are computed when they are needed.

use std::sync::LazyLock;

use ota_trust::artifact::{
    ArtifactError, BLOCK_LENGTH, BlockRoot, BlockVerifier, FsVerityHasher, Salt,
};
use sha2::{Digest as _, Sha256};

use super::artifact::{self, damage};
use super::choices::Choices;
use super::memory::{Memory, once};

const BLOCK: usize = 4096;
const PER_BLOCK: u64 = 128;
const SALTS: [&[u8]; 3] = [b"", b"sixteen bytes...", &[0xa5; 32]];
const LENGTHS: [u64; 8] = [0, 1, 4096, 4097, 128 * 4096, 128 * 4096 + 1, 300_000, (64 << 20) + 1];

/// A file whose blocks repeat, with its tree.
struct File {
    length: u64,
    salt: usize,
    root: [u8; 32],
    tree: Vec<u8>,
}

static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let all = LENGTHS.iter().flat_map(|length| (0..SALTS.len()).map(move |salt| (*length, salt)));
    all.map(|(length, salt)| {
        let hashes: Vec<[u8; 32]> = (0..16).map(|n| hash(salt, &[n; BLOCK])).collect();
        let count = length.div_ceil(BLOCK_LENGTH);
        let leaf = |index| match block(length, index) {
            block if block.len() == BLOCK => hashes[usize::from(block[0])],
            short => hash(salt, &short),
        };
        let (root, tree) = tree(salt, (0..count).map(leaf).collect());
        File { length, salt, root: descriptor(length, salt, root), tree }
    })
    .collect()
});

/// The blocks of a file are each of one byte, over and over.
fn block(length: u64, index: u64) -> Vec<u8> {
    let start = index * BLOCK_LENGTH;
    let rest = length.saturating_sub(start).min(BLOCK_LENGTH);
    vec![(index % 13) as u8; rest as usize]
}

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    match choices.below(3) {
        0 => check_proofs(&mut choices),
        1 => check_stream(&mut choices),
        _ => check_hasher(&mut choices),
    }
}

/// Single blocks, with a tree that may be damaged.
fn check_proofs(choices: &mut Choices<'_>) {
    let file = &FILES[choices.below(FILES.len())];
    let mut tree = file.tree.clone();
    for _ in 0..choices.below(4) {
        damage(&mut tree, choices);
    }
    let same = choices.below(6);
    let mut digest = file.root;
    digest[0] ^= u8::from(same == 1);
    let salt = if same == 2 { (file.salt + 1) % SALTS.len() } else { file.salt };
    let length = if same == 3 { file.length + 1 } else { file.length };
    tree.extend(if same == 4 { vec![0; BLOCK] } else { Vec::new() });
    let is_same = !(1..=4).contains(&same);

    let root = BlockRoot::new(digest, Salt::new(SALTS[salt]).expect("a short salt"));
    // The block of hashes at the top comes first in the tree.
    let top = tree.len().min(BLOCK);
    let top_is_right = tree.get(..top) == file.tree.get(..top);
    let mut verifier = match BlockVerifier::new(&root, length, &tree) {
        Ok(verifier) => verifier,
        Err(e) => return assert!(!is_same || !top_is_right, "{e}"),
    };
    // With a single block there is nothing to look at yet.
    assert!(is_same && top_is_right || (1..=BLOCK_LENGTH).contains(&length));
    let blocks = length.div_ceil(BLOCK_LENGTH);
    assert_eq!(verifier.blocks(), blocks);
    for _ in 0..6 {
        let index = (choices.wide() as u64 * 5) % (blocks + 2);
        let right = block(length, index);
        let mut given = right.clone();
        match choices.below(4) {
            0 => damage(&mut given, choices),
            1 => given.truncate(choices.wide()),
            _ => {}
        }
        let verdict = verifier.verify_block(index, &given).map_err(|e| e.code());
        let expected = if index >= blocks {
            Err("artifact.no-such-block")
        } else if given.len() != right.len() {
            Err("artifact.block-length")
        } else if !path_is_right(&file.tree, &tree, blocks, index) {
            Err("artifact.tree")
        } else if !is_same || given != right {
            Err("artifact.block")
        } else {
            Ok(())
        };
        assert_eq!(verdict, expected, "block {index}");
    }
}

/// Whether nothing between the root and a block was damaged.
fn path_is_right(right: &[u8], tree: &[u8], blocks: u64, index: u64) -> bool {
    let mut counts = Vec::new();
    let mut count = blocks;
    while count > 1 {
        count = count.div_ceil(PER_BLOCK);
        counts.push(count);
    }
    // From the leaves up; in the file, the root's level comes first.
    let mut number = index;
    counts.iter().enumerate().all(|(level, _)| {
        number /= PER_BLOCK;
        let above: u64 = counts[level + 1..].iter().sum();
        let start = (above + number) as usize * BLOCK;
        right[start..start + BLOCK] == tree[start..start + BLOCK]
    })
}

/// A whole artifact, block by block, from a source with damaged blocks that are fetched again.
fn check_stream(choices: &mut Choices<'_>) {
    let listed = &artifact::TARGETS[choices.below(artifact::TARGETS.len())];
    let salt = choices.below(SALTS.len());
    let length = listed.content.len() as u64;
    let (root, tree) = tree_of(salt, &listed.content);
    let digest = descriptor(length, salt, root);
    let root = BlockRoot::new(digest, Salt::new(SALTS[salt]).expect("a short salt"));

    let stream = listed.target.stream(u64::MAX).expect("a digest is listed");
    let Ok(mut stream) = stream.with_blocks(&root, &tree) else {
        // The length that metadata lists is another than that of the tree.
        return assert_ne!(listed.target.length(), length);
    };
    let mut damaged = listed.content.clone();
    for _ in 0..choices.below(4) {
        damage(&mut damaged, choices);
    }
    let mut released = 0;
    let unit = *choices.one_of(&[4096, 1000, 40_000]);
    while stream.offset() < stream.length().min(length) {
        let from = stream.offset() as usize;
        let more = if choices.is_over() { damaged.len() } else { 1 + choices.below(40) * unit };
        let to = (from + more).min(damaged.len());
        let mut chunk = &damaged[from..to];
        let refused = loop {
            match stream.next_block(&mut chunk) {
                Ok(Some(block)) => {
                    assert_eq!(block.offset(), released as u64);
                    let right = &listed.content[released..released + block.bytes().len()];
                    assert_eq!(block.bytes(), right, "wrong bytes were released");
                    released += right.len();
                }
                Ok(None) => break None,
                Err(e) => break Some(e),
            }
        };
        match refused {
            None => {}
            Some(ArtifactError::Block { bytes, .. }) => {
                let range = bytes.start as usize..bytes.end as usize;
                assert_ne!(
                    damaged[range.clone()],
                    listed.content[range],
                    "a right block is refused"
                );
                assert_eq!(stream.offset(), bytes.start, "the download goes on before it");
                damaged.clone_from(&listed.content);
            }
            // Metadata lists another length, so the blocks are those of another file.
            Some(_) => return assert_ne!(listed.target.length(), length),
        }
    }
    let finished = stream.finish();
    assert_eq!(finished.is_ok(), listed.is_right, "{finished:?}");
}

/// The root of any bytes in any chunks.
fn check_hasher(choices: &mut Choices<'_>) {
    let salt = choices.below(SALTS.len());
    // Rarely enough for a tree of two levels.
    let longest = if choices.below(32) == 31 { 540_000 } else { 20_000 };
    let unit = 1 + choices.wide();
    let content = choices.rest().repeat(1 + choices.below(200) * 5);
    let content = &content[..content.len().min(longest)];
    let mut hasher = FsVerityHasher::new(Salt::new(SALTS[salt]).expect("a short salt"));
    content.chunks(unit).for_each(|chunk| hasher.update(chunk));
    let (root, _) = tree(salt, leaves(salt, content));
    assert_eq!(*hasher.finish().digest(), descriptor(content.len() as u64, salt, root));
}

/// The hash of a block: after the salt, which is padded to a block of SHA-256, and padded itself.
fn hash(salt: usize, block: &[u8]) -> [u8; 32] {
    let mut bytes = SALTS[salt].to_vec();
    bytes.resize(bytes.len().next_multiple_of(64), 0);
    bytes.extend_from_slice(block);
    bytes.resize(bytes.len() + BLOCK - block.len(), 0);
    Sha256::digest(&bytes).into()
}

thread_local! {
    static TREES: Memory<([u8; 32], Vec<u8>)> = Memory::default();
}

fn tree_of(salt: usize, content: &[u8]) -> ([u8; 32], Vec<u8>) {
    once(&TREES, &[SALTS[salt], content], || tree(salt, leaves(salt, content)))
}

fn leaves(salt: usize, content: &[u8]) -> Vec<[u8; 32]> {
    content.chunks(BLOCK).map(|block| hash(salt, block)).collect()
}

/// The root hash, and the tree as a file: levels from the root to the leaves.
fn tree(salt: usize, mut hashes: Vec<[u8; 32]>) -> ([u8; 32], Vec<u8>) {
    let mut tree = Vec::new();
    while hashes.len() > 1 {
        let mut level: Vec<u8> = hashes.concat();
        level.resize(level.len().next_multiple_of(BLOCK), 0);
        hashes = level.chunks(BLOCK).map(|block| hash(salt, block)).collect();
        tree = [level, tree].concat();
    }
    (hashes.first().copied().unwrap_or_default(), tree)
}

/// The SHA-256 of a `struct fsverity_descriptor`.
fn descriptor(length: u64, salt: usize, root: [u8; 32]) -> [u8; 32] {
    let mut bytes = vec![0; 256];
    let salt = SALTS[salt];
    bytes[..4].copy_from_slice(&[1, 1, 12, salt.len() as u8]);
    bytes[8..16].copy_from_slice(&length.to_le_bytes());
    bytes[16..48].copy_from_slice(&root);
    bytes[80..80 + salt.len()].copy_from_slice(salt);
    Sha256::digest(&bytes).into()
}
