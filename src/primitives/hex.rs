//! Hexadecimal text, as TUF writes digests, keys and signatures.

use alloc::vec::Vec;

/// Decodes hexadecimal text of either case; `None` for anything else.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    ::hex::decode(text).ok()
}

/// Whether every character is one of `0-9a-f`.
///
/// Digests are compared as text by the reference implementation, so one written in capitals
/// matches nothing there. It is refused here for the same reason.
pub(crate) fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
