//! The examples of RFC 9421, byte for byte: bases as they are printed there, and signatures that only a base
//! that agrees to the last byte verifies.

use alloc::vec::Vec;

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::*;
use crate::key::Key;
use crate::request::wire;

/// Appendix B.2, and the response of §2.4.
const DATE: &str = "Tue, 20 Apr 2021 02:07:55 GMT";
const OF_REQUEST: &str = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";
const OF_RESPONSE: &str = "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:";
const OF_BUSY: &str = "sha-512=:0Y6iCBzGg5rZtoXS95Ijz03mslf6KAMCloESHObfwnHJDbkkWWQz6PhhU9kxsTbARtY2PTBOzq24uJFpHsMuAg==:";

fn line<'m>(name: &'m str, value: &'m str) -> Line<'m> {
    Line { name, is_of_request: false, value }
}

fn of_request<'m>(name: &'m str, value: &'m str) -> Line<'m> {
    Line { name, is_of_request: true, value }
}

fn decoded(text: &str) -> Vec<u8> {
    Base64::decode_vec(text).unwrap()
}

/// B.1.4.
fn ed25519() -> Key {
    let public = decoded("JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=");
    Key::new("ed25519", "ed25519", &hex::encode(public))
}

/// The signature is verified over the base as it is streamed, in pieces.
fn verifies(key: &Key, lines: &[Line<'_>], params: &str, signature: &str) -> bool {
    let signature = decoded(signature);
    let signature = wire::received(key, &signature).unwrap();
    let mut verification = key.verification(&signature).unwrap();
    write(lines.iter().copied(), params, |piece| verification.update(piece.as_bytes()));
    verification.finish()
}

#[test]
fn rfc_9421_b_2_6_ed25519() {
    let lines = [
        line("date", DATE),
        line("@method", "POST"),
        line("@path", "/foo"),
        line("@authority", "example.com"),
        line("content-type", "application/json"),
        line("content-length", "18"),
    ];
    let list = inner_list(lines);
    let params = alloc::format!("{list};created=1618884473;keyid=\"test-key-ed25519\"");
    assert_eq!(
        whole(lines, &params),
        "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\
         \"@method\": POST\n\
         \"@path\": /foo\n\
         \"@authority\": example.com\n\
         \"content-type\": application/json\n\
         \"content-length\": 18\n\
         \"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
         ;created=1618884473;keyid=\"test-key-ed25519\""
    );
    let signature =
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
    assert!(verifies(&ed25519(), &lines, &params, signature));
    for changed in 0..lines.len() {
        let mut lines = lines;
        lines[changed].value = "another";
        assert!(!verifies(&ed25519(), &lines, &params, signature));
    }
}

#[test]
fn rfc_9421_b_2_1_covers_nothing_and_b_2_3_all() {
    let params =
        "();created=1618884473;keyid=\"test-key-rsa-pss\";nonce=\"b3k2pp5k7z-50gnwp.yemd\"";
    assert_eq!(whole([], params), alloc::format!("\"@signature-params\": {params}"));
    assert_eq!(inner_list([]), "()");
    let lines = [
        line("date", DATE),
        line("@method", "POST"),
        line("@path", "/foo"),
        line("@query", "param=Value&Pet=dog"),
        line("@authority", "example.com"),
        line("content-type", "application/json"),
        line("content-digest", OF_REQUEST),
        line("content-length", "18"),
    ];
    let base = whole(lines, "(…)");
    let (_, query) = base.split_once("\"@query\": ").unwrap();
    assert!(query.starts_with("?param=Value&Pet=dog\n"));
    assert!(base.contains(&alloc::format!("\"content-digest\": {OF_REQUEST}\n")));
}

#[test]
fn rfc_9421_b_2_5_hmac() {
    // Of a kind that the profile has not: the base is the same.
    let lines = [
        line("date", DATE),
        line("@authority", "example.com"),
        line("content-type", "application/json"),
    ];
    let list = inner_list(lines);
    let params = alloc::format!("{list};created=1618884473;keyid=\"test-shared-secret\"");
    let secret =
        "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
    let mut mac = Hmac::<Sha256>::new_from_slice(&decoded(secret)).unwrap();
    mac.update(whole(lines, &params).as_bytes());
    let expected = decoded("pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=");
    assert_eq!(mac.finalize().into_bytes().as_slice(), expected);
}

#[cfg(feature = "ecdsa")]
mod ecdsa {
    use super::*;

    /// B.1.3.
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf\n\
        w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n\
        -----END PUBLIC KEY-----\n";

    fn p256() -> Key {
        Key::new("ecdsa", "ecdsa-sha2-nistp256", PUBLIC)
    }

    #[test]
    fn rfc_9421_b_2_4_a_response() {
        let lines = [
            line("@status", "200"),
            line("content-type", "application/json"),
            line("content-digest", OF_RESPONSE),
            line("content-length", "23"),
        ];
        let list = inner_list(lines);
        let params = alloc::format!("{list};created=1618884473;keyid=\"test-key-ecc-p256\"");
        let signature = "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==";
        assert!(verifies(&p256(), &lines, &params, signature));
        let mut other = lines;
        other[0].value = "201";
        assert!(!verifies(&p256(), &other, &params, signature));
    }

    #[test]
    fn rfc_9421_2_4_responses_that_cover_their_request() {
        let short = [
            line("@status", "503"),
            line("content-digest", OF_BUSY),
            line("content-type", "application/json"),
            of_request("@authority", "example.com"),
            of_request("@method", "POST"),
            of_request("@path", "/foo"),
            of_request("content-digest", OF_REQUEST),
        ];
        let mut long: Vec<Line<'_>> = short[..6].to_vec();
        long.extend([
            of_request("@query", "param=Value&Pet=dog"),
            of_request("content-digest", OF_REQUEST),
            of_request("content-type", "application/json"),
            of_request("content-length", "18"),
        ]);
        for (lines, signature) in [
            (
                &short[..],
                "dMT/A/76ehrdBTD/2Xx8QuKV6FoyzEP/I9hdzKN8LQJLNgzU4W767HK05rx1i8meNQQgQPgQp8wq2ive3tV5Ag==",
            ),
            (
                &long[..],
                "C73J41GVKc+TYXbSobvZf0CmNcptRiWN+NY1Or0A36ISg6ymdRN6ZgR2QfrtopFNzqAyv+CeWrMsNbcV2Ojsgg==",
            ),
        ] {
            let list = inner_list(lines.iter().copied());
            let params = alloc::format!("{list};created=1618884479;keyid=\"test-key-ecc-p256\"");
            assert!(verifies(&p256(), lines, &params, signature));
            let mut other = lines.to_vec();
            other[3].is_of_request = false;
            assert!(!verifies(&p256(), &other, &params, signature));
        }
    }

    #[test]
    fn rfc_9421_4_3_what_a_client_signs() {
        let lines = [
            line("@method", "POST"),
            line("@authority", "example.com"),
            line("@path", "/foo"),
            line("content-digest", OF_REQUEST),
            line("content-type", "application/json"),
            line("content-length", "18"),
        ];
        let list = inner_list(lines);
        let params = alloc::format!("{list};created=1618884475;keyid=\"test-key-ecc-p256\"");
        let signature = "X5spyd6CFnAG5QnDyHfqoSNICd+BUP4LYMz2Q0JXlb//4Ijpzp+kve2w4NIyqeAuM7jTDX+sNalzA8ESSaHD3A==";
        assert!(verifies(&p256(), &lines, &params, signature));
    }
}
