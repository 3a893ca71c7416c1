//! A place that a device can start from.

use alloc::boxed::Box;
use core::fmt;

use crate::release::{ComponentId, NameError};

/// The name of a slot, such as `a` or `b`: a name as those of components are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(Box<str>);

impl Slot {
    /// From 1 to 64 ASCII letters, digits, `-`, `_` or `.`; the first is no dot.
    pub fn new(name: &str) -> Result<Self, NameError> {
        ComponentId::new(name).map(|name| Self(name.as_str().into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
