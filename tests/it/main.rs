//! Integration tests: one module for each attack or behaviour, on a repository and a device in memory.
//!
//! A test asserts the exact requests and the exact stored files, not only the outcome. Where a module
//! answers an advisory, the test's name starts with its number.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop"
)]
#![allow(
    clippy::duplicate_mod,
    clippy::similar_names,
    clippy::type_complexity,
    reason = "the oracles of the fuzz targets are the tests' own, and hold a `plan` against a `plain` one"
)]

mod artifact;
mod attestation;
mod bindings;
#[cfg(feature = "fs")]
mod chains;
mod consistent;
mod corpus;
mod delegation_forms;
mod delegations;
mod diamonds;
mod expires;
mod fallback;
mod floors;
mod found;
mod freeze;
#[cfg(feature = "repository")]
mod governed;
mod header;
mod hostile_text;
#[cfg(feature = "repository")]
mod identity;
mod keys;
mod limits;
mod manual;
mod mirrors;
mod mix_and_match;
mod names;
mod odd_json;
mod offline;
mod padding;
mod patterns;
mod power_cuts;
mod properties;
#[cfg(feature = "repository")]
mod provenance;
#[cfg(feature = "repository")]
mod publishing;
mod recovery;
mod reference;
mod refusals;
#[cfg(all(feature = "repository", feature = "request"))]
mod request;
mod rollback;
mod root_chain;
mod run;
#[cfg(feature = "repository")]
mod signers;
mod stack;
mod storage;
#[cfg(feature = "fs")]
mod store;
mod stored_items;
mod succinct;
mod thresholds;
mod timestamp_same;
mod workflow;
mod world;
