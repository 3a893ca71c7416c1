//! What there is at the end of a cycle, and of a search.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::step::{self, Step};
use super::world::{Outcome, World};
use super::{NotFound, UpdateError, search};
use crate::key::KeyId;
use crate::metadata::{Root, Snapshot, Targets};
use crate::primitives::TargetPath;
use crate::verify::{Freshness, Trusted, TrustedTarget, VerifyError, VouchedTarget};

/// A repository at the end of a cycle: root, timestamp, snapshot and top-level targets are trusted.
pub struct Repository<'a> {
    world: Box<World<'a>>,
}

/// A repository that may be old: authentic, and not older than what the device has seen.
///
/// The end of [`Update::begin_offline`](super::Update::begin_offline).
pub struct StaleRepository<'a> {
    world: Box<World<'a>>,
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
        Ok(step::start(search::begin(self.world, path)?, |outcome| Lookup {
            repository: Self { world: outcome.world },
            target: outcome.target,
        }))
    }

    /// Looks a target up together with who vouches for it: for release manifests, rollout plans
    /// and the components of a release, whose authority counts and not their bytes alone.
    pub fn find_vouched(
        self,
        path: &TargetPath,
    ) -> Result<Step<'a, Lookup<Self, VouchedTarget>>, UpdateError> {
        Ok(step::start(search::begin(self.world, path)?, |outcome| {
            let target = outcome.target.and_then(|target| outcome.world.vouch(target));
            Lookup { repository: Self { world: outcome.world }, target }
        }))
    }

    /// Whether the metadata is known to be current, or whether the clock left that open.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        self.world.cycle.context.freshness()
    }
}

impl<'a> StaleRepository<'a> {
    /// Looks a target up, as [`Repository::find`] does.
    pub fn find(
        self,
        path: &TargetPath,
    ) -> Result<Step<'a, Lookup<Self, StaleTarget>>, UpdateError> {
        Ok(step::start(search::begin(self.world, path)?, |outcome| Lookup {
            repository: Self { world: outcome.world },
            target: outcome.target.map(StaleTarget),
        }))
    }

    /// Looks a target up together with who vouches for it, as [`Repository::find_vouched`] does.
    pub fn find_vouched(
        self,
        path: &TargetPath,
    ) -> Result<Step<'a, Lookup<Self, StaleTarget<VouchedTarget>>>, UpdateError> {
        Ok(step::start(search::begin(self.world, path)?, |outcome| {
            let target = outcome.target.and_then(|target| outcome.world.vouch(target));
            Lookup { repository: Self { world: outcome.world }, target: target.map(StaleTarget) }
        }))
    }
}

macro_rules! shared {
    ($repository:ident) => {
        impl<'a> $repository<'a> {
            /// The end of a cycle.
            pub(super) fn new(outcome: Outcome<'a>) -> Self {
                Self { world: outcome.world }
            }

            /// The root.
            #[must_use]
            pub fn root(&self) -> &Trusted<'a, Root> {
                &self.world.root
            }

            /// The snapshot.
            #[must_use]
            pub fn snapshot(&self) -> &Trusted<'a, Snapshot> {
                &self.world.snapshot
            }

            /// The top-level targets.
            #[must_use]
            pub fn targets(&self) -> &Trusted<'a, Targets> {
                self.world.top_level()
            }

            /// Who has approved what a target says: the ids of all keys that have signed the role
            /// that lists it, of those that its delegator asks for. Each costs a verification.
            ///
            /// The target is one that was found in this repository; of one that was not, the answer
            /// means nothing.
            pub fn approvals(&self, target: &TrustedTarget) -> Result<Vec<KeyId>, VerifyError> {
                self.world.signers(target)
            }

            /// Whether every floor that the cycle raised was stored. If not, the verdict stands,
            /// but the device would forget it: nothing should be installed.
            ///
            /// It is also `false` where newer firmware has written the ledger and this one must not
            /// write over it. Then no floor can be stored.
            #[must_use]
            pub fn is_durable(&self) -> bool {
                self.world.durable
            }

            /// Whether the cycle fetched as many roots as the limits allow, so that there may be
            /// more.
            #[must_use]
            pub fn may_have_more_roots(&self) -> bool {
                self.world.cycle.roots_at_bound.is_some()
            }
        }

        impl fmt::Debug for $repository<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($repository))
                    .field("root", &self.world.root.version())
                    .field("snapshot", &self.world.snapshot.version())
                    .field("targets", &self.world.top_level().version())
                    .finish_non_exhaustive()
            }
        }
    };
}

shared!(Repository);
shared!(StaleRepository);
