//! What a thief can make with stolen keys. The library would not: it publishes nothing that a
//! device refuses. So this writes JSON by hand.

#![allow(clippy::indexing_slicing, reason = "the files are those that the vendor wrote")]

use ota_trust::json::canonical_form;
use ota_trust::key::Signer;
use ota_trust::primitives::Limits;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::Result;
use crate::vendor::{Web, key};

/// A web server in the thief's hands.
pub struct Forge {
    pub web: Web,
}

impl Forge {
    /// The newest file of a role, as it is listed.
    pub fn current(&self, role: &str) -> Result<Value> {
        let name = self.name(role)?;
        let bytes = self.web.metadata.get(&name).ok_or_else(|| format!("no {name}"))?;
        Ok(serde_json::from_slice(bytes)?)
    }

    /// Its name.
    pub fn name(&self, role: &str) -> Result<String> {
        Ok(match role {
            "timestamp" => "timestamp.json".to_owned(),
            "root" => format!("{}.root.json", self.last_root()),
            "snapshot" => format!("{}.snapshot.json", self.listed("timestamp", "snapshot.json")?),
            role => format!("{}.{role}.json", self.listed("snapshot", &format!("{role}.json"))?),
        })
    }

    fn listed(&self, by: &str, file: &str) -> Result<Value> {
        Ok(self.current(by)?["signed"]["meta"][file]["version"].clone())
    }

    pub fn last_root(&self) -> u64 {
        (1..=u64::MAX)
            .take_while(|n| self.web.metadata.contains_key(&format!("{n}.root.json")))
            .count() as u64
    }

    /// Puts a new version of a role's file in place, edited, with the signatures of `keys`, each
    /// under the id of the key after the equals sign, if there is one.
    pub fn put(&mut self, role: &str, keys: &[&str], edit: impl FnOnce(&mut Value)) -> Result<()> {
        let mut signed = self.current(role)?["signed"].take();
        signed["version"] = (signed["version"].as_u64().unwrap_or_default() + 1).into();
        edit(&mut signed);
        let message = canonical_form(signed.to_string().as_bytes(), &Limits::default())?;
        let mut signatures = Vec::new();
        for name in keys {
            let (thief, listed) = name.split_once('=').unwrap_or((name, name));
            let id = key(listed).public_key().id().as_str().to_owned();
            signatures.push(json!({"keyid": id, "sig": hex::encode(key(thief).sign(&message)?)}));
        }
        let version = &signed["version"];
        let name = if role == "timestamp" {
            "timestamp.json".to_owned()
        } else {
            format!("{version}.{role}.json")
        };
        let file = json!({"signatures": signatures, "signed": signed}).to_string();
        self.web.metadata.insert(name, file.into_bytes());
        Ok(())
    }

    /// Lists the newest file of a role, with the stolen keys of the machines.
    pub fn list(&mut self, role: &str) -> Result<()> {
        let version =
            self.listed("snapshot", &format!("{role}.json"))?.as_u64().unwrap_or_default() + 1;
        let role_file = self.entry(&format!("{version}.{role}.json"), version)?;
        self.put("snapshot", &["snapshot"], |signed| {
            signed["meta"][format!("{role}.json")] = role_file;
        })?;
        self.list_snapshot(&["timestamp 2"])
    }

    /// Names the newest snapshot.
    pub fn list_snapshot(&mut self, keys: &[&str]) -> Result<()> {
        let version = self.listed("timestamp", "snapshot.json")?.as_u64().unwrap_or_default() + 1;
        let entry = self.entry(&format!("{version}.snapshot.json"), version)?;
        self.put("timestamp", keys, |signed| signed["meta"]["snapshot.json"] = entry)
    }

    fn entry(&self, file: &str, version: u64) -> Result<Value> {
        let bytes = self.web.metadata.get(file).ok_or_else(|| format!("no {file}"))?;
        let digest = hex::encode(Sha256::digest(bytes));
        Ok(json!({"hashes": {"sha256": digest}, "length": bytes.len(), "version": version}))
    }
}
