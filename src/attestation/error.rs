//! Why an attestation result is not believed, and why a policy is none.

use alloc::boxed::Box;
use core::fmt;

use super::{AttestationSignal, Tier};
use crate::json::JsonError;
use crate::key::KeyId;
use crate::primitives::{Remedy, UtcTime, printed};
use crate::services::Purpose;

/// A refusal of an attestation result, with the values that mattered, in the order of the checks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttestationError {
    /// The keys are for another purpose.
    #[error("the keys are for {0}, not for attestation")]
    KeyPurpose(Purpose),
    /// The keys have expired.
    #[error("the keys of verifiers have expired {expires}")]
    KeysExpired {
        /// When.
        expires: UtcTime,
    },
    /// The policy asks for the request's key, and the caller gave none.
    #[error("the policy compares the attested key with the request's, and there is none")]
    NoRequestKey,
    /// The token is longer than the policy allows.
    #[error("the token has {length} bytes, the limit is {limit}")]
    TooLong {
        /// The policy's limit in bytes.
        limit: usize,
        /// The length of the token.
        length: usize,
    },
    /// The token is not three parts of base64url without padding (RFC 7515 §7.1).
    #[error("the token is not a signed JWT in compact form")]
    Form,
    /// The header is not strict JSON.
    #[error("the header: {0}")]
    Header(JsonError),
    /// A parameter of the header is missing, or is not a text.
    #[error("`{name}` of the header is missing, or not a text")]
    Parameter {
        /// Its name.
        name: &'static str,
    },
    /// The header has a parameter that would choose keys, or change what is signed.
    #[error("the header has `{name}`")]
    ForbiddenParameter {
        /// Its name.
        name: &'static str,
    },
    /// The token is of another type (`typ`, RFC 8725 §3.11).
    #[error("`typ` is \"{}\"", Printed(found))]
    Type {
        /// What the header says.
        found: Box<str>,
    },
    /// No key has the token's `kid`, or there is no `kid` and not exactly one key.
    #[error("no key is meant by the token's `kid`")]
    UnknownKey {
        /// The `kid`.
        kid: Option<KeyId>,
    },
    /// The key is for neither `EdDSA` nor ES256, or cannot be used at all.
    #[error("key {id} verifies neither EdDSA nor ES256")]
    UnusableKey {
        /// Its id.
        id: KeyId,
    },
    /// The token names another algorithm than its key has.
    #[error("`alg` is \"{}\", the key is for {expected}", Printed(found))]
    Algorithm {
        /// What the header says.
        found: Box<str>,
        /// What the key is for.
        expected: &'static str,
    },
    /// The signature is not the key's over this token.
    #[error("the signature is wrong")]
    Signature,
    /// The payload is signed, and not strict JSON.
    #[error("the payload: {0}")]
    Payload(JsonError),
    /// A claim is missing, or is not what its specification says.
    #[error("the claim `{claim}` is missing or malformed")]
    Claim {
        /// Its name.
        claim: &'static str,
    },
    /// The policy does not allow this `eat_profile`.
    #[error("`eat_profile` \"{}\" is not allowed", Printed(found))]
    Profile {
        /// What the token says.
        found: Box<str>,
    },
    /// The token is of the future, by more than clocks may differ (`iat` or `nbf`).
    #[error("valid from {from}, it is {now}")]
    NotYetValid {
        /// When its time begins.
        from: UtcTime,
        /// What the caller knows of the time.
        now: UtcTime,
    },
    /// The token was issued longer ago than the policy allows.
    #[error("issued {issued}, it is {now}")]
    TooOld {
        /// When it was issued.
        issued: UtcTime,
        /// What the caller knows of the time.
        now: UtcTime,
    },
    /// The token has expired.
    #[error("expired {expires}, it is {now}")]
    Expired {
        /// When.
        expires: UtcTime,
        /// What the caller knows of the time.
        now: UtcTime,
    },
    /// The challenge was given out longer ago than the policy allows, or in the future.
    #[error("the challenge is of {issued}, it is {now}")]
    ChallengeExpired {
        /// When it was given out.
        issued: UtcTime,
        /// What the caller knows of the time.
        now: UtcTime,
    },
    /// The token does not answer the challenge.
    #[error("`eat_nonce` is not the challenge")]
    Nonce,
    /// The policy does not allow this verifier.
    #[error(
        "the verifier \"{}\", build \"{}\", is not allowed",
        Printed(developer),
        Printed(build)
    )]
    Verifier {
        /// Who is responsible for it.
        developer: Box<str>,
        /// Which build of it.
        build: Box<str>,
    },
    /// A submodule that the policy requires was not appraised.
    #[error("the submodule \"{}\" was not appraised", Printed(name))]
    MissingSubmodule {
        /// Its name.
        name: Box<str>,
        /// The worst tier of those that were.
        worst: Tier,
    },
    /// A status is better than what it stands for.
    #[error("a status is {claimed:?}, what it stands for is {found:?}")]
    Status {
        /// The status.
        claimed: Tier,
        /// The tier of the trustworthiness vector, or of all submodules.
        found: Tier,
        /// The worst tier of all submodules.
        worst: Tier,
    },
    /// The token says which device it is of, and the policy refuses that.
    #[error("the token has `{claim}`")]
    DeviceId {
        /// The claim.
        claim: &'static str,
        /// The worst tier of all submodules.
        worst: Tier,
    },
    /// The token attests no key, and the policy requires one.
    #[error("no key is attested")]
    NoAttestedKey {
        /// The worst tier of all submodules.
        worst: Tier,
    },
    /// The token attests another key than the request's: it may be that of another device.
    #[error("another key is attested than the request's")]
    AttestedKey,
}

