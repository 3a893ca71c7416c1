//! Why there is no permit.

use crate::artifact::ArtifactError;
use crate::installation::Slot;
use crate::primitives::{NewerState, TargetPath, UtcTime, refusals};
use crate::release::{ComponentId, ManifestDigest, Product};

refusals!(
    Eligibility,
    /// A refusal of a permit, or of what is to be done with one.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum PermitError {
        /// A proof is of another release.
        #[refusal("permit.other-release", FixCaller)]
        #[error("a proof of {found}, the release is {expected}")]
        OtherRelease {
            /// The release that is to be installed.
            expected: ManifestDigest,
            /// What the proof is of.
            found: ManifestDigest,
        },
        /// A proof is of another state of the repository, or of another repository.
        #[refusal("permit.other-snapshot", Refresh)]
        #[error("a proof from another state of the repository")]
        OtherSnapshot,
        /// A proof is of another product.
        #[refusal("permit.other-product", FixCaller)]
        #[error("a proof of {found}, the device is {expected}")]
        OtherProduct {
            /// The product of the device.
            expected: Product,
            /// The product of the proof.
            found: Product,
        },
        /// Something that protects the device could not be stored.
        #[refusal("permit.not-durable", Retry)]
        #[error("a floor could not be stored: nothing may be installed")]
        NotDurable,
        /// The permit has ended.
        #[refusal("permit.expired", Refresh)]
        #[error("the permit ended {not_after}")]
        Expired {
            /// When.
            not_after: UtcTime,
        },
        /// The release has no such component, or the component no such image.
        #[refusal("permit.no-such-image", FixCaller)]
        #[error("the release has no image {image} of a component {id}")]
        NoSuchImage {
            /// The component.
            id: ComponentId,
            /// What was asked for.
            image: &'static str,
        },
        /// A target is not the one that the manifest names: of another release, or at another path.
        #[refusal("permit.other-target", FixCaller)]
        #[error("component {id}: the target {found} is not the one that the manifest names")]
        OtherTarget {
            /// The component.
            id: ComponentId,
            /// The target that was given.
            found: TargetPath,
        },
        /// A target is listed by another authority than the one that released the manifest.
        #[refusal("permit.other-authority", Operator)]
        #[error("component {id}: not listed by the authority that released the manifest")]
        OtherAuthority {
            /// The component.
            id: ComponentId,
        },
        /// The metadata lists other bytes for a component than the manifest.
        #[refusal("permit.mismatch", Operator)]
        #[error("component {id}: the metadata and the manifest list different bytes")]
        Mismatch {
            /// The component.
            id: ComponentId,
        },
        /// The bytes are not those of the component.
        #[refusal(of reason)]
        #[error("component {id}: the bytes are refused")]
        Bytes {
            /// The component.
            id: ComponentId,
            /// Why.
            #[source]
            reason: ArtifactError,
        },
        /// A component has not been verified.
        #[refusal("permit.missing", FixCaller)]
        #[error("component {id} is not verified")]
        Missing {
            /// The component.
            id: ComponentId,
        },
        /// The policy asks for each component to be read back, and this one was not.
        #[refusal("permit.not-read-back", FixCaller)]
        #[error("component {id} has not been read back from its slot")]
        NotReadBack {
            /// The component.
            id: ComponentId,
        },
        /// The slot is the one that runs.
        #[refusal("permit.slot-in-use", FixCaller)]
        #[error("slot {slot} runs")]
        SlotInUse {
            /// The slot.
            slot: Slot,
        },
        /// Another installation is pending: start it, or give it up.
        #[refusal("permit.pending", FixCaller)]
        #[error("the installation of {manifest} is pending: start it, or give it up")]
        Pending {
            /// Its release.
            manifest: ManifestDigest,
        },
        /// No installation is pending.
        #[refusal("permit.nothing-pending", FixCaller)]
        #[error("no installation is pending")]
        NothingPending,
        /// What is pending does not wait: judge first, and take the steps.
        #[refusal("permit.not-waiting", FixCaller)]
        #[error("what is pending does not wait for its start: judge it first")]
        NotWaiting,
        /// The index is below the floor of the device.
        #[refusal("permit.below-floor", Refresh)]
        #[error("rollback index {index}, the device takes {floor} and above")]
        BelowFloor {
            /// Of the release.
            index: u64,
            /// The floor.
            floor: u64,
        },
        /// The release has been withdrawn since: download another one.
        #[refusal("permit.withdrawn", Refresh)]
        #[error("{manifest} has been withdrawn")]
        Withdrawn {
            /// The release.
            manifest: ManifestDigest,
        },
        /// The release has been paused since: decide again at the next poll.
        #[refusal("permit.paused", Retry)]
        #[error("{manifest} is paused")]
        Paused {
            /// The release.
            manifest: ManifestDigest,
        },
        /// Newer firmware has written the state of installations.
        #[refusal(of 0)]
        #[error("the state of installations was not looked at")]
        Newer(#[from] NewerState),
    }
);
