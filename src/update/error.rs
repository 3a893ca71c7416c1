//! Why a cycle, or a search, ends without a result.

use alloc::boxed::Box;
use core::fmt;

use super::{ChainName, RemoteFile};
use crate::primitives::{Printed, Remedy, RoleName, TargetPath, Version, refusals};
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
        #[error("{}: the repository has no such file", Printed(file.name()))]
        NotFound {
            /// The file.
            file: RemoteFile,
        },
        /// The file could not be downloaded.
        #[refusal("update.transport", Retry)]
        #[error("{}: could not be downloaded", Printed(file.name()))]
        Transport {
            /// The file.
            file: RemoteFile,
        },
        /// Another root of this version is known to the device, and its keys have not signed this one.
        #[refusal("update.root-fork", AnotherMirror)]
        #[error("root: another version {version} than the one that was followed before")]
        RootFork {
            /// The version.
            version: Version,
        },
        /// What is stored is of another chain than the provisioned root: a new chain needs a new name.
        #[refusal("update.other-chain", Operator)]
        #[error("the provisioned root is not of the chain {chain} that is stored")]
        OtherChain {
            /// The name that the firmware gives its chain.
            chain: ChainName,
        },
        /// The chain has been ended on this device.
        #[refusal("update.chain-ended", Operator)]
        #[error("the chain {chain} has ended on this device")]
        ChainEnded {
            /// Its name.
            chain: ChainName,
        },
        /// The storage failed for both copies of the ledger, so it is not known which floors hold.
        #[refusal("update.unreadable-ledger", Retry)]
        #[error("neither copy of the stored ledger could be read")]
        UnreadableLedger,
        /// The cycle goes by the storage alone, and that does not have the file, or no current one.
        #[refusal("update.not-stored", Refresh)]
        #[error("{}: not stored, or not the current one", Printed(file.name()))]
        NotStored {
            /// The file.
            file: RemoteFile,
        },
        /// Every answer for the file had expired, from several mirrors: the publisher is late, or the clock
        /// is ahead.
        #[refusal("update.expired-everywhere", Operator)]
        #[error("expired in all {attempts} answers")]
        ExpiredEverywhere {
            /// How many answers were refused.
            attempts: u32,
            /// The last refusal.
            #[source]
            reason: VerifyError,
        },
        /// With this file, the repository would hold more than the limits allow. A mirror may have padded
        /// it, where its parent lists no length.
        #[refusal("update.too-much", AnotherMirror)]
        #[error("{role}: with its file, the repository holds {length} bytes, the limit is {limit}")]
        TooMuch {
            /// The role.
            role: RoleName,
            /// The limit in bytes.
            limit: u64,
            /// All files together.
            length: u64,
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
    /// Why a search gave no target.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum NotFound {
        /// No role that may speak for the path lists it.
        #[refusal("search.not-listed", Operator)]
        #[error("{0}")]
        NotListed(NotListed),
        /// No role lists it, and that proves nothing: the snapshot lists no digest of this one's file,
        /// so a mirror could have served another's. Publish with digests.
        #[refusal("search.not-proven", Operator)]
        #[error("{role}: no digest binds its file, so that it lists nothing proves nothing")]
        NotProven {
            /// The first role that is not bound.
            role: RoleName,
        },
        /// A role that may speak for the path could not be had, from no mirror.
        #[refusal(of 0)]
        #[error(transparent)]
        Refused(Box<UpdateError>),
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

    /// The proof that there is no such target; why there is none where this proves nothing.
    pub fn into_unlisted(self) -> core::result::Result<Unlisted, Self> {
        match self {
            Self::NotListed(NotListed { unlisted, unbound: None }) => Ok(unlisted),
            Self::NotListed(NotListed { unbound: Some(role), .. }) => Err(Self::NotProven { role }),
            other => Err(other),
        }
    }
}

/// A search has seen every role that may speak for a path, and none lists it.
///
/// It is the *proof* that there is no such target ([`NotFound::into_unlisted`]) if each of these files
/// is bound to its role by a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotListed {
    unlisted: Unlisted,
    /// The first role whose file is not bound to it.
    unbound: Option<RoleName>,
}

impl NotListed {
    pub(super) fn new(unlisted: Unlisted, unbound: Option<RoleName>) -> Self {
        Self { unlisted, unbound }
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &TargetPath {
        self.unlisted.path()
    }

    /// The roles that were visited, in order.
    #[must_use]
    pub fn visited(&self) -> &[RoleName] {
        self.unlisted.visited()
    }
}

impl fmt::Display for NotListed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.unlisted.fmt(f)
    }
}

/// Why a search in a repository that may be old gave no target.
///
/// A newer state may list it. So the proof that there is none is had only by who takes the age by name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct StaleNotFound(NotFound);

impl StaleNotFound {
    pub(super) fn new(not_found: NotFound) -> Self {
        Self(not_found)
    }

    /// Takes the answer although newer metadata may exist that lists the target.
    #[must_use]
    pub fn accept_staleness(self) -> NotFound {
        self.0
    }

    /// The stable code of this refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code()
    }

    /// What helps.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        self.0.remedy()
    }
}
