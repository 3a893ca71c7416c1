//! What all names of this crate's own have in common.

use alloc::boxed::Box;

use super::refusals;

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
pub(crate) fn check_name(text: &str) -> Result<Box<str>, NameError> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if text.is_empty() || text.len() > 64 || text.starts_with('.') || !text.bytes().all(fits) {
        return Err(NameError);
    }
    Ok(text.into())
}

/// Types of names.
macro_rules! names {
    ($($(#[$docs:meta])* $name:ident)*) => {$(
        $(#[$docs])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(alloc::boxed::Box<str>);

        impl $name {
            /// From 1 to 64 ASCII letters, digits, `-`, `_` or `.`; the first is no dot.
            pub fn new(text: &str) -> Result<Self, $crate::primitives::NameError> {
                $crate::primitives::check_name(text).map(Self)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        $crate::primitives::parsed! { $name, $crate::primitives::NameError, $name::new; }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Debug::fmt(&self.0, f)
            }
        }
    )*};
}

pub(crate) use names;
