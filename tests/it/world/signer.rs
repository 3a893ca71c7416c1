//! Keys from fixed seeds, so that every run writes the same bytes.

use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A private key and the id under which metadata lists it.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    pub(crate) id: String,
    key: SigningKey,
}

impl Signer {
    /// The key of a name; the name is its id, too.
    pub(crate) fn new(name: &str) -> Self {
        let seed: [u8; 32] = Sha256::digest(name.as_bytes()).into();
        Self { id: name.to_owned(), key: SigningKey::from_bytes(&seed) }
    }

    /// The same key under another id.
    pub(crate) fn alias(&self, id: &str) -> Self {
        Self { id: id.to_owned(), key: self.key.clone() }
    }

    pub(crate) fn public_hex(&self) -> String {
        hex::encode(self.key.verifying_key().as_bytes())
    }

    /// The key as metadata lists it.
    pub(crate) fn public(&self) -> Value {
        let public = self.public_hex();
        json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public}})
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Value {
        let sig = hex::encode(self.key.sign(message).to_bytes());
        json!({"keyid": self.id, "sig": sig})
    }

    /// What the library's ledger calls this key.
    pub(crate) fn fingerprint(&self) -> String {
        let hash = Sha256::new().chain_update(b"ed25519\0");
        hex::encode(hash.chain_update(self.key.verifying_key().as_bytes()).finalize())
    }
}

/// The keys of a role, and how many of them must sign.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    pub(crate) keys: Vec<Signer>,
    pub(crate) threshold: u64,
}

impl Authority {
    pub(crate) fn new(names: &[&str], threshold: u64) -> Self {
        Self { keys: names.iter().map(|name| Signer::new(name)).collect(), threshold }
    }

    pub(crate) fn key_ids(&self) -> Vec<&str> {
        self.keys.iter().map(|key| key.id.as_str()).collect()
    }

    /// `{"keyids": …, "threshold": …}`
    pub(crate) fn role(&self) -> Value {
        json!({"keyids": self.key_ids(), "threshold": self.threshold})
    }
}

/// A `keys` map of all keys of these roles.
pub(crate) fn key_map<'k>(roles: impl IntoIterator<Item = &'k Authority>) -> Value {
    let keys = roles.into_iter().flat_map(|role| &role.keys);
    keys.map(|key| (key.id.clone(), key.public())).collect()
}
