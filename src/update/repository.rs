//! What there is at the end of a cycle, and of a search.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::refresh::Cycle;
use super::step::{self, Step};
use super::{NotFound, UpdateError, search};
use crate::key::KeyId;
use crate::metadata::{Root, Snapshot, Targets};
use crate::primitives::{RoleName, TargetPath, UtcTime};
use crate::verify::{
    Authority, Delegator, Freshness, SnapshotId, Trusted, TrustedTarget, VerifyError,
    VouchedTarget, signers,
};

/// A repository at the end of a cycle: root, timestamp, snapshot and top-level targets are trusted.
pub struct Repository<'a> {
    metadata: Box<TrustedMetadata<'a>>,
}

/// A repository that may be old: authentic, and not older than what the device has seen.
///
/// The end of [`Update::begin_offline`](super::Update::begin_offline).
pub struct StaleRepository<'a> {
    metadata: Box<TrustedMetadata<'a>>,
}

/// The end of a search: the repository again, and what was found.
#[derive(Debug)]
pub struct Lookup<R, T> {
    /// The repository, for the next search.
    pub repository: R,
    /// The target, or why there is none.
    pub target: Result<T, NotFound>,
}

/// A target from a repository that may be old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleTarget<T = TrustedTarget>(T);

impl<T> StaleTarget<T> {
    /// Takes the target although newer metadata may exist that withdraws it: say so where a person
    /// has decided that installing from an old bundle is right.
    #[must_use]
    pub fn accept_staleness(self) -> T {
        self.0
    }
}

impl<'a> Repository<'a> {
    /// Looks a target up (§5.6.7): the same machine, which asks for the delegated roles that it
    /// needs.
    ///
    /// Roles that were visited before are at hand. An error ends the search because a role that may
    /// speak for the path could not be had; whoever wants to go on begins a new cycle.
    pub fn find(
        self,
        path: &TargetPath,
    ) -> Result<Step<'a, Lookup<Self, TrustedTarget>>, UpdateError> {
        step::start(search::begin(self.metadata, path)?, |finished| Lookup {
            repository: Self { metadata: finished.metadata },
            target: finished.target,
        })
    }

    /// Looks a target up together with who vouches for it: for release manifests, rollout plans
    /// and the components of a release, whose authority counts and not their bytes alone.
    pub fn find_vouched(
        self,
        path: &TargetPath,
    ) -> Result<Step<'a, Lookup<Self, VouchedTarget>>, UpdateError> {
        step::start(search::begin(self.metadata, path)?, |finished| {
            let target = finished.target.and_then(|target| finished.metadata.vouch(target));
            Lookup { repository: Self { metadata: finished.metadata }, target }
        })
    }

    /// Whether the metadata is known to be current, or whether the clock left that open.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        self.metadata.cycle.context.freshness()
    }
}

impl<'a> StaleRepository<'a> {
    /// Looks a target up, as [`Repository::find`] does.
    pub fn find(
        self,
        path: &TargetPath,
    ) -> Result<Step<'a, Lookup<Self, StaleTarget>>, UpdateError> {
        step::start(search::begin(self.metadata, path)?, |finished| Lookup {
            repository: Self { metadata: finished.metadata },
            target: finished.target.map(StaleTarget),
        })
    }

    /// Looks a target up together with who vouches for it, as [`Repository::find_vouched`] does.
    pub fn find_vouched(
        self,
        path: &TargetPath,
    ) -> Result<Step<'a, Lookup<Self, StaleTarget<VouchedTarget>>>, UpdateError> {
        step::start(search::begin(self.metadata, path)?, |finished| {
            let target = finished.target.and_then(|target| finished.metadata.vouch(target));
            Lookup {
                repository: Self { metadata: finished.metadata },
                target: target.map(StaleTarget),
            }
        })
    }
}

macro_rules! shared {
    ($repository:ident) => {
        impl<'a> $repository<'a> {
            /// The end of a cycle.
            pub(super) fn new(finished: Finished<'a>) -> Self {
                Self { metadata: finished.metadata }
            }

            /// The root.
            #[must_use]
            pub fn root(&self) -> &Trusted<'a, Root> {
                &self.metadata.root
            }

            /// The snapshot.
            #[must_use]
            pub fn snapshot(&self) -> &Trusted<'a, Snapshot> {
                &self.metadata.snapshot
            }

            /// The top-level targets.
            #[must_use]
            pub fn targets(&self) -> &Trusted<'a, Targets> {
                self.metadata.top_level()
            }

            /// Who has approved what a target says: the ids of all keys that have signed the role
            /// that lists it, of those that its delegator asks for. Each costs a verification.
            ///
            /// The target is one that was found in this repository; of one that was not, the answer
            /// means nothing.
            pub fn approvals(&self, target: &TrustedTarget) -> Result<Vec<KeyId>, VerifyError> {
                self.metadata.signers(target)
            }

            /// Whether every floor that the cycle raised was stored. If not, the verdict stands,
            /// but the device would forget it: nothing should be installed.
            ///
            /// It is also `false` where newer firmware has written the ledger and this one must not
            /// write over it. Then nothing at all is stored, and it stays so until firmware runs that
            /// knows what was written.
            #[must_use]
            pub fn is_durable(&self) -> bool {
                self.metadata.durable
            }

            /// Whether the cycle fetched as many roots as the limits allow, so that there may be
            /// more.
            #[must_use]
            pub fn may_have_more_roots(&self) -> bool {
                self.metadata.cycle.roots_at_bound.is_some()
            }
        }

        impl fmt::Debug for $repository<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($repository))
                    .field("root", &self.metadata.root.version())
                    .field("snapshot", &self.metadata.snapshot.version())
                    .field("targets", &self.metadata.top_level().version())
                    .finish_non_exhaustive()
            }
        }
    };
}

shared!(Repository);
shared!(StaleRepository);

/// All that a finished cycle trusts, and the roles that searches have added to it.
pub(super) struct TrustedMetadata<'a> {
    pub(super) cycle: Cycle,
    pub(super) root: Trusted<'a, Root>,
    pub(super) snapshot: Trusted<'a, Snapshot>,
    top_level: Trusted<'a, Targets>,
    delegated: BTreeMap<RoleName, DelegatedRole<'a>>,
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
        Self { cycle, root, snapshot, top_level, delegated, durable }
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

    /// Who vouches for a target that a search here has found.
    pub(super) fn vouch(&self, target: TrustedTarget) -> Result<VouchedTarget, NotFound> {
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
        let (snapshot, fresh_until) = (self.snapshot_id(), self.fresh_until(target.vouched_by()));
        Ok(VouchedTarget::new(target, authority, snapshot, fresh_until, self.durable))
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
        let (top, mut chain) = (RoleName::targets(), target.vouched_by().iter().rev());
        let role = chain.next().unwrap_or(&top);
        let Some(trusted) = self.targets(role) else {
            return Err(VerifyError::NotDelegated { role: role.clone(), delegator: top });
        };
        let delegator = match chain.next() {
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
