//! Keys that are made from their names, so that each run writes the same bytes.

use std::rc::Rc;

use ota_trust::key::{Ed25519Signer, KeyId, NamedKey, P256Signer, Signer};
use serde_json::{Value, json};

/// A secret key.
#[derive(Clone)]
pub struct Key(Rc<dyn Signer>);

fn secret(name: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    bytes
}

pub fn ed25519(name: &str) -> Key {
    Key(Rc::new(Ed25519Signer::from_seed(&secret(name))))
}

/// Under an id that is not computed from the key.
pub fn ed25519_called(name: &str, id: &str) -> Key {
    Key(Rc::new(Ed25519Signer::from_seed(&secret(name)).with_key_id(KeyId::new(id))))
}

pub fn p256(name: &str) -> Key {
    Key(Rc::new(P256Signer::from_secret_scalar(&secret(name)).unwrap()))
}

impl Key {
    pub fn signer(&self) -> &dyn Signer {
        &*self.0
    }

    pub fn public(&self) -> NamedKey {
        self.0.public_key().clone()
    }

    pub fn id(&self) -> &str {
        self.0.public_key().id().as_str()
    }

    /// As metadata lists it (TUF §4.2).
    pub fn listed(&self) -> Value {
        let key = self.0.public_key();
        json!({
            "keytype": key.key_type(),
            "scheme": key.scheme(),
            "keyval": {"public": key.value()},
        })
    }
}

pub fn public(keys: &[Key]) -> Vec<NamedKey> {
    keys.iter().map(Key::public).collect()
}
