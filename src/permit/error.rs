//! Why there is no permit.

use super::Slot;
use crate::artifact::ArtifactError;
use crate::primitives::{Remedy, TargetPath, UtcTime};
use crate::release::{ComponentId, ManifestDigest, Product};

/// A refusal of a permit, or of what is to be done with one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PermitError {
    /// A proof is of another release.
    #[error("a proof of {found}, the release is {expected}")]
    OtherRelease {
        /// The release that is to be installed.
        expected: ManifestDigest,
        /// What the proof is of.
        found: ManifestDigest,
    },
    /// A proof is of another state of the repository, or of another repository.
    #[error("a proof from another state of the repository")]
    OtherSnapshot,
    /// A proof is of another product.
    #[error("a proof of {found}, the device is {expected}")]
    OtherProduct {
        /// The product of the device.
        expected: Product,
        /// The product of the proof.
        found: Product,
    },
    /// Something that protects the device could not be stored.
    #[error("a floor could not be stored: nothing may be installed")]
    NotDurable,
    /// The permit has ended.
    #[error("the permit ended {not_after}")]
    Expired {
        /// When.
        not_after: UtcTime,
    },
    /// The release has no such component, or the component no such image.
    #[error("the release has no image {image} of a component {id}")]
    NoSuchImage {
        /// The component.
        id: ComponentId,
        /// What was asked for.
        image: &'static str,
    },
    /// A target is not the one that the manifest names: of another release, or at another path.
    #[error("component {id}: the target {found} is not the one that the manifest names")]
    OtherTarget {
        /// The component.
        id: ComponentId,
        /// The target that was given.
        found: TargetPath,
    },
    /// A target is listed by another authority than the one that released the manifest.
    #[error("component {id}: not listed by the authority that released the manifest")]
    OtherAuthority {
        /// The component.
        id: ComponentId,
    },
    /// The metadata lists other bytes for a component than the manifest.
    #[error("component {id}: the metadata and the manifest list different bytes")]
    Mismatch {
        /// The component.
        id: ComponentId,
    },
    /// The bytes are not those of the component.
    #[error("component {id}: {reason}")]
    Bytes {
        /// The component.
        id: ComponentId,
        /// Why.
        reason: ArtifactError,
    },
    /// A component has not been verified.
    #[error("component {id} is not verified")]
    Missing {
        /// The component.
        id: ComponentId,
    },
    /// The slot is the one that runs.
    #[error("slot {slot} runs")]
    SlotInUse {
        /// The slot.
        slot: Slot,
    },
    /// Another installation waits for its first boot.
    #[error("the installation of {manifest} waits for its first boot")]
    Pending {
        /// Its release.
        manifest: ManifestDigest,
    },
    /// The index is below what the device has confirmed.
    #[error("rollback index {index}, the device has confirmed {floor}")]
    BelowFloor {
        /// Of the release.
        index: u64,
        /// What was confirmed.
        floor: u64,
    },
}

impl PermitError {
    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherRelease { .. } => "permit.other-release",
            Self::OtherSnapshot => "permit.other-snapshot",
            Self::OtherProduct { .. } => "permit.other-product",
            Self::NotDurable => "permit.not-durable",
            Self::Expired { .. } => "permit.expired",
            Self::NoSuchImage { .. } => "permit.no-such-image",
            Self::OtherTarget { .. } => "permit.other-target",
            Self::OtherAuthority { .. } => "permit.other-authority",
            Self::Mismatch { .. } => "permit.mismatch",
            Self::Bytes { reason, .. } => reason.code(),
            Self::Missing { .. } => "permit.missing",
            Self::SlotInUse { .. } => "permit.slot-in-use",
            Self::Pending { .. } => "permit.pending",
            Self::BelowFloor { .. } => "permit.below-floor",
        }
    }

    /// What helps.
    #[must_use]
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::Bytes { reason, .. } => reason.remedy(),
            Self::OtherSnapshot | Self::Expired { .. } | Self::BelowFloor { .. } => Remedy::Refresh,
            Self::NotDurable | Self::Pending { .. } => Remedy::Retry,
            Self::Mismatch { .. } | Self::OtherAuthority { .. } => Remedy::Operator,
            Self::OtherRelease { .. }
            | Self::OtherProduct { .. }
            | Self::NoSuchImage { .. }
            | Self::OtherTarget { .. }
            | Self::Missing { .. }
            | Self::SlotInUse { .. } => Remedy::FixCaller,
        }
    }
}
