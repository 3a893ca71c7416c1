//! Every refusal of the crate under one roof.

use crate::artifact::ArtifactError;
use crate::primitives::{HashesError, PathError, Remedy, RoleNameError, TimeError, VersionError};
use crate::release::{NameError, ReleaseVersionError};
use crate::update::{NotFound, UpdateError};
use crate::verify::VerifyError;
#[cfg(feature = "repository")]
use crate::{
    key::{SecretKeyError, SigningError},
    repository::{DraftError, PublishError, SealError, ceremony::CeremonyError},
};

/// The layer of the security model that refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Layer {
    /// Below all layers: a text or a number that is no name, path, version or time.
    Primitives,
    /// Layer 3: roles, thresholds, versions, expiry.
    Manifest,
    /// Layer 4: lengths, digests, blocks.
    Artifact,
    /// Layer 5: rollout plans, decisions, and the permits in which all proofs meet.
    Eligibility,
    /// Layer 6: attestation results.
    Attestation,
    /// Who a device is, as far as a server has to know.
    Identity,
    /// Layer 7: drafts, signatures, ceremonies.
    Signing,
    /// What a device keeps between cycles.
    Storage,
    /// Who built an artifact.
    Provenance,
}

/// Any refusal, for callers that handle all in one place.
///
/// Each module has an error of its own, with the values that mattered; this gathers them. The text
/// of an error has all that it was caused by; it is for people and may change. [`code`](Self::code) is for programs and will not.
///
/// So a function that works with all of the crate needs one type of error:
///
/// ```
/// use ota_trust::release::{Product, ReleaseVersion};
///
/// fn manifest(product: &str, version: &str) -> Result<String, ota_trust::Error> {
///     let (product, version) = (Product::new(product)?, ReleaseVersion::new(version)?);
///     Ok(product.manifest_path(&version).to_string())
/// }
/// assert_eq!(manifest("lamp", "2.0.0")?, "releases/lamp/2.0.0/release.json");
/// assert_eq!(manifest("lamp", "2").unwrap_err().code(), "name.release-version");
/// # Ok::<(), ota_trust::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text is no name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A text is no path of a target.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A text is no name of a role.
    #[error(transparent)]
    RoleName(#[from] RoleNameError),
    /// A text or a number is no time.
    #[error(transparent)]
    Time(#[from] TimeError),
    /// A number is no version of metadata.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// A text is no version of a release.
    #[error(transparent)]
    ReleaseVersion(#[from] ReleaseVersionError),
    /// A text is no digest, or bytes have another one.
    #[error(transparent)]
    Digest(#[from] HashesError),
    /// A cycle was refused.
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// Metadata was refused outside a cycle.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A search found nothing.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// An artifact was refused.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// A document of this crate's own was refused.
    #[error(transparent)]
    Document(#[from] crate::json::RecordError),
    /// A release was refused.
    #[error(transparent)]
    Release(#[from] crate::release::ReleaseError),
    /// The keys of a service were refused.
    #[error(transparent)]
    Service(#[from] crate::services::ServiceError),
    /// A rollout plan or a brake was refused.
    #[error(transparent)]
    Rollout(#[from] crate::rollout::RolloutError),
    /// A plan may not follow another.
    #[error(transparent)]
    Succession(#[from] crate::rollout::SuccessionError),
    /// There is no permit.
    #[error(transparent)]
    Permit(#[from] crate::permit::PermitError),
    /// A handle, a certificate or a rotation was refused.
    #[error(transparent)]
    Identity(#[from] crate::identity::IdentityError),
    /// A device's report was refused.
    #[error(transparent)]
    Report(#[from] crate::rollout::ReportError),
    /// An attestation result was refused.
    #[cfg(feature = "attestation")]
    #[error(transparent)]
    Attestation(#[from] crate::attestation::AttestationError),
    /// An attestation policy is none.
    #[cfg(feature = "attestation")]
    #[error(transparent)]
    AttestationPolicy(#[from] crate::attestation::AttestationPolicyError),
    /// The device's storage failed.
    #[cfg(feature = "fs")]
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// A secret key was not read.
    #[cfg(feature = "repository")]
    #[error(transparent)]
    SecretKey(#[from] SecretKeyError),
    /// A signature was not made.
    #[cfg(feature = "repository")]
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// An edit was refused.
    #[cfg(feature = "repository")]
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// Something cannot be sealed.
    #[cfg(feature = "repository")]
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Something cannot be published.
    #[cfg(feature = "repository")]
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// A document of a ceremony was refused.
    #[cfg(feature = "repository")]
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    /// An artifact's build provenance was refused.
    #[cfg(feature = "repository")]
    #[error(transparent)]
    Provenance(#[from] crate::provenance::ProvenanceError),
}

impl Error {
    /// The stable code of this refusal, such as `verify.expired`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name(e) => e.code(),
            Self::Path(e) => e.code(),
            Self::RoleName(e) => e.code(),
            Self::Time(e) => e.code(),
            Self::Version(e) => e.code(),
            Self::ReleaseVersion(e) => e.code(),
            Self::Digest(e) => e.code(),
            Self::Update(e) => e.code(),
            Self::Verify(e) => e.code(),
            Self::NotFound(e) => e.code(),
            Self::Artifact(e) => e.code(),
            Self::Document(e) => e.code(),
            Self::Release(e) => e.code(),
            Self::Service(e) => e.code(),
            Self::Rollout(e) => e.code(),
            Self::Succession(e) => e.code(),
            Self::Permit(e) => e.code(),
            Self::Identity(e) => e.code(),
            Self::Report(e) => e.code(),
            #[cfg(feature = "attestation")]
            Self::Attestation(e) => e.code(),
            #[cfg(feature = "attestation")]
            Self::AttestationPolicy(e) => e.code(),
            #[cfg(feature = "fs")]
            Self::Store(e) => e.code(),
            #[cfg(feature = "repository")]
            Self::SecretKey(e) => e.code(),
            #[cfg(feature = "repository")]
            Self::Signing(e) => e.code(),
            #[cfg(feature = "repository")]
            Self::Draft(e) => e.code(),
            #[cfg(feature = "repository")]
            Self::Seal(e) => e.code(),
            #[cfg(feature = "repository")]
            Self::Publish(e) => e.code(),
            #[cfg(feature = "repository")]
            Self::Ceremony(e) => e.code(),
            #[cfg(feature = "repository")]
            Self::Provenance(e) => e.code(),
        }
    }

    /// The layer that refused.
    #[must_use]
    pub fn layer(&self) -> Layer {
        match self {
            Self::Name(_)
            | Self::Path(_)
            | Self::RoleName(_)
            | Self::Time(_)
            | Self::Version(_)
            | Self::ReleaseVersion(_) => Layer::Primitives,
            Self::Update(_)
            | Self::Verify(_)
            | Self::NotFound(_)
            | Self::Document(_)
            | Self::Release(_)
            | Self::Service(_) => Layer::Manifest,
            Self::Rollout(_) | Self::Succession(_) | Self::Permit(_) => Layer::Eligibility,
            Self::Identity(_) | Self::Report(_) => Layer::Identity,
            #[cfg(feature = "attestation")]
            Self::Attestation(_) | Self::AttestationPolicy(_) => Layer::Attestation,
            Self::Digest(_) | Self::Artifact(_) => Layer::Artifact,
            #[cfg(feature = "fs")]
            Self::Store(_) => Layer::Storage,
            #[cfg(feature = "repository")]
            Self::SecretKey(_)
            | Self::Signing(_)
            | Self::Draft(_)
            | Self::Seal(_)
            | Self::Publish(_)
            | Self::Ceremony(_) => Layer::Signing,
            #[cfg(feature = "repository")]
            Self::Provenance(_) => Layer::Provenance,
        }
    }

    /// What helps.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Name(e) => e.remedy(),
            Self::Path(e) => e.remedy(),
            Self::RoleName(e) => e.remedy(),
            Self::Time(e) => e.remedy(),
            Self::Version(e) => e.remedy(),
            Self::ReleaseVersion(e) => e.remedy(),
            Self::Digest(e) => e.remedy(),
            Self::Update(e) => e.remedy(),
            Self::Verify(e) => e.remedy(),
            Self::NotFound(e) => e.remedy(),
            Self::Artifact(e) => e.remedy(),
            Self::Document(e) => e.remedy(),
            Self::Release(e) => e.remedy(),
            Self::Service(e) => e.remedy(),
            Self::Rollout(e) => e.remedy(),
            Self::Succession(e) => e.remedy(),
            Self::Permit(e) => e.remedy(),
            Self::Identity(e) => e.remedy(),
            Self::Report(e) => e.remedy(),
            #[cfg(feature = "attestation")]
            Self::Attestation(e) => e.remedy(),
            #[cfg(feature = "attestation")]
            Self::AttestationPolicy(e) => e.remedy(),
            #[cfg(feature = "fs")]
            Self::Store(e) => e.remedy(),
            #[cfg(feature = "repository")]
            Self::SecretKey(e) => e.remedy(),
            #[cfg(feature = "repository")]
            Self::Signing(e) => e.remedy(),
            #[cfg(feature = "repository")]
            Self::Draft(e) => e.remedy(),
            #[cfg(feature = "repository")]
            Self::Seal(e) => e.remedy(),
            #[cfg(feature = "repository")]
            Self::Publish(e) => e.remedy(),
            #[cfg(feature = "repository")]
            Self::Ceremony(e) => e.remedy(),
            #[cfg(feature = "repository")]
            Self::Provenance(e) => e.remedy(),
        }
    }
}
