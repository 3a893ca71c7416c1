//! Whether one plan may follow another: what a publisher checks before people sign.

use alloc::boxed::Box;

use super::{Plan, Stage};
use crate::primitives::refusals;
use crate::release::{Manifest, ManifestDigest, ReleaseVersion};

refusals!(
    Eligibility,
    /// Why a plan may not follow another.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum SuccessionError {
        /// The plan is another product's.
        #[refusal("succession.product", Operator)]
        #[error("the plan of another product")]
        Product,
        /// The epoch does not rise.
        #[refusal("succession.epoch", Operator)]
        #[error("epoch {found} follows {current}")]
        Epoch {
            /// The epoch of the plan that is published.
            current: u64,
            /// The epoch of the plan that should follow.
            found: u64,
        },
        /// One of the plans says something of a release that this version does not know. Use the version that
        /// wrote it.
        #[refusal("succession.unknown", Operator)]
        #[error("{version}: a plan says something of it that this version does not know")]
        Unknown {
            /// The release.
            version: ReleaseVersion,
        },
        /// A release goes from one stage to another that may not follow it.
        #[refusal("succession.transition", Operator)]
        #[error("{version}: {from} may not become {to}")]
        Transition {
            /// The release.
            version: ReleaseVersion,
            /// The stage in the plan that is published.
            from: Stage,
            /// The stage in the plan that should follow.
            to: Stage,
        },
        /// A release begins further on than at validation. A manifest that changed after its approval is
        /// another release.
        #[refusal("succession.begins", Operator)]
        #[error("{version} begins as {stage}")]
        Begins {
            /// The release.
            version: ReleaseVersion,
            /// Where it begins.
            stage: Stage,
        },
        /// A release is not in the plan any more, and was neither withdrawn nor superseded.
        #[refusal("succession.dropped", Operator)]
        #[error("{version} is dropped while it is {stage}")]
        Dropped {
            /// The release.
            version: ReleaseVersion,
            /// The stage in the plan that is published.
            stage: Stage,
        },
        /// The minimum index falls. Devices refuse the plan.
        #[refusal("succession.minimum-index", Operator)]
        #[error("the minimum index {found} follows {current}")]
        MinimumIndex {
            /// That of the plan that is published.
            current: u64,
            /// That of the plan that should follow.
            found: u64,
        },
        /// A release recalls a version with a higher rollback index: devices that run it would not take it.
        #[refusal("succession.recall-index", Operator)]
        #[error("{} has index {index}, and recalls {} with {recalled}", versions.0, versions.1)]
        RecallIndex {
            /// The release that recalls, and what it recalls.
            versions: Box<(ReleaseVersion, ReleaseVersion)>,
            /// The rollback index of the one.
            index: u64,
            /// The rollback index of the other.
            recalled: u64,
        },
        /// A release recalls a version, and is not offered to the devices that run it: it is that version,
        /// its sources leave that out, or its index is below the minimum of the plan.
        #[refusal("succession.recall-closed", Operator)]
        #[error("{} recalls {}, and is not offered to it", versions.0, versions.1)]
        RecallClosed {
            /// The release that recalls, and what it recalls.
            versions: Box<(ReleaseVersion, ReleaseVersion)>,
        },
        /// A release recalls another one, and the manifest of one of the two is not given, so nobody knows
        /// whether devices would take it.
        #[refusal("succession.recall-unknown", Operator)]
        #[error("the manifest of {version} is not given, and a recall depends on it")]
        RecallUnknown {
            /// The one whose manifest is missing.
            version: ReleaseVersion,
        },
        /// A withdrawal is not repeated, and its rollback index is not below the minimum. Devices remember it, and new ones would not learn of it.
        #[refusal("succession.not-withdrawn", Operator)]
        #[error("the manifest {manifest} is no longer withdrawn")]
        NotWithdrawn {
            /// The manifest.
            manifest: ManifestDigest,
        },
    }
);

/// Checks that `next` may follow `current`, or be the first plan of a product.
///
/// For pipelines, before people sign: neither publishing nor a device asks. A release that is new in
/// `next` is at [`Stage::Draft`] or [`Stage::Validation`], in a first plan, too.
pub fn check_successor(current: Option<&Plan>, next: &Plan) -> Result<(), SuccessionError> {
    if let Some(current) = current {
        check_same_series(current, next)?;
    }
    let mut releases = current.into_iter().chain([next]).flat_map(Plan::releases);
    if let Some(unknown) = releases.find(|release| release.stage() == Stage::Unknown) {
        return Err(SuccessionError::Unknown { version: unknown.version().clone() });
    }
    let before = |manifest| current.and_then(|current| current.release(manifest));
    for release in next.releases() {
        let (version, stage) = (release.version().clone(), release.stage());
        match before(release.manifest()) {
            Some(old) if !old.stage().may_become(stage) => {
                return Err(SuccessionError::Transition { version, from: old.stage(), to: stage });
            }
            None if !matches!(stage, Stage::Draft | Stage::Validation) => {
                return Err(SuccessionError::Begins { version, stage });
            }
            _ => {}
        }
    }
    Ok(())
}

impl Plan {
    /// Checks that devices would take what recalls other versions: its rollback index is not below
    /// theirs. Give it the manifests of both. What has the index of a thief's release can be recalled by
    /// a release of at least that index alone.
    pub fn check_recalls(&self, manifests: &[&Manifest]) -> Result<(), SuccessionError> {
        let index = |version: &ReleaseVersion| {
            let is_it = |m: &&&Manifest| m.product() == self.product() && m.version() == version;
            let found = manifests.iter().find(is_it).map(|manifest| manifest.rollback_index());
            found.ok_or_else(|| SuccessionError::RecallUnknown { version: version.clone() })
        };
        for release in self.releases() {
            let by = release.version();
            for version in release.recalls() {
                let (index, recalled) = (index(by)?, index(version)?);
                let is_closed = by == version
                    || !release.sources().admit(version)
                    || index < self.minimum_index();
                if is_closed {
                    let versions = Box::new((by.clone(), version.clone()));
                    return Err(SuccessionError::RecallClosed { versions });
                }
                if index < recalled {
                    let versions = Box::new((by.clone(), version.clone()));
                    return Err(SuccessionError::RecallIndex { versions, index, recalled });
                }
            }
        }
        Ok(())
    }
}

fn check_same_series(current: &Plan, next: &Plan) -> Result<(), SuccessionError> {
    if current.product() != next.product() {
        return Err(SuccessionError::Product);
    }
    if next.epoch() <= current.epoch() {
        return Err(SuccessionError::Epoch { current: current.epoch(), found: next.epoch() });
    }
    let (before, now) = (current.minimum_index(), next.minimum_index());
    if now < before {
        return Err(SuccessionError::MinimumIndex { current: before, found: now });
    }
    for withdrawal in current.all_withdrawn() {
        let manifest = withdrawal.manifest;
        let is_said = next.all_withdrawn().any(|said| said.manifest == manifest);
        if !is_said && !withdrawal.is_below(now) {
            return Err(SuccessionError::NotWithdrawn { manifest });
        }
    }
    for old in current.releases() {
        let may_go = matches!(old.stage(), Stage::Draft | Stage::Withdrawn | Stage::Superseded)
            || next.withdraws(old.manifest());
        if next.release(old.manifest()).is_none() && !may_go {
            let (version, stage) = (old.version().clone(), old.stage());
            return Err(SuccessionError::Dropped { version, stage });
        }
    }
    Ok(())
}
