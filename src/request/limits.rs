//! Every bound on a request and a response, in one place.

/// What a message may cost, and for how long it is good.
///
/// Start from [`RequestLimits::default`] and change fields. Both sides have them: a device reads
/// responses within the same bounds.
///
/// ```
/// use ota_trust::request::RequestLimits;
/// let mut limits = RequestLimits::default();
/// limits.max_body = 4096; // polls of this fleet are small
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestLimits {
    /// Bytes of `Signature-Input`, all lines together. Ours has 300; the rest is for signatures of
    /// others.
    pub max_signature_input: usize,
    /// Bytes of `Signature`, all lines together. Ours has 95.
    pub max_signature: usize,
    /// Signatures in one message, ours among them.
    pub max_signatures: usize,
    /// Components of our signature. With all that the profile has and eight further fields, a request has 18,
    /// and the response to it 31.
    pub max_components: usize,
    /// Bytes of any other field that is read.
    pub max_field: usize,
    /// Bytes of the path.
    pub max_path: usize,
    /// Bytes of the query.
    pub max_query: usize,
    /// Bytes of a certificate in `ota-certificate`. One with an Ed25519 signature has 430, with two of
    /// RSA 1,500.
    pub max_certificate: usize,
    /// Bytes of the body. It is bounded before it is hashed.
    pub max_body: u64,
    /// For how many seconds a request may say that it is good, from `created` to `expires`. Devices of this
    /// crate say 300, unless they are told otherwise.
    pub max_lifetime: u32,
    /// After how many seconds a request is too old, whatever it says itself.
    pub max_age: u32,
    /// By how many seconds the clocks of two machines may differ. Devices that are further off answer a
    /// challenge.
    pub skew: u32,
    /// By how many seconds the clocks of servers that share a store of replays may differ.
    pub drift: u32,
    /// For how many seconds a challenge can be answered.
    pub challenge_life: u32,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            max_signature_input: 4096,
            max_signature: 1024,
            max_signatures: 4,
            max_components: 32,
            max_field: 2048,
            max_path: 1024,
            max_query: 1024,
            max_certificate: 1536,
            max_body: 65_536,
            max_lifetime: 300,
            max_age: 300,
            skew: 60,
            drift: 10,
            challenge_life: 180,
        }
    }
}
