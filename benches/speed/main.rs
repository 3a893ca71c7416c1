//! Statistics of each hot path: `cargo bench -p ota-trust-benches --bench speed`, or `-- scan` for one of them.
//!
//! Times are of the library alone, with files in memory. What whole processes cost, beside other
//! clients, is in `benches/peers`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a bench that cannot go on has nothing to measure"
)]

#[path = "../common/mod.rs"]
mod common;

mod artifacts;
mod cycles;
mod reading;
mod roles;

use std::time::Duration;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    reading::bench(&mut criterion);
    roles::bench(&mut criterion);
    cycles::bench(&mut criterion);
    artifacts::bench(&mut criterion);
    criterion.final_summary();
}
