//! Below which index nothing is installed.

/// The lowest rollback index that a device may install.
///
/// ```
/// use ota_trust::installation::RollbackFloor;
/// let (stored, hardware, running, build) = (None, Some(4), Some(5), Some(3));
/// assert_eq!(RollbackFloor::of(&[stored, hardware, running, build]).map(|f| f.index()), Some(5));
/// assert_eq!(RollbackFloor::of(&[None, None]), None, "a loss is not the number 0");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RollbackFloor(u64);

impl RollbackFloor {
    /// The highest of the sources that are known: the stored index, a hardware counter, the index of
    /// the running release, the floor of the build. `None` where none is: then nothing can be decided.
    /// A device has it from [`InstallState::floor`](super::InstallState::floor).
    #[must_use]
    pub fn of(sources: &[Option<u64>]) -> Option<Self> {
        sources.iter().copied().flatten().max().map(Self)
    }

    /// At least this index.
    #[must_use]
    pub(super) const fn at_least(index: u64) -> Self {
        Self(index)
    }

    /// The index.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.0
    }
}
