//! Base64url without padding (RFC 4648 §5), digit by digit.

const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub fn encode(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes.iter().flat_map(|b| (0..8).rev().map(move |n| b >> n & 1)).collect();
    let digit = |bits: &[u8]| {
        let value = (0..6).fold(0, |sum, n| sum << 1 | bits.get(n).copied().unwrap_or(0));
        char::from(DIGITS[usize::from(value)])
    };
    bits.chunks(6).map(digit).collect()
}

/// The bytes that encode to `text`.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bits = Vec::new();
    for c in text.bytes() {
        let value = DIGITS.iter().position(|digit| *digit == c)?;
        bits.extend((0..6).rev().map(|n| (value >> n & 1) as u8));
    }
    let whole = bits.chunks_exact(8);
    let bytes: Vec<u8> = whole.map(|b| b.iter().fold(0, |sum, bit| sum << 1 | bit)).collect();
    (encode(&bytes) == text).then_some(bytes)
}
