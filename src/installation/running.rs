//! What is known of the system that runs.

use core::fmt;

use super::Slot;
use crate::primitives::stored::Field;
use crate::primitives::{Digest, Sha256Digest, sha256};
use crate::release::ReleaseVersion;

/// One start of the system. A restart of the agent alone is none.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BootId(Sha256Digest);

impl BootId {
    /// Of any text that differs from start to start: what Linux has in `/proc/sys/kernel/random/boot_id`,
    /// a counter that the boot loader keeps, or bytes that were drawn at the start and kept in memory that
    /// does not outlive it.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        Self(sha256(text))
    }
}

impl fmt::Debug for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Digest::Sha256(self.0), f)
    }
}

/// In lower-case hexadecimal.
impl Field for BootId {
    fn read(word: &str) -> Option<Self> {
        Field::read(word).map(Self)
    }

    fn write(&self, text: &mut alloc::string::String) {
        Field::write(&self.0, text);
    }
}

/// What an image says of itself: compiled into it, or in a file that lies in its slot. It is never lost,
/// and stored state cannot forge it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Build {
    /// The version of the release that it is.
    pub version: ReleaseVersion,
    /// The rollback index of that release.
    pub rollback_index: u64,
}

impl Build {
    /// Of this version and this rollback index.
    #[must_use]
    pub fn new(version: ReleaseVersion, rollback_index: u64) -> Self {
        Self { version, rollback_index }
    }
}

/// Whether what runs works: the caller's own checks (the network, the watchdog, what the device is for).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Health {
    /// It does: what runs on trial is kept.
    Good,
    /// It does not, or has not said so within its time: what runs on trial is left.
    Bad,
    /// It is not known yet.
    NotYet,
}

/// What is known of the system that runs.
#[derive(Clone, Copy, Debug)]
pub struct Running<'r> {
    /// The slot that runs. Where the boot loader swaps images, a slot goes with its image.
    pub slot: &'r Slot,
    /// The start that it is.
    pub boot: BootId,
    /// What the running image says of itself.
    pub build: &'r Build,
    /// Whether it works.
    pub health: Health,
    /// The counter that the hardware does not let fall, if there is one.
    pub hardware_counter: Option<u64>,
    /// The rollback indexes of the *other* slots that must be able to start still: usually the one to
    /// fall back to. Leave out a slot that has been given up.
    pub must_stay_bootable: &'r [u64],
}
