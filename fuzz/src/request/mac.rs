//! Challenges: when they were given out, 8 random bytes, and an HMAC (RFC 2104) of that, of the
//! handle and of the server's name.

use sha2::{Digest as _, Sha256};

/// The server's.
pub const KEY: [u8; 32] = *b"with what a server knows them by";

/// Each field behind its length.
pub fn framed(fields: &[&[u8]]) -> Vec<u8> {
    let one = |field: &&[u8]| [&(field.len() as u64).to_be_bytes(), *field].concat();
    fields.iter().map(one).collect::<Vec<_>>().concat()
}

fn hmac(key: &[u8; 32], message: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let hash = |pad: u8, message: &[u8]| {
        let padded: Vec<u8> = block.iter().map(|byte| byte ^ pad).collect();
        Sha256::digest([&padded, message].concat()).to_vec()
    };
    hash(0x5c, &hash(0x36, message))
}

/// The one that was given out at this time, to this handle.
pub fn issue(key: &[u8; 32], at: i64, random: [u8; 8], handle: &str, authority: &str) -> [u8; 32] {
    let said = [at.to_be_bytes(), random].concat();
    let handle = hex::decode(handle).expect("digits");
    let fields = [&b"ota-trust challenge 1"[..], &said, &handle, authority.as_bytes()];
    let known_by = &hmac(key, &framed(&fields))[..16];
    [&said, known_by].concat().try_into().expect("32 bytes")
}

/// When it was given out, if it is the server's own, for this handle.
pub fn issued(challenge: &[u8; 32], handle: &str, authority: &str) -> Option<i64> {
    let (at, rest) = challenge.split_first_chunk().expect("8 bytes and more");
    let (random, _) = rest.split_first_chunk().expect("8 bytes and more");
    let at = i64::from_be_bytes(*at);
    (issue(&KEY, at, *random, handle, authority) == *challenge).then_some(at)
}
