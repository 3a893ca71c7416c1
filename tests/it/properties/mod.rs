//! Properties: the library against naive oracles, written from the specification and not from its code.

mod canonical;
mod json;
mod search;
mod tampering;
mod thresholds;
