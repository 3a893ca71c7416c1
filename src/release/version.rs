//! Versions of products, which people read and the order of releases follows.

use alloc::boxed::Box;
use core::cmp::Ordering;
use core::fmt;

use crate::primitives::{parsed, refusals};

/// The version of a release: that of Semantic Versioning 2.0.0.
///
/// Ordered by precedence (§11 there), and by build metadata where that is equal, so that the order
/// is total. What may not be installed any more is not for this to say, but for the
/// [`rollback_index`](super::Manifest::rollback_index).
///
/// ```
/// use ota_trust::release::ReleaseVersion;
/// let (old, new): (ReleaseVersion, ReleaseVersion) = ("2.1.0-rc.2".parse()?, "2.1.0".parse()?);
/// assert!(old < new);
/// assert!(ReleaseVersion::new("2.1").is_err());
/// # Ok::<(), ota_trust::release::ReleaseVersionError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ReleaseVersion {
    version: semver::Version,
    text: Box<str>,
}

refusals!(
    Primitives,
    /// A text is not a valid version of a release.
    #[refusal("name.release-version", FixCaller)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    #[error("a version has the form MAJOR.MINOR.PATCH[-pre-release][+build] and at most 64 bytes")]
    pub struct ReleaseVersionError;
);

impl ReleaseVersion {
    /// Reads a version of at most 64 bytes.
    pub fn new(text: &str) -> Result<Self, ReleaseVersionError> {
        if text.len() > 64 {
            return Err(ReleaseVersionError);
        }
        let version = semver::Version::parse(text).map_err(|_| ReleaseVersionError)?;
        Ok(Self { version, text: text.into() })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

parsed! { ReleaseVersion, ReleaseVersionError, ReleaseVersion::new; }

impl Ord for ReleaseVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.version.cmp(&other.version)
    }
}

impl PartialOrd for ReleaseVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for ReleaseVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for ReleaseVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}
