//! The key in an X.509 certificate (RFC 5280 §4.1), and nothing else of it.

use core::fmt;

use super::TransportError;
use crate::primitives::{Sha256Digest, sha256};

/// The key of whoever is at the other end of a connection, as its certificate has it.
///
/// ```
/// use ota_trust::request::PeerKey;
/// # let spki = [&b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"[..], &[7; 32]].concat();
/// // RFC 7250: a raw public key is its `SubjectPublicKeyInfo`, in DER.
/// assert_eq!(PeerKey::from_public_key_info(&spki)?, PeerKey::ed25519(&[7; 32]));
/// # Ok::<(), ota_trust::request::TransportError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeerKey(Sha256Digest);

/// What stands before the 32 bytes of an Ed25519 key (RFC 8410 §4).
const ED25519: &[u8; 12] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
/// `[0] EXPLICIT`, around the version.
const VERSION: u8 = 0xa0;

impl PeerKey {
    /// An Ed25519 key: the one that signs a device's requests, for one.
    #[must_use]
    pub fn ed25519(public_key: &[u8; 32]) -> Self {
        let mut info = [0; 44];
        info.iter_mut().zip(ED25519.iter().chain(public_key)).for_each(|(to, from)| *to = *from);
        Self(sha256(&info))
    }

    /// A `SubjectPublicKeyInfo` in DER.
    pub fn from_public_key_info(der: &[u8]) -> Result<Self, TransportError> {
        let read = || {
            let mut whole = Der(der);
            let mut info = Der(whole.take(SEQUENCE)?);
            info.take(SEQUENCE)?;
            info.take(BIT_STRING)?;
            (whole.0.is_empty() && info.0.is_empty()).then_some(Self(sha256(der)))
        };
        read().ok_or(TransportError::ClientCert)
    }

    /// The key in a certificate in DER, which TLS has verified: nothing else in it is looked at.
    pub fn from_certificate(der: &[u8]) -> Result<Self, TransportError> {
        let info = public_key_info(der).ok_or(TransportError::ClientCert)?;
        Self::from_public_key_info(info)
    }
}

impl fmt::Debug for PeerKey {
    /// Without the key, by which a device could be found again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PeerKey(..)")
    }
}

/// `tbsCertificate.subjectPublicKeyInfo`, as it stands.
fn public_key_info(der: &[u8]) -> Option<&[u8]> {
    let mut outermost = Der(der);
    let mut certificate = Der(outermost.take(SEQUENCE)?);
    if !outermost.0.is_empty() {
        return None;
    }
    let mut signed = Der(certificate.take(SEQUENCE)?);
    // The version goes without saying in one of version 1.
    if signed.0.first() == Some(&VERSION) {
        signed.take(VERSION)?;
    }
    signed.take(INTEGER)?; // serial number
    for _ in ["signature", "issuer", "validity", "subject"] {
        signed.take(SEQUENCE)?;
    }
    let (from, _) = (signed.0, signed.take(SEQUENCE)?);
    let info = from.get(..from.len() - signed.0.len())?;
    // Two more sequences behind what is signed: an algorithm, and the signature.
    certificate.take(SEQUENCE)?;
    certificate.take(BIT_STRING)?;
    certificate.0.is_empty().then_some(info)
}

/// What is left of some DER (X.690 §10).
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The contents of the next element, if it has this tag: of a definite length, in the fewest bytes.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&found, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81 => {
                let (&length, rest) = rest.split_first()?;
                (usize::from(length), rest)
            }
            0x82 => {
                let (length, rest) = rest.split_first_chunk::<2>()?;
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            _ => return None,
        };
        let is_shortest = match first {
            0x81 => length > 0x7f,
            0x82 => length > 0xff,
            _ => true,
        };
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (found == tag && is_shortest).then_some(contents)
    }
}
