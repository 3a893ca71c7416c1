//! What comes of a stage of signing.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use super::{Release, SealError, Signing};
use crate::primitives::{Layer, RefusalInfo, Remedy, refusals};
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
#[derive(Debug)]
pub struct Incomplete {
    /// The files with their signatures.
    pub signing: Signing,
    /// Why, for each file that is not.
    pub reasons: Vec<VerifyError>,
}

/// The files are complete, but what follows from them cannot be sealed: everything is as it was.
#[derive(Debug, thiserror::Error)]
#[error("what follows cannot be sealed")]
pub struct Stopped {
    /// The files with their signatures.
    pub signing: Signing,
    /// Why.
    #[source]
    pub reason: SealError,
}

refusals!(
    Signing,
    /// Why signing did not lead to a release.
    #[derive(Debug, thiserror::Error)]
    #[non_exhaustive]
    pub enum PublishError {
        /// Something cannot be sealed, or a signer failed.
        #[refusal(of 0)]
        #[error(transparent)]
        Seal(#[from] SealError),
        /// Too few keys have signed a file, or it has expired since. All is given back, and can go on.
        #[refusal(of 0)]
        #[error(transparent)]
        Incomplete(Box<Incomplete>),
        /// What follows cannot be sealed. All is given back, and can go on.
        #[refusal(of 0)]
        #[error(transparent)]
        Stopped(Box<Stopped>),
    }
);

impl Incomplete {
    /// What `refusals()` lists: the code where no file says why.
    pub(crate) const TABLE: &'static [Option<RefusalInfo>] = &[Some(RefusalInfo {
        code: "publish.incomplete",
        meaning: "Files are not complete, and none says why.",
        remedy: Some(Remedy::Operator),
        layer: Layer::Signing,
    })];

    /// The code of the first file that is not complete.
    const fn code(&self) -> &'static str {
        match self.reasons.as_slice() {
            [first, ..] => first.code(),
            [] => "publish.incomplete",
        }
    }

    const fn remedy(&self) -> Remedy {
        let Self { .. } = self;
        Remedy::Operator
    }
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} files are not complete", self.reasons.len())
    }
}

impl Error for Incomplete {
    /// Why the first of them is not.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.reasons.first().map(|reason| reason as _)
    }
}

impl Stopped {
    const fn code(&self) -> &'static str {
        self.reason.code()
    }

    const fn remedy(&self) -> Remedy {
        self.reason.remedy()
    }
}
