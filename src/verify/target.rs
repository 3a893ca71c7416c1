//! A target that a role with authority over its path lists.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Context, Freshness, Result, Trusted, VerifyError};
use crate::metadata::{Root, Snapshot, TargetFile, Targets};
use crate::primitives::{Hashes, RoleName, TargetPath, Version};

/// What trusted metadata says of one target: how long it is and which digests it has.
///
/// Only a finished search makes one ([`update`](crate::update)). It is small, owned and `Send`; it
/// says nothing yet of any bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedTarget {
    path: TargetPath,
    file: TargetFile,
    vouched_by: Vec<RoleName>,
    snapshot: Version,
    names_carry_digest: bool,
    freshness: Freshness,
}

impl TrustedTarget {
    /// What `role` lists of `path`; `None` where it lists nothing.
    ///
    /// The caller has come to `role` by delegations whose paths contain `path`; `vouched_by` gives
    /// that chain. An entry that cannot vouch for a file is a refusal.
    pub(crate) fn listed_by(
        role: (&RoleName, &Trusted<'_, Targets>),
        path: &TargetPath,
        of: (&Trusted<'_, Root>, &Trusted<'_, Snapshot>),
        context: &Context,
        vouched_by: impl FnOnce() -> Vec<RoleName>,
    ) -> Option<Result<Self>> {
        let (name, trusted) = role;
        let (root, snapshot) = of;
        let file = match trusted.document().target(path, context.limits())? {
            Ok(file) => file,
            Err(reason) => {
                return Some(Err(VerifyError::Malformed { role: name.clone(), reason }));
            }
        };
        Some(Ok(Self {
            path: path.clone(),
            file,
            vouched_by: vouched_by(),
            snapshot: snapshot.version(),
            names_carry_digest: root.consistent_snapshot(),
            freshness: context.freshness(),
        }))
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &TargetPath {
        &self.path
    }

    /// The exact length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.file.length
    }

    /// The digests, all of which must match.
    #[must_use]
    pub fn hashes(&self) -> &Hashes {
        &self.file.hashes
    }

    /// The `custom` object as it stands in the file, as JSON; covered by the signatures.
    #[must_use]
    pub fn custom(&self) -> Option<&str> {
        self.file.custom.as_deref()
    }

    /// The roles from `targets` down to the one that lists this target. Authority is this chain;
    /// the name of a role alone means nothing.
    #[must_use]
    pub fn vouched_by(&self) -> &[RoleName] {
        &self.vouched_by
    }

    /// Whether the metadata that lists it is known to be current.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        self.freshness
    }

    /// The version of the snapshot in which it was found.
    #[must_use]
    pub fn snapshot_version(&self) -> Version {
        self.snapshot
    }

    /// Where the repository may keep the file, relative to the base of its targets,
    /// percent-encoded.
    ///
    /// With consistent snapshots that is one name for each listed digest (§5.7.3); a repository has
    /// to serve at least one, so a client tries them in this order.
    pub fn download_paths(&self) -> impl Iterator<Item = String> + '_ {
        self.path.file_names(&self.file.hashes, self.names_carry_digest)
    }
}
