//! Whole cycles of a new device, first look-ups, and look-ups with every role at hand.

use criterion::{BatchSize, Criterion};
use ota_trust::primitives::TargetPath;
use ota_trust::update::Repository;

use crate::common::Mirror;

const REFRESHED: [&str; 8] = [
    "flat100",
    "flat100-pretty",
    "flat10k",
    "flat10k-pretty",
    "flat100k",
    "flat100k-pretty",
    "roots200-1of1",
    "roots200-3of5",
];
const DELEGATED: [&str; 4] = ["dirs256", "bins256", "bins1024", "succinct1024"];
const WARM: [&str; 5] = ["flat100k", "dirs256", "bins256", "bins1024", "succinct1024"];

pub fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("refresh");
    for name in REFRESHED {
        let mirror = Mirror::of(name);
        group.bench_function(name, |b| b.iter(|| mirror.refresh()));
    }
    group.finish();

    let mut group = criterion.benchmark_group("refresh and first look-up");
    for name in DELEGATED {
        let mirror = Mirror::of(name);
        let (path, _) = &mirror.lookups[0];
        group.bench_function(name, |b| b.iter(|| mirror.find(mirror.refresh(), path)));
    }
    group.finish();

    let mut group = criterion.benchmark_group("look-up");
    for name in WARM {
        let mirror = Mirror::of(name);
        // A look-up takes the repository and gives it back, so it is handed from one to the next.
        let mut repository = Some(mirror.warm());
        let mut paths = mirror.lookups.iter().map(|(path, _)| path).cycle();
        group.bench_function(name, |b| {
            b.iter_batched(
                || paths.next().expect("a path"),
                |path| look_up(&mirror, &mut repository, path),
                BatchSize::SmallInput,
            );
        });
    }
}

fn look_up<'a>(
    mirror: &'a Mirror,
    repository: &mut Option<Repository<'a>>,
    path: &TargetPath,
) -> u64 {
    let (again, target) = mirror.find(repository.take().expect("a repository"), path);
    *repository = Some(again);
    target.length()
}
