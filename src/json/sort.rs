//! Strings in the order of what they mean, at a cost that no way of writing them multiplies.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::text::Part;

/// A string that is sorted: a few bytes of what it means, and where they are in the file.
///
/// A comparison takes one step, whatever the strings are. They are compared by their first bytes;
/// those that are equal so far get their next ones, until they differ or end. So each byte is
/// decoded once, and a string that has been told apart is not read on. (Where very many are sorted in
/// a few runs, each is decoded once more for each merging of two.)
#[derive(Clone, Copy)]
struct Sorted {
    part: Part,
    /// Where the string stands.
    at: u32,
    /// Where what follows `part` stands.
    next: u32,
}

/// Sorts the places of checked strings by what the strings mean; `Err` with the place of one that
/// means what another means. They are in no order then.
pub(crate) fn sort(text: &str, places: &mut [u32]) -> Result<(), u32> {
    match sort_until(text, places, |_| false, Equal::EndsIt) {
        Some(twice) => Err(twice),
        None => Ok(()),
    }
}

/// The same of strings up to the first ASCII character that `ends` each; any number may be equal.
pub(crate) fn sort_heads(text: &str, places: &mut [u32], ends: impl Fn(u8) -> bool + Copy) {
    sort_until(text, places, ends, Equal::Stays);
}

/// What happens where two strings are equal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Equal {
    EndsIt,
    Stays,
}

/// The place of one that is equal to another, if there is one.
fn sort_until(
    text: &str,
    places: &mut [u32],
    ends: impl Fn(u8) -> bool + Copy,
    equal: Equal,
) -> Option<u32> {
    // Most objects that are out of order are small.
    if let [a, b] = places {
        return sort_two(text, a, b, ends);
    }
    let mut few = [Sorted::new(0); 8];
    if let Some(few) = few.get_mut(..places.len()) {
        return sort_with(text, few, places, ends);
    }
    sort_in_runs(text, places, most_at_once(places), ends, equal)
}

/// Sorts at most so many strings at once, and merges them.
fn sort_in_runs(
    text: &str,
    places: &mut [u32],
    most: usize,
    ends: impl Fn(u8) -> bool + Copy,
    equal: Equal,
) -> Option<u32> {
    let mut run = places.len();
    while run > most {
        run = run.div_ceil(2);
    }
    let mut twice = None;
    let mut list = alloc::vec![Sorted::new(0); run];
    for places in places.chunks_mut(run) {
        let list = list.get_mut(..places.len()).unwrap_or_default();
        twice = twice.or(sort_with(text, list, places, ends));
        if twice.is_some() && equal == Equal::EndsIt {
            return twice;
        }
    }
    drop(list);
    while run < places.len() {
        for pair in places.chunks_mut(2 * run) {
            twice = twice.or(merge(text, pair, run, ends));
        }
        run *= 2;
    }
    twice
}

/// Merges the strings before `middle`, which are in order, with those behind it, which are too.
fn merge(
    text: &str,
    places: &mut [u32],
    middle: usize,
    ends: impl Fn(u8) -> bool + Copy,
) -> Option<u32> {
    let string = |place: u32| Sorted::new(place).read_on(text, ends);
    // The last run may have no other behind it.
    let before: Vec<u32> = places.get(..middle)?.into();
    let mut before = before.into_iter().map(string).peekable();
    let mut behind = middle;
    let mut next = places.get(behind).copied().map(string);
    let mut twice = None;
    for to in 0..places.len() {
        let Some(left) = before.peek() else { break };
        let order = next.map_or(Ordering::Less, |right| left.compare(right, text, ends));
        if order.is_eq() {
            twice = next.map(|right| right.at.max(left.at));
        }
        let least = if order.is_gt() { next } else { before.next() };
        if order.is_gt() {
            behind += 1;
            next = places.get(behind).copied().map(string);
        }
        if let (Some(to), Some(least)) = (places.get_mut(to), least) {
            *to = least.at;
        }
    }
    twice
}

/// So many strings are sorted at once that the list of them takes no more than half as much again as
/// the text that they stand in, or 16 KiB: very many strings as short as can be are sorted in a few
/// runs.
fn most_at_once(places: &[u32]) -> usize {
    let (Some(first), Some(last)) = (places.iter().min(), places.iter().max()) else { return 1 };
    let room = usize::try_from(last - first).unwrap_or(usize::MAX);
    (room / 2 * 3 / size_of::<Sorted>()).max(1024)
}

/// Sorts as many strings as the list has room for.
fn sort_with(
    text: &str,
    list: &mut [Sorted],
    places: &mut [u32],
    ends: impl Fn(u8) -> bool + Copy,
) -> Option<u32> {
    for (string, &place) in list.iter_mut().zip(places.iter()) {
        *string = Sorted::new(place).read_on(text, ends);
    }
    let twice = sort_list(text, list, ends);
    list.iter().zip(places).for_each(|(string, place)| *place = string.at);
    twice
}

fn sort_two(text: &str, a: &mut u32, b: &mut u32, ends: impl Fn(u8) -> bool) -> Option<u32> {
    let [first, second] = [*a, *b].map(|place| Sorted::new(place).read_on(text, &ends));
    match first.compare(second, text, &ends) {
        Ordering::Less => return None,
        Ordering::Greater => core::mem::swap(a, b),
        Ordering::Equal => return Some(*a.max(b)),
    }
    None
}

