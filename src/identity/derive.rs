//! From the secret to keys and seeds: HKDF-SHA256 (RFC 5869).
//!
//! `info` is a list of fields, each with its length before it, the first of which says what is
//! derived. No two lists have the same bytes, so nothing that is derived for one purpose, fleet,
//! epoch or release is derived for another.

use alloc::vec::Vec;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::primitives;

const SALT: &[u8] = b"ota-trust identity 1";

/// The 32 bytes that `secret` gives for these fields.
pub(super) fn derive(secret: &[u8; 32], fields: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    hkdf(SALT, secret, &framed(fields))
}

/// Each field after its length, 8 bytes with the highest first.
pub(super) fn framed(fields: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    primitives::framed(fields, |bytes| out.extend_from_slice(bytes));
    out
}

fn hkdf<const N: usize>(salt: &[u8], secret: &[u8], info: &[u8]) -> Zeroizing<[u8; N]> {
    let mut out = Zeroizing::new([0; N]);
    // Cannot fail: that takes more than 255 digests of output.
    let _ = Hkdf::<Sha256>::new(Some(salt), secret).expand(info, &mut *out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Dice;

    fn expect<const N: usize>(secret: &str, salt: &str, info: &str, out: &str) {
        let decode = |text| hex::decode(text).unwrap();
        let derived = hkdf::<N>(&decode(salt), &decode(secret), &decode(info));
        assert_eq!(hex::encode(*derived), out);
    }

    fn range(from: u8, to: u8) -> alloc::string::String {
        hex::encode((from..=to).collect::<Vec<u8>>())
    }

    #[test]
    fn rfc_5869_appendix_a() {
        expect::<42>(
            &"0b".repeat(22),
            &range(0x00, 0x0c),
            &range(0xf0, 0xf9),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        );
        expect::<82>(
            &range(0x00, 0x4f),
            &range(0x60, 0xaf),
            &range(0xb0, 0xff),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c\
             59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71\
             cc30c58179ec3e87c14c01d5c1f3434f1d87",
        );
        expect::<42>(
            &"0b".repeat(22),
            "",
            "",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        );
    }

    #[test]
    fn other_fields_frame_to_other_bytes() {
        let mut dice = Dice::new(1);
        let mut lists = || dice.list(4, |dice| dice.list(3, |dice| u8::from(dice.coin())));
        let frame = |list: &[Vec<u8>]| framed(&list.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let mut equal = 0;
        for _ in 0..10_000 {
            let (a, b): (Vec<Vec<u8>>, Vec<Vec<u8>>) = (lists(), lists());
            assert_eq!(frame(&a) == frame(&b), a == b, "{a:?} {b:?}");
            equal += u32::from(a == b);
        }
        assert!(equal > 100, "only {equal} of the pairs were equal");
    }
}
