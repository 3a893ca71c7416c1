//! How it is known that what a slot holds is right.

/// How it is known that a component is right. The stronger is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// Its bytes were right as they streamed by. What the storage made of them is not known.
    Streamed,
    /// The slot has given them back.
    ReadBack,
}
