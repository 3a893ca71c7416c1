//! State that a device keeps, in a form that older and newer code can both read and write.
//!
//! After the fallback to another slot, old firmware finds what new firmware has written. What it
//! does not understand it must not lose, and what it must not pass over has to stop it.
//!
//! ```text
//! ota-trust ledger 1                      item and major
//! file timestamp 5f70… 3 9a1c…            a word, and its fields
//! file snapshot 03b8… 3 9a1c… day=20420   a field that newer code has added
//! future x y                              a line that newer code has added
//! sha256 77d2…                            over all that stands before
//! ```
//!
//! No major changes this form: UTF-8 without control characters, each line ended by `\n`, one space
//! before each field. The checksum finds a storage that rots or a write that was torn, not an
//! attacker: whoever can write to the storage can compute it. A caller whose storage others can
//! write to adds a MAC of its own.
//!
//! # What a reader does
//!
//! - It knows the word: it reads the fields that it knows. Any `key=value` after them stays with
//!   the line, byte for byte, for as long as the subject of the line is there.
//! - It does not know the word: it keeps the line, byte for byte, and writes it again. Unknown
//!   lines come after the known ones, in the order in which they were.
//! - It does not know the word, and the line is critical (`!word`): the item is
//!   [`Newer`](Stored::Newer). Known lines count, and the item must not be written over, even if a
//!   known line cannot be read. A known word may be marked as critical, and stays so with the line.
//! - The major is higher than its own: the item is newer, and none of its lines is known.
//!
//! # What a change to an item must respect
//!
//! - A word never changes its meaning or its fields. Each field added since is `key=value`, and no
//!   other field has a `=`. Anything else is a new word: one more field of the [`lines!`] table.
//! - To a list of names, such as that of causes, a name is added only where older code reads any name,
//!   and keeps it. Otherwise a line with it would be damage to older code.
//! - Order means something among the lines of one word only. Older code may have moved the others.
//! - A line names its subject. Whoever knows the word drops the lines whose subject is gone,
//!   because older code may have removed the subject and kept the line.
//! - A critical line, or a higher major, is written only when every slot that must stay bootable
//!   can read it. Otherwise it stops the slot that is the way back.
//! - It is written at most half as long as `MAX_LENGTH`, so that what older code adds still fits.
//! - Whoever raises a major reads the lower ones as well. None has been raised yet, so a lower one
//!   is damage.

mod line;

#[cfg(test)]
mod tests;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt::Write as _;
use core::marker::PhantomData;

pub(crate) use line::{Field, Fields, Line, Reader, Writer, printed_fields};

use super::{Digest, sha256};

/// The most bytes that an item may take, whatever limits a device has set: a store that holds more
/// says so, and does not answer that it has nothing.
#[cfg(feature = "fs")]
pub(crate) const MAX_LENGTH: u64 = 1 << 20;

const CHECKSUM: &str = "sha256 ";

/// What the storage had of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stored<I> {
    /// The item, and what lets it be written again.
    Found(I, Rewrite<I>),
    /// No bytes at all.
    Absent,
    /// Bytes, and not those of such an item.
    Damaged,
    /// Newer code has written it, and this code must not write over it: the lines that are known.
    Newer(I),
}

impl<I: Item> Stored<I> {
    /// The known lines: none where the item is absent or damaged. And what lets the item be
    /// written: nothing does where newer code has written it.
    pub(crate) fn open(self) -> (I, Option<Rewrite<I>>) {
        match self {
            Self::Found(item, rewrite) => (item, Some(rewrite)),
            Self::Absent | Self::Damaged => (I::default(), Some(Rewrite::nothing())),
            Self::Newer(item) => (item, None),
        }
    }
}

/// The right to write an item of this type, and the lines that have to be written again. Only
/// [`open`](Stored::open) gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rewrite<I> {
    /// The lines whose words are not known, each with its end.
    unknown: String,
    of: PhantomData<fn(&I)>,
}

impl<I: Item> Rewrite<I> {
    fn nothing() -> Self {
        Self { unknown: String::new(), of: PhantomData }
    }

    /// The bytes to store.
    pub(crate) fn write(&self, item: &I) -> Vec<u8> {
        let mut text = format!("ota-trust {} {}\n", I::NAME, I::MAJOR);
        item.write(&mut text);
        text.push_str(&self.unknown);
        seal(text)
    }
}

/// An item of stored state. [`lines!`] makes one.
pub(crate) trait Item: Default {
    /// Its name in the first line.
    const NAME: &'static str;
    /// Rises only where older code must not even read the lines that it knows.
    const MAJOR: u64;

    /// The place of the lines with this word; `None` where the word is not known.
    fn lines_of(&mut self, word: &str) -> Option<&mut dyn LinesOf>;

    /// Adds all lines, in the order of the table.
    fn write(&self, text: &mut String);
}

