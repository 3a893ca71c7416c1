//! What a finished cycle trusts, and what searches add to it.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::begin::Cycle;
use super::bindings::KeysSeen;
use super::ledger::{Found, Ledger};
use super::next::{Loading, Next, Storing};
use super::{LedgerCopy, NotFound, StoredItem, UpdateError};
use crate::key::{Key, KeyFingerprint, KeyId};
use crate::metadata::{ListedKey, RoleKeys, RoleType, Root, Snapshot, Targets};
use crate::primitives::{RoleName, UtcTime};
use crate::verify::{
    Authority, Delegator, FoundIn, Freshness, SnapshotId, Trusted, TrustedTarget, VerifyError,
    VouchedTarget, keys_of, signers,
};

/// All that a finished cycle trusts, and the roles that searches have added to it.
pub(super) struct TrustedMetadata<'a> {
    pub(super) cycle: Cycle,
    pub(super) root: Trusted<'a, Root>,
    pub(super) snapshot: Trusted<'a, Snapshot>,
    top_level: Trusted<'a, Targets>,
    delegated: BTreeMap<RoleName, DelegatedRole<'a>>,
    keys: KeysSeen,
    /// Those of timestamp and snapshot, once they have been asked for.
    online_keys: Option<Vec<KeyFingerprint>>,
    /// The caller vouches for it that no two roles ever had a key in common.
    pub(super) assumes_own_keys: bool,
    /// Whether floors can be stored, and every one that was raised was.
    pub(super) durable: bool,
}

/// A delegated role, and the delegators whose keys have signed it.
pub(super) struct DelegatedRole<'a> {
    pub(super) targets: Trusted<'a, Targets>,
    pub(super) delegators: Vec<RoleName>,
}

impl<'a> TrustedMetadata<'a> {
    pub(super) fn new(
        cycle: Cycle,
        root: Trusted<'a, Root>,
        snapshot: Trusted<'a, Snapshot>,
        top_level: Trusted<'a, Targets>,
    ) -> Self {
        let delegated = BTreeMap::new();
        let durable = cycle.ledger.is_writable();
        Self {
            cycle,
            root,
            snapshot,
            top_level,
            delegated,
            keys: KeysSeen::default(),
            online_keys: None,
            assumes_own_keys: false,
            durable,
        }
    }

