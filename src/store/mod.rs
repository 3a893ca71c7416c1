//! What a device stores, on a file system, crash-safe (feature `fs`).
//!
//! [`FsStore`] keeps the items that a cycle asks to persist ([`StoredItem`]) in one
//! folder of its own:
//!
//! ```text
//! 1.root.json       the provisioned root,
//! 2.root.json …     and every root since
//! ledger.1 ledger.2 how far the device has come: two copies, written in turn
//! timestamp.json
//! snapshot.json
//! role.<name>.json  targets and delegated roles: caches
//! chain.<name>      the same of a chain with a name of its own, from the root to the roles
//! rollouts.<product>, installation.<product>, permit.<product>, identity
//! lock              held while a store is open
//! ```
//!
//! Every item is the bytes that were handed over. A change is made by writing a temporary file,
//! syncing it, renaming it over the item and syncing the folder, so an item is the old or the new
//! one at any moment. Nothing that is read from the folder is believed: a cycle verifies all of it
//! again.
//!
//! One open store at a time may use a folder, and its clones: it holds a lock of the operating system
//! until the last of them is gone. Threads may share it. An item is then one of those that were
//! written, whole; which of them, if two are written at once, is up to the caller.

mod disk;
mod error;
mod lock;
mod names;
mod state;

#[cfg(test)]
mod tests;

use core::borrow::Borrow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::string::String;
use std::sync::Arc;
use std::vec::Vec;

pub use error::{StoreError, StoreOperation};
pub use state::StateItem;

use lock::Claim;

use crate::metadata::Snapshot;
use crate::primitives::stored::MAX_LENGTH;
use crate::primitives::{Limits, RoleName, Version};
use crate::update::{ChainName, Change, LedgerCopy, StoredItem, Update};
use crate::verify::{Trusted, anchor};

/// The stored items of one device, in a folder.
///
/// A loss is [`new`](crate::rollout::Ratchets::new), and so is damage: both types say what that means.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use ota_trust::installation::InstallState;
/// use ota_trust::primitives::{Limits, StartTime, StoredState};
/// use ota_trust::release::Product;
/// use ota_trust::rollout::Ratchets;
/// use ota_trust::store::{FsStore, StateItem, StoreError};
/// use ota_trust::update::{Change, Fetched, FileRequest, Io, Loaded, StoredItem, Update};
///
/// /// The store of a device, and the files of a mirror.
/// struct Agent {
///     store: FsStore,
///     mirror: BTreeMap<String, Vec<u8>>,
/// }
///
/// impl Io for Agent {
///     type Error = StoreError;
///
///     fn load(&mut self, item: &StoredItem) -> Loaded<StoreError> {
///         self.store.read(item).into()
///     }
///
///     fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<StoreError> {
///         Ok(self.mirror.get(&request.file.name()).cloned()).into()
///     }
///
///     fn store(&mut self, changes: &[Change<'_>]) -> Result<(), StoreError> {
///         self.store.apply(changes)
///     }
/// }
/// # #[cfg(feature = "repository")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use ota_trust::{key::{Ed25519Signer, Signer}, metadata::RoleType, repository::{Policy, Published}};
/// # let folder = &std::env::temp_dir().join(format!("ota-trust-store-{}", std::process::id()));
/// # let now = "2026-11-23T12:00:00Z".parse()?;
/// # let [people, machine] = [1, 2].map(|seed| Ed25519Signer::from_seed(&[seed; 32]));
/// # let mut draft = Published::nothing().draft();
/// # for (role, key) in [(RoleType::Root, &people), (RoleType::Targets, &people),
/// #     (RoleType::Snapshot, &machine), (RoleType::Timestamp, &machine)] {
/// #     draft.root().set_keys(role, &[key.public_key().clone()], 1)?;
/// # }
/// # draft.targets()?;
/// # let release = draft.seal(now, &Policy::default())?.publish(&[&people, &machine], now)?;
/// # let files = release.files().map(|file| (file.name(), file.bytes().to_vec()));
/// # let mirror: BTreeMap<String, Vec<u8>> = files.collect();
/// # let root = mirror["1.root.json"].clone();
///
/// let (limits, product) = (Limits::default(), Product::new("lamp")?);
/// let store = FsStore::open(folder, &limits)?;
/// store.provision(&root)?; // at each start, with the root that the firmware ships
/// let installation = StateItem::Installation(product.clone());
/// let stored = store.read_state(&installation)?; // an error here ends the cycle: it is no loss
/// let state = InstallState::load(stored.as_deref(), &product);
/// if !matches!(state, StoredState::Kept(_)) && store.has_stored(&installation)? {
///     eprintln!("the state of installations is lost, or newer firmware's"); // tell the operator
/// }
/// let state = state.unwrap_or_else(|| InstallState::new(product.clone()));
/// let stored = store.read_state(&StateItem::Rollouts(product.clone()))?;
/// let ratchets = Ratchets::load(stored.as_deref(), &product);
/// let ratchets = ratchets.unwrap_or_else(|| Ratchets::new(product.clone()));
///
/// let mut agent = Agent { store, mirror };
/// let cycle = Update::begin(root, StartTime::Known(now), limits)?;
/// let repository = cycle.run(&mut agent)?;
/// assert!(repository.is_durable());
/// // What an observation or a step has to store is written before it is acted on. All of it has this
/// // shape: `unstored.to_store()` is written, and then `unstored.stored()` is what follows.
/// # let _ = (state, ratchets, installation);
/// # Ok(()) }
/// # #[cfg(not(feature = "repository"))]
/// # fn main() {}
/// ```
#[derive(Clone, Debug)]
pub struct FsStore {
    /// The folder that is open: products' state, and the items of the default chain.
    folder: PathBuf,
    /// Where the items of the chain are.
    chain: PathBuf,
    limits: Limits,
    claim: Arc<Claim>,
}

