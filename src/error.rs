//! Every refusal of the crate under one roof.

use crate::artifact::ArtifactError;
#[cfg(feature = "attestation")]
use crate::attestation::{AttestationError, AttestationPolicyError};
use crate::eligibility::Reason;
use crate::identity::IdentityError;
use crate::json::{JsonError, JsonProblem, RecordError};
use crate::key::Unusable;
use crate::metadata::MetadataError;
use crate::permit::PermitError;
use crate::primitives::{
    ErrorReport, HashesError, Layer, NameError, NewerState, PathError, Refusal, RefusalInfo,
    Remedy, RoleNameError, TimeError, VersionError, sealed,
};
use crate::release::{ReleaseError, ReleaseVersionError};
#[cfg(feature = "request")]
use crate::request::{ProfileError, RefusedRequest, RequestError, ResponseError, TransportError};
use crate::rollout::{ReportError, RolloutError, SuccessionError};
use crate::services::ServiceError;
#[cfg(feature = "fs")]
use crate::store::StoreError;
use crate::update::{NotFound, UpdateError};
use crate::verify::{NotCounted, VerifyError};
#[cfg(feature = "repository")]
use crate::{
    key::{SecretKeyError, SigningError},
    provenance::{Malformed, PolicyError, ProvenanceError},
    repository::{DraftError, Incomplete, PublishError, SealError, ceremony::CeremonyError},
};

