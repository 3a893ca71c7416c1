//! What there is at the end of a cycle, and of a search.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::cycle::Cycle;
use super::search;
use super::step::{self, Step};
use crate::metadata::{Root, Snapshot, Targets};
use crate::primitives::{Remedy, RoleName, TargetPath};
use crate::verify::{Freshness, Trusted, TrustedTarget};

/// All that a finished cycle trusts.
pub(super) struct World<'a> {
    pub(super) cycle: Cycle,
    pub(super) root: Trusted<'a, Root>,
    pub(super) snapshot: Trusted<'a, Snapshot>,
    top_level: Trusted<'a, Targets>,
    /// Delegated roles that searches have come to.
    delegated: BTreeMap<RoleName, Held<'a>>,
    durable: bool,
}

/// A delegated role, and the delegators whose keys have signed it.
pub(super) struct Held<'a> {
    pub(super) targets: Trusted<'a, Targets>,
    pub(super) delegators: Vec<RoleName>,
}

impl<'a> World<'a> {
    pub(super) fn new(
        cycle: Cycle,
        root: Trusted<'a, Root>,
        snapshot: Trusted<'a, Snapshot>,
        top_level: Trusted<'a, Targets>,
    ) -> Self {
        let delegated = BTreeMap::new();
        Self { cycle, root, snapshot, top_level, delegated, durable: true }
    }

    pub(super) fn top_level(&self) -> &Trusted<'a, Targets> {
        &self.top_level
    }

    /// The file of `targets` or of a delegated role that has been verified.
    pub(super) fn targets(&self, role: &RoleName) -> Option<&Trusted<'a, Targets>> {
        if *role == RoleName::targets() {
            return Some(&self.top_level);
        }
        self.delegated.get(role).map(|held| &held.targets)
    }

    /// A delegated role and those by whose keys it has been verified.
    pub(super) fn held(&self, role: &RoleName) -> Option<&Held<'a>> {
        self.delegated.get(role)
    }

    pub(super) fn hold(
        &mut self,
        role: RoleName,
        targets: Trusted<'a, Targets>,
        delegator: RoleName,
    ) {
        self.delegated.insert(role, Held { targets, delegators: vec![delegator] });
    }

    /// A role that is held is signed as this delegator asks, too.
    pub(super) fn verified_by(&mut self, role: &RoleName, delegator: RoleName) {
        if let Some(held) = self.delegated.get_mut(role) {
            held.delegators.push(delegator);
        }
    }
}

/// The end of a cycle or of a search, before the caller's types are put on it.
pub(super) struct Outcome<'a> {
    world: Box<World<'a>>,
    target: Result<TrustedTarget, NotFound>,
}

impl<'a> Outcome<'a> {
    /// A cycle has ended; nothing has been looked for.
    pub(super) fn refreshed(world: World<'a>) -> Self {
        Self { world: Box::new(world), target: Err(NotFound::NotListed { visited: Vec::new() }) }
    }

    /// A search has ended.
    pub(super) fn searched(world: Box<World<'a>>, target: Result<TrustedTarget, NotFound>) -> Self {
        Self { world, target }
    }

    pub(super) fn with_durability(mut self, durable: bool) -> Self {
        self.world.durable &= durable;
        self
    }

    pub(super) fn into_repository(self) -> Repository<'a> {
        Repository { world: self.world }
    }

    pub(super) fn into_stale_repository(self) -> StaleRepository<'a> {
        StaleRepository { world: self.world }
    }

    fn into_lookup(self) -> Lookup<Repository<'a>, TrustedTarget> {
        Lookup { repository: Repository { world: self.world }, target: self.target }
    }

    fn into_stale_lookup(self) -> Lookup<StaleRepository<'a>, StaleTarget> {
        let target = self.target.map(StaleTarget);
        Lookup { repository: StaleRepository { world: self.world }, target }
    }
}

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
pub struct StaleTarget(TrustedTarget);

impl StaleTarget {
    /// Takes the target although newer metadata may exist that withdraws it: say so where a person
    /// has decided that installing from an old bundle is right.
    #[must_use]
    pub fn accept_staleness(self) -> TrustedTarget {
        self.0
    }
}

/// Why a search found nothing, although all that it needed could be verified.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotFound {
    /// No role that may speak for the path lists it.
    #[error("no role that may speak for the target lists it (visited: {visited:?})")]
    NotListed {
        /// The roles that were visited, in order.
        visited: Vec<RoleName>,
    },
    /// The search had to end before it had seen every role that may speak for the path.
    #[error("the search ended at the limit of {limit} roles")]
    TooManyRoles {
        /// The limit.
        limit: u32,
    },
}

impl NotFound {
    /// The stable code of this answer.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotListed { .. } => "search.not-listed",
            Self::TooManyRoles { .. } => "search.too-many-roles",
        }
    }

    /// What helps.
    #[must_use]
    pub const fn remedy(&self) -> Remedy {
        Remedy::Operator
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
    ) -> Result<Step<'a, Lookup<Self, TrustedTarget>>, super::UpdateError> {
        Ok(step::start(search::begin(self.world, path)?, Outcome::into_lookup))
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
    ) -> Result<Step<'a, Lookup<Self, StaleTarget>>, super::UpdateError> {
        Ok(step::start(search::begin(self.world, path)?, Outcome::into_stale_lookup))
    }
}

macro_rules! shared {
    ($repository:ident) => {
        impl<'a> $repository<'a> {
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

            /// Whether every floor that the cycle raised was stored. If not, the verdict stands,
            /// but the device would forget it: nothing should be installed.
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
                    .field("targets", &self.world.top_level.version())
                    .finish_non_exhaustive()
            }
        }
    };
}

shared!(Repository);
shared!(StaleRepository);