type Result<T> = core::result::Result<T, StoreError>;

impl FsStore {
    /// Opens the folder, and makes it if it is not there. What interrupted writes left is removed.
    ///
    /// Refused where another store has it open, in this process or another
    /// ([`StoreError::InUse`]), and where its file system has no locks ([`StoreError::NoLocks`]).
    pub fn open(folder: impl AsRef<Path>, limits: &Limits) -> Result<Self> {
        let folder = folder.as_ref();
        disk::create_folder(folder)?;
        Self::claimed(folder, limits, Claim::exclusive(folder)?)
    }

    /// Opens a folder on a file system that has no locks.
    ///
    /// The caller sees to it that no other store uses the folder: two of them would sweep away what
    /// the other is writing.
    pub fn open_assuming_sole_use(folder: impl AsRef<Path>, limits: &Limits) -> Result<Self> {
        let folder = folder.as_ref();
        disk::create_folder(folder)?;
        Self::claimed(folder, limits, Claim::assumed())
    }

    fn claimed(folder: &Path, limits: &Limits, claim: Claim) -> Result<Self> {
        lock::sweep(folder)?;
        let (folder, limits, claim) = (folder.to_path_buf(), limits.clone(), Arc::new(claim));
        Ok(Self { chain: folder.clone(), folder, limits, claim })
    }

    /// The same store, with the items of this chain: those of the
    /// [default](ChainName::default) one are in the folder itself, those of another in a folder
    /// `chain.<name>`. The state of products belongs to no chain, and is the same in all.
    ///
    /// Name the same chain in the [`Anchor`](crate::update::Anchor) of a cycle.
    pub fn of_chain(&self, name: &ChainName) -> Result<Self> {
        let chain = self.chain_folder(name);
        disk::create_folder(&chain)?;
        Ok(Self { chain, ..self.clone() })
    }

    /// Ends a chain: its items are removed, and firmware that still names it is refused.
    ///
    /// To be called when no slot that must stay bootable names the chain any more. (If its root keys
    /// are stolen, end it at once: the slot that names it can then start, and not update.)
    pub fn end_chain(&self, name: &ChainName) -> Result<()> {
        let ended = self.of_chain(name)?;
        let bytes = Update::ended_ledger(name.clone());
        let copies = [LedgerCopy::First, LedgerCopy::Second].map(StoredItem::Ledger);
        copies.iter().try_for_each(|copy| ended.write(copy, &bytes))?;
        let names = disk::list(&ended.chain)?;
        let kept = copies.map(|copy| copy.file_name());
        let items = names.iter().filter(|name| names::is_metadata(name) && !kept.contains(name));
        items.into_iter().try_for_each(|name| disk::remove(&ended.chain, name))
    }

    fn chain_folder(&self, name: &ChainName) -> PathBuf {
        if *name == ChainName::default() {
            return self.folder.clone();
        }
        self.folder.join(names::of_chain(name))
    }

    /// Takes a root that the caller provisioned, and keeps it as the start of the chain.
    ///
    /// To be called at each start with the root that the firmware ships. A newer one replaces the
    /// older part of the chain; what follows it stays, and is verified again from it. The root
    /// must meet its own threshold, or nothing is changed.
    pub fn provision(&self, root: &[u8]) -> Result<()> {
        let version = anchor(root, &self.limits)?.version();
        let item = StoredItem::Root(version);
        if self.read(&item)?.as_deref() != Some(root) {
            self.write(&item, root)?;
        }
        // Oldest first: what is left is a chain without a gap, whenever this stops.
        for older in self.roots()?.into_iter().take_while(|&v| v < version) {
            self.remove(&StoredItem::Root(older))?;
        }
        Ok(())
    }

    /// The root from which the stored chain starts: the one that was provisioned last.
    ///
    /// To begin a cycle with it is to trust the storage as if it were the firmware. It is for a program
    /// that a person has given a root once, and that has no other place for it.
    pub fn assume_provisioned_root(&self) -> Result<Option<Vec<u8>>> {
        match self.roots()?.first() {
            Some(&version) => self.read(&StoredItem::Root(version)),
            None => Ok(None),
        }
    }

