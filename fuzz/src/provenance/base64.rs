//! Base64 with padding (RFC 4648 §4 and §5), digit by digit.

const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn alphabet(url_safe: bool) -> Vec<char> {
    DIGITS.chars().chain(if url_safe { ['-', '_'] } else { ['+', '/'] }).collect()
}

pub fn encode(bytes: &[u8], url_safe: bool) -> String {
    let alphabet = alphabet(url_safe);
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut bits = 0;
        for i in 0..3 {
            bits = bits << 8 | chunk.get(i).copied().map_or(0, usize::from);
        }
        for i in 0..4 {
            text.push(if i <= chunk.len() { alphabet[bits >> (18 - 6 * i) & 63] } else { '=' });
        }
    }
    text
}

/// What encodes to `text`, in either alphabet.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    [false, true].into_iter().find_map(|url_safe| {
        let alphabet = alphabet(url_safe);
        let mut bytes = Vec::new();
        let (mut bits, mut count) = (0, 0);
        for c in text.trim_end_matches('=').chars() {
            bits = (bits << 6 | alphabet.iter().position(|digit| *digit == c)?) & 0xffff;
            count += 6;
            if count >= 8 {
                count -= 8;
                bytes.push((bits >> count & 0xff) as u8);
            }
        }
        (encode(&bytes, url_safe) == text).then_some(bytes)
    })
}