/// Sorts strings of which the first part has been read.
fn sort_list(text: &str, list: &mut [Sorted], ends: impl Fn(u8) -> bool + Copy) -> Option<u32> {
    sort_parts(list);
    let mut twice = None;
    let mut done = 0;
    // Those that are equal behind `done` are read on until they are not.
    while let Some((first, others)) = list.get(done..).and_then(<[_]>::split_first) {
        let end = done + 1 + others.iter().take_while(|s| first.part.is(s.part)).count();
        let (equal, more) = (end - done > 1, first.part.is_full());
        let same = list.get_mut(done..end).unwrap_or_default();
        if equal && more {
            for string in same.iter_mut() {
                *string = string.read_on(text, ends);
            }
            sort_parts(same);
            // It could be equal to these by chance, in another place of the string.
            if let Some(next) = list.get_mut(end) {
                next.part.set_apart();
            }
        } else {
            if equal {
                twice = twice.or(same.iter().map(|s| s.at).max());
            }
            done = end;
        }
    }
    twice
}

fn sort_parts(list: &mut [Sorted]) {
    list.sort_unstable_by(|a, b| {
        #[cfg(test)]
        crate::steps::add(1);
        a.part.cmp(&b.part)
    });
}

impl Sorted {
    /// The string at `at`, of which nothing has been read.
    fn new(at: u32) -> Self {
        Self { part: Part::default(), at, next: at.saturating_add(1) }
    }

    /// The same string, with the next part of it.
    #[inline]
    fn read_on(self, text: &str, ends: impl Fn(u8) -> bool) -> Self {
        let next = usize::try_from(self.next).unwrap_or(usize::MAX);
        let (part, next) = self.part.next(text.as_bytes(), next, ends);
        #[cfg(test)]
        crate::steps::add(1 + next.saturating_sub(self.next as usize));
        Self { part, next: u32::try_from(next).unwrap_or(u32::MAX), ..self }
    }

    /// Compares strings of which the first part has been read.
    fn compare(mut self, mut other: Self, text: &str, ends: impl Fn(u8) -> bool) -> Ordering {
        #[cfg(test)]
        crate::steps::add(1);
        while self.part == other.part && self.part.is_full() {
            (self, other) = (self.read_on(text, &ends), other.read_on(text, &ends));
        }
        self.part.cmp(&other.part)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;
    use crate::dice::Dice;
    use crate::json::shapes::Shape;
    use crate::json::{check, text_at};
    use crate::primitives::Limits;
    use crate::steps;

    /// Places of strings, in a text of nothing else, and what they mean up to an end.
    fn strings(dice: &mut Dice, ends: impl Fn(char) -> bool) -> (String, Vec<(String, u32)>) {
        const PARTS: [&str; 15] = [
            "a",
            "\\u0061",
            "aaaaaaa",
            "b",
            "*",
            "\\u002a",
            "\\\"",
            "\\\\",
            "\\u0000",
            "!",
            "\u{e9}",
            "\\u00e9",
            "\u{fffd}",
            "\u{1f600}",
            "\\ud83d\\ude00",
        ];
        let (mut text, mut meant) = (String::new(), Vec::new());
        for _ in 0..2 + dice.below(40) {
            let at = u32::try_from(text.len()).unwrap();
            text.push('"');
            text.extend(dice.list(12, |dice| dice.one_of(&PARTS)));
            text.push('"');
            let string = text_at(&text, at).decode();
            meant.push((string.chars().take_while(|&c| !ends(c)).collect(), at));
        }
        (text, meant)
    }

    #[test]
    fn strings_are_sorted_by_what_they_mean_up_to_an_end() {
        let (mut dice, mut with_equal) = (Dice::new(1), 0);
        for round in 0..4000 {
            let heads = round % 2 == 0;
            let (text, mut expected) = strings(&mut dice, |c| heads && c == '*');
            let mut places: Vec<u32> = expected.iter().map(|&(_, at)| at).collect();
            let ends = |byte| heads && byte == b'*';
            let twice = match round % 5 {
                0 => sort_until(&text, &mut places, ends, Equal::Stays),
                most => sort_in_runs(&text, &mut places, 4 * most, ends, Equal::Stays),
            };
            let meaning = |at: u32| &expected.iter().find(|(_, known)| *known == at).unwrap().0;
            let sorted: Vec<&String> = places.iter().map(|&at| meaning(at)).collect();
            let equal = sorted.windows(2).any(|pair| pair[0] == pair[1]);
            assert_eq!(twice.is_some(), equal, "{text}");
            if let Some(twice) = twice {
                with_equal += 1;
                assert!(sorted.iter().filter(|meant| **meant == meaning(twice)).count() > 1);
            }
            let sorted: Vec<String> = sorted.into_iter().cloned().collect();
            expected.sort();
            let expected: Vec<String> = expected.into_iter().map(|(meant, _)| meant).collect();
            assert_eq!(sorted, expected, "{text}");
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len(), expected.len(), "each is still there");
        }
        assert!((1000..3900).contains(&with_equal), "{with_equal}");
    }

    /// Found by a search: an object is read, and then the worst of its kind is changed a little.
    #[test]
    fn no_text_takes_more_steps_than_so_many_for_each_of_its_bytes() {
        const LENGTH: usize = 16 << 10;
        let limits = Limits::default();
        // In thousandths of a step for each byte.
        let cost = |shape: &Shape| {
            let text = shape.text(LENGTH);
            steps::of(|| check(text.as_bytes(), &limits)) * 1000 / text.len()
        };
        let mut worst = Shape::first().iter().map(cost).max().unwrap();
        for seed in 0..8 {
            let mut dice = Dice::new(seed);
            let mut best = Shape::random(&mut dice);
            let mut most = cost(&best);
            for _ in 0..150 {
                let mut other = best.clone();
                other.mutate(&mut dice);
                let found = cost(&other);
                if found >= most {
                    (best, most) = (other, found);
                }
            }
            worst = worst.max(most);
        }
        // The most that was found is 3.54.
        assert!((3200..3900).contains(&worst), "{worst}");
    }
}
