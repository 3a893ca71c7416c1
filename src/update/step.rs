//! What the caller is asked to do.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use super::error::Result;
use super::next::{EarlierChange, Fetching, Kept, Loading, Next, Storing};
use super::trusted_metadata::Finished;
use super::{RemoteFile, StoredItem, UpdateError};
use crate::verify::VerifyError;

/// What the caller is asked to do next; `D` is what there is at the end.
///
/// Exhaustive on purpose: a driver that forgets a step should not compile.
#[derive(Debug)]
#[must_use = "the cycle goes on only when the step is answered"]
pub enum Step<'a, D> {
    /// Read an item from the device's storage.
    Load(Load<'a, D>),
    /// Download a file.
    Fetch(Fetch<'a, D>),
    /// Store what has been verified.
    Persist(Persist<'a, D>),
    /// The end.
    Done(D),
}

/// A request to read an item from the device's storage.
#[must_use = "answer with `loaded`"]
pub struct Load<'a, D> {
    item: StoredItem,
    then: Loading<'a>,
    flow: Flow<'a, D>,
}

/// A request to download a file of the repository.
#[must_use = "answer with `received`, `not_found` or `failed`"]
pub struct Fetch<'a, D> {
    file: RemoteFile,
    max_length: u64,
    max_attempts: u32,
    attempt: u32,
    refusal: Option<UpdateError>,
    /// Every answer so far was refused because it had expired.
    all_expired: bool,
    then: Fetching<'a>,
    flow: Flow<'a, D>,
}

/// A request to store what has been verified.
#[must_use = "answer with `done` or `failed`"]
pub struct Persist<'a, D> {
    before: Vec<EarlierChange<'a>>,
    item: Option<Kept>,
    then: Storing<'a>,
    flow: Flow<'a, D>,
}

/// One change to the device's storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'c> {
    /// Store these bytes as this item, in place of what there was. Must be atomic by itself.
    Write {
        /// The item.
        item: &'c StoredItem,
        /// Its bytes, exactly as they are to be given back by a later [`Load`]. Of a file that nobody has
        /// listed by length or digest, they are at most twice as many as were signed, and 256 more.
        bytes: &'c [u8],
    },
    /// Remove this item, if it is there.
    Remove {
        /// The item.
        item: &'c StoredItem,
    },
}

/// What is carried from step to step: how the end becomes `D`, and whether all floors were stored.
struct Flow<'a, D> {
    finish: fn(Finished<'a>) -> D,
    durable: bool,
}

impl<'a, D> Flow<'a, D> {
    fn step(self, next: Next<'a>) -> Result<Step<'a, D>> {
        Ok(match next {
            Next::Load { item, then } => Step::Load(Load { item, then, flow: self }),
            Next::Fetch { file, then, .. } if then.goes_by_storage() => {
                return self.step(then.by_storage(file)?);
            }
            Next::Fetch { file, max_length, max_attempts, then } => Step::Fetch(Fetch {
                file,
                max_length,
                max_attempts,
                attempt: 1,
                refusal: None,
                all_expired: true,
                then,
                flow: self,
            }),
            Next::Persist { then, .. } if !then.may_store() => {
                return self.step(then.stored(false)?);
            }
            Next::Persist { before, item, then } => {
                Step::Persist(Persist { before, item, then, flow: self })
            }
            Next::End(error) => return Err(error),
            Next::Done(finished) => {
                Step::Done((self.finish)(finished.with_durability(self.durable)))
            }
        })
    }
}

/// The first step of a flow.
pub(super) fn start<'a, D>(next: Next<'a>, finish: fn(Finished<'a>) -> D) -> Result<Step<'a, D>> {
    Flow { finish, durable: true }.step(next)
}

impl<'a, D> Load<'a, D> {
    /// What to read.
    #[must_use]
    pub fn item(&self) -> &StoredItem {
        &self.item
    }

    /// Hands over what was read; `None` where there is nothing.
    ///
    /// Nothing that is stored is trusted without being verified again, so a storage that lies
    /// cannot make a device accept what it should refuse, but for the floors that it leaves out.
    /// Damage costs downloads and floors. Whoever can *write* the storage can also stop updates: the
    /// ledger is not signed, and one that names a root that does not exist refuses every chain
    /// until it is removed.
    ///
    /// A storage that *cannot be read* is another matter: see [`unreadable`](Self::unreadable).
    pub fn loaded(self, bytes: Option<impl Into<Cow<'a, [u8]>>>) -> Result<Step<'a, D>> {
        let next = self.then.loaded(bytes.map(Into::into))?;
        self.flow.step(next)
    }

    /// The storage failed, so nobody knows whether it has the item.
    ///
    /// The cycle goes on where the item can be fetched again, or where one copy of the ledger can be
    /// read. Without both it ends with [`UpdateError::UnreadableLedger`]: to go on would be to go on
    /// without floors.
    pub fn unreadable(self) -> Result<Step<'a, D>> {
        let next = self.then.unreadable()?;
        self.flow.step(next)
    }

    /// Gives the item up, whatever the storage may have of it.
    ///
    /// For a ledger that can never be read again: without this the device would never update again.
    /// What is stored besides becomes the floors, and the loss is told
    /// ([`Loss::Ledger`](super::Loss::Ledger)).
    pub fn assume_lost(self) -> Result<Step<'a, D>> {
        let next = self.then.assume_lost()?;
        self.flow.step(next)
    }
}

impl<'a, D> Fetch<'a, D> {
    /// The file; it displays as the name to append to the base URL.
    #[must_use]
    pub fn file(&self) -> &RemoteFile {
        &self.file
    }

