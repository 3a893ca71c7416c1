//! What a paragraph of the workflow asks for next, and what goes on with the answer.
//!
//! A state owns what has been proven so far, and an answer moves it on; so there is no state in
//! which a snapshot is at hand without the timestamp that names it.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

use super::error::Result;
use super::world::Outcome;
use super::{RemoteFile, StoredItem, UpdateError};

pub(super) type Bytes<'a> = Cow<'a, [u8]>;
pub(super) type Answered<'a, S> = core::result::Result<Next<'a>, Refused<S>>;
pub(super) type OnLoaded<'a> = Box<dyn FnOnce(Option<Bytes<'a>>) -> Result<Next<'a>> + Send + 'a>;

/// What is to be done next.
pub(super) enum Next<'a> {
    Load { item: StoredItem, then: OnLoaded<'a> },
    Fetch { file: RemoteFile, max_length: u64, max_attempts: u32, then: Box<dyn Fetching<'a> + 'a> },
    Persist { first: Vec<First>, item: StoredItem, then: Box<dyn Persisting<'a> + 'a> },
    Done(Outcome<'a>),
}

/// A refused answer gives the state back, so that another mirror can be asked.
pub(super) struct Refused<S>(Box<(S, UpdateError)>);

impl<S> Refused<S> {
    pub(super) fn new(state: S, error: impl Into<UpdateError>) -> Self {
        Self(Box::new((state, error.into())))
    }
}

/// What is to be stored or removed before the item itself.
pub(super) enum First {
    Remove(StoredItem),
    WriteLedger(Vec<u8>),
}

/// Waits for a download.
pub(super) trait Fetching<'a>: Send {
    fn received(
        self: Box<Self>,
        bytes: Bytes<'a>,
    ) -> core::result::Result<Next<'a>, (Box<dyn Fetching<'a> + 'a>, UpdateError)>;

    /// The repository says that there is no such file. `Err` where that is a refusal.
    fn not_found(
        self: Box<Self>,
    ) -> core::result::Result<Result<Next<'a>>, Box<dyn Fetching<'a> + 'a>>;
}

/// Waits for storage, and holds the bytes to be stored.
pub(super) trait Persisting<'a>: Send {
    fn bytes(&self) -> &[u8];
    fn persisted(self: Box<Self>) -> Result<Next<'a>>;
}

impl<'a> Next<'a> {
    pub(super) fn load(
        item: StoredItem,
        then: impl FnOnce(Option<Bytes<'a>>) -> Result<Next<'a>> + Send + 'a,
    ) -> Self {
        Self::Load { item, then: Box::new(then) }
    }

    /// Asks for a file that the repository must have.
    pub(super) fn fetch<S: Send + 'a>(
        file: RemoteFile,
        max_length: u64,
        max_attempts: u32,
        state: S,
        received: fn(S, Bytes<'a>) -> Answered<'a, S>,
    ) -> Self {
        let then = Box::new(Waiting { state, received, not_found: None });
        Self::Fetch { file, max_length, max_attempts, then }
    }

    /// Asks for a file that the repository may not have.
    pub(super) fn fetch_if_there<S: Send + 'a>(
        file: RemoteFile,
        max_length: u64,
        max_attempts: u32,
        state: S,
        received: fn(S, Bytes<'a>) -> Answered<'a, S>,
        not_found: fn(S) -> Result<Next<'a>>,
    ) -> Self {
        let then = Box::new(Waiting { state, received, not_found: Some(not_found) });
        Self::Fetch { file, max_length, max_attempts, then }
    }

    /// Asks to store the bytes that `bytes` finds in `state`.
    pub(super) fn persist<S: Send + 'a>(
        first: Vec<First>,
        item: StoredItem,
        state: S,
        bytes: fn(&S) -> &[u8],
        persisted: fn(S) -> Result<Next<'a>>,
    ) -> Self {
        Self::Persist { first, item, then: Box::new(Storing { state, bytes, persisted }) }
    }
}

struct Waiting<'a, S> {
    state: S,
    received: fn(S, Bytes<'a>) -> Answered<'a, S>,
    not_found: Option<fn(S) -> Result<Next<'a>>>,
}

impl<'a, S: Send + 'a> Fetching<'a> for Waiting<'a, S> {
    fn received(
        self: Box<Self>,
        bytes: Bytes<'a>,
    ) -> core::result::Result<Next<'a>, (Box<dyn Fetching<'a> + 'a>, UpdateError)> {
        let Self { state, received, not_found } = *self;
        received(state, bytes).map_err(|refused| {
            let (state, error) = *refused.0;
            let again: Box<dyn Fetching<'a> + 'a> = Box::new(Self { state, received, not_found });
            (again, error)
        })
    }

    fn not_found(
        self: Box<Self>,
    ) -> core::result::Result<Result<Next<'a>>, Box<dyn Fetching<'a> + 'a>> {
        match self.not_found {
            Some(not_found) => Ok(not_found(self.state)),
            None => Err(self),
        }
    }
}

struct Storing<'a, S> {
    state: S,
    bytes: fn(&S) -> &[u8],
    persisted: fn(S) -> Result<Next<'a>>,
}

impl<'a, S: Send + 'a> Persisting<'a> for Storing<'a, S> {
    fn bytes(&self) -> &[u8] {
        (self.bytes)(&self.state)
    }

    fn persisted(self: Box<Self>) -> Result<Next<'a>> {
        (self.persisted)(self.state)
    }
}
