//! Names that documents of different authorities share, and the paths that follow from them.

use alloc::boxed::Box;
use alloc::format;
use core::fmt;

use super::ReleaseVersion;
use crate::primitives::{TargetPath, parsed, refusals};

refusals!(
    Primitives,
    /// A text is not a valid name.
    #[refusal("name.form", FixCaller)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    #[error(
        "a name has 1 to 64 ASCII letters, digits, `-`, `_` or `.`, and does not start with `.`"
    )]
    pub struct NameError;
);

/// A name as all of them are: fit for a path segment of any file system, the same for every reader.
fn check(text: &str) -> Result<Box<str>, NameError> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if text.is_empty() || text.len() > 64 || text.starts_with('.') || !text.bytes().all(fits) {
        return Err(NameError);
    }
    Ok(text.into())
}

macro_rules! names {
    ($($(#[$docs:meta])* $name:ident)*) => {$(
        $(#[$docs])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// From 1 to 64 ASCII letters, digits, `-`, `_` or `.`; the first is no dot.
            pub fn new(text: &str) -> Result<Self, NameError> {
                check(text).map(Self)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        parsed! { $name, NameError, $name::new; }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    )*};
}

names! {
    /// A product: what has one series of releases, one rollback index and one rollout plan.
    Product
    /// A channel, such as `stable` or `beta`.
    Channel
    /// A kind of hardware, as the device's firmware knows itself.
    HardwareId
    /// A component of a release, such as `firmware` or `bootloader`.
    ComponentId
}

impl ComponentId {
    /// The only component of a release that is one target.
    #[must_use]
    pub(super) fn whole() -> Self {
        Self("whole".into())
    }
}

impl Product {
    /// Where the manifest of a release lies: `releases/<product>/<version>/release.json`.
    #[must_use]
    pub fn manifest_path(&self, version: &ReleaseVersion) -> TargetPath {
        TargetPath::checked(&format!("releases/{self}/{version}/release.json"))
    }

    /// Where the product's rollout plan lies: `rollouts/<product>.json`.
    #[must_use]
    pub fn plan_path(&self) -> TargetPath {
        TargetPath::checked(&format!("rollouts/{self}.json"))
    }

    /// Where the product's brake lies: `brake/<product>.json`.
    #[must_use]
    pub fn brake_path(&self) -> TargetPath {
        TargetPath::checked(&format!("brake/{self}.json"))
    }
}