    /// The losses that the ledger tells of are known. Other cycles may have written it since, so it is
    /// read again.
    pub(super) fn acknowledge(self: Box<Self>) -> Next<'a> {
        if self.cycle.ledger.losses().next().is_none() {
            return Next::Done(Finished::refreshed(self));
        }
        Box::new(Acknowledging { metadata: self, first: None }).load(LedgerCopy::First)
    }

    pub(super) fn top_level(&self) -> &Trusted<'a, Targets> {
        &self.top_level
    }

    /// The file of `targets` or of a delegated role that has been verified.
    pub(super) fn targets(&self, role: &RoleName) -> Option<&Trusted<'a, Targets>> {
        if role.is_targets() {
            return Some(&self.top_level);
        }
        self.delegated(role).map(|delegated| &delegated.targets)
    }

    /// A delegated role that a search has come to.
    pub(super) fn delegated(&self, role: &RoleName) -> Option<&DelegatedRole<'a>> {
        self.delegated.get(role)
    }

    /// Whether there is room for the file of one more role. Those that the present search has not come to
    /// make room: they are stored, or can be fetched again.
    pub(super) fn make_room(
        &mut self,
        role: &RoleName,
        file: &Trusted<'_, Targets>,
        is_needed: impl Fn(&RoleName) -> bool,
    ) -> Result<(), UpdateError> {
        let limit = self.cycle.limits().max_repository_length;
        if self.length_with(file) > limit {
            self.delegated.retain(|role, _| is_needed(role));
        }
        match self.length_with(file) {
            length if length > limit => {
                Err(UpdateError::TooMuch { role: role.clone(), limit, length })
            }
            _ => Ok(()),
        }
    }

    fn length_with(&self, file: &Trusted<'_, Targets>) -> u64 {
        let delegated = self.delegated.values().map(|role| role.targets.bytes());
        let own = [self.root.bytes(), self.snapshot.bytes(), self.top_level.bytes(), file.bytes()];
        own.into_iter().chain(delegated).map(|bytes| bytes.len() as u64).sum()
    }

    /// Adds a delegated role that is signed as this delegator asks.
    pub(super) fn add_role(
        &mut self,
        role: RoleName,
        targets: Trusted<'a, Targets>,
        delegator: RoleName,
    ) {
        self.delegated.insert(role, DelegatedRole { targets, delegators: vec![delegator] });
    }

    /// A delegated role is signed as this delegator asks, too.
    pub(super) fn add_delegator(&mut self, role: &RoleName, delegator: RoleName) {
        if let Some(delegated) = self.delegated.get_mut(role) {
            delegated.delegators.push(delegator);
        }
    }

    /// The targets role of this name as the delegator of `role`.
    pub(super) fn delegator<'s>(
        &'s self,
        name: &'s RoleName,
        role: &RoleName,
    ) -> Result<Delegator<'s, 'a>, VerifyError> {
        match self.targets(name) {
            Some(targets) => Ok(Delegator::Targets(name, targets)),
            None => Err(VerifyError::NotDelegated { role: role.clone(), delegator: name.clone() }),
        }
    }

    /// The keys of a delegated role, with their ids, by all that delegate to it and have been seen.
    pub(super) fn keys_of(&self, role: &RoleName) -> Vec<(KeyId, Key)> {
        let files = self.delegated.values().map(|delegated| &delegated.targets);
        let delegations = files.chain([&self.top_level]).filter_map(Trusted::delegations);
        let mut keys = Vec::new();
        for delegations in delegations {
            let listed = delegations.keys_of(role);
            for id in listed.iter().flat_map(RoleKeys::key_ids) {
                let key = delegations.key(id).and_then(ListedKey::decode);
                keys.extend(key.map(|key| (id.clone(), key)));
            }
        }
        keys
    }

    /// Whether a role shares a key with another one that has been seen to be delegated.
    pub(super) fn shares_key(&mut self, role: &RoleName) -> bool {
        let own = if role.is_targets() {
            keys_of(&self.root, RoleType::Targets)
        } else {
            self.keys_of(role)
        };
        let own: Vec<_> = own.into_iter().filter_map(|(_, key)| key.fingerprint()).collect();
        let Self { keys, root, snapshot, top_level, delegated, .. } = self;
        keys.see_root(root);
        keys.see(&RoleName::targets(), top_level, snapshot);
        for (name, role) in delegated.iter() {
            keys.see(name, &role.targets, snapshot);
        }
        keys.is_shared(role, &own)
    }

    /// Whether the file of a role is bound to it: by a digest, or on the caller's word that its keys
    /// were never another's, as far as that can be seen.
    pub(super) fn is_bound(&mut self, role: &RoleName) -> bool {
        let listed = self.snapshot.document().meta(role);
        listed.is_some_and(|listed| listed.hashes.is_some())
            || (self.assumes_own_keys && !self.shares_key(role))
    }

    /// Who vouches for a target that a search here has found.
    pub(super) fn vouch(&mut self, target: TrustedTarget) -> Result<VouchedTarget, NotFound> {
        let is_bound = target.vouched_by().iter().all(|role| self.is_bound(role));
        let mut authority = Authority::of_root(&self.root);
        let mut delegator = &self.top_level;
        for role in target.vouched_by() {
            // Every role that a search has come to is here, and delegated by the one before.
            let trusted = self.targets(role).ok_or(NotFound::NOTHING_SEEN)?;
            if !role.is_targets() {
                let delegated = authority.delegated(delegator, role);
                authority = delegated.ok_or(NotFound::NOTHING_SEEN)?;
            }
            delegator = trusted;
        }
        let fresh_until = self.fresh_until(target.vouched_by());
        let found = FoundIn {
            snapshot: self.snapshot_id(),
            fresh_until,
            // There is one wherever there is a snapshot.
            timestamp_expires: self.cycle.timestamp_expires.unwrap_or(fresh_until),
            online_key: authority.key_among(self.online_keys()),
            approvals: authority.approvals(),
            durable: self.durable,
            bound: is_bound,
        };
        Ok(VouchedTarget::new(target, authority, found))
    }

    /// The keys that sign timestamps and snapshots, ascending.
    fn online_keys(&mut self) -> &[KeyFingerprint] {
        let root = &self.root;
        self.online_keys.get_or_insert_with(|| {
            let keys = [RoleType::Timestamp, RoleType::Snapshot].map(|role| keys_of(root, role));
            let keys = keys.into_iter().flatten();
            let mut keys: Vec<_> = keys.filter_map(|(_, key)| key.fingerprint()).collect();
            keys.sort_unstable();
            keys
        })
    }

    /// When the first ends of these roles and of what vouches for all of them. What may be old is so
    /// by its timestamp and its snapshot.
    pub(super) fn fresh_until<'r>(&self, roles: impl IntoIterator<Item = &'r RoleName>) -> UtcTime {
        let mut fresh_until = self.root.expires();
        if self.cycle.context.freshness() != Freshness::Stale {
            let timestamp = self.cycle.timestamp_expires.into_iter();
            fresh_until = timestamp.fold(fresh_until.min(self.snapshot.expires()), Ord::min);
        }
        let roles = roles.into_iter().filter_map(|role| self.targets(role));
        roles.map(Trusted::expires).fold(fresh_until, Ord::min)
    }

    /// Which state of which repository this is.
    pub(super) fn snapshot_id(&self) -> SnapshotId {
        SnapshotId::of(&self.root, &self.snapshot)
    }

    /// Which of the keys that were asked have signed the role that lists a target.
    pub(super) fn signers(&self, target: &TrustedTarget) -> Result<Vec<KeyId>, VerifyError> {
        match target.vouched_by() {
            [.., delegator, role] => self.signers_of(role, Some(delegator)),
            [role] => self.signers_of(role, None),
            [] => self.signers_of(&RoleName::targets(), None),
        }
    }

    /// By how many keys each role below `targets` on the way to a target is signed, at least.
    pub(super) fn approvals(&self, target: &TrustedTarget) -> Result<u64, VerifyError> {
        let [_, _, ..] = target.vouched_by() else {
            return Ok(self.signers(target)?.len() as u64);
        };
        let mut fewest = u64::MAX;
        for edge in target.vouched_by().windows(2) {
            if let [delegator, role] = edge {
                fewest = fewest.min(self.signers_of(role, Some(delegator))?.len() as u64);
            }
        }
        Ok(fewest)
    }

    /// Which of the keys that `delegator`, or the root, asks have signed a role.
    fn signers_of(
        &self,
        role: &RoleName,
        delegator: Option<&RoleName>,
    ) -> Result<Vec<KeyId>, VerifyError> {
        let Some(trusted) = self.targets(role) else {
            let delegator = RoleName::targets();
            return Err(VerifyError::NotDelegated { role: role.clone(), delegator });
        };
        let delegator = match delegator {
            None => Delegator::Root(&self.root),
            Some(name) => self.delegator(name, role)?,
        };
        signers(delegator, role, trusted, self.cycle.limits())
    }
}

