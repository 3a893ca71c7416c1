//! What a signer reads before signing, in the words of the signer's own tool.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use super::change::{self, Change, quoted};
use super::{CeremonyError, Result, SigningRequest};
use crate::metadata::{
    Document, MetadataError, RoleType, Root, Signed, Snapshot, Targets, Timestamp,
};
use crate::primitives::{Limits, RoleName, UtcTime, Version, hex_encode};

/// What would change if the file were published: worked out from the payload that is signed and the
/// signer's own copy, from nothing that a coordinator says. It displays as text.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Review {
    /// The role.
    pub role: RoleName,
    /// The version of the signer's own copy, if there is one.
    pub before: Option<Version>,
    /// The version of the payload.
    pub version: Version,
    /// When the file would expire.
    pub expires: UtcTime,
    /// What a person should think about.
    pub warnings: Vec<Warning>,
    /// Everything that differs from the copy, versions and expiry included.
    pub changes: Vec<Change>,
    /// The SHA-256 of what is signed, in hexadecimal.
    pub digest: alloc::string::String,
}

/// Something that is not wrong by itself, and that nobody should sign unseen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// There is no copy to compare with: everything is new.
    NoCopy,
    /// The version does not follow that of the copy.
    Version {
        /// The version of the copy.
        copy: Version,
        /// The version of the payload.
        payload: Version,
    },
    /// The file would expire earlier than the copy.
    ExpiresEarlier,
    /// A threshold is lowered.
    LowerThreshold {
        /// Of which role.
        role: RoleName,
    },
}

impl SigningRequest {
    /// What would change against `copy`, the signer's own copy of the role's published file.
    ///
    /// The copy must come from where the signer trusts it: signed before, or fetched and verified.
    /// Without one, everything is shown as new.
    pub fn review(&self, copy: Option<&[u8]>, limits: &Limits) -> Result<Review> {
        let file = self.file();
        let copy = copy.map(|bytes| Copy::read(file.kind(), bytes, limits)).transpose();
        let copy = copy.map_err(CeremonyError::Copy)?;
        let before = copy.as_ref().map(|copy| copy.version);
        let changes = change::between(copy.as_ref().map_or("{}", |c| &c.signed), file.payload());
        let mut warnings = Vec::new();
        match &copy {
            None => warnings.push(Warning::NoCopy),
            Some(copy) => {
                let follows = match file.kind() {
                    RoleType::Root => copy.version.next() == Some(file.version()),
                    _ => file.version() > copy.version,
                };
                if !follows {
                    let (copy, payload) = (copy.version, file.version());
                    warnings.push(Warning::Version { copy, payload });
                }
                if file.expires() < copy.expires {
                    warnings.push(Warning::ExpiresEarlier);
                }
            }
        }
        warnings.extend(changes.iter().filter_map(Change::lowered_threshold));
        let digest = hex_encode(self.digest());
        Ok(Review {
            role: file.role().clone(),
            before,
            version: file.version(),
            expires: file.expires(),
            warnings,
            changes,
            digest: core::str::from_utf8(&digest).unwrap_or_default().into(),
        })
    }
}

/// The signer's own copy.
struct Copy {
    version: Version,
    expires: UtcTime,
    signed: alloc::string::String,
}

impl Copy {
    fn read(
        kind: RoleType,
        bytes: &[u8],
        limits: &Limits,
    ) -> core::result::Result<Self, MetadataError> {
        match kind {
            RoleType::Root => Self::of::<Root>(bytes, limits),
            RoleType::Timestamp => Self::of::<Timestamp>(bytes, limits),
            RoleType::Snapshot => Self::of::<Snapshot>(bytes, limits),
            RoleType::Targets => Self::of::<Targets>(bytes, limits),
        }
    }

    fn of<R: Signed>(bytes: &[u8], limits: &Limits) -> core::result::Result<Self, MetadataError> {
        let document = Document::<R>::read(Cow::Borrowed(bytes), limits)?;
        let (version, expires) = (document.signed().version(), document.signed().expires());
        Ok(Self { version, expires, signed: document.signed_published().into_owned() })
    }
}

impl fmt::Display for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} version {}", quoted(self.role.as_str()), self.version)?;
        match self.before {
            Some(before) => write!(f, ", after version {before}")?,
            None => write!(f, ", with nothing to compare it to")?,
        }
        write!(f, "; expires {}\nsha256 {}", self.expires, self.digest)?;
        for warning in &self.warnings {
            write!(f, "\n! {warning}")?;
        }
        for change in &self.changes {
            write!(f, "\n- {change}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCopy => f.write_str("there is no own copy: all that follows is shown as new"),
            Self::Version { copy, payload } => {
                write!(f, "version {payload} does not follow your copy's version {copy}")
            }
            Self::ExpiresEarlier => f.write_str("it would expire earlier than your copy"),
            Self::LowerThreshold { role } => {
                write!(f, "fewer signatures than before would do for {}", quoted(role.as_str()))
            }
        }
    }
}
