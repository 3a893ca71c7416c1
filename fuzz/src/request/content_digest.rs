//! Values of `Content-Digest`, in requests that are genuine.
//!
//! An input chooses a body, then up to ten digests, each with a name, a value and what stands behind
//! it; what is left of the input is put somewhere into that. With a request that its device has
//! signed so, library and model agree on whether it is accepted.

use sha2::{Digest as _, Sha256, Sha512};

use super::super::choices::Choices;
use super::base64;
use super::http_request::agree;
use super::sketch::Sketch;
use super::world::World;

const NAMES: [&str; 16] = [
    "sha-256",
    "sha-512",
    "md5",
    "sha",
    "unixsum",
    "unixcksum",
    "adler",
    "crc32c",
    "sha-384",
    "x",
    "*",
    "SHA-256",
    "sha-256 ",
    " sha-256",
    "",
    "1",
];

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let body = *choices.one_of(&[&b"{}"[..], b"", b"a", &[0; 100]]);
    let mut value = Vec::new();
    let count = choices.below(11);
    for number in 0..count {
        value.extend(digest(&mut choices, body).bytes());
        let comma = *choices.one_of(&[", ", ",", " , ", ",\t", "", ";a, "]);
        let is_last = number + 1 == count;
        value.extend(if is_last && choices.below(8) != 7 { "" } else { comma }.bytes());
    }
    let place = choices.wide() % (value.len() + 1);
    let end = (place + choices.below(4)).min(value.len());
    value.splice(place..end, choices.rest().iter().copied());

    let world = World::default();
    let mut sketch = Sketch::new(&world, 0, Some(body));
    sketch.cover("content-digest", &value);
    agree(&world, &sketch.sign(&world));
}

/// One digest of a body: a right one, or another.
fn digest(choices: &mut Choices<'_>, body: &[u8]) -> String {
    let name = *choices.one_of(&NAMES);
    let mut right = match name {
        "sha-512" => Sha512::digest(body).to_vec(),
        _ => Sha256::digest(body).to_vec(),
    };
    let text = match choices.below(11) {
        1 => {
            right[0] ^= 1;
            base64::encode(&right)
        }
        2 => base64::encode(&right[1..]),
        3 => base64::encode(&[&right[..], &[0]].concat()),
        4 => String::new(),
        5 => base64::encode(&right).replace('=', ""),
        // The last bits stand for nothing.
        6 => base64::encode(&right).replace("A=", "B=").replace("U=", "V="),
        7 => base64::encode(&right).replace('+', "-").replace('/', "_"),
        8 => hex::encode(&right),
        9 => return format!("{name}=1"),
        10 => return name.to_owned(),
        _ => base64::encode(&right),
    };
    format!("{name}=:{text}:")
}
