//! Why a cycle, or a search, ends without a result.

use super::RemoteFile;
use crate::primitives::refusals;
use crate::verify::{Unlisted, VerifyError};

pub(super) type Result<T> = core::result::Result<T, UpdateError>;

refusals!(
    Manifest,
    /// A cycle that was refused. What it asked to persist before stays persisted; nothing else changes.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum UpdateError {
        /// The root that the caller provisioned is no root, or does not meet its own threshold.
        #[refusal("update.anchor", Operator)]
        #[error("the provisioned root is refused")]
        Anchor(#[source] VerifyError),
        /// A file was refused.
        #[refusal(of 0)]
        #[error(transparent)]
        Verify(#[from] VerifyError),
        /// The repository says that it has no such file, and it must have one.
        #[refusal("update.not-found", AnotherMirror)]
        #[error("{file}: the repository has no such file")]
        NotFound {
            /// The file.
            file: RemoteFile,
        },
        /// The file could not be downloaded.
        #[refusal("update.transport", Retry)]
        #[error("{file}: could not be downloaded")]
        Transport {
            /// The file.
            file: RemoteFile,
        },
        /// As many roots as the limits allow were fetched in this cycle, and what follows did not
        /// verify under the last of them. They are kept: the next cycle goes on from there.
        #[refusal("update.more-roots", Refresh)]
        #[error("root: {fetched} new roots in one cycle, and there may be more")]
        MoreRoots {
            /// How many roots were fetched and verified.
            fetched: u32,
            /// What was refused under the last of them.
            #[source]
            reason: VerifyError,
        },
    }
);

refusals!(
    Manifest,
    /// Why a search found nothing, although all that it needed could be verified.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum NotFound {
        /// No role that may speak for the path lists it.
        #[refusal("search.not-listed", Operator)]
        #[error("{0}")]
        NotListed(Unlisted),
        /// The search had to end before it had seen every role that may speak for the path.
        #[refusal("search.too-many-roles", Operator)]
        #[error("the search ended at the limit of {limit} roles")]
        TooManyRoles {
            /// The limit.
            limit: u32,
        },
    }
);

impl NotFound {
    /// Nothing was looked for, so nothing is proven.
    pub(super) const NOTHING_SEEN: Self = Self::TooManyRoles { limit: 0 };

    /// The proof that there is no such target; this answer again where it proves nothing.
    pub fn into_unlisted(self) -> core::result::Result<Unlisted, Self> {
        match self {
            Self::NotListed(unlisted) => Ok(unlisted),
            other @ Self::TooManyRoles { .. } => Err(other),
        }
    }
}
