//! State that a device keeps: what its storage had of it, and what is to be stored next.

use alloc::vec::Vec;

use super::refusals;
use super::stored::{self, Item, Rewrite, Stored};

refusals!(
    Storage,
    /// Newer firmware has written an item of state in a form that this one must not write over.
    ///
    /// It happens after a fallback to an older slot. Nothing is installed until newer firmware runs, or
    /// until somebody removes the item, and its floors with it.
    #[refusal("state.newer", Operator)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    #[error("newer firmware has written the stored state, and this one cannot go on from it")]
    pub struct NewerState;
);

/// What a storage had of an item of state.
///
/// These are four different things. Nothing is taken for "new" but what is absent; and what newer
/// firmware has written is not written over by older firmware that runs after a fallback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredState<S> {
    /// What was stored last.
    Kept(S),
    /// There is nothing. On a device that has stored this item before, it is lost: tell the operator.
    Absent,
    /// There is something else: a storage that rots, another item, or that of another product. It is
    /// lost: tell the operator.
    Damaged,
    /// Newer firmware has written it in a form that this one must not write over. What is known of
    /// it counts; nothing is installed before newer firmware runs again.
    Newer(S),
}

impl<S> StoredState<S> {
    /// The state, or what the caller begins with where there is none.
    pub fn unwrap_or_else(self, new: impl FnOnce() -> S) -> S {
        match self {
            Self::Kept(state) | Self::Newer(state) => state,
            Self::Absent | Self::Damaged => new(),
        }
    }

    /// The state that was stored last, if all of it is known.
    pub fn kept(self) -> Option<S> {
        match self {
            Self::Kept(state) => Some(state),
            Self::Absent | Self::Damaged | Self::Newer(_) => None,
        }
    }

    /// Of the lines of an item; `make` gives `None` where they do not fit together.
    pub(crate) fn read<I: Item>(
        bytes: Option<&[u8]>,
        make: impl FnOnce(I, Kept<I>) -> Option<S>,
    ) -> Self {
        let (state, is_newer) = match stored::read::<I>(bytes) {
            Stored::Absent => return Self::Absent,
            Stored::Damaged => return Self::Damaged,
            Stored::Found(item, rewrite) => (make(item, Kept::of(Some(rewrite))), false),
            Stored::Newer(item) => (make(item, Kept::of(None)), true),
        };
        match state {
            Some(state) if is_newer => Self::Newer(state),
            Some(state) => Self::Kept(state),
            None => Self::Damaged,
        }
    }
}

/// What a state carries of its storage: whether it is there, and what lets it be written again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept<I> {
    /// `None` where newer firmware has written it.
    rewrite: Option<Rewrite<I>>,
    /// Whether the storage has it as it is.
    is_stored: bool,
}

impl<I: Item> Kept<I> {
    fn of(rewrite: Option<Rewrite<I>>) -> Self {
        Self { rewrite, is_stored: true }
    }

    /// Of a state that begins.
    pub(crate) fn new() -> Self {
        let (_, rewrite) = Stored::<I>::Absent.open();
        // Nothing has been learned yet that could be lost.
        Self { rewrite, is_stored: true }
    }

    /// Whether the storage has all that the state says.
    pub(crate) fn is_stored(&self) -> bool {
        self.is_stored
    }

    /// Whether newer firmware has written it.
    pub(crate) fn is_newer(&self) -> bool {
        self.rewrite.is_none()
    }

    /// The state differs from what is stored.
    pub(crate) fn set_changed(&mut self) {
        self.is_stored = false;
    }

    /// It is stored.
    pub(crate) fn set_stored(&mut self) {
        self.is_stored = true;
    }

    /// The bytes to store; `None` where newer firmware has written them.
    pub(crate) fn write(&self, item: &I) -> Option<Vec<u8>> {
        Some(self.rewrite.as_ref()?.write(item))
    }
}

/// What is to be stored before anything is done that depends on it.
///
/// ```text
/// let unstored = ratchets.observe(..)?;
/// store.write(unstored.to_store())?;      // whole, and durable
/// let live = unstored.stored();
/// ```
///
/// Where it cannot be stored, nothing may depend on it: drop it, and begin again from what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "store it, then call `stored`"]
pub struct Unstored<T> {
    bytes: Vec<u8>,
    has_changed: bool,
    then: T,
}

impl<T> Unstored<T> {
    pub(crate) fn new(bytes: Vec<u8>, has_changed: bool, then: T) -> Self {
        Self { bytes, has_changed, then }
    }

    /// The bytes to store, over those before.
    #[must_use]
    pub fn to_store(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether they differ from what is stored: nothing needs to be written if not.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.has_changed
    }

    /// They have been stored, or have not changed.
    pub fn stored(self) -> T {
        self.then
    }

    /// What it will be once it is stored, to look at.
    pub(crate) fn then(&self) -> &T {
        &self.then
    }

    pub(crate) fn into_then(self) -> (T, bool) {
        (self.then, self.has_changed)
    }
}
