//! Which EAR: its name, and how it spells its claims.

use alloc::borrow::Cow;
use alloc::string::String;

/// A version of EAR, named by an `eat_profile` that a policy allows (RFC 9711 §6).
///
/// The draft has changed the name of its profile several times, and the spelling of its claims
/// once. A later name needs no later version of this crate:
///
/// ```
/// use ota_trust::attestation::{ClaimNames, EarProfile};
/// let next = EarProfile::new("tag:ietf.org,2027:rats/ear#06", ClaimNames::Underscored);
/// assert_ne!(next, EarProfile::DRAFT_05);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarProfile {
    pub(super) uri: Cow<'static, str>,
    pub(super) names: ClaimNames,
}

/// How a profile spells the claims of EAR. Those of JWT and EAT are the same in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimNames {
    /// `ear_status`: draft-ietf-rats-ear-04 and later.
    Underscored,
    /// `ear.status`: before that.
    Dotted,
}

impl EarProfile {
    /// draft-ietf-rats-ear-05.
    pub const DRAFT_05: Self =
        Self::known("tag:ietf.org,2026:rats/ear#05", ClaimNames::Underscored);
    /// draft-ietf-rats-ear-04.
    pub const DRAFT_04: Self =
        Self::known("tag:ietf.org,2026:rats/ear#04", ClaimNames::Underscored);
    /// What Project Veraison issues from draft-fv-rats-ear.
    pub const VERAISON_2023: Self =
        Self::known("tag:github.com,2023:veraison/ear", ClaimNames::Dotted);

    const fn known(uri: &'static str, names: ClaimNames) -> Self {
        Self { uri: Cow::Borrowed(uri), names }
    }

    /// A profile by its exact name.
    #[must_use]
    pub fn new(uri: &str, names: ClaimNames) -> Self {
        Self { uri: Cow::Owned(String::from(uri)), names }
    }
}

impl ClaimNames {
    /// How other profiles spell them.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Underscored => Self::Dotted,
            Self::Dotted => Self::Underscored,
        }
    }

    /// All that are read here.
    pub(super) const fn all(self) -> [&'static str; 4] {
        [self.status(), self.trustworthiness_vector(), self.verifier_id(), self.key_attestation()]
    }

    pub(super) const fn status(self) -> &'static str {
        match self {
            Self::Underscored => "ear_status",
            Self::Dotted => "ear.status",
        }
    }

    pub(super) const fn trustworthiness_vector(self) -> &'static str {
        match self {
            Self::Underscored => "ear_trustworthiness_vector",
            Self::Dotted => "ear.trustworthiness-vector",
        }
    }

    pub(super) const fn verifier_id(self) -> &'static str {
        match self {
            Self::Underscored => "ear_verifier_id",
            Self::Dotted => "ear.verifier-id",
        }
    }

    pub(super) const fn key_attestation(self) -> &'static str {
        match self {
            Self::Underscored => "ear_veraison_key_attestation",
            Self::Dotted => "ear.veraison.key-attestation",
        }
    }
}
