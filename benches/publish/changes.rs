//! Small changes of large repositories: from the files that one has to have to those that are new.
//!
//! One target among so many costs what its bin, the snapshot and the timestamp cost, and what it takes to
//! read the role that delegates: that grows with the bins, by some 300 bytes each, and not with the targets.

use criterion::Criterion;

use crate::bare::Bare;
use crate::common::publisher::Publisher;

/// About a hundred targets to a bin throughout.
const BINNED: [&str; 3] = ["bins16-of1k", "bins128-of10k", "bins1024"];
const FLAT: [&str; 2] = ["flat10k", "flat100k"];

pub fn bench(criterion: &mut Criterion) {
    for name in BINNED.into_iter().chain(FLAT) {
        let publisher = Publisher::of(name);
        let mut group = criterion.benchmark_group(format!("change of {name}"));
        group.bench_function("from the files on", |b| {
            b.iter(|| publisher.change(&publisher.opened_for_a_change()));
        });
        let last = publisher.opened_for_a_change();
        group.bench_function("from the last release on", |b| {
            b.iter(|| publisher.change(&last));
        });
        let bare = Bare::of(&last, &publisher.change(&last));
        group.bench_function("what none can avoid", |b| b.iter(|| bare.run()));
        group.finish();
    }
    let mut group = criterion.benchmark_group("renew the timestamp");
    for name in BINNED {
        let publisher = Publisher::of(name);
        group.bench_function(name, |b| b.iter(|| publisher.renew()));
    }
}
