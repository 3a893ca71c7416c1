//! Why a report is refused, and whose it is, where that is known.

use crate::identity::{Handle, IdentityError};
use crate::primitives::Remedy;

/// A refusal of a report. Exhaustive on purpose: the two mean different things.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// Its device has not signed it, as far as anybody can tell. Anybody can write one, so it says
    /// nothing of any release.
    #[error(transparent)]
    Unsigned(IdentityError),
    /// Its device has signed it, and it cannot be read: nobody knows what it says.
    #[error("{reason}")]
    Unreadable {
        /// The device that has signed it.
        handle: Handle,
        /// What cannot be read.
        reason: IdentityError,
    },
}

impl ReportError {
    /// The refusal itself.
    #[must_use]
    pub const fn reason(&self) -> &IdentityError {
        match self {
            Self::Unsigned(reason) | Self::Unreadable { reason, .. } => reason,
        }
    }

    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.reason().code()
    }

    /// What helps.
    #[must_use]
    pub const fn remedy(&self) -> Remedy {
        self.reason().remedy()
    }
}
