//! Random choices for the crate's own unit tests, the same in every run.
//!
//! Properties of what is public are tried by `tests/`, with a library that also shrinks what it
//! finds. These are for properties of what is private: they keep that library, and all that it
//! brings, out of the build of whoever only runs an example.

use alloc::vec::Vec;

/// A generator (`SplitMix64`): seeded by hand, never by the clock.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let number = self.number() % u64::try_from(end).unwrap();
        usize::try_from(number).unwrap()
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.number() & 1 == 1
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.number().to_le_bytes()[0]
    }

    pub(crate) fn one_of<'t, T: ?Sized>(&mut self, all: &[&'t T]) -> &'t T {
        all[self.below(all.len())]
    }

    /// Fewer than `end` of what `make` makes.
    pub(crate) fn list<T>(&mut self, end: usize, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(end)).map(|_| make(self)).collect()
    }
}