/// The end of a cycle or of a search, before it gets its public type.
pub(super) struct Finished<'a> {
    pub(super) metadata: Box<TrustedMetadata<'a>>,
    /// What a search found. After a refresh, nothing has been looked for.
    pub(super) target: Result<TrustedTarget, NotFound>,
}

impl<'a> Finished<'a> {
    pub(super) fn refreshed(metadata: Box<TrustedMetadata<'a>>) -> Self {
        Self { metadata, target: Err(NotFound::NOTHING_SEEN) }
    }

    pub(super) fn with_durability(mut self, durable: bool) -> Self {
        self.metadata.durable &= durable;
        self
    }
}

/// What a finished cycle trusts, while losses are being acknowledged.
pub(super) struct Acknowledging<'a> {
    metadata: Box<TrustedMetadata<'a>>,
    /// The first copy of the ledger.
    first: Option<Found>,
}

impl<'a> Acknowledging<'a> {
    fn load(self: Box<Self>, copy: LedgerCopy) -> Next<'a> {
        Next::Load { item: StoredItem::Ledger(copy), then: Loading::Acknowledge(self) }
    }

    // On its own: it moves whole ledgers, and a cycle does not pay for it.
    #[inline(never)]
    pub(super) fn loaded(mut self: Box<Self>, found: Found) -> Result<Next<'a>, UpdateError> {
        let Some(first) = self.first.take() else {
            self.first = Some(found);
            return Ok(self.load(LedgerCopy::Second));
        };
        let cycle = &mut self.metadata.cycle;
        let again = Ledger::read(first, found, &cycle.chain);
        cycle.ledger.acknowledge(again.ok_or(UpdateError::UnreadableLedger)?);
        if !cycle.ledger.is_changed() {
            return Ok(Next::Done(Finished::refreshed(self.metadata)));
        }
        let before = cycle.write_ledger();
        Ok(Next::Persist { before, item: None, then: Storing::Acknowledged(self.metadata) })
    }
}
