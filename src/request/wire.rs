//! Signatures as RFC 9421 carries them: of ECDSA, `r` and `s` side by side (§3.3.4, §3.3.5).

use alloc::borrow::Cow;
#[cfg(feature = "repository")]
use alloc::vec::Vec;

#[cfg(feature = "ecdsa")]
use crate::key::EcdsaCurve;
use crate::key::Key;

/// Whether RFC 9421 has signatures of such a key, and this build verifies them.
pub(super) fn has_form(key: &Key) -> bool {
    key.usable().is_ok() && (key.scheme() == ED25519 || is_ecdsa(key))
}

/// A signature as it was received, in the form that the key verifies. `None` for a key whose signatures
/// RFC 9421 does not have, and for what no signature of it can be.
pub(super) fn received<'s>(key: &Key, signature: &'s [u8]) -> Option<Cow<'s, [u8]>> {
    if key.scheme() == ED25519 {
        return Some(signature.into());
    }
    der(key, signature)
}

/// A signature that a key has made, in the form that is sent. `None` for a key whose signatures RFC 9421
/// does not have.
#[cfg(feature = "repository")]
pub(super) fn to_send(key: &Key, signature: Vec<u8>) -> Option<Vec<u8>> {
    if key.scheme() == ED25519 {
        return Some(signature);
    }
    fixed(key, &signature)
}

const ED25519: &str = "ed25519";

#[cfg(feature = "ecdsa")]
fn der(key: &Key, signature: &[u8]) -> Option<Cow<'static, [u8]>> {
    EcdsaCurve::of_scheme(key.scheme())?.fixed_to_der(signature).map(Cow::Owned)
}

#[cfg(feature = "ecdsa")]
fn is_ecdsa(key: &Key) -> bool {
    EcdsaCurve::of_scheme(key.scheme()).is_some()
}

#[cfg(not(feature = "ecdsa"))]
fn is_ecdsa(_: &Key) -> bool {
    false
}

#[cfg(not(feature = "ecdsa"))]
fn der(_: &Key, _: &[u8]) -> Option<Cow<'static, [u8]>> {
    None
}

#[cfg(all(feature = "repository", feature = "ecdsa"))]
fn fixed(key: &Key, signature: &[u8]) -> Option<Vec<u8>> {
    EcdsaCurve::of_scheme(key.scheme())?.der_to_fixed(signature)
}

#[cfg(all(feature = "repository", not(feature = "ecdsa")))]
fn fixed(_: &Key, _: &[u8]) -> Option<Vec<u8>> {
    None
}
