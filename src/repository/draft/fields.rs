//! The fields that every role has, and those that this crate does not know.

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

/// The `signed` part: the fields of a draft and the header.
pub(in crate::repository) fn finish(
    mut fields: Object,
    kind: RoleType,
    version: Version,
    expires: UtcTime,
) -> Json {
    fields.set("_type", Json::text(kind.name()));
    fields.set("expires", Json::text(&alloc::format!("{expires}")));
    if !fields.contains("spec_version") {
        fields.set("spec_version", Json::text(SPEC_VERSION));
    }
    fields.set("version", Json::number(version.get()));
    fields.to_json()
}
