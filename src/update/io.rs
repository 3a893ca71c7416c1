//! The loop that every caller would write, over what only the caller has: storage and transport.
//!
//! [`Io`] is for code that blocks, [`AsyncIo`] for code that awaits. The two loops differ in
//! nothing else: what an answer means is decided by the machine.

use alloc::vec::Vec;

use super::{Change, Fetch, Load, RemoteFile, Step, StoredItem, UpdateError};

/// A device's storage and transport, for [`Step::run`].
pub trait Io {
    /// Why the storage or the transport failed.
    ///
    /// A type that is an [`Error`](core::error::Error) makes [`RunError`] one, for `?`. A boxed error is
    /// not. Where storage and transport fail with two types, `std::io::Error` takes either
    /// (`io::Error::other`), or an enum of your own does.
    type Error;

    /// Reads an item from the device's storage.
    ///
    /// An item that was never stored is [`Loaded::Nothing`]. Storage that fails is
    /// [`Loaded::Unreadable`]: the run goes on where the item can be fetched again or has another copy,
    /// and does not keep the error, so log it here.
    fn load(&mut self, item: &StoredItem) -> Loaded<Self::Error>;

    /// Downloads a file of the repository.
    ///
    /// Stop at [`max_length`](FileRequest::max_length): a longer file is refused in any case.
    /// Answer [`Fetched::NotFound`] only when the repository itself says that it has no such file;
    /// for a root, that ends the chain. Everything else that goes wrong is [`Fetched::Failed`]. Of
    /// several failures, [`RunError::Transport`] keeps the last; log the others here, and those of a
    /// look-up, which gives the repository back instead ([`NotFound::Refused`](super::NotFound)).
    fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<Self::Error>;

    /// A file that has been verified, as it was received, just before it is to be stored.
    ///
    /// It does nothing unless you want the very bytes, to pass them on to others: what is stored may be
    /// shorter ([`Persist::received`](super::Persist::received)).
    fn received(&mut self, _item: &StoredItem, _bytes: &[u8]) {}

