//! What eligibility hears of attestation.

/// What attestation says of a device, for a policy to act on. It can only restrict.
///
/// There is no order among these: whether one is good enough is for an
/// [`AttestationGate`](super::AttestationGate) to say. The first four are the tiers of
/// AR4SI (draft-ietf-rats-ar4si §3.2); in the last two there is no result to speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttestationSignal {
    /// Everything that was appraised is as it should be.
    Affirming,
    /// Something deserves attention.
    Warning,
    /// Something says that the device is not to be trusted.
    Contraindicated,
    /// A verifier was asked, and makes no claim.
    NoClaim,
    /// There is no result, or one that cannot be believed.
    Unavailable,
    /// There is a result, but it is too old, or an answer to another challenge.
    Stale,
}
