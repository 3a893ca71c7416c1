//! stub
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod error;
pub mod json;
pub mod key;
pub mod metadata;
pub mod primitives;
pub mod update;
pub mod verify;

pub use error::{Error, Layer};