    /// Makes these changes in their order, each of them atomically.
    ///
    /// Every prefix of them is safe, so a power cut between two needs no care. After an error the
    /// run goes on, as after [`Persist::failed`](super::Persist::failed): the verdict is the same,
    /// and [`Repository::is_durable`](super::Repository::is_durable) says whether a floor is
    /// missing. `run` does not keep the error, so log it here.
    fn store(&mut self, changes: &[Change<'_>]) -> Result<(), Self::Error>;
}

/// A device's storage and transport, for [`Step::run_async`]: [`Io`] for code that awaits.
///
/// An implementation may write its methods as `async fn`. Their futures must be [`Send`], so that a
/// run can be spawned on any executor. Where they cannot be, write the
/// [loop by hand](crate::update#the-loop-by-hand).
pub trait AsyncIo {
    /// Why the storage or the transport failed.
    type Error;

    /// Reads an item from the device's storage, as [`Io::load`] does.
    fn load(&mut self, item: &StoredItem) -> impl Future<Output = Loaded<Self::Error>> + Send;

    /// Downloads a file of the repository, as [`Io::fetch`] does.
    fn fetch(
        &mut self,
        request: FileRequest<'_>,
    ) -> impl Future<Output = Fetched<Self::Error>> + Send;

    /// A file that has been verified, as it was received: as [`Io::received`].
    fn received(&mut self, _item: &StoredItem, _bytes: &[u8]) {}

    /// Makes these changes in their order, as [`Io::store`] does.
    ///
    /// Whoever drops the future of a run drops this one, and a change that is under way must then end
    /// or be undone. A writer that goes on by itself could write over what the next cycle has stored.
    fn store(
        &mut self,
        changes: &[Change<'_>],
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// What the storage says of an item.
///
/// Absent and unreadable are different answers on purpose. A failed read that passes for an empty
/// storage would make a device go on without its rollback floors.
///
/// `Result<Option<Vec<u8>>, E>` converts into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loaded<E> {
    /// The bytes, as they were stored.
    Found(Vec<u8>),
    /// There is no such item.
    Nothing,
    /// The storage failed, so nobody knows whether there is one.
    Unreadable(E),
    /// Whatever there may be is given up, as by [`Load::assume_lost`].
    AssumedLost,
}

/// What the transport says of a file.
///
/// `Result<Option<Vec<u8>>, E>` converts into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched<E> {
    /// The bytes that arrived.
    Received(Vec<u8>),
    /// The repository itself says that it has no such file.
    NotFound,
    /// The download failed: no connection, a server error, anything but "no such file".
    Failed(E),
}

/// A file to download, as [`Fetch`] asks for it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FileRequest<'r> {
    /// The file; append its [`name`](RemoteFile::name) to the base URL as it is.
    pub file: &'r RemoteFile,
    /// The length in bytes at which to stop downloading.
    pub max_length: u64,
    /// 1 for the first request of this file, and one more for each answer that was refused. It can
    /// choose the mirror.
    pub attempt: u32,
    /// Why the last answer was refused; `None` at the first request.
    pub refusal: Option<&'r UpdateError>,
}

/// Why a run ended without a result. `E` is the caller's own error.
///
/// It has no code of its own: [`refusal`](Self::refusal) has one.
///
/// ```
/// use ota_trust::ErrorReport;
/// use ota_trust::update::RunError;
///
/// fn explain(error: &RunError<std::io::Error>) -> String {
///     format!("{}: {}", error.refusal().code(), ErrorReport::of(error))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError<E> {
    /// The cycle, or the search, was refused.
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// A file could not be downloaded at the last attempt.
    #[error("{refusal}")]
    Transport {
        /// The refusal, [`UpdateError::Transport`].
        refusal: UpdateError,
        /// What the transport said at that attempt.
        #[source]
        cause: E,
    },
    /// Neither copy of the ledger could be read, so it is not known which floors hold.
    #[error("{refusal}")]
    Unreadable {
        /// The refusal, [`UpdateError::UnreadableLedger`].
        refusal: UpdateError,
        /// What the storage said of the copy that was read last.
        #[source]
        cause: E,
    },
}

impl<E> RunError<E> {
    /// The refusal, with its code and remedy.
    #[must_use]
    pub fn refusal(&self) -> &UpdateError {
        match self {
            Self::Update(refusal)
            | Self::Transport { refusal, .. }
            | Self::Unreadable { refusal, .. } => refusal,
        }
    }
}

impl<E> From<Result<Option<Vec<u8>>, E>> for Loaded<E> {
    fn from(read: Result<Option<Vec<u8>>, E>) -> Self {
        match read {
            Ok(Some(bytes)) => Self::Found(bytes),
            Ok(None) => Self::Nothing,
            Err(cause) => Self::Unreadable(cause),
        }
    }
}

impl<E> From<Result<Option<Vec<u8>>, E>> for Fetched<E> {
    fn from(download: Result<Option<Vec<u8>>, E>) -> Self {
        match download {
            Ok(Some(bytes)) => Self::Received(bytes),
            Ok(None) => Self::NotFound,
            Err(cause) => Self::Failed(cause),
        }
    }
}

impl<D> Step<'_, D> {
    /// Answers this step and all that follow it, until the end.
    ///
    /// A cycle and a look-up are driven in the same way:
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use std::convert::Infallible;
    ///
    /// use ota_trust::primitives::{Limits, StartTime, TargetPath};
    /// use ota_trust::update::{Change, Fetched, FileRequest, Io, Loaded, StoredItem, Update};
    ///
    /// /// A device in memory, and what a mirror serves.
    /// struct Device {
    ///     stored: BTreeMap<StoredItem, Vec<u8>>,
    ///     mirror: BTreeMap<String, Vec<u8>>,
    /// }
    ///
    /// impl Io for Device {
    ///     type Error = Infallible; // maps do not fail
    ///
    ///     fn load(&mut self, item: &StoredItem) -> Loaded<Infallible> {
    ///         Ok(self.stored.get(item).cloned()).into()
    ///     }
    ///
    ///     fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<Infallible> {
    ///         Ok(self.mirror.get(&request.file.name()).cloned()).into()
    ///     }
    ///
    ///     fn store(&mut self, changes: &[Change<'_>]) -> Result<(), Infallible> {
    ///         for &change in changes {
    ///             match change {
    ///                 Change::Write { item, bytes } => {
    ///                     self.stored.insert(item.clone(), bytes.to_vec());
    ///                 }
    ///                 Change::Remove { item } => {
    ///                     self.stored.remove(item);
    ///                 }
    ///             }
    ///         }
    ///         Ok(())
    ///     }
    /// }
    /// # #[cfg(feature = "repository")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use ota_trust::key::{Ed25519Signer, Signer};
    /// # use ota_trust::metadata::RoleType;
    /// # use ota_trust::repository::{Policy, Published, TargetEntry};
    /// # let now = "2026-11-23T12:00:00Z".parse()?;
    /// # let [people, machine] = [1, 2].map(|seed| Ed25519Signer::from_seed(&[seed; 32]));
    /// # let mut draft = Published::nothing().draft();
    /// # for (role, key) in [(RoleType::Root, &people), (RoleType::Targets, &people),
    /// #     (RoleType::Snapshot, &machine), (RoleType::Timestamp, &machine)] {
    /// #     draft.root().set_keys(role, &[key.public_key().clone()], 1)?;
    /// # }
    /// # draft.targets()?;
    /// # draft.insert_target(&TargetPath::new("lamp/2.0.0.bin")?, &TargetEntry::of(b"firmware"))?;
    /// # let release = draft.seal(now, &Policy::default())?.publish(&[&people, &machine], now)?;
    /// # let files = release.files().map(|file| (file.name(), file.bytes().to_vec()));
    /// # let mirror: BTreeMap<String, Vec<u8>> = files.collect();
    /// # let root = mirror["1.root.json"].clone();
    ///
    /// let mut device = Device { stored: BTreeMap::new(), mirror };
    /// let cycle = Update::begin(root, StartTime::Known(now), Limits::default())?;
    /// let repository = cycle.run(&mut device)?;
    /// assert!(repository.is_durable()); // if not, install nothing
    ///
    /// let search = repository.find(&TargetPath::new("lamp/2.0.0.bin")?)?;
    /// let target = search.run(&mut device)?.target?;
    /// assert_eq!(target.length(), 8);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "repository"))]
    /// # fn main() {}
    /// ```
    ///
    /// It ends early with the first refusal that no other attempt can mend, or where neither copy of
    /// the ledger can be read. What was stored until then stays, and the next cycle goes on from there.
    pub fn run<I: Io + ?Sized>(self, io: &mut I) -> Result<D, RunError<I::Error>> {
        let mut step = self;
        loop {
            step = match step {
                Self::Load(load) => {
                    let loaded = io.load(load.item());
                    load.answer(loaded)?
                }
                Self::Fetch(fetch) => {
                    let fetched = io.fetch(fetch.request());
                    fetch.answer(fetched)?
                }
                Self::Persist(persist) => {
                    if let Some((item, bytes)) = persist.received() {
                        io.received(item, bytes);
                    }
                    let stored = io.store(&persist.changes());
                    match stored {
                        Ok(()) => persist.done()?,
                        Err(_) => persist.failed()?,
                    }
                }
                Self::Done(done) => return Ok(done),
            };
        }
    }