    /// The latest stored root, to begin a cycle with *instead of* the provisioned one.
    ///
    /// This gives up the check of the chain. It is for callers whose storage is itself as
    /// trustworthy as the firmware, such as a partition that the boot loader verifies.
    pub fn assume_stored_root(&self) -> Result<Option<Vec<u8>>> {
        match self.roots()?.last() {
            Some(&version) => self.read(&StoredItem::Root(version)),
            None => Ok(None),
        }
    }

    /// Removes files of roles that no look-up needs any more: those that the snapshot does not list, and,
    /// while the others take more than `max_bytes`, those that were written the longest ago. They are caches,
    /// and are fetched again if they are wanted; that of `targets` stays.
    ///
    /// To be called after a cycle, now and then: names of roles come and go, and nobody else removes them.
    pub fn remove_unneeded(&self, snapshot: &Trusted<'_, Snapshot>, max_bytes: u64) -> Result<()> {
        let item = |role: &str| StoredItem::Role(RoleName::checked(role)).file_name();
        let listed: BTreeSet<String> = snapshot
            .document()
            .listing()
            .filter_map(|(name, _)| Some(item(name.decode().strip_suffix(".json")?)))
            .collect();
        let top_level = item(RoleName::targets().as_str());
        let names = disk::list(&self.chain)?;
        let roles = names.iter().filter(|name| names::is_role(name) && **name != top_level);
        let mut kept = Vec::new();
        for name in roles {
            match disk::age_and_length(&self.chain, name)? {
                Some((written, length)) if listed.contains(name) => {
                    kept.push((written, name, length));
                }
                _ => disk::remove(&self.chain, name)?,
            }
        }
        kept.sort();
        let mut bytes: u64 = kept.iter().map(|(_, _, length)| length).sum();
        for (_, name, length) in kept {
            if bytes <= max_bytes {
                break;
            }
            disk::remove(&self.chain, name)?;
            bytes -= length;
        }
        Ok(())
    }

    /// Removes everything, of all chains.
    ///
    /// The floors go with it, so this is for whoever provisions the device, not for its agent: an agent
    /// that gets a new root names a new [chain](Self::of_chain).
    pub fn forget(&self) -> Result<()> {
        let folders = names::chains(&self.folder)?.into_iter().chain([self.folder.clone()]);
        folders.into_iter().try_for_each(|folder| {
            let names = disk::list(&folder)?;
            let ours = names.iter().filter(|name| names::is_item(name));
            ours.into_iter().try_for_each(|name| disk::remove(&folder, name))
        })
    }

    /// Reads an item; `None` where there is none, or a file of the repository that is longer than the
    /// limits allow. (So limits that are lowered below what is stored give up a floor.) A ledger that
    /// is too long is an error: newer firmware may have written it.
    pub fn read(&self, item: &StoredItem) -> Result<Option<Vec<u8>>> {
        let name = item.file_name();
        match item {
            StoredItem::Ledger(_) => disk::read_state(&self.chain, &name),
            item => disk::read(&self.chain, &name, self.limit(item)),
        }
    }

    fn limit(&self, item: &StoredItem) -> u64 {
        let limits = &self.limits;
        match item {
            StoredItem::Ledger(_) => MAX_LENGTH,
            StoredItem::Root(_) => limits.max_root_length,
            StoredItem::Timestamp => limits.max_timestamp_length,
            StoredItem::Snapshot => limits.max_snapshot_length,
            StoredItem::Role(_) => limits.max_targets_length,
        }
    }

    /// Makes changes in their order: what [`Persist::changes`](crate::update::Persist::changes) gives,
    /// or [`Io::store`](crate::update::Io::store) is given. After an error, a prefix of them is made.
    ///
    /// An item that the store's own limits would not let it [`read`](Self::read) again is refused: open
    /// the store with the limits of the cycle.
    pub fn apply<'c>(&self, changes: impl IntoIterator<Item: Borrow<Change<'c>>>) -> Result<()> {
        changes.into_iter().try_for_each(|change| match change.borrow() {
            Change::Write { item, bytes } => self.write(item, bytes),
            Change::Remove { item } => self.remove(item),
        })
    }

    /// The versions of the stored roots, ascending.
    fn roots(&self) -> Result<Vec<Version>> {
        let mut versions: Vec<Version> =
            disk::list(&self.chain)?.iter().filter_map(|name| names::root_version(name)).collect();
        versions.sort_unstable();
        Ok(versions)
    }

    fn write(&self, item: &StoredItem, bytes: &[u8]) -> Result<()> {
        let limit = self.limit(item);
        disk::replace(&self.chain, &item.file_name(), bytes, limit, &self.claim)
    }

    fn remove(&self, item: &StoredItem) -> Result<()> {
        disk::remove(&self.chain, &item.file_name())
    }
}
