//! A repository and a device in memory.
//!
//! [`Repo`] writes metadata as a repository would, and as an attacker would: any file can be edited before it
//! is signed or after, dropped, replaced, or be out of reach. [`Device`] drives a cycle as a caller of the
//! library would, keeps what it is asked to keep, and logs every request, load and change; its
//! storage can break and its power can fail.
//!
//! Nothing here uses the library to *write* what the library is to read: the canonical form, the digests,
//! the file names and the ledger are written afresh.

mod check;
mod device;
mod json;
mod repo;
mod signer;
mod targets;

pub(crate) use check::{assert_refused, assert_stored, item, shortfall};
pub(crate) use device::{
    Answer, Device, Ended, LEDGER, Mirror, Nobody, Request, START, Written, at, visited,
};
pub(crate) use json::{Form, canonical, render, sha256_hex, sha512_hex};
pub(crate) use repo::{FOREVER, Listing, Repo, quote, sign};
pub(crate) use signer::{Authority, Signer};
pub(crate) use targets::{Delegation, Role};