/// Declares the enum, its conversions, the one match that finds the refusal inside, and the tables of
/// its types.
macro_rules! gathered {
    (
        $(#[$outer:meta])*
        pub enum $name:ident {
            $( $(#[doc = $doc:literal])* $(#[cfg($cfg:meta)])? $variant:ident($type:ty) ),* $(,)?
        } $(,)?
    ) => {
        $(#[$outer])*
        #[derive(Debug, thiserror::Error)]
        #[non_exhaustive]
        pub enum $name {
            $(
                $(#[doc = $doc])*
                $(#[cfg($cfg)])?
                #[error(transparent)]
                $variant(#[from] $type)
            ),*
        }

        impl $name {
            fn refusal(&self) -> &(dyn Refusal + 'static) {
                match self {
                    $( $(#[cfg($cfg)])? Self::$variant(refusal) => refusal, )*
                }
            }
        }

        /// The tables of the types that are gathered.
        const GATHERED: &[&[Option<RefusalInfo>]] = &[ $( $(#[cfg($cfg)])? <$type>::TABLE ),* ];
    };
}

gathered!(
    /// Any refusal, for callers that handle all in one place.
    ///
    /// Each module has an error of its own, with the values that mattered; this gathers them.
    /// [`code`](Self::code) is for programs, and does not change; [`report`](Self::report) is for people,
    /// and may.
    ///
    /// A function that works with all of the crate needs this one type of error. (But for
    /// [`RunError`](crate::update::RunError), which has an error of the caller's own beside.)
    ///
    /// ```
    /// use ota_trust::primitives::TargetPath;
    /// use ota_trust::release::{Product, ReleaseVersion};
    ///
    /// fn manifest(product: &str, version: &str) -> Result<TargetPath, ota_trust::Error> {
    ///     let (product, version) = (Product::new(product)?, ReleaseVersion::new(version)?);
    ///     Ok(product.manifest_path(&version))
    /// }
    /// assert_eq!(manifest("lamp", "2.0.0")?.as_str(), "releases/lamp/2.0.0/release.json");
    /// assert_eq!(manifest("lamp", "2").unwrap_err().code(), "name.release-version");
    /// # Ok::<(), ota_trust::Error>(())
    /// ```
    pub enum Error {
        /// A text is not a valid name.
        Name(NameError),
        /// A text is not a valid path of a target.
        Path(PathError),
        /// A text is not a valid name of a role.
        RoleName(RoleNameError),
        /// A text or a number is not a valid time.
        Time(TimeError),
        /// A number is not a valid version of metadata.
        Version(VersionError),
        /// A text is not a valid version of a release.
        ReleaseVersion(ReleaseVersionError),
        /// A text is not a valid digest, or bytes have another one.
        Digest(HashesError),
        /// A text is not strict JSON.
        Json(JsonError),
        /// What is wrong with JSON, without the place.
        JsonProblem(JsonProblem),
        /// The signatures of a key count for nothing.
        Key(Unusable),
        /// A key of a role did not count.
        NotCounted(NotCounted),
        /// A file is not well-formed metadata.
        Metadata(MetadataError),
        /// Newer firmware has written what a device keeps.
        NewerState(NewerState),
        /// A cycle was refused.
        Update(UpdateError),
        /// Metadata was refused outside a cycle.
        Verify(VerifyError),
        /// A search found nothing.
        NotFound(NotFound),
        /// An artifact was refused.
        Artifact(ArtifactError),
        /// A document of this crate's own was refused.
        Document(RecordError),
        /// A release was refused.
        Release(ReleaseError),
        /// The keys of a service were refused.
        Service(ServiceError),
        /// A rollout plan or a brake was refused.
        Rollout(RolloutError),
        /// A plan may not follow another.
        Succession(SuccessionError),
        /// A permit was refused.
        Permit(PermitError),
        /// A handle, a certificate or a rotation was refused.
        Identity(IdentityError),
        /// A device's report was refused.
        Report(ReportError),
        /// The connection of a request was refused.
        #[cfg(feature = "request")]
        Transport(TransportError),
        /// A request was refused.
        #[cfg(feature = "request")]
        Request(RequestError),
        /// The same, with what the server has to know to answer it.
        #[cfg(feature = "request")]
        RefusedRequest(RefusedRequest),
        /// A response was refused.
        #[cfg(feature = "request")]
        Response(ResponseError),
        /// A request or a response that is not in the profile.
        #[cfg(feature = "request")]
        Profile(ProfileError),
        /// An attestation result was refused.
        #[cfg(feature = "attestation")]
        Attestation(AttestationError),
        /// Invalid attestation policy.
        #[cfg(feature = "attestation")]
        AttestationPolicy(AttestationPolicyError),
        /// The device's storage failed.
        #[cfg(feature = "fs")]
        Store(StoreError),
        /// A secret key was not read.
        #[cfg(feature = "repository")]
        SecretKey(SecretKeyError),
        /// A signature was not made.
        #[cfg(feature = "repository")]
        Signing(SigningError),
        /// An edit was refused.
        #[cfg(feature = "repository")]
        Draft(DraftError),
        /// Something cannot be sealed.
        #[cfg(feature = "repository")]
        Seal(SealError),
        /// Something cannot be published.
        #[cfg(feature = "repository")]
        Publish(PublishError),
        /// A document of a ceremony was refused.
        #[cfg(feature = "repository")]
        Ceremony(CeremonyError),
        /// An artifact's build provenance was refused.
        #[cfg(feature = "repository")]
        Provenance(ProvenanceError),
        /// An envelope or a statement is not well-formed.
        #[cfg(feature = "repository")]
        MalformedProvenance(Malformed),
        /// Invalid policy of provenance.
        #[cfg(feature = "repository")]
        ProvenancePolicy(PolicyError),
    }
);

/// The tables of what occurs only inside of others, and of the reasons of decisions.
const INSIDE: &[&[Option<RefusalInfo>]] = &[
    Reason::TABLE,
    #[cfg(feature = "repository")]
    Incomplete::TABLE,
];

/// What this build can refuse with, and what each code means: for dashboards, alerts and translations.
///
/// The reasons of decisions are among them. `manual::refusals` is this list as a page.
///
/// ```
/// use ota_trust::primitives::Remedy;
///
/// let expired = ota_trust::refusals().find(|refusal| refusal.code() == "verify.expired").unwrap();
/// assert_eq!(expired.meaning(), "The file has expired: possibly a freeze attack.");
/// assert_eq!(expired.remedy(), Some(Remedy::AnotherMirror));
/// ```
pub fn refusals() -> impl Iterator<Item = &'static RefusalInfo> {
    GATHERED.iter().chain(INSIDE).copied().flatten().flatten()
}

impl Error {
    /// The stable code of this refusal, such as `verify.expired`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.refusal().code()
    }

    /// The layer that refused.
    #[must_use]
    pub fn layer(&self) -> Layer {
        self.refusal().layer()
    }

    /// What helps.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        self.refusal().remedy()
    }

    /// The text with all that it was caused by, fit for a log.
    #[must_use]
    pub fn report(&self) -> ErrorReport<'_> {
        self.refusal().report()
    }
}

impl sealed::Sealed for Error {}

impl Refusal for Error {
    fn code(&self) -> &'static str {
        self.code()
    }

    fn remedy(&self) -> Remedy {
        self.remedy()
    }

    fn layer(&self) -> Layer {
        self.layer()
    }

    fn report(&self) -> ErrorReport<'_> {
        self.report()
    }
}
