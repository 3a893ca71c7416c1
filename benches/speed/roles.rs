//! One file of each role, from received bytes to trust.

use criterion::Criterion;
use ota_trust::primitives::{Limits, RoleName};
use ota_trust::verify::{
    Context, Delegator, NewTimestamp, Trusted, anchor, next_root, snapshot, targets, timestamp,
};

use crate::common::{Mirror, start};

pub fn bench(criterion: &mut Criterion) {
    let context = Context::new(start(), Limits::default());
    let limits = context.limits();
    let mut group = criterion.benchmark_group("verify");
    for name in ["roots200-1of1", "roots200-3of5"] {
        let mirror = Mirror::of(name);
        let first = anchor(mirror.file("1.root.json"), limits).expect("a root");
        group.bench_function(format!("root of {name}"), |b| {
            b.iter(|| next_root(&first, mirror.file("2.root.json"), limits).expect("a root"));
        });
    }
    for name in ["flat100", "flat10k", "flat10k-pretty", "bins1024"] {
        let mirror = Mirror::of(name);
        let root = anchor(mirror.file("1.root.json"), limits).expect("a root");
        let time = || match timestamp(&root, &mut None, mirror.file("timestamp.json"), &context) {
            Ok(NewTimestamp::Newer(timestamp)) => timestamp,
            other => panic!("{other:?}"),
        };
        let trusted_time = time();
        let snap = || {
            let file = mirror.file("1.snapshot.json");
            snapshot(&root, &trusted_time, None, file, &context).expect("a snapshot")
        };
        let trusted_snap = snap();
        let by = Delegator::Root(&root);
        let list = || -> Trusted<'_, _> {
            let file = mirror.file("1.targets.json");
            targets(by, &trusted_snap, &RoleName::targets(), file, &context).expect("targets")
        };
        group.bench_function(format!("timestamp of {name}"), |b| b.iter(time));
        group.bench_function(format!("snapshot of {name}"), |b| b.iter(snap));
        group.bench_function(format!("targets of {name}"), |b| b.iter(list));
    }
}
