//! Why the storage did not do what it was asked.

use std::io;
use std::path::PathBuf;

use crate::primitives::Remedy;
use crate::verify::VerifyError;

/// A failure of the device's storage, or a root that cannot be provisioned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file system failed.
    #[error("{operation} {}: {source}", path.display())]
    Io {
        /// What was to be done.
        operation: StoreOperation,
        /// With which file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// An item of state is longer than one may be.
    #[error("{length} bytes of state, the limit is {limit}")]
    TooLong {
        /// The limit in bytes.
        limit: u64,
        /// The length.
        length: u64,
    },
    /// The root to provision does not meet its own threshold, or is no root.
    #[error("the root to provision: {0}")]
    Root(#[from] VerifyError),
}

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

impl StoreError {
    /// The stable code of this failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "store.io",
            Self::TooLong { .. } => "store.too-long",
            Self::Root(_) => "store.root",
        }
    }

    /// What helps.
    #[must_use]
    pub const fn remedy(&self) -> Remedy {
        Remedy::Operator
    }
}
