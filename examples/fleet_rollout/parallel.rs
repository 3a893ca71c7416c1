//! Work on all cores, with results that do not depend on how many there are.

use std::panic::resume_unwind;
use std::thread::{available_parallelism, scope};

/// Does the work on parts of the items at the same time; the results are in the order of the parts.
pub fn in_parts<T: Send, R: Send>(items: &mut [T], work: impl Fn(&mut [T]) -> R + Sync) -> Vec<R> {
    let cores = available_parallelism().map_or(1, usize::from);
    let length = items.len().div_ceil(cores).max(1);
    scope(|scope| {
        let work = &work;
        let parts = items.chunks_mut(length);
        let running: Vec<_> = parts.map(|part| scope.spawn(move || work(part))).collect();
        running.into_iter().map(|part| part.join().unwrap_or_else(|e| resume_unwind(e))).collect()
    })
}
