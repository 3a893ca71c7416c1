//! What a publisher decides once: how long files are valid, and whose keys stay apart.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use unicode_normalization::UnicodeNormalization as _;

use crate::metadata::{PathPattern, RoleType};
use crate::primitives::{Limits, RoleName, UtcTime};
use crate::provenance::ProvenancePolicy;

/// How a repository is published.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Policy {
    /// How long files are valid.
    pub expiry: Expiry,
    /// Whose keys stay apart.
    pub separation: Separation,
    /// Whether snapshot and timestamp list length and SHA-256 of each file besides its version.
    /// Devices then know how much to download at most, and a file is checked before it is read.
    ///
    /// It is a matter of security: without digests, whoever serves the files can put one in the place of
    /// another of the same keys and version. So nothing is published then that devices would have to
    /// refuse for it (`seal.unbound`), and [`Signing::swappable`](crate::repository::Signing::swappable)
    /// names what is left.
    pub list_digests: bool,
    /// The limits of the smallest device. What is over them is not published.
    pub limits: Limits,
    provenance: Vec<(PathPattern, ProvenancePolicy)>,
}

impl Policy {
    /// Asks for the provenance of targets whose path matches the pattern, as of a product: what is
    /// new or changed among them does not leave the draft without. Of several patterns that match,
    /// each has to be met.
    #[must_use]
    pub fn require_provenance(mut self, of: &PathPattern, policy: ProvenancePolicy) -> Self {
        // What is published is in normal form C, so a pattern in another would match nothing.
        let of: String = of.as_str().nfc().collect();
        self.provenance.push((PathPattern::new(of.into()), policy));
        self
    }

    pub(super) fn asks_for_provenance(&self) -> bool {
        !self.provenance.is_empty()
    }

    /// What is asked of a target's provenance.
    pub(super) fn provenance_of<'p>(
        &'p self,
        path: &'p str,
    ) -> impl Iterator<Item = &'p ProvenancePolicy> {
        let of = self.provenance.iter().filter(move |(pattern, _)| pattern.matches(path));
        of.map(|(_, policy)| policy)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            expiry: Expiry::default(),
            separation: Separation::default(),
            list_digests: true,
            limits: Limits::default(),
            provenance: Vec::new(),
        }
    }
}

/// For how many seconds a file is valid, counted from when it is sealed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Expiry {
    /// The root. It is signed by people who have to meet.
    pub root: u64,
    /// The top-level targets.
    pub targets: u64,
    /// Delegated roles.
    pub delegated: u64,
    /// The snapshot.
    pub snapshot: u64,
    /// The timestamp: for so long a mirror can withhold an update unnoticed.
    pub timestamp: u64,
    /// Delegated roles with another validity than the rest.
    pub roles: BTreeMap<RoleName, u64>,
}

const DAY: u64 = 86_400;

impl Default for Expiry {
    /// A year for what is signed offline, a quarter for delegated roles, two weeks for the
    /// snapshot and two days for the timestamp.
    fn default() -> Self {
        Self {
            root: 365 * DAY,
            targets: 365 * DAY,
            delegated: 90 * DAY,
            snapshot: 14 * DAY,
            timestamp: 2 * DAY,
            roles: BTreeMap::new(),
        }
    }
}

impl Expiry {
    /// When a file of `role` expires that is sealed at `now`.
    #[must_use]
    pub fn of(&self, role: &RoleName, now: UtcTime) -> UtcTime {
        let seconds = self.roles.get(role).copied().unwrap_or(match role.as_str() {
            "root" => self.root,
            "targets" => self.targets,
            "snapshot" => self.snapshot,
            "timestamp" => self.timestamp,
            _ => self.delegated,
        });
        now.saturating_add(seconds)
    }
}

/// Roles that may have no key in common.
///
/// Whoever steals a key of the one should not have a key of the other. Delegated roles are apart only
/// where this says so: devices refuse releases, rollouts and a brake that share a key, so name those
/// ([`and_apart`](Self::and_apart)).
#[derive(Clone, Debug)]
pub struct Separation(Vec<(RoleName, RoleName)>);

impl Default for Separation {
    /// `timestamp` and `snapshot`, whose keys are online, share none with `root` and `targets`.
    fn default() -> Self {
        use RoleType::{Root, Snapshot, Targets, Timestamp};
        let pairs =
            [(Timestamp, Root), (Timestamp, Targets), (Snapshot, Root), (Snapshot, Targets)];
        Self(pairs.into_iter().map(|(a, b)| (a.into(), b.into())).collect())
    }
}

impl Separation {
    /// Any role may share keys with any other.
    #[must_use]
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// These roles, too, share no key with each other, nor with `timestamp` and `snapshot`, whose keys
    /// are online.
    #[must_use]
    pub fn and_apart(mut self, roles: &[RoleName]) -> Self {
        for online in [RoleType::Timestamp, RoleType::Snapshot].map(RoleName::from) {
            let others = roles.iter().filter(|role| **role != online);
            self.0.extend(others.map(|role| (online.clone(), role.clone())));
        }
        for (number, a) in roles.iter().enumerate() {
            self.0.extend(roles.iter().skip(number + 1).map(|b| (a.clone(), b.clone())));
        }
        self
    }

    pub(super) fn pairs(&self) -> &[(RoleName, RoleName)] {
        &self.0
    }
}
