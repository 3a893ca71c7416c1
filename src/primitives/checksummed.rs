//! State that a device keeps, as lines of text of which the last is a checksum over the others.
//!
//! The checksum is that of [`stored`](super::stored). What is read here is in one form alone: a line
//! that newer code has added is damage.

use alloc::string::String;
use alloc::vec::Vec;

use super::stored::{seal, unseal};

/// The bytes to store: a title, the lines of `body`, and the checksum.
pub(crate) fn write(title: &str, body: &str) -> Vec<u8> {
    let mut text = String::with_capacity(title.len() + body.len() + 80);
    text.push_str(title);
    text.push('\n');
    text.push_str(body);
    seal(text)
}

/// The lines that [`write`] was given under this title; `None` for anything else.
pub(crate) fn read<'b>(title: &str, bytes: &'b [u8]) -> Option<&'b str> {
    unseal(bytes)?.strip_prefix(title)?.strip_prefix('\n')
}