impl AttestationError {
    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeyPurpose(_) => "attestation.key-purpose",
            Self::KeysExpired { .. } => "attestation.keys-expired",
            Self::NoRequestKey => "attestation.no-request-key",
            Self::TooLong { .. } => "attestation.too-long",
            Self::Form => "attestation.form",
            Self::Header(_) => "attestation.header",
            Self::Parameter { .. } => "attestation.parameter",
            Self::ForbiddenParameter { .. } => "attestation.forbidden-parameter",
            Self::Type { .. } => "attestation.type",
            Self::UnknownKey { .. } => "attestation.unknown-key",
            Self::UnusableKey { .. } => "attestation.unusable-key",
            Self::Algorithm { .. } => "attestation.algorithm",
            Self::Signature => "attestation.signature",
            Self::Payload(_) => "attestation.payload",
            Self::Claim { .. } => "attestation.claim",
            Self::Profile { .. } => "attestation.profile",
            Self::NotYetValid { .. } => "attestation.not-yet-valid",
            Self::TooOld { .. } => "attestation.too-old",
            Self::Expired { .. } => "attestation.expired",
            Self::ChallengeExpired { .. } => "attestation.challenge-expired",
            Self::Nonce => "attestation.nonce",
            Self::Verifier { .. } => "attestation.verifier",
            Self::MissingSubmodule { .. } => "attestation.missing-submodule",
            Self::Status { .. } => "attestation.status",
            Self::DeviceId { .. } => "attestation.device-id",
            Self::NoAttestedKey { .. } => "attestation.no-attested-key",
            Self::AttestedKey => "attestation.attested-key",
        }
    }

    /// The signal for a caller who goes on without a result: never one that opens a gate which a
    /// missing result would not open.
    ///
    /// Where an allowed verifier has said in its answer to our challenge that the device is bad,
    /// that stands, whatever the answer lacks or has too much of. (One that is malformed or attests
    /// another key says nothing of this device.)
    #[must_use]
    pub const fn signal(&self) -> AttestationSignal {
        match self {
            Self::NotYetValid { .. }
            | Self::TooOld { .. }
            | Self::Expired { .. }
            | Self::ChallengeExpired { .. }
            | Self::Nonce => AttestationSignal::Stale,
            Self::MissingSubmodule { worst: Tier::Contraindicated, .. }
            | Self::Status { worst: Tier::Contraindicated, .. }
            | Self::DeviceId { worst: Tier::Contraindicated, .. }
            | Self::NoAttestedKey { worst: Tier::Contraindicated } => {
                AttestationSignal::Contraindicated
            }
            _ => AttestationSignal::Unavailable,
        }
    }

    /// What helps. [`Remedy::Retry`] is: with a new challenge.
    #[must_use]
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::KeyPurpose(_) | Self::NoRequestKey => Remedy::FixCaller,
            Self::KeysExpired { .. } | Self::UnknownKey { .. } => Remedy::Refresh,
            Self::NotYetValid { .. }
            | Self::TooOld { .. }
            | Self::Expired { .. }
            | Self::ChallengeExpired { .. }
            | Self::Nonce => Remedy::Retry,
            _ => Remedy::Operator,
        }
    }
}

/// Why a policy is refused: no token could ever meet it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttestationPolicyError {
    /// No profile is allowed.
    #[error("no profile is allowed")]
    NoProfile,
    /// No verifier is allowed.
    #[error("no verifier is allowed")]
    NoVerifier,
}

impl AttestationPolicyError {
    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoProfile => "attestation.policy-no-profile",
            Self::NoVerifier => "attestation.policy-no-verifier",
        }
    }

    /// What helps: another policy.
    #[must_use]
    pub const fn remedy(&self) -> Remedy {
        Remedy::FixCaller
    }
}

/// Text of a token, fit for a log.
struct Printed<'a>(&'a str);

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        printed(self.0, f)
    }
}
