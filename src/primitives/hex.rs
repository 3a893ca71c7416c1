//! Hexadecimal text, as TUF writes digests, keys and signatures.

use alloc::vec::Vec;
use core::fmt;

use super::Sha256Digest;

/// Decodes hexadecimal text of either case; `None` for anything else.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    ::hex::decode(text).ok()
}

/// Prints bytes in lower-case hexadecimal.
pub(crate) fn print(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.chunks(32).try_for_each(|chunk| {
        let mut text = [0; 64];
        let text = text.get_mut(..2 * chunk.len()).unwrap_or_default();
        // Neither can fail: there is room, and digits are text.
        let _ = ::hex::encode_to_slice(chunk, text);
        f.write_str(core::str::from_utf8(text).unwrap_or_default())
    })
}

/// A SHA-256 digest in lower-case hexadecimal.
pub(crate) fn encode(digest: &Sha256Digest) -> [u8; 64] {
    let mut text = [0; 64];
    // Cannot fail: it has room for two digits a byte.
    let _ = ::hex::encode_to_slice(digest, &mut text);
    text
}

/// Decodes `N` bytes of hexadecimal text in lower case; `None` for anything else.
///
/// Digests are compared as text by the reference implementation, so one written in capitals
/// matches nothing there. It is refused here for the same reason.
pub(crate) fn decode_lower<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !odd.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    // Looked at once, at the end: snapshots of large repositories have thousands of digests.
    let mut all = 0;
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let (high, low) = (value(*high), value(*low));
        all |= high | low;
        *byte = high << 4 | low & 0xf;
    }
    (all & NO_DIGIT == 0).then_some(bytes)
}

const NO_DIGIT: u8 = 0xf0;

/// What a lower-case digit stands for.
const fn value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => NO_DIGIT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lower_case_digits_of_the_right_number_decode() {
        for byte in 0..=u8::MAX {
            let text = alloc::format!("{byte:02x}");
            assert_eq!(decode_lower(&text), Some([byte]));
            let upper = text.to_uppercase();
            assert_eq!(decode_lower::<1>(&upper).is_some(), upper == text, "{upper}");
        }
        for c in (0..=u8::MAX).map(char::from).filter(|c| !"0123456789abcdef".contains(*c)) {
            for text in [alloc::format!("0{c}"), alloc::format!("{c}0"), alloc::format!("{c}")] {
                assert_eq!(decode_lower::<1>(&text), None, "{text}");
            }
        }
        for text in ["", "0", "000", "0000"] {
            assert_eq!(decode_lower::<1>(text), None, "{text}");
        }
    }
}
