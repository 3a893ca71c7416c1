//! The bytes themselves: streamed whole, and block by block.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use ota_trust::artifact::{BlockVerifier, FsVerityHasher, Salt};
use sha2::{Digest as _, Sha256};

use crate::common::Mirror;

const CHUNK: usize = 64 * 1024;
/// Of the artifact of 256 MiB; the cost of a byte is the same at every length.
const MEASURED: usize = 16 << 20;

pub fn bench(criterion: &mut Criterion) {
    let mirror = Mirror::of("artifact256m");
    let (path, length) = &mirror.lookups[0];
    let (_, target) = mirror.find(mirror.refresh(), path);
    let whole = mirror.artifact(&target);
    assert_eq!(whole.len() as u64, *length);
    let bytes = &whole[..MEASURED];

    let mut group = criterion.benchmark_group("artifact");
    group.throughput(Throughput::Bytes(MEASURED as u64));
    group.bench_function("sha256", |b| {
        b.iter(|| {
            let hasher = bytes.chunks(CHUNK).fold(Sha256::new(), Sha256::chain_update);
            hasher.finalize()
        });
    });
    group.bench_function("stream", |b| {
        b.iter(|| {
            let mut stream = target.stream(*length).expect("a stream");
            bytes.chunks(CHUNK).for_each(|chunk| stream.update(chunk).expect("not too long"));
            let _ = black_box(stream);
        });
    });
    group.bench_function("fs-verity hash", |b| {
        b.iter(|| {
            let mut hasher = FsVerityHasher::new(Salt::NONE);
            bytes.chunks(CHUNK).for_each(|chunk| hasher.update(chunk));
            hasher.finish()
        });
    });
    group.finish();
    block_proofs(criterion, bytes);
}

/// Blocks in sequence, as a download brings them, and in an order that leaves each level's
/// remembered part.
fn block_proofs(criterion: &mut Criterion, bytes: &[u8]) {
    let mut hasher = FsVerityHasher::new(Salt::NONE);
    hasher.update(bytes);
    let (root, tree) = (hasher.finish(), tree(bytes));
    let blocks: Vec<&[u8]> = bytes.chunks(BLOCK).collect();
    let mut group = criterion.benchmark_group("blocks");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    for (name, step) in [("in sequence", 1), ("far apart", 1 + blocks.len() / 2)] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut verifier =
                    BlockVerifier::new(&root, bytes.len() as u64, &tree).expect("a tree");
                for number in (0..blocks.len()).map(|n| n * step % blocks.len()) {
                    verifier.verify_block(number as u64, blocks[number]).expect("a right block");
                }
            });
        });
    }
}

const BLOCK: usize = 4096;

/// The hash tree of a file without a salt: the levels from the root to the leaves, in whole blocks.
fn tree(bytes: &[u8]) -> Vec<u8> {
    let hashes = |level: &[u8]| -> Vec<u8> {
        level.chunks(BLOCK).flat_map(|block| Sha256::digest(block).to_vec()).collect()
    };
    let mut tree = Vec::new();
    let mut level = hashes(bytes);
    while level.len() > 32 {
        level.resize(level.len().next_multiple_of(BLOCK), 0);
        tree = [level.clone(), tree].concat();
        level = hashes(&level);
    }
    tree
}
