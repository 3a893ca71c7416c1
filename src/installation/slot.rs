//! A place that a device can start from.

use crate::primitives::names;

names! {
    /// The name of a slot, such as `a` or `b`.
    Slot
}
