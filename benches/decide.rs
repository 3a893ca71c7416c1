//! What a decision costs a server: one device, a product with ten live releases.
//!
//! Goal: a million a second on one core. `cargo bench -p ota-trust-benches --bench decide` measures a fleet of 4,096 devices
//! that differ in hardware, version, floor and channel, one after the other.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a bench that cannot go on has nothing to measure"
)]

mod common;

use std::hint::black_box;

use common::governed::{catalog, channel, fleet};
use common::start;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ota_trust::attestation::{AttestationGate, AttestationSignal, TimedSignal};
use ota_trust::eligibility::{Policy, decide};

fn decisions(c: &mut Criterion) {
    let (catalog, fleet, now) = (catalog(), fleet(4096), start());
    let signal = TimedSignal::assume_verified(AttestationSignal::Affirming, now, 300);
    let mut group = c.benchmark_group("decide, ten releases");
    group.throughput(Throughput::Elements(fleet.len() as u64));
    let gates = [
        ("without a gate", AttestationGate::Ignore),
        (
            "attested",
            AttestationGate::Require { channels: vec![channel("stable")], allow_warning: false },
        ),
    ];
    for (name, gate) in gates {
        let policy = Policy::default().attestation(gate);
        group.bench_function(name, |b| {
            b.iter(|| {
                for facts in &fleet {
                    let _ = black_box(decide(&policy, black_box(facts), &catalog, signal, now));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, decisions);
criterion_main!(benches);
