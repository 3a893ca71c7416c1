//! Whom a handle is for, and for how long: the fleet and the epoch.

use alloc::boxed::Box;
use core::fmt;

use super::IdentityError;
use crate::primitives::parsed;

/// The name of a fleet: all devices that one enroller certifies and one server serves.
///
/// 1 to 64 ASCII letters, digits, `.`, `_` and `-`. Names that look alike are not alike: each
/// spelling is a fleet of its own, with other keys.
///
/// ```
/// use ota_trust::identity::Fleet;
/// assert_eq!(Fleet::new("lamps.example")?.as_str(), "lamps.example");
/// assert!(Fleet::new("").is_err());
/// # Ok::<(), ota_trust::identity::IdentityError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fleet(Box<str>);

impl Fleet {
    /// The longest name, in bytes.
    pub const MAX_LENGTH: usize = 64;

    /// A fleet by its name.
    pub fn new(name: &str) -> Result<Self, IdentityError> {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if (1..=Self::MAX_LENGTH).contains(&name.len()) && name.bytes().all(is_plain) {
            Ok(Self(name.into()))
        } else {
            Err(IdentityError::Fleet)
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

parsed! { Fleet, IdentityError, Fleet::new; }

impl fmt::Display for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The number of a period in which a device has one handle.
///
/// It counts the *fleet's* periods (months since a day that the operator chose, say), not the
/// rotations of one device: a count of its own would tell a device from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityEpoch(u64);

impl IdentityEpoch {
    /// The epoch of no period. Its key is what a device enrols with: the enroller alone gets to
    /// see it, no certificate is made for it, and it signs for the keys of the others.
    pub const ENROLMENT: Self = Self(0);

    /// The epoch with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for IdentityEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
