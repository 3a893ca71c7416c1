//! Version numbers of metadata files.

use core::fmt;
use core::num::NonZeroU64;

use super::refusals;

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

refusals!(
    Primitives,
    /// The number is 0, and versions start at 1.
    #[refusal("name.version", FixCaller)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    #[error("a version is at least 1")]
    pub struct VersionError;
);

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
