//! Version numbers of metadata files.

use core::fmt;
use core::num::NonZeroU64;

use super::Remedy;

/// The version of a metadata file: an integer of at least 1 (TUF §4.3, `VERSION`).
///
/// ```
/// use ota_trust::primitives::Version;
/// let version = Version::new(7)?;
/// assert_eq!(version.next().map(Version::get), Some(8));
/// assert!(Version::new(0).is_err());
/// # Ok::<(), ota_trust::primitives::VersionError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(NonZeroU64);

/// The number 0 is no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a version is at least 1")]
pub struct VersionError;

impl VersionError {
    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self => "name.version",
        }
    }

    /// What helps: another number.
    #[must_use]
    pub const fn remedy(&self) -> Remedy {
        Remedy::FixCaller
    }
}

impl Version {
    /// The first version that any file has.
    pub const ONE: Version = Version(NonZeroU64::MIN);

    /// A version from its number; 0 is refused.
    pub const fn new(number: u64) -> Result<Self, VersionError> {
        match NonZeroU64::new(number) {
            Some(n) => Ok(Self(n)),
            None => Err(VersionError),
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// The version that follows; `None` after the last that a `u64` can hold.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(n) => Some(Self(n)),
            None => None,
        }
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