    /// Answers this step and all that follow it, until the end, awaiting the answers.
    ///
    /// The future is [`Send`] where `I`, `D` and the error are. To drop it is to cut the power:
    /// what was stored until then stays, and the next cycle goes on from there.
    ///
    /// ```
    /// use std::io;
    ///
    /// use ota_trust::primitives::{Limits, StartTime};
    /// use ota_trust::update::*;
    /// # use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
    /// # struct Http;
    /// # impl Http {
    /// #     async fn get(&self, _: &str, _: u64) -> io::Result<Option<Vec<u8>>> {
    /// #         Err(io::ErrorKind::NotConnected.into())
    /// #     }
    /// # }
    /// # struct Flash;
    /// # impl Flash {
    /// #     async fn read(&self, _: &StoredItem) -> io::Result<Option<Vec<u8>>> { Ok(None) }
    /// #     async fn apply(&self, _: &[Change<'_>]) -> io::Result<()> { Ok(()) }
    /// # }
    ///
    /// struct Device {
    ///     flash: Flash,
    ///     mirrors: [Http; 2],
    /// }
    ///
    /// impl AsyncIo for Device {
    ///     type Error = io::Error;
    ///
    ///     async fn load(&mut self, item: &StoredItem) -> Loaded<io::Error> {
    ///         self.flash.read(item).await.into()
    ///     }
    ///
    ///     async fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<io::Error> {
    ///         let mirror = &self.mirrors[request.attempt as usize % 2];
    ///         mirror.get(&request.file.name(), request.max_length).await.into()
    ///     }
    ///
    ///     async fn store(&mut self, changes: &[Change<'_>]) -> io::Result<()> {
    ///         self.flash.apply(changes).await.inspect_err(|error| eprintln!("flash: {error}"))
    ///     }
    /// }
    ///
    /// async fn refresh(
    ///     device: &mut Device,
    ///     root: Vec<u8>,
    ///     start: StartTime,
    /// ) -> Result<Repository<'static>, RunError<io::Error>> {
    ///     Update::begin(root, start, Limits::default())?.run_async(device).await
    /// }
    /// # let mut device = Device { flash: Flash, mirrors: [Http, Http] };
    /// # let start = StartTime::Known("2026-11-23T12:00:00Z".parse().unwrap());
    /// # let mut refused = pin!(refresh(&mut device, b"not a root".to_vec(), start));
    /// # let mut context = Context::from_waker(Waker::noop());
    /// # let Poll::Ready(Err(error)) = refused.as_mut().poll(&mut context) else { panic!() };
    /// # assert_eq!(error.refusal().code(), "update.anchor");
    /// ```
    pub async fn run_async<I: AsyncIo>(self, io: &mut I) -> Result<D, RunError<I::Error>> {
        let mut step = self;
        loop {
            step = match step {
                Self::Load(load) => {
                    let loaded = io.load(load.item()).await;
                    load.answer(loaded)?
                }
                Self::Fetch(fetch) => {
                    let fetched = io.fetch(fetch.request()).await;
                    fetch.answer(fetched)?
                }
                Self::Persist(persist) => {
                    if let Some((item, bytes)) = persist.received() {
                        io.received(item, bytes);
                    }
                    let stored = io.store(&persist.changes()).await;
                    match stored {
                        Ok(()) => persist.done()?,
                        Err(_) => persist.failed()?,
                    }
                }
                Self::Done(done) => return Ok(done),
            };
        }
    }
}

