//! The library against one naive reference, on every file that the tests have.
//!
//! The reference is that of the fuzz targets: a tree of values, read by another parser,
//! canonicalised as a whole, with the signatures checked over that.

mod chain;
mod delegations;
mod layout;
mod mutated;
mod mutation;
mod repository;
mod vectors;

use crate::corpus::fuzz;
