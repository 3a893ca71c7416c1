//! From the last root to the top-level targets (TUF §5.4 to §5.6).
//!
//! - §5.4: a timestamp is not older than the last one, nor is the snapshot that it names.
//! - §5.5: a snapshot is the one that the timestamp names; nothing that was listed is gone or older.
//! - §5.6: a targets file is the one that the snapshot names.
//! - §5.4.5, §5.5.7, §5.6.6: what is verified is stored before the next file is asked for.
//!
//! A state is on the way to one role. Signatures, versions and expiry are checked in
//! [`verify`](crate::verify), to which each state hands what has been proven so far.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::begin::Cycle;
use super::error::Result;
use super::next::{Answered, Bytes, Fetching, Kept, Loading, Next, Storing};
use super::trusted_metadata::{Finished, TrustedMetadata};
use super::{RemoteFile, StoredItem, UpdateError};
use crate::metadata::{MetaFile, RoleType, Root, Snapshot, Targets, Timestamp};
use crate::primitives::RoleName;
use crate::verify::{
    Authentic, Baseline, Context, Delegator, NewTimestamp, StoredFile, Trusted, VerifyError,
    current_snapshot, current_timestamp, keys_of, listed, snapshot, targets, timestamp,
};

/// On the way to the timestamp (§5.4), with the one from an earlier cycle.
pub(super) struct Timestamps<'a> {
    pub(super) cycle: Cycle,
    root: Trusted<'a, Root>,
    stored: Option<Authentic<'a, Timestamp>>,
    snapshot: Option<StoredFile<'a, Snapshot>>,
}

/// A timestamp that is about to be stored.
pub(super) struct VerifiedTimestamp<'a> {
    pub(super) cycle: Cycle,
    root: Trusted<'a, Root>,
    timestamp: Trusted<'a, Timestamp>,
    snapshot: Option<StoredFile<'a, Snapshot>>,
}

impl<'a> Timestamps<'a> {
    pub(super) fn begin(
        cycle: Cycle,
        root: Trusted<'a, Root>,
        stored: Option<Authentic<'a, Timestamp>>,
        snapshot: Option<StoredFile<'a, Snapshot>>,
    ) -> Next<'a> {
        Box::new(Self { cycle, root, stored, snapshot }).fetch()
    }

    /// §5.4.1
    fn fetch(self: Box<Self>) -> Next<'a> {
        let limits = self.cycle.limits();
        Next::Fetch {
            file: RemoteFile::timestamp(),
            max_length: limits.max_timestamp_length,
            max_attempts: limits.max_attempts,
            then: Fetching::Timestamp(self),
        }
    }

    /// §5.4.2 to §5.4.5.
    // On its own: a step has room for the largest of the answers, not for all of them.
    #[inline(never)]
    pub(super) fn received(mut self: Box<Self>, bytes: Bytes<'a>) -> Answered<'a, Self> {
        match timestamp(&self.root, &mut self.stored, bytes, &self.cycle.context) {
            Ok(NewTimestamp::Newer(timestamp)) => Ok(self.persist(timestamp)),
            Ok(NewTimestamp::Same(stored)) => {
                let Self { cycle, root, snapshot, .. } = *self;
                Ok(Next::or_end(Snapshots::begin(cycle, root, stored, snapshot)))
            }
            Err(e) => {
                let error = self.cycle.refusal(e);
                Err((self, error))
            }
        }
    }

    /// The stored timestamp is the one that is trusted, or there is none.
    pub(super) fn take_stored(self: Box<Self>) -> Result<Next<'a>> {
        let Self { cycle, root, stored, snapshot } = *self;
        let file = RemoteFile::timestamp();
        let stored = stored.ok_or(UpdateError::NotStored { file })?;
        let timestamp = current_timestamp(&root, stored, &cycle.context);
        let timestamp = timestamp.map_err(|e| cycle.refusal(e))?;
        Snapshots::begin(cycle, root, timestamp, snapshot)
    }

    // On its own: what is moved here takes no stack while signatures are verified.
    #[inline(never)]
    fn persist(self, timestamp: Trusted<'a, Timestamp>) -> Next<'a> {
        let Self { mut cycle, root, snapshot, .. } = self;
        let named = timestamp.snapshot().version;
        let rewritten = timestamp.stored_form(|| keys_of(&root, RoleType::Timestamp));
        cycle.ledger.trusted_timestamp(timestamp.version(), named, timestamp.signed_digest());
        Next::Persist {
            before: cycle.write_ledger(),
            item: Some(Kept { item: StoredItem::Timestamp, rewritten }),
            then: Storing::Timestamp(Box::new(VerifiedTimestamp {
                cycle,
                root,
                timestamp,
                snapshot,
            })),
        }
    }
}

