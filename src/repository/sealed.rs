//! A file whose bytes are fixed, and that is being signed.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::fmt::Write as _;

use super::{Authority, Result, SealError};
use crate::json::{Json, Object, Reader, strings, write_str};
use crate::key::{Key, KeyId, Signer, normalised, sign_checked};
use crate::metadata::{Document, RoleType, Root, Signed, Snapshot, Targets, Timestamp};
use crate::primitives::{Limits, RoleName, Sha256Digest, UtcTime, Version, hex_print};
use crate::verify::VerifyError;

/// A file that is to be signed: nothing of its `signed` part changes any more.
///
/// Its bytes are compact, sorted, and hold only text in Unicode's normal form C and an `expires` as TUF
/// writes it: devices verify it in place wherever no control character is escaped, and every client reads
/// it alike.
#[derive(Clone)]
pub struct Sealed {
    role: RoleName,
    contents: Contents,
    signatures: Vec<(KeyId, Vec<u8>)>,
}

/// What the file says, as a device reads it.
#[derive(Clone, Debug)]
pub(super) enum Contents {
    Root(Document<'static, Root>),
    Timestamp(Document<'static, Timestamp>),
    Snapshot(Document<'static, Snapshot>),
    Targets(Document<'static, Targets>),
}

macro_rules! each {
    ($contents:expr, $document:ident => $value:expr) => {
        match $contents {
            Contents::Root($document) => $value,
            Contents::Timestamp($document) => $value,
            Contents::Snapshot($document) => $value,
            Contents::Targets($document) => $value,
        }
    };
}

impl Sealed {
    /// Fixes the bytes of a `signed` part.
    pub(super) fn new(role: RoleName, signed: &Json, limits: &Limits) -> Result<Self> {
        let mut file = String::with_capacity(signed.as_str().len() + 32);
        file.push_str(r#"{"signatures":[],"signed":"#);
        file.push_str(signed.as_str());
        file.push('}');
        Self::read(role, file.into_bytes(), limits)
    }

    /// A file that was sealed before, with the signatures that it has had since. What they are
    /// worth is for an [`Authority`] to say.
    pub(super) fn read(role: RoleName, file: Vec<u8>, limits: &Limits) -> Result<Self> {
        let malformed = |reason| VerifyError::Malformed { role: role.clone(), reason };
        let (file, limits) = (Cow::Owned(file), limits);
        let contents = match role.as_str() {
            "root" => Document::read(file, limits).map(Contents::Root),
            "timestamp" => Document::read(file, limits).map(Contents::Timestamp),
            "snapshot" => Document::read(file, limits).map(Contents::Snapshot),
            _ => Document::read(file, limits).map(Contents::Targets),
        };
        let contents = contents.map_err(malformed)?;
        let signatures = each!(&contents, document => document.signatures());
        let signatures = signatures.iter().map(|s| (s.key_id.clone(), s.bytes.clone())).collect();
        let sealed = Self { role, contents, signatures };
        sealed.check_form()?;
        Ok(sealed)
    }

    /// Compact and sorted, with the expiry as TUF writes it, and text in normal form C.
    fn check_form(&self) -> Result<()> {
        let published = each!(&self.contents, document => document.is_published_form());
        if !published || !self.has_plain_expiry() {
            return Err(SealError::Form { role: self.role.clone() });
        }
        let payload = self.payload();
        if payload.is_ascii() {
            return Ok(());
        }
        for text in strings(payload) {
            let text = text.decode();
            if !unicode_normalization::is_nfc(&text) {
                return Err(SealError::NotNormalised {
                    role: self.role.clone(),
                    text: text.into(),
                });
            }
        }
        Ok(())
    }

    /// Whether `expires` has the one form in which it is published. Devices read what others have
    /// published in other forms, too.
    fn has_plain_expiry(&self) -> bool {
        let expires = alloc::format!("{}", self.expires());
        let mut is_plain = false;
        // It was read before.
        let _ = Reader::again(self.payload(), 0).object(|r, key| {
            if key.is("expires") {
                is_plain = r.text()?.is(&expires);
                return Ok(());
            }
            r.skip()
        });
        is_plain
    }

    /// The role.
    #[must_use]
    pub fn role(&self) -> &RoleName {
        &self.role
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> RoleType {
        match self.contents {
            Contents::Root(_) => RoleType::Root,
            Contents::Timestamp(_) => RoleType::Timestamp,
            Contents::Snapshot(_) => RoleType::Snapshot,
            Contents::Targets(_) => RoleType::Targets,
        }
    }

    /// The version that the file has.
    #[must_use]
    pub fn version(&self) -> Version {
        each!(&self.contents, document => document.signed().version())
    }

    /// When the file expires.
    #[must_use]
    pub fn expires(&self) -> UtcTime {
        each!(&self.contents, document => document.signed().expires())
    }

    /// The `signed` part, byte for byte as it is published.
    #[must_use]
    pub fn payload(&self) -> &str {
        each!(&self.contents, document => document.signed_text())
    }

    /// The SHA-256 of what is signed.
    #[must_use]
    pub fn digest(&self) -> Sha256Digest {
        each!(&self.contents, document => document.signed_digest())
    }

    /// What is signed: the canonical form of the payload, which is the payload itself unless it
    /// has escaped control characters.
    pub(super) fn message(&self) -> Cow<'_, [u8]> {
        each!(&self.contents, document => document.message())
    }

    /// The ids of the keys that have signed.
    pub fn signed_by(&self) -> impl Iterator<Item = &KeyId> {
        self.signatures.iter().map(|(id, _)| id)
    }

    /// The whole file with the signatures that it has so far.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let payload = self.payload();
        let mut out = String::with_capacity(payload.len() + 256 * self.signatures.len() + 32);
        out.push_str(r#"{"signatures":["#);
        for (number, (id, signature)) in self.signatures.iter().enumerate() {
            out.push_str(if number > 0 { r#",{"keyid":"# } else { r#"{"keyid":"# });
            write_str(&mut out, id.as_str());
            // Cannot fail: writing to a string does not.
            let _ = write!(out, r#","sig":"{}"}}"#, Hex(signature));
        }
        out.push_str(r#"],"signed":"#);
        out.push_str(payload);
        out.push('}');
        out.into_bytes()
    }

    /// Signs with a key of one of `authorities`. `false` if none of them names it.
    pub(super) fn sign(&mut self, authorities: &[Authority], signer: &dyn Signer) -> Result<bool> {
        let key = signer.public_key().key();
        if authorities.iter().all(|authority| authority.ids_of(key).next().is_none()) {
            return Ok(false);
        }
        let signature = sign_checked(signer, &self.message())
            .map_err(|reason| SealError::Signing { role: self.role.clone(), reason })?;
        self.add(authorities, key, &signature);
        Ok(true)
    }

    /// A signature that was made elsewhere, in the form that metadata carries, if it verifies.
    pub(super) fn normalised(&self, key: &Key, signature: &[u8]) -> Option<Vec<u8>> {
        normalised(key, &self.message(), signature)
    }

    /// The same file, signed by nobody.
    pub(super) fn without_signatures(&self) -> Self {
        Self { signatures: Vec::new(), ..self.clone() }
    }

    /// Leaves only the signatures that keys of `authorities` made.
    pub(super) fn keep_valid(&mut self, authorities: &[Authority]) {
        if self.signatures.is_empty() {
            return;
        }
        let message = self.message();
        let kept = self.signatures.iter().filter(|(id, signature)| {
            let mut keys = authorities.iter().filter_map(|authority| authority.key(id));
            keys.any(|key| key.verifies(&message, signature))
        });
        self.signatures = kept.cloned().collect();
    }

    /// Whether another file says the same, but for when it expires.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        let fields = |file: &Self| {
            let mut fields = Object::of(file.payload());
            fields.take("expires");
            fields
        };
        self.role == other.role && fields(self) == fields(other)
    }

    /// Adds a signature of `key` under each id that the key has.
    pub(super) fn add(&mut self, authorities: &[Authority], key: &Key, signature: &[u8]) {
        for id in authorities.iter().flat_map(|authority| authority.ids_of(key)) {
            self.signatures.retain(|(known, _)| known != id);
            self.signatures.push((id.clone(), signature.to_vec()));
        }
    }

    pub(super) fn contents(&self) -> &Contents {
        &self.contents
    }
}

struct Hex<'b>(&'b [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex_print(self.0, f)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed")
            .field("role", &self.role)
            .field("version", &self.version())
            .field("signed_by", &self.signed_by().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
