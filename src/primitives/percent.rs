//! Percent-encoding, so that a name from metadata never becomes a path by itself.

use alloc::string::String;

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

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
            out.push('%');
            for nibble in [byte >> 4, byte & 15] {
                let digit = DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
                out.push(char::from(digit));
            }
        }
    }
}
