//! Keys in files: secrets for signers, public halves for the coordinator.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use ota_trust::key::{Ed25519Signer, KeyId, NamedKey, P256Signer, SecretKeyError, Signer};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{Result, files};

/// A public key as it goes from hand to hand, and as a draft notes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKey {
    keyid: String,
    keytype: String,
    scheme: String,
    public: String,
}

impl PublicKey {
    /// Reads a `.pub` file.
    pub fn read(file: &str) -> Result<Self, String> {
        let bytes = fs::read(file).map_err(|e| e.to_string())?;
        let key: Self = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
        key.named().key().usable().map_err(|e| e.to_string())?;
        Ok(key)
    }

    fn of(key: &NamedKey) -> Self {
        Self {
            keyid: key.id().as_str().into(),
            keytype: key.key_type().into(),
            scheme: key.scheme().into(),
            public: key.value().into(),
        }
    }

    pub fn named(&self) -> NamedKey {
        NamedKey::new(&self.keytype, &self.scheme, &self.public).with_id(KeyId::new(&self.keyid))
    }
}

/// All of them.
pub fn named(keys: &[PublicKey]) -> Vec<NamedKey> {
    keys.iter().map(PublicKey::named).collect()
}

/// Makes a key of the operating system's entropy.
pub fn generate(file: &Path) -> Result<()> {
    let public_file = with_suffix(file, ".pub");
    if public_file.exists() {
        return Err(files::exists(&public_file));
    }
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed)?;
    let signer = Ed25519Signer::from_seed(&seed);
    files::write_secret(file, signer.to_pkcs8_pem().as_str())?;
    let public_key = PublicKey::of(signer.public_key());
    files::write_new(&public_file, &files::to_json(&public_key)?)?;
    println!("made key {}\nsecret: {}", signer.public_key().id(), file.display());
    println!("for the coordinator: {}", public_file.display());
    Ok(())
}

/// Reads a secret key of either algorithm.
pub fn signer(file: &Path) -> Result<Box<dyn Signer>> {
    let failed = |e: &dyn std::error::Error| format!("{}: {e}", file.display());
    let pem = Zeroizing::new(fs::read_to_string(file).map_err(|e| failed(&e))?);
    match Ed25519Signer::from_pkcs8_pem(&pem) {
        Ok(signer) => Ok(Box::new(signer)),
        Err(SecretKeyError::Algorithm) => {
            Ok(Box::new(P256Signer::from_pkcs8_pem(&pem).map_err(|e| failed(&e))?))
        }
        Err(e) => Err(failed(&e).into()),
    }
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(suffix);
    name.into()
}
