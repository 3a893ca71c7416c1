//! Base64 with padding (RFC 4648 §4), digit by digit.

const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub fn encode(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes.iter().flat_map(|b| (0..8).rev().map(move |n| b >> n & 1)).collect();
    let digit = |bits: &[u8]| {
        let value = (0..6).fold(0, |sum, n| sum << 1 | bits.get(n).copied().unwrap_or(0));
        char::from(DIGITS[usize::from(value)])
    };
    let mut text: String = bits.chunks(6).map(digit).collect();
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// What some text stands for that may lack some of its padding, or have bits that stand for nothing
/// (RFC 9651 §4.2.7: parsers should not fail for either).
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let wanted = [0, 3, 2, 1][digits.len() % 4];
    if wanted == 3 || text.len() - digits.len() > wanted {
        return None;
    }
    let mut bits = Vec::new();
    for c in digits.bytes() {
        let value = DIGITS.iter().position(|digit| *digit == c)?;
        bits.extend((0..6).rev().map(|n| (value >> n & 1) as u8));
    }
    let whole = bits.chunks_exact(8);
    Some(whole.map(|b| b.iter().fold(0, |sum, bit| sum << 1 | bit)).collect())
}
