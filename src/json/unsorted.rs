//! The objects of a text whose keys are out of order, and the order that they should have.

use alloc::vec::Vec;

use super::grow;

/// Noted while a text is read, so that nobody has to find the order again: an object would be read
/// once for each object that it is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unsorted {
    /// As they ended: inner objects before outer ones.
    objects: Vec<Object>,
    /// The offsets of their keys, object after object, each in canonical order.
    keys: Vec<u32>,
    /// The numbers of the objects in the order of their starts.
    by_start: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Object {
    /// The offset of its opening bracket.
    start: u32,
    /// Where its keys end; they start where those of the object before it end.
    keys_end: u32,
}

impl Unsorted {
    pub(super) fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Notes the object that starts at `start`, with its keys in canonical order.
    pub(super) fn note(&mut self, start: u32, keys: &[u32]) {
        grow::extend(&mut self.keys, keys);
        // No text has more keys than offsets.
        let keys_end = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        grow::push(&mut self.objects, Object { start, keys_end });
    }

    /// There are no more.
    pub(super) fn complete(mut self) -> Self {
        // What is trusted is kept for long.
        self.objects.shrink_to_fit();
        self.keys.shrink_to_fit();
        let objects = &self.objects;
        let start = |number: &u32| objects.get(index(*number)).map(|object| object.start);
        let mut by_start: Vec<u32> = (0..).take(objects.len()).collect();
        by_start.sort_unstable_by_key(start);
        self.by_start = by_start;
        self
    }

    /// The keys, in canonical order, of the object that starts at `start`; `None` for one that is
    /// in order.
    pub(super) fn keys_of(&self, start: usize) -> Option<&[u32]> {
        let start = u32::try_from(start).ok()?;
        let object = |number: u32| self.objects.get(index(number));
        let found = self.by_start.binary_search_by_key(&Some(start), |&n| Some(object(n)?.start));
        let number = *self.by_start.get(found.ok()?)?;
        let from = number.checked_sub(1).and_then(object).map_or(0, |before| before.keys_end);
        self.keys.get(index(from)..index(object(number)?.keys_end))
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
