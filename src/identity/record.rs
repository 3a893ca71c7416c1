//! What is kept: lines of text, `name value`, in a fixed order, with a checksum.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{Display, Write as _};

use crate::primitives::checksummed;

/// A record that is being written.
pub(super) struct Writer {
    title: &'static str,
    body: String,
}

impl Writer {
    pub(super) fn new(title: &'static str) -> Self {
        Self { title, body: String::new() }
    }

    pub(super) fn line(&mut self, name: &str, value: impl Display) {
        // Writing to a string does not fail.
        let _ = writeln!(self.body, "{name} {value}");
    }

    pub(super) fn finish(self) -> Vec<u8> {
        checksummed::write(self.title, &self.body)
    }
}

/// The lines of a record that has not been damaged. Who reads them compares what comes of it with
/// the bytes, as a number or the end of a line could be spelled otherwise.
pub(super) struct Lines<'b>(core::str::Lines<'b>);

impl<'b> Lines<'b> {
    /// `None` for bytes that were not written so under this title.
    pub(super) fn read(title: &str, bytes: &'b [u8]) -> Option<Self> {
        checksummed::read(title, bytes).map(|body| Self(body.lines()))
    }

    /// The value of the next line, if that has this name.
    pub(super) fn value(&mut self, name: &str) -> Option<&'b str> {
        let mut rest = self.0.clone();
        let value = rest.next()?.strip_prefix(name)?.strip_prefix(' ')?;
        self.0 = rest;
        Some(value)
    }

    /// The number in the next line.
    pub(super) fn number(&mut self, name: &str) -> Option<u64> {
        self.value(name)?.parse().ok()
    }

    /// There are no more lines.
    pub(super) fn end(mut self) -> Option<()> {
        self.0.next().is_none().then_some(())
    }
}