impl<'a> VerifiedTimestamp<'a> {
    pub(super) fn bytes(&self) -> &[u8] {
        self.timestamp.bytes()
    }

    pub(super) fn stored(self) -> Result<Next<'a>> {
        Snapshots::begin(self.cycle, self.root, self.timestamp, self.snapshot)
    }
}

/// On the way to the snapshot (§5.5), with the one from an earlier cycle.
pub(super) struct Snapshots<'a> {
    pub(super) cycle: Cycle,
    root: Trusted<'a, Root>,
    timestamp: Trusted<'a, Timestamp>,
    /// One that was trusted before: the baseline of §5.5.5.
    before: Option<StoredFile<'a, Snapshot>>,
}

/// A snapshot that is about to be stored.
pub(super) struct VerifiedSnapshot<'a> {
    pub(super) cycle: Cycle,
    root: Trusted<'a, Root>,
    snapshot: Trusted<'a, Snapshot>,
}

impl<'a> Snapshots<'a> {
    /// The stored snapshot is used instead of a download if it is the current one.
    fn begin(
        mut cycle: Cycle,
        root: Trusted<'a, Root>,
        timestamp: Trusted<'a, Timestamp>,
        stored: Option<StoredFile<'a, Snapshot>>,
    ) -> Result<Next<'a>> {
        cycle.timestamp_expires = Some(timestamp.expires());
        let is_trusted = cycle.ledger.has_trusted(RoleType::Snapshot);
        // By keys and a version alone, a file of unknown origin could be another's.
        let may_be_current = is_trusted || timestamp.snapshot().hashes.is_some();
        let before = match stored {
            Some(file) if may_be_current => {
                match current(&root, &timestamp, file, &cycle.context) {
                    Ok(snapshot) if is_trusted => {
                        return TopLevelTargets::load(cycle, root, snapshot);
                    }
                    Ok(snapshot) => {
                        return Ok(Self { cycle, root, timestamp, before: None }.persist(snapshot));
                    }
                    Err(file) => Some(file),
                }
            }
            other => other,
        };
        let before = before.filter(|_| cycle.ledger.has_baseline());
        Box::new(Self { cycle, root, timestamp, before }).fetch()
    }

    /// §5.5.1
    fn fetch(self: Box<Self>) -> Result<Next<'a>> {
        let (limits, listed) = (self.cycle.limits(), self.timestamp.snapshot());
        let (role, limit) = (RoleType::Snapshot.into(), limits.max_snapshot_length);
        let (file, max_length) = self.cycle.listed_file(&self.root, role, listed, limit)?;
        let max_attempts = limits.max_attempts;
        Ok(Next::Fetch { file, max_length, max_attempts, then: Fetching::Snapshot(self) })
    }

    /// §5.5.2 to §5.5.7.
    // On its own: a step has room for the largest of the answers, not for all of them.
    #[inline(never)]
    pub(super) fn received(self: Box<Self>, bytes: Bytes<'a>) -> Answered<'a, Self> {
        let (before, context) = (self.before.as_ref().map(Baseline::from), &self.cycle.context);
        match snapshot(&self.root, &self.timestamp, before, bytes, context) {
            Ok(snapshot) => Ok(self.persist(snapshot)),
            Err(e) => {
                let error = self.cycle.refusal(e);
                Err((self, error))
            }
        }
    }

    // On its own: what is moved here takes no stack while signatures are verified.
    #[inline(never)]
    fn persist(self, snapshot: Trusted<'a, Snapshot>) -> Next<'a> {
        let Self { mut cycle, root, timestamp, .. } = self;
        let rewritten = if is_fixed(timestamp.snapshot()) {
            None
        } else {
            snapshot.stored_form(|| keys_of(&root, RoleType::Snapshot))
        };
        let targets = snapshot.document().meta(&RoleName::targets()).map(|listed| listed.version);
        cycle.ledger.trusted_snapshot(snapshot.version(), targets, snapshot.signed_digest());
        Next::Persist {
            before: cycle.write_ledger(),
            item: Some(Kept { item: StoredItem::Snapshot, rewritten }),
            then: Storing::Snapshot(Box::new(VerifiedSnapshot { cycle, root, snapshot })),
        }
    }
}

impl<'a> VerifiedSnapshot<'a> {
    pub(super) fn bytes(&self) -> &[u8] {
        self.snapshot.bytes()
    }

    pub(super) fn stored(self) -> Result<Next<'a>> {
        TopLevelTargets::load(self.cycle, self.root, self.snapshot)
    }
}

