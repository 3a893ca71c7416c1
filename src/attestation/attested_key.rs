//! The key that a token attests: it stops one device from handing in the result of another.
//!
//! There are two claims for it. `cnf`, of the token or of a submodule, holds a JWK (RFC 7800 §3.2).
//! Project Veraison's extension of a submodule holds a `SubjectPublicKeyInfo` (draft-ietf-rats-ear
//! §4.5). Keys are Ed25519 or P-256.

use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64UrlUnpadded, Encoding as _};

use super::object::{Object, Value};
use super::{AttestationError, ClaimNames};
use crate::key::Key;

/// All that stands before the 32 bytes of a key in its `SubjectPublicKeyInfo` (RFC 8410 §4).
const ED25519_INFO: [u8; 12] = *b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

/// Every key that the token attests, of itself and of these submodules. One that cannot be read refuses
/// the token.
pub(super) fn read<'o, 'b: 'o>(
    claims: &Object<'_>,
    submodules: impl Iterator<Item = &'o Object<'b>>,
    names: ClaimNames,
) -> Result<Vec<Key>, AttestationError> {
    let mut keys = Vec::from_iter(confirmed(claims)?);
    let claim = names.key_attestation();
    for appraisal in submodules {
        keys.extend(confirmed(appraisal)?);
        if let Some(attestation) = appraisal.get(claim) {
            let info = attestation.object().and_then(|object| bytes(&object, "akpub"));
            let key = info.and_then(|info| from_info(&info));
            keys.push(key.ok_or(AttestationError::Claim { claim })?);
        }
    }
    Ok(keys)
}

/// The key in `cnf`, of a token or of a submodule.
fn confirmed(object: &Object<'_>) -> Result<Option<Key>, AttestationError> {
    let Some(confirmation) = object.get("cnf") else { return Ok(None) };
    let jwk = confirmation.object().and_then(|cnf| cnf.get("jwk")).and_then(Value::object);
    let key = jwk.and_then(|jwk| from_jwk(&jwk));
    key.map(Some).ok_or(AttestationError::Claim { claim: "cnf" })
}

/// RFC 8037 §2, RFC 7518 §6.2.1.
fn from_jwk(jwk: &Object<'_>) -> Option<Key> {
    let text = |name| jwk.get(name).and_then(Value::text);
    let coordinate = |name| bytes(jwk, name).filter(|bytes| bytes.len() == 32);
    match (&*text("kty")?, &*text("crv")?) {
        ("OKP", "Ed25519") => ed25519(&coordinate("x")?),
        ("EC", "P-256") => p256(&[&[4], &*coordinate("x")?, &*coordinate("y")?].concat()),
        _ => None,
    }
}

fn from_info(info: &[u8]) -> Option<Key> {
    match info.strip_prefix(&ED25519_INFO) {
        Some(key) => ed25519(key),
        // Not a bare point, which is no `SubjectPublicKeyInfo`.
        None => info.starts_with(&[0x30]).then(|| p256(info)).flatten(),
    }
}

fn ed25519(key: &[u8]) -> Option<Key> {
    usable(Key::new("ed25519", "ed25519", &hex(key)))
}

fn p256(key: &[u8]) -> Option<Key> {
    usable(Key::new("ecdsa", "ecdsa-sha2-nistp256", &hex(key)))
}

fn usable(key: Key) -> Option<Key> {
    key.usable().is_ok().then_some(key)
}

fn bytes(object: &Object<'_>, name: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(&object.get(name)?.text()?).ok()
}

fn hex(bytes: &[u8]) -> String {
    ::hex::encode(bytes)
}
