//! For tests: work, counted where it is done, the same in every run.

extern crate std;

use core::cell::Cell;

std::thread_local! {
    static STEPS: Cell<usize> = const { Cell::new(0) };
}

/// Of this thread: so many more.
pub(crate) fn add(steps: usize) {
    STEPS.set(STEPS.get() + steps);
}

/// How many `work` takes.
pub(crate) fn of<T>(work: impl FnOnce() -> T) -> usize {
    STEPS.set(0);
    let _ = work();
    STEPS.take()
}
