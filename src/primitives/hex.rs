//! Hexadecimal text, as TUF writes digests, keys and signatures.

use alloc::vec::Vec;

use super::Sha256Digest;

/// Decodes hexadecimal text of either case; `None` for anything else.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    ::hex::decode(text).ok()
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
    let mut bytes = [0; N];
    ::hex::decode_to_slice(text, &mut bytes).ok()?;
    (!text.bytes().any(|b| b.is_ascii_uppercase())).then_some(bytes)
}