    /// The length in bytes at which to stop downloading: a longer file is refused in any case.
    #[must_use]
    pub fn max_length(&self) -> u64 {
        self.max_length
    }

    /// 1 for the first request of this file, and one more for each answer that was refused.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Why the last answer was refused; `None` at the first request.
    #[must_use]
    pub fn refusal(&self) -> Option<&UpdateError> {
        self.refusal.as_ref()
    }

    /// Hands over the file.
    ///
    /// If it is refused, the step comes back as [`Step::Fetch`] with the
    /// [`refusal`](Self::refusal), for another mirror, until
    /// [`max_attempts`](crate::primitives::Limits::max_attempts) answers have been
    /// refused: then the refusal is the result.
    pub fn received(self, bytes: impl Into<Cow<'a, [u8]>>) -> Result<Step<'a, D>> {
        let Self { file, max_length, max_attempts, attempt, all_expired, then, flow, .. } = self;
        match then.received(bytes.into()) {
            Ok(next) => flow.step(next),
            Err((then, error)) => {
                let refusal = None;
                Self { file, max_length, max_attempts, attempt, refusal, all_expired, then, flow }
                    .refused(error)
            }
        }
    }

    /// The repository itself says that it has no such file.
    ///
    /// Only this ends the chain of roots. For any other file it is a refusal, as in
    /// [`received`](Self::received).
    pub fn not_found(mut self) -> Result<Step<'a, D>> {
        match self.then.not_found() {
            Ok(next) => self.flow.step(next?),
            Err(then) => {
                self.then = then;
                let error = UpdateError::NotFound { file: self.file.clone() };
                self.refused(error)
            }
        }
    }

    /// The file could not be downloaded: no connection, a server error, anything but "no such
    /// file".
    pub fn failed(self) -> Result<Step<'a, D>> {
        let error = UpdateError::Transport { file: self.file.clone() };
        self.refused(error)
    }

    fn refused(mut self, error: UpdateError) -> Result<Step<'a, D>> {
        self.all_expired &= matches!(error, UpdateError::Verify(VerifyError::Expired { .. }));
        if self.attempt >= self.max_attempts {
            // One mirror may be frozen. Where all agree, no other one helps.
            let error = match error {
                UpdateError::Verify(reason) if self.all_expired && self.attempt > 1 => {
                    UpdateError::ExpiredEverywhere { attempts: self.attempt, reason }
                }
                error => error,
            };
            return self.flow.step(self.then.give_up(error));
        }
        Ok(Step::Fetch(Self { attempt: self.attempt + 1, refusal: Some(error), ..self }))
    }
}

impl<'a, D> Persist<'a, D> {
    /// The changes, to be made in this order. Every prefix of them is safe, so a power cut between
    /// two of them needs no care; within one, the caller must see to it that it is made or not
    /// made.
    #[must_use]
    pub fn changes(&self) -> Vec<Change<'_>> {
        let mut changes: Vec<Change<'_>> = self
            .before
            .iter()
            .map(|change| match change {
                EarlierChange::Remove(item) => Change::Remove { item },
                EarlierChange::Write(item, bytes) => Change::Write { item, bytes },
            })
            .collect();
        changes.extend(self.item.as_ref().map(|Kept { item, rewritten }| Change::Write {
            item,
            bytes: rewritten.as_deref().unwrap_or_else(|| self.then.bytes()),
        }));
        changes
    }

    /// The file that has been verified, as it was received.
    ///
    /// What is to be stored differs from it where whoever served it has padded it: a device keeps at
    /// most twice what was signed. This is for those who pass files on, and need their very bytes. `None`
    /// where the changes are of the device's own state alone.
    #[must_use]
    pub fn received(&self) -> Option<(&StoredItem, &[u8])> {
        self.item.as_ref().map(|kept| (&kept.item, self.then.bytes()))
    }

    /// The changes are made.
    pub fn done(self) -> Result<Step<'a, D>> {
        let next = self.then.stored(true)?;
        self.flow.step(next)
    }

    /// The changes could not be made, or not all.
    ///
    /// The verdict is the same without them. But when a floor could not be stored, the device would
    /// forget what it has learnt: [`Repository::is_durable`](super::Repository::is_durable) then
    /// says so, and nothing should be installed.
    pub fn failed(mut self) -> Result<Step<'a, D>> {
        self.flow.durable &= self.item.as_ref().is_some_and(|kept| !kept.item.is_floor());
        let next = self.then.stored(false)?;
        self.flow.step(next)
    }
}

impl<D> fmt::Debug for Load<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load").field("item", &self.item).finish_non_exhaustive()
    }
}

impl<D> fmt::Debug for Fetch<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetch")
            .field("file", &self.file)
            .field("max_length", &self.max_length)
            .field("attempt", &self.attempt)
            .field("refusal", &self.refusal)
            .finish_non_exhaustive()
    }
}

impl<D> fmt::Debug for Persist<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Persist").field("changes", &self.changes()).finish_non_exhaustive()
    }
}
