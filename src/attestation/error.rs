//! Why an attestation result is not believed, and why a policy is none.

use super::{AttestationSignal, Tier, TimedSignal};
use crate::json::JsonError;
use crate::key::KeyId;
use crate::primitives::{Quoted, UtcTime, refusals};
use crate::services::Purpose;

refusals!(
    Attestation,
    /// A refusal of an attestation result, with the values that mattered, in the order of the checks.
    ///
    /// To [retry](crate::primitives::Remedy::Retry) is to ask for a new result, with a new challenge.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum AttestationError {
        /// The keys are for another purpose.
        #[refusal("attestation.key-purpose", FixCaller)]
        #[error("the keys are for {0}, not for attestation")]
        KeyPurpose(Purpose),
        /// The keys have expired.
        #[refusal("attestation.keys-expired", Refresh)]
        #[error("the keys of verifiers have expired {expires}")]
        KeysExpired {
            /// When.
            expires: UtcTime,
        },
        /// The policy asks for the request's key, and the caller gave none.
        #[refusal("attestation.no-request-key", FixCaller)]
        #[error("the policy compares the attested key with the request's, and there is none")]
        NoRequestKey,
        /// The time is not known, and the caller does not say for how long the system has been up,
        /// now and when the challenge was given out.
        #[refusal("attestation.no-uptime", FixCaller)]
        #[error("the time is not known, and neither is how old the challenge is")]
        NoUptime,
        /// The token is longer than the policy allows.
        #[refusal("attestation.too-long", Operator)]
        #[error("the token has {length} bytes, the limit is {limit}")]
        TooLong {
            /// The policy's limit in bytes.
            limit: usize,
            /// The length of the token.
            length: usize,
        },
        /// The token is not three parts of base64url without padding (RFC 7515 §7.1).
        #[refusal("attestation.form", Operator)]
        #[error("the token is not a signed JWT in compact form")]
        Form,
        /// The header is not strict JSON.
        #[refusal("attestation.header", Operator)]
        #[error("the header is not strict JSON")]
        Header(#[source] JsonError),
        /// A parameter of the header is missing, or is not a text.
        #[refusal("attestation.parameter", Operator)]
        #[error("`{name}` of the header is missing, or not a text")]
        Parameter {
            /// Its name.
            name: &'static str,
        },
        /// The header has a parameter that would change what is signed.
        #[refusal("attestation.forbidden-parameter", Operator)]
        #[error("the header has `{name}`")]
        ForbiddenParameter {
            /// Its name.
            name: &'static str,
        },
        /// The token is of another type (`typ`, RFC 8725 §3.11).
        #[refusal("attestation.type", Operator)]
        #[error("`typ` is {found}")]
        Type {
            /// What the header says.
            found: Quoted,
        },
        /// No key has the token's `kid`, or there is no `kid` and not exactly one key.
        #[refusal("attestation.unknown-key", Refresh)]
        #[error("no key is meant by the token's `kid`")]
        UnknownKey {
            /// The `kid`.
            kid: Option<KeyId>,
        },
        /// The key is for neither `EdDSA` nor ES256, or cannot be used at all.
        #[refusal("attestation.unusable-key", Operator)]
        #[error("key {id} verifies neither EdDSA nor ES256")]
        UnusableKey {
            /// Its id.
            id: KeyId,
        },
        /// The token names another algorithm than its key has.
        #[refusal("attestation.algorithm", Operator)]
        #[error("`alg` is {found}, the key is for {expected}")]
        Algorithm {
            /// What the header says.
            found: Quoted,
            /// What the key is for.
            expected: &'static str,
        },
        /// The signature is not the key's over this token.
        #[refusal("attestation.signature", Operator)]
        #[error("the signature is wrong")]
        Signature,
        /// The payload is signed, and not strict JSON.
        #[refusal("attestation.payload", Operator)]
        #[error("the payload is not strict JSON")]
        Payload(#[source] JsonError),
        /// A claim is missing, or is not what its specification says.
        #[refusal("attestation.claim", Operator)]
        #[error("the claim `{claim}` is missing or malformed")]
        Claim {
            /// Its name.
            claim: &'static str,
        },
        /// The policy does not allow this `eat_profile`.
        #[refusal("attestation.profile", Operator)]
        #[error("`eat_profile` {found} is not allowed")]
        Profile {
            /// What the token says.
            found: Quoted,
        },
        /// The token is of the future, by more than clocks may differ (`iat` or `nbf`).
        #[refusal("attestation.not-yet-valid", Retry)]
        #[error("valid from {from}, it is {now}")]
        NotYetValid {
            /// When its time begins.
            from: UtcTime,
            /// What the caller knows of the time.
            now: UtcTime,
        },
        /// The token was issued longer ago than the policy allows.
        #[refusal("attestation.too-old", Retry)]
        #[error("issued {issued}, it is {now}")]
        TooOld {
            /// When it was issued.
            issued: UtcTime,
            /// What the caller knows of the time.
            now: UtcTime,
        },
        /// The token has expired.
        #[refusal("attestation.expired", Retry)]
        #[error("expired {expires}, it is {now}")]
        Expired {
            /// When.
            expires: UtcTime,
            /// What the caller knows of the time.
            now: UtcTime,
        },
        /// The challenge was given out longer ago than the policy allows, or in the future.
        #[refusal("attestation.challenge-expired", Retry)]
        #[error("the challenge is of {issued}, it is {now}")]
        ChallengeExpired {
            /// When it was given out.
            issued: UtcTime,
            /// What the caller knows of the time.
            now: UtcTime,
        },
        /// The challenge was stored, and the time is not known: nobody can say how old it is.
        #[refusal("attestation.challenge-stored", Retry)]
        #[error("the challenge was stored, and the time is not known")]
        ChallengeStored,
        /// By the uptime, the challenge was given out longer ago than the policy allows.
        #[refusal("attestation.challenge-overdue", Retry)]
        #[error("the challenge was given out {elapsed} s ago, the limit is {limit} s")]
        ChallengeOverdue {
            /// The seconds since then.
            elapsed: u64,
            /// The policy's limit in seconds.
            limit: u64,
        },
        /// The token does not answer the challenge.
        #[refusal("attestation.nonce", Retry)]
        #[error("`eat_nonce` is not the challenge")]
        Nonce,
        /// The policy does not allow this verifier.
        #[refusal("attestation.verifier", Operator)]
        #[error("the verifier {developer}, build {build}, is not allowed")]
        Verifier {
            /// Who is responsible for it.
            developer: Quoted,
            /// Which build of it.
            build: Quoted,
        },
        /// The token says that the device can be debugged, and the policy does not accept that.
        #[refusal("attestation.debug-enabled", Operator)]
        #[error("debugging is enabled")]
        DebugEnabled,
        /// What the token says of debugging is no state of it, and the policy does not accept that.
        #[refusal("attestation.debug-state", Operator)]
        #[error("`dbgstat` is no state of debugging")]
        DebugState {
            /// The worst tier of all submodules.
            worst: Tier,
        },
        /// A submodule that the policy requires was not appraised.
        #[refusal("attestation.missing-submodule", Operator)]
        #[error("the submodule {name} was not appraised")]
        MissingSubmodule {
            /// Its name.
            name: Quoted,
            /// The worst tier of those that were.
            worst: Tier,
        },
        /// A status is better than what it stands for.
        #[refusal("attestation.status", Operator)]
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
        #[refusal("attestation.device-id", Operator)]
        #[error("the token has `{claim}`")]
        DeviceId {
            /// The claim.
            claim: &'static str,
            /// The worst tier of all submodules.
            worst: Tier,
        },
        /// The token attests no key, and the policy requires one.
        #[refusal("attestation.no-attested-key", Operator)]
        #[error("no key is attested")]
        NoAttestedKey {
            /// The worst tier of all submodules.
            worst: Tier,
        },
        /// The token attests another key than the request's: it may be that of another device.
        #[refusal("attestation.attested-key", Operator)]
        #[error("another key is attested than the request's")]
        AttestedKey,
    }
);

impl AttestationError {
    /// The signal for a caller who goes on without a result: never one that opens a gate which a
    /// missing result would not open.
    ///
    /// Where an allowed verifier has said in its answer to our challenge that the device is bad,
    /// that stands for good, whatever the answer lacks or has too much of. (One that is malformed
    /// or attests another key says nothing of this device.)
    #[must_use]
    pub const fn signal(&self) -> TimedSignal {
        let signal = match self {
            Self::NotYetValid { .. }
            | Self::TooOld { .. }
            | Self::Expired { .. }
            | Self::ChallengeExpired { .. }
            | Self::ChallengeStored
            | Self::ChallengeOverdue { .. }
            | Self::Nonce => AttestationSignal::Stale,
            Self::DebugEnabled
            | Self::DebugState { worst: Tier::Contraindicated }
            | Self::MissingSubmodule { worst: Tier::Contraindicated, .. }
            | Self::Status { worst: Tier::Contraindicated, .. }
            | Self::DeviceId { worst: Tier::Contraindicated, .. }
            | Self::NoAttestedKey { worst: Tier::Contraindicated } => {
                AttestationSignal::Contraindicated
            }
            _ => AttestationSignal::Unavailable,
        };
        TimedSignal::without_end(signal)
    }
}

refusals!(
    Attestation,
    /// Why a policy is refused: no token could ever meet it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum AttestationPolicyError {
        /// No profile is allowed.
        #[refusal("attestation.policy-no-profile", FixCaller)]
        #[error("no profile is allowed")]
        NoProfile,
        /// No verifier is allowed.
        #[refusal("attestation.policy-no-verifier", FixCaller)]
        #[error("no verifier is allowed")]
        NoVerifier,
        /// Tokens have no time at all to be good for.
        #[refusal("attestation.policy-no-age", FixCaller)]
        #[error("tokens are good for 0 seconds")]
        NoAge,
    }
);
