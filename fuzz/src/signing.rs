//! Keys from fixed seeds, envelopes, and the digests that metadata lists.

use std::sync::LazyLock;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

use super::memory::{Memory, once};
use super::strict::canonical;

thread_local! {
    static MADE: Memory<Signature> = Memory::default();
    static CHECKED: Memory<bool> = Memory::default();
}

/// How many keys there are.
pub const KEYS: usize = 128;

static ALL: LazyLock<Vec<(SigningKey, String)>> = LazyLock::new(|| {
    let key = |number: usize| {
        let key = SigningKey::from_bytes(&Sha256::digest(format!("key {number}")).into());
        let public = hex::encode(key.verifying_key().as_bytes());
        (key, public)
    };
    (0..KEYS).map(key).collect()
});

/// A key id and the number of the key that it stands for.
pub type Signer = (String, usize);

/// The public half of a key, in hexadecimal.
pub fn public(key: usize) -> &'static str {
    &ALL[key % KEYS].1
}

/// A key as metadata lists it.
pub fn listed(key: usize) -> Value {
    json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public(key)}})
}

/// A `keys` map.
pub fn key_map(signers: &[Signer]) -> Value {
    signers.iter().map(|(id, key)| (id.clone(), listed(*key))).collect()
}

/// `{"keyids": …, "threshold": …}`
pub fn authority(signers: &[Signer], threshold: u64) -> Value {
    let ids: Vec<&String> = signers.iter().map(|(id, _)| id).collect();
    json!({"keyids": ids, "threshold": threshold})
}

pub fn signature((id, key): &Signer, message: &str) -> Value {
    json!({"keyid": id, "sig": hex::encode(sign(*key, message.as_bytes()))})
}

/// The signature of a key, as it is.
pub fn sign(key: usize, message: &[u8]) -> [u8; 64] {
    let question = [public(key).as_bytes(), message];
    once(&MADE, &question, || ALL[key % KEYS].0.sign(message)).to_bytes()
}

/// Whether a signature is right (RFC 8032, strict).
pub fn verifies(key: &VerifyingKey, message: &[u8], signature: &Signature) -> bool {
    let question = [key.as_bytes().as_slice(), message, &signature.to_bytes()];
    let verify = || key.verify_strict(message, signature).is_ok();
    once(&CHECKED, &question, verify)
}

/// A file: `signed` as it stands, and signatures over its canonical form.
pub fn file(signed: &Value, signers: &[Signer]) -> Vec<u8> {
    let message = canonical(signed);
    let signatures = signers.iter().map(|s| signature(s, &message)).collect();
    envelope(signatures, &signed.to_string())
}

/// The envelope around a `signed` part that is any text.
pub fn envelope(signatures: Vec<Value>, signed: &str) -> Vec<u8> {
    let signatures = Value::Array(signatures);
    format!("{{\"signatures\":{signatures},\"signed\":{signed}}}").into_bytes()
}

/// The four fields of every role.
pub fn header(role: &str, version: u64, expires: &str) -> Value {
    json!({"_type": role, "spec_version": "1.0.34", "version": version, "expires": expires})
}

/// What the ledger calls a key.
pub fn fingerprint(key: usize) -> String {
    let key = ALL[key % KEYS].0.verifying_key();
    sha256(&[b"ed25519\0", key.as_bytes().as_slice()].concat())
}

pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub fn sha512(bytes: &[u8]) -> String {
    hex::encode(Sha512::digest(bytes))
}
