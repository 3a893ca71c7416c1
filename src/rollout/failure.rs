//! Where an installation failed, and by which refusal: what a report of failure may say of it.

use alloc::boxed::Box;
use alloc::format;
use core::fmt;

use crate::primitives::Refusal;

/// Where an installation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FailurePhase {
    /// Bytes could not be fetched, or were not those of the release.
    ///
    /// Whoever serves them can bring that about. So it stops nothing
    /// ([`Assessment::not_fetched`](super::Assessment::not_fetched)), and in split mode it is not
    /// to be sent under a handle: see [`privacy`](crate::manual::privacy).
    Download,
    /// They could not be written.
    Write,
    /// The boot loader could not be told.
    Activate,
    /// It did not start.
    Boot,
    /// It started, and did not work.
    Health,
    /// One that newer firmware has named.
    Unknown,
}

impl FailurePhase {
    const ALL: [Self; 6] =
        [Self::Download, Self::Write, Self::Activate, Self::Boot, Self::Health, Self::Unknown];

    /// The word in the document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Download => "download",
            Self::Write => "write",
            Self::Activate => "activate",
            Self::Boot => "boot",
            Self::Health => "health",
            Self::Unknown => "unknown",
        }
    }

    /// The longest name that newer firmware may have given to one, in bytes.
    const MAX_LENGTH: usize = 24;

    /// That of a word: a report that says more than a server knows still counts. As in a
    /// [`FailureCode`], there is no room for a number.
    pub(super) fn read(name: &str) -> Option<Self> {
        let known = Self::ALL.into_iter().find(|known| known.name() == name);
        known.or((name.len() <= Self::MAX_LENGTH && is_word(name)).then_some(Self::Unknown))
    }
}

impl fmt::Display for FailurePhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Lower-case letters and `-`.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'-'))
}

/// The code of what failed: that of a [`Refusal`], or `installation.` and the name of a
/// [`Cause`](crate::installation::Cause).
///
/// Two words of lower-case letters and `-` with a dot between them,
/// [`MAX_LENGTH`](Self::MAX_LENGTH) bytes at most. There are no digits, so there is no room for a
/// number that tells one device from others. Devices can only send what this crate has a name for.
/// A server reads any of that form, as newer firmware has codes of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FailureCode(Box<str>);

impl FailureCode {
    /// The longest code, in bytes.
    pub const MAX_LENGTH: usize = 48;

    /// That of a refusal.
    #[must_use]
    pub fn of(refusal: &dyn Refusal) -> Self {
        Self(refusal.code().into())
    }

    /// That of something that this crate has a name for.
    pub(crate) fn named(module: &str, name: &str) -> Self {
        Self(format!("{module}.{name}").into())
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let (module, name) = text.split_once('.')?;
        let is_code = text.len() <= Self::MAX_LENGTH && is_word(module) && is_word(name);
        is_code.then(|| Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
