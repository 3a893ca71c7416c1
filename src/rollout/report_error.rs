//! Why a report is refused, and whose it is, where that is known.

use crate::identity::{Handle, IdentityError};
use crate::primitives::refusals;

refusals!(
    Identity,
    /// A refusal of a report. Exhaustive on purpose: the two mean different things.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    pub enum ReportError {
        /// Its device has signed no such report, as far as anybody can tell: the signature is not
        /// its own, its certificate had ended when the report came, or it has signed another
        /// document. It says nothing of any release.
        #[refusal(of 0)]
        #[error(transparent)]
        Unsigned(IdentityError),
        /// Its device has signed a report, and it cannot be read: nobody knows what it says.
        #[refusal(of reason)]
        #[error("a signed report cannot be read")]
        Unreadable {
            /// The device that has signed it.
            handle: Handle,
            /// What cannot be read.
            #[source]
            reason: IdentityError,
        },
    }
);

impl ReportError {
    /// The refusal itself.
    #[must_use]
    pub const fn reason(&self) -> &IdentityError {
        match self {
            Self::Unsigned(reason) | Self::Unreadable { reason, .. } => reason,
        }
    }
}
