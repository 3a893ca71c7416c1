//! Keys that follow from names, as those of ../drafts.py, and what the keys are trusted for.

use ota_trust::key::{Ed25519Signer, Key, KeyId, P256Signer, Signer};
use ota_trust::services::{Purpose, ServiceKeys};
use sha2::{Digest as _, Sha256};

/// The id of the enroller's key.
pub const ENROLLER: &str = "enroller";
/// The id of the key that responses are signed with.
pub const RESPONSES: &str = "response-1";

/// 32 bytes that follow from a name.
pub fn seed(name: &str) -> [u8; 32] {
    Sha256::digest(format!("ota-trust test key: {name}")).into()
}

/// Who vouches for devices.
pub fn enroller() -> Ed25519Signer {
    Ed25519Signer::from_seed(&seed(ENROLLER)).with_key_id(KeyId::new(ENROLLER))
}

/// Who signs responses: an algorithm as files name it, and a key of it.
pub fn responders() -> [(&'static str, Box<dyn Signer>); 2] {
    let seed = seed("response of the program");
    let p256 = P256Signer::from_secret_scalar(&seed).expect("a scalar");
    [
        ("ed25519", Box::new(Ed25519Signer::from_seed(&seed).with_key_id(KeyId::new(RESPONSES)))),
        ("ecdsa-p256", Box::new(p256.with_key_id(KeyId::new(RESPONSES)))),
    ]
}

/// A key as a file has it: in hexadecimal digits if it is of Ed25519, else in PEM.
pub fn public(algorithm: &str, text: &str) -> Key {
    match algorithm {
        "ed25519" => Key::new("ed25519", "ed25519", text),
        _ => Key::new("ecdsa", "ecdsa-sha2-nistp256", text),
    }
}

/// This key alone, trusted for this purpose until long after all messages.
pub fn trusted(purpose: Purpose, id: &str, key: Key) -> ServiceKeys {
    let expires = "2027-01-01T00:00:00Z".parse().expect("a time");
    ServiceKeys::assume_trusted(purpose, vec![(KeyId::new(id), key)], expires)
}