impl<'a, D> Load<'a, D> {
    fn answer<E>(self, loaded: Loaded<E>) -> Result<Step<'a, D>, RunError<E>> {
        let bytes = match loaded {
            Loaded::Found(bytes) => Some(bytes),
            Loaded::Nothing => None,
            Loaded::AssumedLost => return Ok(self.assume_lost()?),
            Loaded::Unreadable(cause) => {
                return self.unreadable().map_err(|refusal| match refusal {
                    UpdateError::UnreadableLedger => RunError::Unreadable { refusal, cause },
                    refusal => RunError::Update(refusal),
                });
            }
        };
        Ok(self.loaded(bytes)?)
    }
}

impl<'a, D> Fetch<'a, D> {
    fn request(&self) -> FileRequest<'_> {
        FileRequest {
            file: self.file(),
            max_length: self.max_length(),
            attempt: self.attempt(),
            refusal: self.refusal(),
        }
    }

    fn answer<E>(self, fetched: Fetched<E>) -> Result<Step<'a, D>, RunError<E>> {
        match fetched {
            Fetched::Received(bytes) => Ok(self.received(bytes)?),
            Fetched::NotFound => Ok(self.not_found()?),
            Fetched::Failed(cause) => {
                self.failed().map_err(|refusal| RunError::Transport { refusal, cause })
            }
        }
    }
}
