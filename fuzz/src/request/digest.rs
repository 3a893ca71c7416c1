//! `Content-Digest` (RFC 9530), as the profile has it.

use sha2::{Digest as _, Sha256, Sha512};

use super::faults::Faults;
use super::structured::{Bare, Value, dictionary};

/// Not to be used against an adversary (RFC 9530 §5).
const WEAK: [&str; 6] = ["md5", "sha", "unixsum", "unixcksum", "adler", "crc32c"];
/// There are not more algorithms.
const MOST: usize = 8;

/// What is wrong with a digest of this body.
pub fn judge(value: &[u8], body: &[u8], faults: &mut Faults) {
    let Some(members) = dictionary(value) else {
        // In front of what is malformed may be a broken algorithm.
        faults.add("digest-weak");
        return faults.add("digest-field");
    };
    let mut written = Vec::new();
    let mut known = 0;
    for member in &members {
        faults.unless(member.is_canonical() && member.parameters.is_empty(), "digest-field");
        written.push(format!("{}={}", member.key, member.text));
        faults.unless(!WEAK.contains(&&*member.key), "digest-weak");
        let Value::Bare(Bare::Bytes(bytes)) = &member.value else {
            faults.add("digest-field");
            continue;
        };
        let right = match &*member.key {
            "sha-256" => Sha256::digest(body).to_vec(),
            "sha-512" => Sha512::digest(body).to_vec(),
            _ => continue,
        };
        known += 1;
        faults.unless(bytes.len() == right.len(), "digest-field");
        faults.unless(*bytes == right, "digest");
    }
    let mut names: Vec<&String> = members.iter().map(|member| &member.key).collect();
    names.sort();
    names.dedup();
    faults.unless(names.len() == members.len() && members.len() <= MOST, "digest-field");
    faults.unless(written.join(", ").as_bytes() == value, "digest-field");
    faults.unless(known > 0, "digest-none");
}
