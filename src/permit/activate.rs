//! Between the decision to start a slot and doing so.

use super::InstallState;

/// An installation that is about to be made: store the state, then tell the boot loader.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "store the state, then call `stored`"]
pub struct Activation {
    state: InstallState,
}

impl Activation {
    pub(super) fn new(state: InstallState) -> Self {
        Self { state }
    }

    /// What to store first.
    #[must_use]
    pub fn state(&self) -> &InstallState {
        &self.state
    }

    /// It has been stored: the boot loader may now be told to try the slot of
    /// [`InstallState::pending`], and the device be restarted.
    #[must_use]
    pub fn stored(self) -> InstallState {
        self.state
    }
}
