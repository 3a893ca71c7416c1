//! Which targets a client looks up.

use crate::fleet::Fleet;

const LINES: usize = 16;

/// A line for each target, with its path and its length.
///
/// The targets are spread evenly over the roles that list them (`shares`), and over the places in
/// these. The first stands near the middle, because some clients look at each role in turn; the
/// others follow in steps of five, so that neighbours are not looked up one after the other.
pub(crate) fn lines(fleet: &Fleet, shares: &[&[u32]]) -> String {
    let all: usize = shares.iter().map(|share| share.len()).sum();
    let count = LINES.min(all);
    let line = |n: usize| {
        let place = (count / 2 + 5 * n) % count;
        let share = shares[place * shares.len() / count];
        let number = share[(2 * place + 1) * share.len() / (2 * count)];
        format!("{} {}\n", fleet.path(number), fleet.entry(number).length)
    };
    (0..count).map(line).collect()
}
