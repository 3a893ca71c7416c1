//! The four fields that every role has.

use alloc::boxed::Box;

use super::{MetadataError, Result, RoleType, required};
use crate::json::{Reader, Text};
use crate::primitives::{UtcTime, Version};

/// `version` and `expires`, once `_type` and `spec_version` have been found right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) version: Version,
    pub(super) expires: UtcTime,
}

/// The fields as they are found, in whatever order.
#[derive(Default)]
pub(super) struct HeaderFields {
    role: Option<Box<str>>,
    spec_version: Option<Box<str>>,
    version: Option<u64>,
    expires: Option<UtcTime>,
}

impl HeaderFields {
    /// Reads the value if `key` is one of the four; `false` leaves it to the caller.
    pub(super) fn take(&mut self, key: &Text<'_>, r: &mut Reader<'_>) -> Result<bool> {
        if key.is("_type") {
            self.role = Some(r.text()?.decode().into());
        } else if key.is("spec_version") {
            self.spec_version = Some(r.text()?.decode().into());
        } else if key.is("version") {
            self.version = Some(r.u64()?);
        } else if key.is("expires") {
            self.expires = Some(UtcTime::parse_rfc3339(&r.text()?.decode())?);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// The header of a file of `role`.
    pub(super) fn finish(self, role: RoleType) -> Result<Header> {
        let found = required(self.role, "_type")?;
        if *found != *role.name() {
            return Err(MetadataError::Type { expected: role, found: found.into() });
        }
        let found = required(self.spec_version, "spec_version")?;
        // Repositories write "1", "1.0" and "1.0.31": the major version is what counts (§4.3).
        if found.split('.').next() != Some("1") {
            return Err(MetadataError::SpecVersion { found: found.into() });
        }
        let version = required(self.version, "version")?;
        let version = Version::new(version).map_err(|_| MetadataError::Version)?;
        Ok(Header { version, expires: required(self.expires, "expires")? })
    }
}
