//! What a target consists of, and what is listed of it.

use ota_trust::json::Json;
use ota_trust::primitives::{Digest as Listed, Hashes};
use ota_trust::repository::TargetEntry;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

#[derive(Clone, Default)]
pub struct Content {
    pub bytes: Vec<u8>,
    custom: Option<Value>,
    field: Option<(&'static str, Value)>,
    sha512: bool,
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self { bytes: text.into(), ..Self::default() }
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl Content {
    pub fn custom(self, custom: Value) -> Self {
        Self { custom: Some(custom), ..self }
    }

    /// With a field that nobody knows.
    pub fn field(self, name: &'static str, value: Value) -> Self {
        Self { field: Some((name, value)), ..self }
    }

    /// With a second digest.
    pub fn sha512(self) -> Self {
        Self { sha512: true, ..self }
    }

    pub fn entry(&self) -> TargetEntry {
        let mut hashes = Hashes::from_digest(Listed::Sha256(Sha256::digest(&self.bytes).into()));
        if self.sha512 {
            let digest: [u8; 64] = Sha512::digest(&self.bytes).into();
            hashes.insert(Listed::Sha512(digest));
        }
        let mut entry = TargetEntry::new(self.bytes.len() as u64, hashes).unwrap();
        if let Some(custom) = &self.custom {
            entry = entry.with_custom(read(custom)).unwrap();
        }
        if let Some((name, value)) = &self.field {
            entry = entry.with_field(name, read(value)).unwrap();
        }
        entry
    }

    /// As metadata lists it (TUF §4.5).
    pub fn listed(&self) -> Value {
        let mut listed = json!({
            "length": self.bytes.len(),
            "hashes": {"sha256": sha256(&self.bytes)},
        });
        if self.sha512 {
            listed["hashes"]["sha512"] = hex::encode(Sha512::digest(&self.bytes)).into();
        }
        if let Some(custom) = &self.custom {
            listed["custom"] = custom.clone();
        }
        if let Some((name, value)) = &self.field {
            listed[*name] = value.clone();
        }
        listed
    }

    /// What a client finds.
    pub fn found(&self) -> Value {
        json!({
            "length": self.bytes.len(),
            "sha256": sha256(&self.bytes),
            "custom": self.custom,
        })
    }
}

/// A value for the draft.
pub fn read(value: &Value) -> Json {
    Json::parse(&value.to_string()).unwrap()
}
