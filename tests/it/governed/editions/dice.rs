//! Numbers for plans that are the same at every run.

use super::HOUR;
use crate::publishing::house::now;

/// What is the same at every run, and has no pattern.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    /// One of so many numbers (`SplitMix64`).
    pub(super) fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % count
    }

    pub(super) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    /// A part of these, at least one.
    pub(super) fn some(&mut self, all: &[&'static str]) -> Vec<&'static str> {
        let chosen: Vec<_> = all.iter().copied().filter(|_| self.below(3) > 0).collect();
        if chosen.is_empty() { vec![all[0]] } else { chosen }
    }

    /// A time within two days of now.
    pub(super) fn near(&mut self) -> i64 {
        now().unix() - 48 * HOUR + i64::try_from(self.below(96)).unwrap() * HOUR
    }
}
