//! The strict scan, and the canonical form streamed into a hash.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use ota_trust::json;
use ota_trust::primitives::Limits;
use sha2::{Digest as _, Sha512};

use crate::common::Mirror;

pub fn bench(criterion: &mut Criterion) {
    let limits = Limits::default();
    for name in ["flat10k", "flat10k-pretty"] {
        let mirror = Mirror::of(name);
        let file = mirror.file("1.targets.json");
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(file.len() as u64));
        group.bench_function("scan", |b| b.iter(|| json::check(black_box(file), &limits)));
        group.bench_function("canonical", |b| {
            b.iter(|| json::canonical_form(black_box(file), &limits));
        });
        // What the two above are to be held against.
        group.bench_function("sha512", |b| b.iter(|| Sha512::digest(black_box(file))));
    }
}
