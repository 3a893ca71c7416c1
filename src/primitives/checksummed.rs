//! State that a device keeps, as lines of text of which the last is a checksum over the others.
//!
//! The checksum finds a storage that rots or a write that was torn, not an attacker: whoever can write
//! to the storage can compute it. A caller whose storage others can write to adds a MAC of its own.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::{Digest, sha256};

const CHECKSUM: &str = "sha256 ";

/// The bytes to store: a title, the lines of `body`, and the checksum.
pub(crate) fn write(title: &str, body: &str) -> Vec<u8> {
    let mut out = String::with_capacity(title.len() + body.len() + 80);
    out.push_str(title);
    out.push('\n');
    out.push_str(body);
    let checksum = Digest::Sha256(sha256(out.as_bytes()));
    // Writing to a string does not fail.
    let _ = writeln!(out, "{CHECKSUM}{checksum}");
    out.into_bytes()
}

/// The lines that [`write`] was given under this title; `None` for anything else.
pub(crate) fn read<'b>(title: &str, bytes: &'b [u8]) -> Option<&'b str> {
    let text = core::str::from_utf8(bytes).ok()?;
    let at = text.strip_suffix('\n')?.rfind('\n')? + 1;
    let (body, last) = text.split_at_checked(at)?;
    let checksum = last.strip_prefix(CHECKSUM)?.strip_suffix('\n')?;
    let actual = Digest::Sha256(sha256(body.as_bytes()));
    if *checksum != *alloc::format!("{actual}") {
        return None;
    }
    body.strip_prefix(title)?.strip_prefix('\n')
}
