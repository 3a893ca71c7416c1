//! What a role lists of one target.

use alloc::string::String;

use super::{DraftError, Result};
use crate::json::{Json, Object};
use crate::primitives::{Digest, DigestAlgorithm, Hashes, TargetPath, sha256};

/// The length and the digests of a target, and what else is listed of it (TUF §4.5).
///
/// ```
/// use ota_trust::json::Json;
/// use ota_trust::repository::TargetEntry;
/// let entry = TargetEntry::of(b"firmware").with_custom(Json::parse(r#"{"channel":"beta"}"#)?)?;
/// assert_eq!(entry.length(), 8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetEntry {
    length: u64,
    hashes: Hashes,
    /// Digests of algorithms that this crate does not compute.
    other_hashes: Object,
    rest: Object,
}

impl TargetEntry {
    /// Of a target of that length with these digests, of which there is at least one.
    pub fn new(length: u64, hashes: Hashes) -> Result<Self> {
        if hashes.iter().next().is_none() {
            return Err(DraftError::NoDigest);
        }
        let (other_hashes, rest) = (Object::default(), Object::default());
        Ok(Self { length, hashes, other_hashes, rest })
    }

    /// Of a target with these bytes, with its SHA-256.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let hashes = Hashes::from_digest(Digest::Sha256(sha256(bytes)));
        let (other_hashes, rest) = (Object::default(), Object::default());
        Self { length: bytes.len() as u64, hashes, other_hashes, rest }
    }

    /// With this `custom`, an object.
    pub fn with_custom(self, custom: Json) -> Result<Self> {
        if !custom.is_object() {
            return Err(DraftError::Custom);
        }
        Ok(self.set("custom", custom))
    }

    /// With a field that this crate does not know.
    pub fn with_field(self, name: &str, value: Json) -> Result<Self> {
        if ["length", "hashes", "custom"].contains(&name) {
            return Err(DraftError::KnownField(name.into()));
        }
        Ok(self.set(name, value))
    }

    fn set(mut self, name: &str, value: Json) -> Self {
        self.rest.set(name, value);
        self
    }

    /// The length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The digests.
    #[must_use]
    pub fn hashes(&self) -> &Hashes {
        &self.hashes
    }

    /// The `custom` object.
    #[must_use]
    pub fn custom(&self) -> Option<&Json> {
        self.rest.get("custom")
    }

    /// A field that this crate does not know.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Json> {
        self.rest.get(name)
    }

    /// Under which names devices may ask for the file, relative to the base of the targets,
    /// percent-encoded: the path itself, or with `consistent` snapshots one name for each digest,
    /// of which at least one has to be served (§5.7.3).
    pub fn upload_paths<'e>(
        &'e self,
        path: &'e TargetPath,
        consistent: bool,
    ) -> impl Iterator<Item = String> + 'e {
        path.file_names(&self.hashes, consistent)
    }

    /// As listed; `None` for an entry that vouches for nothing, which devices refuse.
    pub(super) fn read(value: &Json) -> Option<Self> {
        let mut rest = Object::of(value.as_str());
        let length = rest.take_number("length")?;
        let mut other_hashes = rest.take_object("hashes");
        let mut hashes = Hashes::default();
        for algorithm in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512] {
            if let Some(text) = other_hashes.take_text(algorithm.name()) {
                hashes.insert_listed(algorithm.name(), &text).ok()?;
            }
        }
        Some(Self { length, hashes: hashes.non_empty().ok()?, other_hashes, rest })
    }

    pub(super) fn to_json(&self) -> Json {
        let mut hashes = self.other_hashes.clone();
        for digest in self.hashes.iter() {
            hashes.set(digest.algorithm().name(), Json::text(&alloc::format!("{digest}")));
        }
        let mut fields = self.rest.clone();
        fields.set("hashes", hashes.to_json());
        fields.set("length", Json::number(self.length));
        fields.to_json()
    }
}
