//! The fields that every role has, and those that this crate does not know.

use alloc::string::String;
use alloc::vec::Vec;

use super::{DraftError, Result};
use crate::json::{Json, Object};
use crate::metadata::RoleType;
use crate::primitives::{UtcTime, Version};

/// The version of the specification that new files name.
const SPEC_VERSION: &str = "1.0.34";

/// Fields that sealing writes, whatever a draft has.
const HEADER: [&str; 4] = ["_type", "expires", "spec_version", "version"];

/// Fields whose meaning this crate does not know; `own` are those that the role has besides the
/// header.
pub(super) fn set_field(rest: &mut Object, own: &[&str], name: &str, value: Json) -> Result<()> {
    if HEADER.contains(&name) || own.contains(&name) {
        return Err(DraftError::KnownField(name.into()));
    }
    rest.set(name, value);
    Ok(())
}

/// Takes such a field away. The header is not among them: sealing writes it.
pub(super) fn remove_field(rest: &mut Object, name: &str) -> Option<Json> {
    if HEADER.contains(&name) { None } else { rest.take(name) }
}

/// What sealing decides.
pub(in crate::repository) struct Header {
    pub(in crate::repository) kind: RoleType,
    pub(in crate::repository) version: Version,
    pub(in crate::repository) expires: UtcTime,
}

impl Header {
    /// A file that nobody has signed yet: these fields, the header, and `targets`, which is not put
    /// together first because it can be large.
    pub(in crate::repository) fn write(
        &self,
        mut fields: Object,
        targets: Option<&Object>,
    ) -> Vec<u8> {
        fields.set("_type", Json::text(self.kind.name()));
        fields.set("expires", Json::text(&alloc::format!("{}", self.expires)));
        if !fields.contains("spec_version") {
            fields.set("spec_version", Json::text(SPEC_VERSION));
        }
        fields.set("version", Json::number(self.version.get()));
        let length = fields.length() + targets.map_or(0, Object::length);
        let mut out = String::with_capacity(length + 64);
        out.push_str(r#"{"signatures":[],"signed":"#);
        fields.write(&mut out, targets.map(|targets| ("targets", targets)));
        out.push('}');
        out.into_bytes()
    }
}
