//! What is done to the storage and to the boot loader, in order.

use alloc::boxed::Box;
use alloc::vec::{self, Vec};

use super::{InstallState, Slot};
use crate::primitives::Unstored;

/// What the boot loader is told. Each is durable when it is done, and may be said again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tell {
    /// Start this slot from now on. Whatever was to be tried is not to be tried any more.
    Keep(Slot),
    /// Do not start this slot, whatever happens.
    Forbid(Slot),
    /// Start this slot next time, and go back to the one that is kept unless that one is.
    Try(Slot),
    /// Start this slot next time, and from then on: what runs is left.
    Back(Slot),
    /// Raise the hardware counter to this index.
    Raise(u64),
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Store the state before the next step is taken.
    Store(Box<Unstored<InstallState>>),
    /// Tell the boot loader.
    Tell(Tell),
}

/// Steps to be taken in their order; where one fails, those after it are not taken. Nothing is lost by
/// that: the next [`judge`](super::judge()) says what is left to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "take each of the steps, in order"]
pub struct Steps(Vec<Step>);

impl Steps {
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    pub(super) fn then(mut self, step: Step) -> Self {
        self.0.push(step);
        self
    }

    pub(crate) fn tell(self, tell: Tell) -> Self {
        self.then(Step::Tell(tell))
    }

    pub(super) fn append(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// Stores a state, if it differs from the one before.
    pub(super) fn store(self, before: &InstallState, state: InstallState) -> Self {
        match state.unstored(before) {
            Some(unstored) => self.then(Step::Store(Box::new(unstored))),
            None => self,
        }
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The steps, to look at.
    #[must_use]
    pub fn as_slice(&self) -> &[Step] {
        &self.0
    }
}

impl IntoIterator for Steps {
    type Item = Step;
    type IntoIter = vec::IntoIter<Step>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
