//! What there is at the end of a cycle, and of a search.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::step::{self, Step};
use super::trusted_metadata::{Finished, TrustedMetadata};
use super::{Loss, NotFound, StaleNotFound, UpdateError, search};
use crate::key::KeyId;
use crate::metadata::{Root, Snapshot, Targets};
use crate::primitives::{RoleName, TargetPath, UtcTime};
use crate::verify::{Freshness, Trusted, TrustedTarget, VerifyError, VouchedTarget};

/// A repository at the end of a cycle: root, timestamp, snapshot and top-level targets are trusted.
pub struct Repository<'a> {
    metadata: Box<TrustedMetadata<'a>>,
}

/// A repository that may be old: authentic, and not older than what the device has seen.
///
/// The end of [`Update::begin_offline`](super::Update::begin_offline) and of
/// [`Update::begin_stored`](super::Update::begin_stored).
pub struct StaleRepository<'a> {
    metadata: Box<TrustedMetadata<'a>>,
}

/// The end of a search: the repository again, and what was found.
#[derive(Debug)]
pub struct Lookup<R, T, E = NotFound> {
    /// The repository, for the next search.
    pub repository: R,
    /// The target, or why there is none.
    pub target: Result<T, E>,
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
    /// Roles that were visited before are at hand. If a role that may speak for the path cannot be had,
    /// the search ends with [`NotFound::Refused`], and the repository is there for the next one.
    pub fn find(
        self,
        path: &TargetPath,
    ) -> Result<Step<'a, Lookup<Self, TrustedTarget>>, UpdateError> {
        step::start(search::begin(self.metadata, path), |finished| Lookup {
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
        step::start(search::begin(self.metadata, path), |finished| {
            let Finished { mut metadata, target } = finished;
            let target = target.and_then(|target| metadata.vouch(target));
            Lookup { repository: Self { metadata }, target }
        })
    }

    /// Whether the metadata is known to have been current when the cycle began, or whether the clock
    /// left that open.
    ///
    /// Nothing ages in a repository that is kept: whoever keeps one holds
    /// [`fresh_until`](Self::fresh_until) against the time, and begins a new cycle.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        self.metadata.cycle.context.freshness()
    }

    /// When the first of root, timestamp, snapshot and top-level targets expires: after that, the
    /// repository is not known to be current any more, whatever [`freshness`](Self::freshness) says of
    /// its beginning. ([`VouchedTarget::fresh_until`] has the roles that vouch for a target besides.)
    #[must_use]
    pub fn fresh_until(&self) -> UtcTime {
        self.metadata.fresh_until([&RoleName::targets()])
    }
}

impl<'a> StaleRepository<'a> {
    /// Looks a target up, as [`Repository::find`] does.
    pub fn find(
        self,
        path: &TargetPath,
    ) -> Result<Step<'a, Lookup<Self, StaleTarget, StaleNotFound>>, UpdateError> {
        step::start(search::begin(self.metadata, path), |finished| Lookup {
            repository: Self { metadata: finished.metadata },
            target: finished.target.map(StaleTarget).map_err(StaleNotFound::new),
        })
    }

    /// Looks a target up together with who vouches for it, as [`Repository::find_vouched`] does.
    pub fn find_vouched(
        self,
        path: &TargetPath,
    ) -> Result<Step<'a, Lookup<Self, StaleTarget<VouchedTarget>, StaleNotFound>>, UpdateError>
    {
        step::start(search::begin(self.metadata, path), |finished| {
            let Finished { mut metadata, target } = finished;
            let target = target.and_then(|target| metadata.vouch(target));
            let target = target.map(StaleTarget).map_err(StaleNotFound::new);
            Lookup { repository: Self { metadata }, target }
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
            /// means nothing. A role that has made room for others since
            /// ([`max_repository_length`](crate::primitives::Limits::max_repository_length)) is refused:
            /// ask for approvals after the look-up.
            pub fn approvals(&self, target: &TrustedTarget) -> Result<Vec<KeyId>, VerifyError> {
                self.metadata.signers(target)
            }

            /// Counts the approvals of a target that was found in this repository, so that it knows of more
            /// than the threshold: for a policy that asks for more
            /// ([`plan_approvals`](crate::eligibility::Policy::plan_approvals)). Counted is each role on
            /// the way from `targets`, and the fewest count: a role with few signatures could delegate
            /// to as many keys as anybody asks for. Each costs a verification. A target of another state
            /// is given back as it is.
            pub fn count_approvals(
                &self,
                target: VouchedTarget,
            ) -> Result<VouchedTarget, VerifyError> {
                if target.snapshot() != self.metadata.snapshot_id() {
                    return Ok(target);
                }
                let counted = self.metadata.approvals(target.target())?;
                Ok(target.with_approvals(counted))
            }

            /// Takes files for bound to their roles although the snapshot lists no digests, where no two
            /// roles share a key.
            ///
            /// That is checked for what can be seen: all roles to which the root, `targets` and the
            /// visited roles delegate. Hash bins never qualify. What cannot be seen, the caller vouches
            /// for: that no key of a role is, or ever was, one of a role further down, or of one that
            /// is delegated no more. Without this, no release, plan, brake or list of service keys is
            /// read from such a repository, and nothing is proven to be absent. Some publishers cannot
            /// list digests (tuf-on-ci); where you publish, list them instead.
            #[must_use]
            pub fn assume_roles_have_keys_of_their_own(mut self) -> Self {
                self.metadata.assumes_own_keys = true;
                self
            }

            /// What the device has lost of its floors, and the caller has not yet
            /// [acknowledged](Self::acknowledge_losses). Tell the operator: the device may have been
            /// rolled back by what it was served since.
            pub fn losses(&self) -> impl Iterator<Item = Loss> {
                self.metadata.cycle.ledger.losses()
            }

            /// Whether nothing at all was stored of this chain: a first start, or a chain that is new
            /// to the device. If it is neither, all has been lost.
            #[must_use]
            pub fn began_empty(&self) -> bool {
                self.metadata.cycle.ledger.is_new()
            }

            /// Takes note of all [`losses`](Self::losses), so that they are told no more. It is one more
            /// step to store that.
            pub fn acknowledge_losses(self) -> Result<Step<'a, Self>, UpdateError> {
                step::start(self.metadata.acknowledge(), Self::new)
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
