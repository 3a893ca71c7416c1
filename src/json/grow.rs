//! Lists that grow by half: where memory is short, twice as much as is needed is too much.

use alloc::vec::Vec;

/// Appends `item`.
#[inline]
pub(super) fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() == list.capacity() {
        list.reserve_exact((list.len() / 2).max(8));
    }
    list.push(item);
}

/// Appends `items`.
pub(super) fn extend<T: Copy>(list: &mut Vec<T>, items: &[T]) {
    if list.capacity() - list.len() < items.len() {
        list.reserve_exact(items.len().max(list.len() / 2));
    }
    list.extend_from_slice(items);
}
