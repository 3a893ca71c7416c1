//! Ed25519 keys whose seed is the digest of what they are for.

use ed25519_dalek::{Signer, SigningKey};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A key that signs, and its id: the SHA-256 of its canonical form, as python-tuf has it.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) public: PublicKey,
    secret: SigningKey,
}

/// A key as metadata lists it.
#[derive(Clone, Serialize)]
pub(crate) struct PublicKey {
    keytype: &'static str,
    keyval: KeyValue,
    scheme: &'static str,
}

#[derive(Clone, Serialize)]
struct KeyValue {
    public: String,
}

/// A signature as metadata lists it.
#[derive(Serialize)]
pub(crate) struct Signature<'k> {
    keyid: &'k str,
    sig: String,
}

impl Key {
    /// The key with that number among those of a role.
    pub(crate) fn of(role: &str, number: u8) -> Self {
        let seed = Sha256::digest(format!("bench-data: key {number} of {role}"));
        let secret = SigningKey::from_bytes(&seed.into());
        let keyval = KeyValue { public: hex::encode(secret.verifying_key()) };
        let public = PublicKey { keytype: "ed25519", keyval, scheme: "ed25519" };
        let canonical = serde_json::to_vec(&public).expect("strings alone");
        Self { id: hex::encode(Sha256::digest(canonical)), public, secret }
    }

    /// A line for those who are to sign with the key: what it is for, its seed, and its public half.
    pub(crate) fn line(&self, role: &str) -> String {
        let seed = hex::encode(self.secret.to_bytes());
        format!("{role} {seed} {}\n", self.public.keyval.public)
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> Signature<'_> {
        Signature { keyid: &self.id, sig: hex::encode(self.secret.sign(bytes).to_bytes()) }
    }
}
