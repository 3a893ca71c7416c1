//! Which versions a release may take the place of.

use alloc::vec::Vec;

use crate::json::{Reader, RecordError, fields, record};
use crate::primitives::Limits;
use crate::release::ReleaseVersion;

/// The versions that a release is offered to devices of, beside the barrier of its manifest: some turn
/// out only later to be no way to it.
///
/// ```
/// use ota_trust::release::ReleaseVersion;
/// use ota_trust::rollout::{SourceVersions, VersionRange};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let version = |text| ReleaseVersion::new(text);
/// // From 2.4.0 in the branch of 2.x, from 3.1.0 in that of 3.x, and not from 3.1.7.
/// let sources = SourceVersions {
///     ranges: vec![
///         VersionRange { at_least: Some(version("2.4.0")?), below: Some(version("3.0.0")?) },
///         VersionRange { at_least: Some(version("3.1.0")?), below: None },
///     ],
///     except: vec![version("3.1.7")?],
/// };
/// assert!(sources.admit(&version("2.5.0")?) && !sources.admit(&version("3.0.9")?));
/// assert!(sources.admit(&version("3.1.6")?) && !sources.admit(&version("3.1.7")?));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SourceVersions {
    /// One of these has the version; all versions do where there is none.
    pub ranges: Vec<VersionRange>,
    /// And it is none of these.
    pub except: Vec<ReleaseVersion>,
}

/// A range of versions, in the order of [`ReleaseVersion`].
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct VersionRange {
    /// The first.
    pub at_least: Option<ReleaseVersion>,
    /// The first behind it.
    pub below: Option<ReleaseVersion>,
}

impl SourceVersions {
    /// Whether devices of a version are among them.
    #[must_use]
    pub fn admit(&self, version: &ReleaseVersion) -> bool {
        let in_range = self.ranges.is_empty() || self.ranges.iter().any(|r| r.contains(version));
        in_range && !self.except.contains(version)
    }

    /// Whether all devices are.
    pub(crate) fn are_all(&self) -> bool {
        self.ranges.is_empty() && self.except.is_empty()
    }

    /// `None` where a range is one that this version does not know.
    pub(super) fn read(r: &mut Reader<'_>, limits: &Limits) -> Result<Option<Self>, RecordError> {
        let range = |r: &mut Reader<'_>| r.unless_critical(VersionRange::read);
        let (max, mut known) = (limits.max_list, true);
        let read = r.unless_critical(|r| {
            Ok(record!(
                r,
                |r, field| Self {
                    ranges: default(fields::list(r, max, field, |r, _| range(r))?, Vec::new()),
                    except: default(versions(r, field, limits)?, Vec::new()),
                },
                {
                    known = ranges.iter().all(Option::is_some);
                    Self { ranges: ranges.into_iter().flatten().collect(), except }
                }
            ))
        })?;
        Ok(read.filter(|_| known))
    }
}

impl VersionRange {
    /// Whether it contains a version.
    #[must_use]
    pub fn contains(&self, version: &ReleaseVersion) -> bool {
        self.at_least.as_ref().is_none_or(|first| version >= first)
            && self.below.as_ref().is_none_or(|end| version < end)
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, RecordError> {
        Ok(record!(r, |r, field| Self {
            at_least: optional(fields::name(r, field, ReleaseVersion::new)?),
            below: optional(fields::name(r, field, ReleaseVersion::new)?),
        }))
    }
}

/// A list of versions.
pub(super) fn versions(
    r: &mut Reader<'_>,
    field: &'static str,
    limits: &Limits,
) -> Result<Vec<ReleaseVersion>, RecordError> {
    fields::list(r, limits.max_list, field, |r, _| fields::name(r, field, ReleaseVersion::new))
}
