//! Writes repositories for other clients to read, with ota-trust alone.
//!
//!     writer OUT
//!
//! OUT is a folder; ../README.md tells what is written there. A scenario is a function that edits
//! and publishes as a person would, and says by hand which versions devices have after each step.
//! A mistake in a scenario ends the program with a panic.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bins;
mod content;
mod delegating;
mod keys;
mod publisher;
mod recovery;
mod releasing;
mod said;
mod scenarios;
mod tree;

use std::path::PathBuf;

fn main() {
    let out = std::env::args_os().nth(1).expect("writer OUT");
    scenarios::write(&PathBuf::from(out));
}
