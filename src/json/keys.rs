//! Where the entries of an object stand, in the order of their keys.

#[cfg(feature = "repository")]
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::sort::sort;
use super::text::{DecodedBytes, compare_with, shared_words};
use super::{JsonError, Reader, Text};

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

    /// The index of the strings that stand at `texts`; `Err` with the place of one that stands there
    /// twice.
    pub(crate) fn of_texts(text: &str, mut texts: Vec<u32>) -> Result<Self, u32> {
        sort(text, &mut texts)?;
        Ok(Self { keys: texts.into_boxed_slice() })
    }

    /// The number of entries.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// A reader at the value of `key`; `None` where there is no such entry. `text` is the text
    /// that this index was made from.
    pub(crate) fn find<'b>(&self, text: &'b str, key: &str) -> Option<Reader<'b>> {
        entry(text, self.offset_of(text, key)?).map(|(_, reader)| reader)
    }

    /// Where the key stands that means `key`.
    pub(crate) fn offset_of(&self, text: &str, key: &str) -> Option<u32> {
        let plain = !key.bytes().any(|b| matches!(b, b'"' | b'\\'));
        let found = self.keys.binary_search_by(|&at| {
            let decided = if plain { compare_plain(text, at, key) } else { None };
            decided.unwrap_or_else(|| compare_with(inside(text, at), key.as_bytes()))
        });
        self.keys.get(found.ok()?).copied()
    }

    /// All keys in their order.
    pub(crate) fn keys<'b>(&self, text: &'b str) -> impl Iterator<Item = Text<'b>> {
        self.keys.iter().map(move |&at| text_at(text, at))
    }

    /// The keys that begin with `prefix`, in their order.
    #[cfg(feature = "repository")]
    pub(crate) fn keys_with<'b>(
        &self,
        text: &'b str,
        prefix: &str,
    ) -> impl Iterator<Item = Cow<'b, str>> {
        let first = self.keys.partition_point(|&at| text_at(text, at).compare_str(prefix).is_lt());
        let keys = self.keys.get(first..).unwrap_or_default().iter();
        keys.map(|&at| text_at(text, at).decode()).take_while(move |key| key.starts_with(prefix))
    }

    /// All entries in the order of their keys, each as its key and a reader at its value.
    pub(crate) fn entries<'b>(
        &self,
        text: &'b str,
    ) -> impl Iterator<Item = (Text<'b>, Reader<'b>)> {
        self.keys.iter().filter_map(move |&at| entry(text, at))
    }
}

/// The key that stands at `at`, and a reader at its value.
fn entry(text: &str, at: u32) -> Option<(Text<'_>, Reader<'_>)> {
    let mut reader = Reader::again(text, offset(at));
    let key = reader.text().ok()?;
    reader.colon().ok()?;
    Some((key, reader))
}

/// The checked string whose opening quote stands at `at`.
pub(crate) fn text_at(text: &str, at: u32) -> Text<'_> {
    Text::up_to_quote(inside(text, at))
}

/// The bytes of the file from behind the opening quote at `at` on.
pub(crate) fn raw_bytes(text: &str, at: u32) -> &[u8] {
    inside(text, at).as_bytes()
}

/// The bytes of what it means. They are decoded one by one, so that what needs only the first of a
/// long string reads no more.
pub(crate) fn decoded_bytes(text: &str, at: u32) -> impl Iterator<Item = u8> {
    DecodedBytes::new(inside(text, at))
}

/// Gives `each` the strings of the checked array that stands at `at`, and where each stands.
pub(crate) fn texts<'b>(text: &'b str, at: u32, mut each: impl FnMut(u32, Text<'b>)) {
    // Cannot fail: it was read before.
    let _ = Reader::again(text, offset(at)).array(|r| {
        let at = r.position()?;
        each(at, r.text()?);
        Ok::<_, JsonError>(())
    });
}

/// What follows the opening quote at `at`.
fn inside(text: &str, at: u32) -> &str {
    text.get(offset(at) + 1..).unwrap_or_default()
}

/// Compares the key at `at` with one that needs no escapes, without looking for the end of the
/// former; `None` where an escape stands before the first difference.
fn compare_plain(text: &str, at: u32, key: &str) -> Option<Ordering> {
    let (inside, key) = (text.as_bytes().get(offset(at) + 1..)?, key.as_bytes());
    let words = shared_words(inside, key);
    let rest = inside.iter().zip(key).skip(words);
    let same = words + rest.take_while(|(a, b)| a == b).count();
    match (inside.get(same)?, key.get(same)) {
        (b'\\', _) => None,
        (b'"', None) => Some(Ordering::Equal),
        (b'"', Some(_)) => Some(Ordering::Less),
        (_, None) => Some(Ordering::Greater),
        (a, Some(b)) => Some(a.cmp(b)),
    }
}

pub(super) fn offset(at: u32) -> usize {
    // 16-bit targets cannot hold such a file in the first place.
    usize::try_from(at).unwrap_or(usize::MAX)
}
