//! What is kept: lines of text, `name value`, the last of which is a checksum over the others.
//!
//! A checksum tells a record that was torn by a power cut. Against somebody who writes the
//! storage the caller has to bring a MAC of its own.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{Display, Write as _};

use crate::primitives::{Digest, lower_hex_decode, sha256};

/// A record that is being written.
pub(super) struct Writer(String);

impl Writer {
    pub(super) fn new(title: &str) -> Self {
        Self(alloc::format!("{title}\n"))
    }

    pub(super) fn line(&mut self, name: &str, value: impl Display) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{name} {value}");
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let checksum = Digest::Sha256(sha256(self.0.as_bytes()));
        self.line("sha256", checksum);
        self.0.into_bytes()
    }
}

/// The lines of a record that has not been damaged.
pub(super) struct Lines<'b>(core::str::Lines<'b>);

impl<'b> Lines<'b> {
    /// `None` for bytes that were not written so under this title.
    pub(super) fn read(title: &str, bytes: &'b [u8]) -> Option<Self> {
        let text = core::str::from_utf8(bytes).ok()?;
        let at = text.strip_suffix('\n')?.rfind('\n')? + 1;
        let (body, last) = text.split_at_checked(at)?;
        let checksum = last.strip_prefix("sha256 ")?.strip_suffix('\n')?;
        if lower_hex_decode(checksum)? != sha256(body.as_bytes()) {
            return None;
        }
        Some(Self(body.strip_prefix(title)?.strip_prefix('\n')?.lines()))
    }

    /// The value of the next line, if that has this name.
    pub(super) fn value(&mut self, name: &str) -> Option<&'b str> {
        let mut rest = self.0.clone();
        let value = rest.next()?.strip_prefix(name)?.strip_prefix(' ')?;
        self.0 = rest;
        Some(value)
    }

    /// The number in the next line. One spelling only, so that what is read is written the same.
    pub(super) fn number(&mut self, name: &str) -> Option<u64> {
        number(self.value(name)?)
    }

    /// There are no more lines.
    pub(super) fn end(mut self) -> Option<()> {
        self.0.next().is_none().then_some(())
    }
}

/// A number as it is written here: no sign, no leading zero.
pub(super) fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (alloc::format!("{number}") == text).then_some(number)
}
