//! What nobody else should know: the PIN, and seeds.

use std::env;
use std::fs;

use cryptoki::types::AuthPin;
use ota_trust::key::Ed25519Signer;
use zeroize::Zeroizing;

use crate::Result;

/// The PIN in the environment variable `name`, or in the file that `name`_FILE names. A command line
/// would show it to every process.
pub fn pin(name: &str) -> Result<AuthPin> {
    if let Ok(pin) = env::var(name) {
        return Ok(AuthPin::from(pin));
    }
    let file = env::var_os(format!("{name}_FILE"))
        .ok_or_else(|| format!("neither {name} nor {name}_FILE is set"))?;
    let text = Zeroizing::new(fs::read_to_string(&file)?);
    Ok(AuthPin::from(text.trim_end().to_owned()))
}

/// A key in memory, of the operating system's entropy.
pub fn fresh_key() -> Result<Ed25519Signer> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed)?;
    Ok(Ed25519Signer::from_seed(&seed))
}