/// The lines of one word: an `Option` where there is at most one of them, a `Vec` where there may
/// be any number.
pub(crate) trait LinesOf {
    /// Adds a line; `None` if it cannot be read, or if there is one already and may be no other.
    fn read(&mut self, is_critical: bool, fields: &str) -> Option<()>;

    /// Adds the lines to a text.
    fn write(&self, word: &str, text: &mut String);
}

impl<V: Fields> LinesOf for Option<Line<V>> {
    fn read(&mut self, is_critical: bool, fields: &str) -> Option<()> {
        let line = Line::read(is_critical, fields)?;
        if self.is_some() {
            return None;
        }
        *self = Some(line);
        Some(())
    }

    fn write(&self, word: &str, text: &mut String) {
        if let Some(line) = self {
            line.write(word, text);
        }
    }
}

impl<V: Fields> LinesOf for Vec<Line<V>> {
    fn read(&mut self, is_critical: bool, fields: &str) -> Option<()> {
        self.push(Line::read(is_critical, fields)?);
        Some(())
    }

    fn write(&self, word: &str, text: &mut String) {
        for line in self {
            line.write(word, text);
        }
    }
}

/// An [`Item`] as a table: a field for each word, of the same name, an `Option<Line<_>>` or a
/// `Vec<Line<_>>`. They are written in this order.
macro_rules! lines {
    (
        $name:literal,
        $major:literal,
        $(#[$meta:meta])*
        $vis:vis struct $item:ident { $($(#[$doc:meta])* $of:vis $word:ident: $lines:ty),* $(,)? } $(,)?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        $vis struct $item {
            $($(#[$doc])* $of $word: $lines,)*
        }

        impl $crate::primitives::stored::Item for $item {
            const NAME: &'static str = $name;
            const MAJOR: u64 = $major;

            fn lines_of(
                &mut self,
                word: &str,
            ) -> Option<&mut dyn $crate::primitives::stored::LinesOf> {
                $(if *word == *stringify!($word) {
                    return Some(&mut self.$word);
                })*
                None
            }

            fn write(&self, text: &mut alloc::string::String) {
                $($crate::primitives::stored::LinesOf::write(
                    &self.$word,
                    stringify!($word),
                    text,
                );)*
            }
        }
    };
}

pub(crate) use lines;

/// Reads what the storage has of an item, if it has anything.
pub(crate) fn read<I: Item>(bytes: Option<&[u8]>) -> Stored<I> {
    let Some(bytes) = bytes else { return Stored::Absent };
    let Some((major, lines)) = unseal(bytes).and_then(titled::<I>) else { return Stored::Damaged };
    let mut item = I::default();
    match major.cmp(&I::MAJOR) {
        Ordering::Less => return Stored::Damaged,
        Ordering::Equal => {}
        Ordering::Greater => return Stored::Newer(item),
    }
    let mut rewrite = Rewrite::nothing();
    let (mut is_newer, mut is_damaged) = (false, false);
    for line in lines.split_terminator('\n') {
        let word = line.split(' ').next().unwrap_or_default();
        let fields = line.strip_prefix(word).unwrap_or_default();
        let (is_critical, word) = match word.strip_prefix('!') {
            Some(word) => (true, word),
            None => (false, word),
        };
        if word.is_empty() {
            return Stored::Damaged;
        }
        match item.lines_of(word) {
            Some(lines) => is_damaged |= lines.read(is_critical, fields).is_none(),
            None if is_critical => is_newer = true,
            None => rewrite.unknown.extend([line, "\n"]),
        }
    }
    match (is_newer, is_damaged) {
        (true, _) => Stored::Newer(item),
        (false, true) => Stored::Damaged,
        (false, false) => Stored::Found(item, rewrite),
    }
}

/// The major that the first line of an item names, and the lines after it.
fn titled<I: Item>(text: &str) -> Option<(u64, &str)> {
    let (title, lines) = text.split_once('\n')?;
    let major = title.strip_prefix("ota-trust ")?.strip_prefix(I::NAME)?.strip_prefix(' ')?;
    let control = |byte: u8| byte.is_ascii_control() && byte != b'\n';
    (!text.bytes().any(control)).then_some((Field::read(major)?, lines))
}

/// Adds the checksum to lines of text.
pub(super) fn seal(mut text: String) -> Vec<u8> {
    let checksum = Digest::Sha256(sha256(text.as_bytes()));
    // Writing to a string does not fail.
    let _ = writeln!(text, "{CHECKSUM}{checksum}");
    text.into_bytes()
}

/// The lines to which [`seal`] has added a checksum; `None` for anything else.
pub(super) fn unseal(bytes: &[u8]) -> Option<&str> {
    let text = core::str::from_utf8(bytes).ok()?;
    let at = text.strip_suffix('\n')?.rfind('\n')? + 1;
    let (lines, last) = text.split_at_checked(at)?;
    let checksum = last.strip_prefix(CHECKSUM)?.strip_suffix('\n')?;
    let actual = Digest::Sha256(sha256(lines.as_bytes()));
    (*checksum == *format!("{actual}")).then_some(lines)
}
