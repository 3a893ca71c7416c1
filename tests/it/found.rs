//! Tests that a fault in the library fails. Empty when there is none.

use crate::world::*;

/// `update/root.rs`, `loaded`: the first request of a cycle does not ask for the bound.
#[test]
fn a_bound_of_no_root_rotations_asks_for_none() {
    let mut repo = Repo::new();
    repo.next_root(|_| ());
    let mut device = Device::new(&repo);
    device.limits.max_root_rotations = 0;
    let trusted = device.refresh(&repo);
    assert_eq!(device.requested(), ["timestamp.json", "1.snapshot.json", "1.targets.json"]);
    assert_eq!(trusted.root().version().get(), 1);
    assert!(trusted.may_have_more_roots());
}