/// Whether a file has to stay as it was received: its parent says how long it is, or what its digest.
pub(super) fn is_fixed(listed: &MetaFile) -> bool {
    listed.hashes.is_some() || listed.length.is_some()
}

/// Trusts a stored snapshot if it is the one that the timestamp names; gives it back otherwise.
fn current<'a>(
    root: &Trusted<'_, Root>,
    timestamp: &Trusted<'_, Timestamp>,
    file: StoredFile<'a, Snapshot>,
    context: &Context,
) -> core::result::Result<Trusted<'a, Snapshot>, StoredFile<'a, Snapshot>> {
    let named = file.if_named(root, timestamp.snapshot(), context.limits())?;
    current_snapshot(root, timestamp, named, context).map_err(StoredFile::from)
}

/// On the way to the top-level targets (§5.6.1 to §5.6.6).
pub(super) struct TopLevelTargets<'a> {
    pub(super) cycle: Cycle,
    root: Trusted<'a, Root>,
    snapshot: Trusted<'a, Snapshot>,
    listed: MetaFile,
}

impl<'a> TopLevelTargets<'a> {
    fn load(
        cycle: Cycle,
        root: Trusted<'a, Root>,
        snapshot: Trusted<'a, Snapshot>,
    ) -> Result<Next<'a>> {
        let listed = listed(&snapshot, &RoleName::targets());
        let listed = listed.map_err(|e| cycle.refusal(e))?;
        let then = Loading::Targets(Box::new(Self { cycle, root, snapshot, listed }));
        Ok(Next::Load { item: StoredItem::Role(RoleName::targets()), then })
    }

    /// The stored file is used instead of a download if it is the one that the snapshot lists.
    pub(super) fn loaded(self: Box<Self>, bytes: Option<Bytes<'a>>) -> Result<Next<'a>> {
        let usable = self.cycle.ledger.may_reuse(&self.listed);
        match bytes.filter(|_| usable).and_then(|bytes| self.verify(bytes).ok()) {
            Some(targets) => {
                self.check_room(&targets)?;
                Ok(Next::Done(Finished::refreshed(self.with(targets))))
            }
            None => self.fetch(),
        }
    }

    /// §5.6.1
    fn fetch(self: Box<Self>) -> Result<Next<'a>> {
        let (limits, role) = (self.cycle.limits(), RoleName::targets());
        let limit = limits.max_targets_length;
        let (file, max_length) = self.cycle.listed_file(&self.root, role, &self.listed, limit)?;
        let max_attempts = limits.max_attempts;
        Ok(Next::Fetch { file, max_length, max_attempts, then: Fetching::Targets(self) })
    }

    /// §5.6.2 to §5.6.6.
    // On its own: a step has room for the largest of the answers, not for all of them.
    #[inline(never)]
    pub(super) fn received(self: Box<Self>, bytes: Bytes<'a>) -> Answered<'a, Self> {
        match self.verify(bytes) {
            Ok(targets) => {
                if let Err(error) = self.check_room(&targets) {
                    return Err((self, error));
                }
                let rewritten = if is_fixed(&self.listed) {
                    None
                } else {
                    targets.stored_form(|| keys_of(&self.root, RoleType::Targets))
                };
                let item = Some(Kept { item: StoredItem::Role(RoleName::targets()), rewritten });
                let then = Storing::Targets(self.with(targets));
                Ok(Next::Persist { before: Vec::new(), item, then })
            }
            Err(e) => {
                let error = self.cycle.refusal(e);
                Err((self, error))
            }
        }
    }

    fn verify(&self, bytes: Bytes<'a>) -> core::result::Result<Trusted<'a, Targets>, VerifyError> {
        let delegator = Delegator::Root(&self.root);
        targets(delegator, &self.snapshot, &RoleName::targets(), bytes, &self.cycle.context)
    }

    /// The repository holds no more than the limits allow.
    fn check_room(&self, targets: &Trusted<'_, Targets>) -> Result<()> {
        let limit = self.cycle.limits().max_repository_length;
        let files = [self.root.bytes(), self.snapshot.bytes(), targets.bytes()];
        match files.into_iter().map(|bytes| bytes.len() as u64).sum() {
            length if length > limit => {
                Err(UpdateError::TooMuch { role: RoleName::targets(), limit, length })
            }
            _ => Ok(()),
        }
    }

    fn with(self, targets: Trusted<'a, Targets>) -> Box<TrustedMetadata<'a>> {
        Box::new(TrustedMetadata::new(self.cycle, self.root, self.snapshot, targets))
    }
}
