//! What requests and responses have in common: a kind, a role, a version, a digest.

use alloc::string::String;

use super::{CeremonyError, Result};
use crate::json::{Json, Object};
use crate::primitives::{Limits, RoleName, Sha256Digest, Version, hex_encode, lower_hex_decode};

/// The file that a document is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct About {
    pub(super) role: RoleName,
    pub(super) version: Version,
    pub(super) digest: Sha256Digest,
}

const FORMAT: u64 = 1;

/// The fields of a document of that kind.
pub(super) fn read(
    bytes: &[u8],
    kind: &'static str,
    limit: u64,
    limits: &Limits,
) -> Result<Object> {
    let length = bytes.len() as u64;
    if length > limit {
        return Err(CeremonyError::TooLong { limit, length });
    }
    let value = Json::read(bytes, limits)?;
    let mut fields = Object::of(value.as_str());
    let found = (fields.take_text("_type"), fields.take_number("format"));
    if !value.is_object() || found != (Some(kind.into()), Some(FORMAT)) {
        return Err(CeremonyError::Kind { expected: kind });
    }
    Ok(fields)
}

/// Writes a document with a final line feed, for people who look at it.
pub(super) fn write(mut fields: Object, kind: &str) -> String {
    fields.set("_type", Json::text(kind));
    fields.set("format", Json::number(FORMAT));
    let mut text = String::from(fields.to_json().as_str());
    text.push('\n');
    text
}

impl About {
    pub(super) fn take(fields: &mut Object) -> Result<Self> {
        let role = fields.take_text("role").and_then(|name| role(&name));
        let version = fields.take_number("version").and_then(|n| Version::new(n).ok());
        let digest = fields.take_text("digest").and_then(|text| lower_hex_decode(&text));
        Ok(Self {
            role: role.ok_or(CeremonyError::Field { field: "role" })?,
            version: version.ok_or(CeremonyError::Field { field: "version" })?,
            digest: digest.ok_or(CeremonyError::Field { field: "digest" })?,
        })
    }

    pub(super) fn put(&self, fields: &mut Object) {
        fields.set("role", Json::text(self.role.as_str()));
        fields.set("version", Json::number(self.version.get()));
        let digest = hex_encode(&self.digest);
        fields.set("digest", Json::text(core::str::from_utf8(&digest).unwrap_or_default()));
    }

    /// What differs from `other`.
    pub(super) fn difference(&self, other: &Self) -> Option<&'static str> {
        if self.role != other.role {
            Some("role")
        } else if self.version != other.version {
            Some("version")
        } else if self.digest != other.digest {
            Some("digest")
        } else {
            None
        }
    }
}

/// A top-level role, or one that may be delegated.
fn role(name: &str) -> Option<RoleName> {
    RoleName::any(name).ok()
}
