//! Which epochs are certified at present.

use alloc::vec::Vec;

use super::{EpochWindow, IdentityEpoch, IdentityError};

/// The epochs of a fleet for which there are certificates at present, one after the other, each
/// with its window: those that have not ended, and those that devices may fetch ahead.
///
/// It is the same for all devices, and the window of an epoch is never moved: neither longer nor
/// earlier nor later. A record keeps the window with which it certified a key, and so does the
/// certificate. A device that fetched one ahead would wait for the window of before, while others
/// are in the new one; and a server would see by the times which devices had asked before.
///
/// ```
/// use ota_trust::identity::{EpochWindow, EpochWindows, IdentityEpoch};
/// let june = EpochWindow::new("2026-06-01T00:00:00Z".parse()?, "2026-07-03T00:00:00Z".parse()?)?;
/// let july = EpochWindow::new("2026-07-01T00:00:00Z".parse()?, "2026-08-03T00:00:00Z".parse()?)?;
/// let windows = EpochWindows::new(IdentityEpoch::new(6), [june, july])?;
/// assert_eq!(windows.of(IdentityEpoch::new(7)), Some(&july));
/// assert_eq!(windows.last(), IdentityEpoch::new(7));
/// assert!(EpochWindows::new(IdentityEpoch::new(6), [july, june]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochWindows {
    first: IdentityEpoch,
    windows: Vec<EpochWindow>,
}

impl EpochWindows {
    /// So many at most.
    pub const MAX: usize = 8;

    /// The windows of the epoch `first` and of those that follow it.
    ///
    /// Refused: none, more than [`MAX`](Self::MAX), the epoch of enrolment, numbers beyond the last
    /// one, and a window that does not begin and end later than the one before.
    pub fn new(
        first: IdentityEpoch,
        windows: impl IntoIterator<Item = EpochWindow>,
    ) -> Result<Self, IdentityError> {
        let windows: Vec<EpochWindow> = windows.into_iter().take(Self::MAX + 1).collect();
        let is_later = |one: &EpochWindow, next: &EpochWindow| {
            one.not_before() < next.not_before() && one.expires() < next.expires()
        };
        let has_numbers = first.get().checked_add(windows.len() as u64).is_some();
        let is_sound = (1..=Self::MAX).contains(&windows.len())
            && first != IdentityEpoch::ENROLMENT
            && has_numbers
            && windows.is_sorted_by(is_later);
        if is_sound { Ok(Self { first, windows }) } else { Err(IdentityError::Windows) }
    }

    /// The first epoch.
    #[must_use]
    pub fn first(&self) -> IdentityEpoch {
        self.first
    }

    /// The last epoch.
    #[must_use]
    pub fn last(&self) -> IdentityEpoch {
        let further = (self.windows.len() as u64).saturating_sub(1);
        IdentityEpoch::new(self.first.get().saturating_add(further))
    }

    /// The window of an epoch, if it is one of these.
    #[must_use]
    pub fn of(&self, epoch: IdentityEpoch) -> Option<&EpochWindow> {
        let at = epoch.get().checked_sub(self.first.get())?;
        self.windows.get(usize::try_from(at).ok()?)
    }
}
