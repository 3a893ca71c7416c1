//! Epochs of thirty days, whose certificates outlast them by two.

use ota_trust::identity::*;
use ota_trust::primitives::{Unstored, UtcTime};

pub(crate) fn day(number: u64) -> UtcTime {
    UtcTime::from_unix(i64::try_from(86_400 * number).unwrap()).unwrap()
}

/// Epoch 1 begins on day 0.
pub(crate) fn window_of(epoch: u64) -> EpochWindow {
    EpochWindow::new(day(30 * (epoch - 1)), end_of(epoch)).unwrap()
}

pub(crate) fn end_of(epoch: u64) -> UtcTime {
    day(30 * epoch + 2)
}

/// What is certified at a time: what has not ended, and what begins within the next thirty days.
pub(crate) fn windows(now: UtcTime) -> EpochWindows {
    let ahead = now.saturating_add(30 * 86_400);
    let mut epochs = (1..).skip_while(|&epoch| end_of(epoch) <= now);
    let first = epochs.next().unwrap();
    let last = epochs.take_while(|&epoch| window_of(epoch).not_before() <= ahead).last();
    let last = last.unwrap_or(first);
    EpochWindows::new(IdentityEpoch::new(first), (first..=last).map(window_of)).unwrap()
}

pub(crate) fn stored(unstored: Unstored<EnrolmentStep>) -> EnrolmentStep {
    unstored.stored()
}
