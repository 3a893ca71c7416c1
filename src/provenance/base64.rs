//! Base64 as DSSE has it: "either standard or URL-safe encodings are allowed".

use alloc::vec::Vec;

use base64ct::{Base64, Base64Url, Encoding as _};

/// Decodes padded base64 of either alphabet, but not of both in one text (RFC 4648 §4, §5); `None`
/// for anything else, and where bits are set that stand for nothing (§3.5).
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text).or_else(|_| Base64Url::decode_vec(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_alphabet_decodes_and_nothing_else() {
        // RFC 4648 §10, and the two digits in which the alphabets differ.
        let good: [(&str, &[u8]); 8] = [
            ("", b""),
            ("Zg==", b"f"),
            ("Zm8=", b"fo"),
            ("Zm9v", b"foo"),
            ("Zm9vYmFy", b"foobar"),
            ("-_-_", &[0xfb, 0xff, 0xbf]),
            ("+/+/", &[0xfb, 0xff, 0xbf]),
            ("_w==", &[0xff]),
        ];
        for (text, bytes) in good {
            assert_eq!(decode(text).as_deref(), Some(bytes), "{text}");
        }
        // Not padded, padded too much, bits that stand for nothing, both alphabets, other
        // characters.
        for text in [
            "Zg",
            "Zg=",
            "Zg===",
            "Zm9v====",
            "=",
            "Zh==",
            "Zm9=",
            "+_+_",
            "Zm 9v",
            "Zm9v\n",
            "Zm9\u{e4}",
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
