//! Percent-encoding, so that a name from metadata never becomes a path by itself.

use alloc::format;
use alloc::string::String;

use super::{Digest, sha256};

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// Most file systems take 255 bytes; some of them are for the rest of the name.
const LONGEST: usize = 200;

/// Appends `text` with every byte outside `A-Z a-z 0-9 _ . - ~` and `also_safe` as `%XX`.
///
/// With `also_safe` empty this is Python's `urllib.parse.quote(text, "")`, which is how the
/// reference implementation names the files of delegated roles.
pub(crate) fn encode_into(out: &mut String, text: &str, also_safe: &[u8]) {
    for &byte in text.as_bytes() {
        let safe = byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'.' | b'-' | b'~')
            || also_safe.contains(&byte);
        if safe {
            out.push(char::from(byte));
        } else {
            escape(out, byte);
        }
    }
}

/// The part of a file name that stands for `name`, on any file system.
///
/// Lower-case letters, digits, `-` and `_` stand for themselves, every other byte is `%XX`;
/// capitals are encoded, so two names never differ only in case. A name that grows too long becomes
/// its digest, behind a `~` that no encoded name has.
///
/// Devices in use have files of these names: what it gives for a name never changes.
pub(crate) fn file_name_part(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for &byte in name.as_bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => out.push(char::from(byte)),
            _ => escape(&mut out, byte),
        }
    }
    if out.len() > LONGEST {
        return format!("~{}", Digest::Sha256(sha256(name.as_bytes())));
    }
    out
}

fn escape(out: &mut String, byte: u8) {
    out.push('%');
    for nibble in [byte >> 4, byte & 15] {
        let digit = DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
        out.push(char::from(digit));
    }
}
