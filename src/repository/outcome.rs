//! What comes of a stage of signing.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Release, SealError, Signing};
use crate::primitives::Remedy;
use crate::verify::VerifyError;

/// What follows when all files of a stage are complete.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one of them at a time")]
pub enum Next {
    /// Further files have to be signed.
    Sign(Signing),
    /// All is complete.
    Release(Release),
}

/// Files are not complete: everything is as it was, and can go on.
#[derive(Debug, thiserror::Error)]
#[error("{} files are not complete", reasons.len())]
pub struct Incomplete {
    /// The files with their signatures.
    pub signing: Signing,
    /// Why, for each file that is not.
    pub reasons: Vec<VerifyError>,
}

/// The files are complete, but what follows from them cannot be sealed: everything is as it was.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Stopped {
    /// The files with their signatures.
    pub signing: Signing,
    /// Why.
    pub reason: SealError,
}

/// Why signing did not lead to a release.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// Something cannot be sealed, or a signer failed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Too few keys have signed a file, or it has expired since. All is given back, and can go on.
    #[error(transparent)]
    Incomplete(Box<Incomplete>),
    /// What follows cannot be sealed. All is given back, and can go on.
    #[error(transparent)]
    Stopped(Box<Stopped>),
}

impl PublishError {
    /// The stable code of this refusal: that of the first file that is not complete.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Seal(reason) => reason.code(),
            Self::Stopped(stopped) => stopped.reason.code(),
            Self::Incomplete(files) => {
                files.reasons.first().map_or("publish.incomplete", VerifyError::code)
            }
        }
    }

    /// What helps.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Seal(reason) => reason.remedy(),
            Self::Stopped(stopped) => stopped.reason.remedy(),
            Self::Incomplete(_) => Remedy::Operator,
        }
    }
}
