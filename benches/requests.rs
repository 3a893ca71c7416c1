//! What a request costs: a server that verifies one, a store that remembers it, a device that signs and
//! reads the answer.
//!
//! Goals: with a cached certificate at most 1.3 times the verification of one Ed25519 signature, with a new
//! one at most 1.3 times two; an insert at most a microsecond. `cargo bench -p ota-trust-benches --bench requests`

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a bench that cannot go on has nothing to measure"
)]

mod common;

use std::hint::black_box;

use common::requests::{Bare, Server, now, store};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

fn requests(criterion: &mut Criterion) {
    let mut server = Server::with_requests(1024);
    let mut group = criterion.benchmark_group("request");
    let bare = Bare::of(&server.devices[0]);
    group.bench_function("ed25519", |b| b.iter(|| black_box(&bare).verify()));
    group.bench_function("cached", |b| b.iter(|| black_box(server.accept_next(true))));
    group.bench_function("new", |b| b.iter(|| black_box(server.accept_next(false))));
    let device = &server.devices[0];
    group.bench_function("sign", |b| b.iter(|| black_box(device.request(7))));
    group.finish();

    let mut server = Server::with_requests(1);
    let accepted = server.accept_next(true);
    let response = server.respond(&accepted);
    let mut group = criterion.benchmark_group("response");
    group.bench_function("sign", |b| b.iter(|| black_box(server.respond(&accepted))));
    group.bench_function("read", |b| {
        let request = || server.devices[0].request(0);
        let read = |request| server.read_answer(request, black_box(&response));
        b.iter_batched(request, read, BatchSize::SmallInput);
    });
    group.finish();
}

fn replay(criterion: &mut Criterion) {
    let entries = Server::with_requests(4096).entries();
    let mut group = criterion.benchmark_group("replay");
    group.throughput(Throughput::Elements(entries.len() as u64));
    group.bench_function("insert", |b| {
        b.iter(|| {
            let mut store = store();
            for entry in &entries {
                black_box(store.insert(black_box(entry), now()));
            }
            store
        });
    });
    group.finish();
}

criterion_group!(benches, requests, replay);
criterion_main!(benches);
