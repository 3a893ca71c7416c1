//! A target together with who vouches for it.

use super::{Authority, Freshness, SnapshotId, TrustedTarget};
use crate::key::KeyFingerprint;
use crate::primitives::UtcTime;

/// A trusted target together with who vouches for it, in which state of the repository.
///
/// [`Repository::find_vouched`](crate::update::Repository::find_vouched) makes one. Documents that
/// have authority beyond their bytes (release manifests, rollout plans) are read from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VouchedTarget {
    target: TrustedTarget,
    authority: Authority,
    found: FoundIn,
}

/// What holds of the repository in which a target was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundIn {
    pub(crate) snapshot: SnapshotId,
    pub(crate) fresh_until: UtcTime,
    pub(crate) timestamp_expires: UtcTime,
    pub(crate) online_key: Option<KeyFingerprint>,
    pub(crate) approvals: u64,
    pub(crate) durable: bool,
    pub(crate) bound: bool,
}

impl VouchedTarget {
    /// Only a finished search calls this.
    pub(crate) fn new(target: TrustedTarget, authority: Authority, found: FoundIn) -> Self {
        Self { target, authority, found }
    }

    /// The target.
    #[must_use]
    pub fn target(&self) -> &TrustedTarget {
        &self.target
    }

    /// The chain of edges that leads to the role that lists it.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The state of the repository in which it was found.
    #[must_use]
    pub fn snapshot(&self) -> SnapshotId {
        self.found.snapshot
    }

    /// When the first of the files expires that vouch for it: root, timestamp, snapshot and the
    /// roles of the chain. (Of an offline bundle: root and the chain; the others may have expired.)
    #[must_use]
    pub fn fresh_until(&self) -> UtcTime {
        self.found.fresh_until
    }

    /// When the timestamp expires by which it was found. (Of an offline bundle it may have.)
    #[must_use]
    pub fn timestamp_expires(&self) -> UtcTime {
        self.found.timestamp_expires
    }

    /// A key of the authority, below `targets`, that signs timestamps or snapshots, too: such keys are
    /// online, and whoever takes them would be this authority.
    #[must_use]
    pub fn online_key(&self) -> Option<KeyFingerprint> {
        self.found.online_key
    }

    /// How many distinct keys are known to have signed each role below `targets` that vouches for it: the
    /// lowest threshold on the way, or more once the signatures have been counted
    /// ([`count_approvals`](crate::update::Repository::count_approvals)).
    #[must_use]
    pub fn approvals(&self) -> u64 {
        self.found.approvals
    }

    /// The same target, of which so many approvals are known.
    pub(crate) fn with_approvals(mut self, counted: u64) -> Self {
        self.found.approvals = self.found.approvals.max(counted);
        self
    }

    /// Whether every floor that the cycle raised was stored. If not, nothing should be installed.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.found.durable
    }

    /// Whether each file from `targets` down is bound to its role by a digest that the snapshot lists.
    ///
    /// If not, whoever serves the files could have swapped them with others of the same keys and
    /// version. Releases, plans, brakes and service keys are read from bound files only
    /// ([`assume_roles_have_keys_of_their_own`](crate::update::Repository::assume_roles_have_keys_of_their_own)
    /// says how else).
    #[must_use]
    pub fn is_bound(&self) -> bool {
        self.found.bound
    }

    /// Whether what vouches for it is known to be current.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        self.target.freshness()
    }
}
