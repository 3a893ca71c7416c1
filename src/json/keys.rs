//! Where the entries of an object stand, in the order of their keys.

use alloc::boxed::Box;
use core::cmp::Ordering;

use super::text::compare_in_place;
use super::{Reader, Text};
use crate::primitives::Limits;

/// The entries of one object: the offset of each key, in the order of the decoded keys.
///
/// Four bytes an entry. The file itself is the map: a look-up is a binary search that reads keys
/// in place, and an entry is decoded when it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Index {
    keys: Box<[u32]>,
}

impl Index {
    pub(super) fn new(sorted: &[u32]) -> Self {
        Self { keys: sorted.into() }
    }

    /// The number of entries.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// A reader at the value of `key`; `None` where there is no such entry. `text` is the text
    /// that this index was made from.
    pub(crate) fn find<'b>(&self, text: &'b str, key: &str, limits: &Limits) -> Option<Reader<'b>> {
        let plain = !key.contains(['"', '\\']);
        let found = self.keys.binary_search_by(|&at| {
            let decided = if plain { compare_plain(text, at, key) } else { None };
            decided.unwrap_or_else(|| key_at(text, at).compare_str(key))
        });
        let found = found.ok()?;
        self.entry(text, found, limits).map(|(_, reader)| reader)
    }

    /// All keys in their order.
    pub(crate) fn keys<'b>(&self, text: &'b str) -> impl Iterator<Item = Text<'b>> {
        self.keys.iter().map(move |&at| key_at(text, at))
    }

    /// All entries in the order of their keys, each as its key and a reader at its value.
    pub(crate) fn entries<'b>(
        &self,
        text: &'b str,
        limits: &Limits,
    ) -> impl Iterator<Item = (Text<'b>, Reader<'b>)> {
        (0..self.keys.len()).filter_map(move |i| self.entry(text, i, limits))
    }

    fn entry<'b>(
        &self,
        text: &'b str,
        number: usize,
        limits: &Limits,
    ) -> Option<(Text<'b>, Reader<'b>)> {
        let at = *self.keys.get(number)?;
        let mut reader = Reader::at(text, offset(at), limits);
        let key = reader.text().ok()?;
        reader.colon().ok()?;
        Some((key, reader))
    }
}

/// Sorts the offsets of an object's keys by what the keys mean; `Err` with the offset of a key that
/// stands twice.
pub(super) fn sort(text: &str, keys: &mut [u32]) -> Result<(), usize> {
    keys.sort_unstable_by(|&a, &b| compare_in_place(inside(text, a), inside(text, b)));
    for pair in keys.windows(2) {
        if let [a, b] = *pair
            && compare_in_place(inside(text, a), inside(text, b)) == Ordering::Equal
        {
            return Err(offset(a.max(b)));
        }
    }
    Ok(())
}

/// The checked key whose opening quote stands at `at`.
fn key_at(text: &str, at: u32) -> Text<'_> {
    Text::up_to_quote(inside(text, at))
}

/// What follows the opening quote at `at`.
fn inside(text: &str, at: u32) -> &str {
    text.get(offset(at) + 1..).unwrap_or_default()
}

/// Compares the key at `at` with one that needs no escapes, without looking for the end of the
/// former; `None` where an escape stands before the first difference.
fn compare_plain(text: &str, at: u32, key: &str) -> Option<Ordering> {
    let (inside, key) = (text.as_bytes().get(offset(at) + 1..)?, key.as_bytes());
    let same = inside.iter().zip(key).take_while(|(a, b)| a == b).count();
    match (inside.get(same)?, key.get(same)) {
        (b'\\', _) => None,
        (b'"', None) => Some(Ordering::Equal),
        (b'"', Some(_)) => Some(Ordering::Less),
        (_, None) => Some(Ordering::Greater),
        (a, Some(b)) => Some(a.cmp(b)),
    }
}

fn offset(at: u32) -> usize {
    // 16-bit targets cannot hold such a file in the first place.
    usize::try_from(at).unwrap_or(usize::MAX)
}
