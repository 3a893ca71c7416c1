//! Why the storage did not do what it was asked.

use std::io;
use std::path::PathBuf;

use crate::primitives::refusals;
use crate::verify::VerifyError;

refusals!(
    Storage,
    /// A failure of the device's storage, or a root that cannot be provisioned.
    #[derive(Debug, thiserror::Error)]
    #[non_exhaustive]
    pub enum StoreError {
        /// The file system failed.
        #[refusal("store.io", Operator)]
        #[error("{operation} {} failed", path.display())]
        Io {
            /// What was to be done.
            operation: StoreOperation,
            /// With which file or folder.
            path: PathBuf,
            /// What the operating system says.
            source: io::Error,
        },
        /// Another store has the folder open, in this process or another.
        #[refusal("store.in-use", Retry)]
        #[error("{} is in use by another store", folder.display())]
        InUse {
            /// The folder.
            folder: PathBuf,
        },
        /// The file system has no locks, so nobody knows whether another store has the folder open.
        #[refusal("store.no-locks", Operator)]
        #[error("the file system of {} has no locks", folder.display())]
        NoLocks {
            /// The folder.
            folder: PathBuf,
        },
        /// An item is longer than the store would read again.
        #[refusal("store.too-long", Operator)]
        #[error("{length} bytes to store, the limit is {limit}")]
        TooLong {
            /// The limit in bytes.
            limit: u64,
            /// The length.
            length: u64,
        },
        /// The root to provision does not meet its own threshold, or is not a valid root.
        #[refusal("store.root", Operator)]
        #[error("the root to provision is refused")]
        Root(#[from] VerifyError),
    }
);

/// What was to be done when the file system failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreOperation {
    /// Making or listing the folder.
    Open,
    /// Reading an item.
    Read,
    /// Writing an item.
    Write,
    /// Removing an item.
    Remove,
}

impl core::fmt::Display for StoreOperation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Open => "opening",
            Self::Read => "reading",
            Self::Write => "writing",
            Self::Remove => "removing",
        })
    }
}
