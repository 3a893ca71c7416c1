//! Statistics of what a publisher does: `cargo bench -p ota-trust-benches --bench publish`, or `-- change` for a part.
//!
//! Times are of the library alone, from files in memory to files in memory. What whole processes cost, beside
//! other libraries, and how it grows up to 1,000,000 targets is in `benches/peers`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a bench that cannot go on has nothing to measure"
)]

#[path = "../common/mod.rs"]
mod common;

mod bare;
mod changes;
mod releases;

use std::time::Duration;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    releases::bench(&mut criterion);
    changes::bench(&mut criterion);
    criterion.final_summary();
}
