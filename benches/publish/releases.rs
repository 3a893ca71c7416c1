//! Whole repositories: from a list of targets to complete files.

use criterion::{BatchSize, Criterion};
use ota_trust::key::Signer;

use crate::common::publisher::Publisher;

/// All roles of a thousand have to be signed: about a hundred targets each, and one key for all.
const THOUSAND_ROLES: &str = "bins1024";

pub fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("publish");
    for name in ["flat100", "flat10k", "flat100k", "bins16-of1k", "bins128-of10k", "bins1024"] {
        let publisher = Publisher::of(name);
        group.bench_function(name, |b| b.iter(|| publisher.publish(publisher.binned())));
    }
    group.finish();

    // The stages of a large release by themselves.
    let mut group = criterion.benchmark_group("stage");
    let publisher = Publisher::of(THOUSAND_ROLES);
    let bits = 10;
    group.bench_function("list 100,000", |b| b.iter(|| publisher.drafted()));
    group.bench_function("move 100,000 into 1024 bins", |b| {
        let flat = publisher.drafted();
        b.iter_batched(
            || flat.clone(),
            |mut draft| publisher.move_into_bins(&mut draft, bits),
            BatchSize::LargeInput,
        );
    });
    group.bench_function("seal 1025 roles", |b| {
        let draft = publisher.binned();
        b.iter_batched(|| draft.clone(), |draft| publisher.seal(draft), BatchSize::LargeInput);
    });
    group.bench_function("sign 1025 roles", |b| {
        let sealed = publisher.seal(publisher.binned());
        let signers = publisher.signers();
        b.iter_batched(
            || sealed.clone(),
            |mut signing| -> usize {
                let sign = |signer: &&dyn Signer| signing.sign(*signer).expect("signatures");
                let count = signers.iter().map(sign).sum();
                assert_eq!(count, 1025);
                count
            },
            BatchSize::LargeInput,
        );
    });
}
