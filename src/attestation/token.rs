//! From a token to a payload that a verifier has signed (RFC 7515, RFC 8725).
//!
//! The token chooses nothing. Its `kid` says which of *our* keys to try, and that key fixes the
//! algorithm. Parameters that bring a key along, or say where there is one, are not looked at: brokers send
//! them, and nobody here would trust them.

use alloc::vec::Vec;

use base64ct::{Base64UrlUnpadded, Encoding as _};

use super::AttestationError;
use super::object::Object;
use crate::key::{EcdsaCurve, Key, KeyId};
use crate::primitives::Limits;
use crate::services::ServiceKeys;

/// `crit` names extensions that must be understood: there are none here. `b64` is one of them,
/// which may not come without it.
const FORBIDDEN: [&str; 2] = ["crit", "b64"];

/// Values of `typ`, in any case (RFC 7515 §4.1.9, RFC 9782 §2), and as drafts before it had them.
const TYPES: [&str; 5] =
    ["jwt", "eat+jwt", "application/eat+jwt", "eat-jwt", "application/eat-jwt"];

/// The payload of a token, once its signature has been checked.
pub(super) fn signed_payload(
    token: &[u8],
    keys: &ServiceKeys,
    limits: &Limits,
) -> Result<Vec<u8>, AttestationError> {
    let compact = Compact::split(token).ok_or(AttestationError::Form)?;
    let key = key_of(&compact.header, keys, limits)?;
    let signature = if is_p256(key) {
        // JWS has `r` and `s` side by side (RFC 7518 §3.4), keys of this crate take DER.
        let der = EcdsaCurve::P256.fixed_to_der(&compact.signature);
        der.ok_or(AttestationError::Signature)?
    } else {
        compact.signature
    };
    let is_signed = key.verifies(compact.signed, &signature);
    is_signed.then_some(compact.payload).ok_or(AttestationError::Signature)
}

/// The three parts of a compact serialization (RFC 7515 §7.1).
struct Compact<'t> {
    header: Vec<u8>,
    payload: Vec<u8>,
    signature: Vec<u8>,
    /// Header and payload as received, with the dot between them.
    signed: &'t [u8],
}

impl<'t> Compact<'t> {
    fn split(token: &'t [u8]) -> Option<Self> {
        let (signed, signature) = core::str::from_utf8(token).ok()?.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        // A further dot is no digit of base64, and neither are padding and white space.
        let decode = |part: &str| Base64UrlUnpadded::decode_vec(part).ok();
        Some(Self {
            header: decode(header)?,
            payload: decode(payload)?,
            signature: decode(signature)?,
            signed: signed.as_bytes(),
        })
    }
}

/// The key that the header means, if the header asks for nothing that is not wanted.
fn key_of<'k>(
    header: &[u8],
    keys: &'k ServiceKeys,
    limits: &Limits,
) -> Result<&'k Key, AttestationError> {
    let header = Object::read_header(header, limits).map_err(AttestationError::Header)?;
    if let Some(&name) = FORBIDDEN.iter().find(|name| header.get(name).is_some()) {
        return Err(AttestationError::ForbiddenParameter { name });
    }
    let text = |name| match header.get(name) {
        Some(value) => value.text().map(Some).ok_or(AttestationError::Parameter { name }),
        None => Ok(None),
    };
    let named = text("alg")?.ok_or(AttestationError::Parameter { name: "alg" })?;
    if let Some(found) = text("typ")?
        && !TYPES.iter().any(|known| known.eq_ignore_ascii_case(&found))
    {
        return Err(AttestationError::Type { found: found.into() });
    }
    let kid = text("kid")?.map(|kid| KeyId::new(&kid));
    let (id, key) = match &kid {
        Some(kid) => keys.keys().find(|(id, _)| *id == kid),
        None => only(keys.keys()),
    }
    .ok_or(AttestationError::UnknownKey { kid })?;
    let algorithms = algorithms(key);
    let Some(expected) = algorithms.first() else {
        return Err(AttestationError::UnusableKey { id: id.clone() });
    };
    if !algorithms.contains(&&*named) {
        return Err(AttestationError::Algorithm { found: named.into(), expected });
    }
    Ok(key)
}

fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

/// What a key's algorithm is called in `alg`: RFC 8037 §3.1 and RFC 9864 §2.2; RFC 7518 §3.4.
/// A key that cannot be used is for none.
fn algorithms(key: &Key) -> &'static [&'static str] {
    match key.scheme() {
        _ if key.usable().is_err() => &[],
        "ed25519" => &["EdDSA", "Ed25519"],
        _ if is_p256(key) => &["ES256"],
        _ => &[],
    }
}

fn is_p256(key: &Key) -> bool {
    key.scheme() == "ecdsa-sha2-nistp256"
}
