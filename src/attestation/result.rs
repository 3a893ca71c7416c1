//! The proof that an allowed verifier has answered our challenge.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{AttestationSignal, Tier};
use crate::primitives::UtcTime;

/// What an allowed verifier says of a device, in answer to one challenge.
///
/// Only [`AttestationPolicy::verify`](super::AttestationPolicy::verify) makes one. Nothing of the
/// token that names the device is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationResult {
    pub(super) tier: Tier,
    pub(super) submodules: Vec<(Box<str>, Tier)>,
    pub(super) developer: Box<str>,
    pub(super) build: Box<str>,
    pub(super) key_is_attested: bool,
    pub(super) not_after: UtcTime,
}

impl AttestationResult {
    /// What it is for eligibility, until [`not_after`](Self::not_after).
    #[must_use]
    pub const fn signal(&self) -> AttestationSignal {
        self.tier.signal()
    }

    /// The worst tier of all submodules, or what the verifier says of the device if that is worse.
    #[must_use]
    pub const fn tier(&self) -> Tier {
        self.tier
    }

    /// The submodules that were appraised, and the tier of each, in the order of the token.
    pub fn submodules(&self) -> impl Iterator<Item = (&str, Tier)> {
        self.submodules.iter().map(|(name, tier)| (&**name, *tier))
    }

    /// Who is responsible for the verifier (AR4SI §3.3).
    #[must_use]
    pub fn verifier_developer(&self) -> &str {
        &self.developer
    }

    /// Which build of the verifier has appraised the device.
    #[must_use]
    pub fn verifier_build(&self) -> &str {
        &self.build
    }

    /// Whether the key of the request is one that the token attests.
    #[must_use]
    pub const fn key_is_attested(&self) -> bool {
        self.key_is_attested
    }

    /// From then on the result is [`Stale`](AttestationSignal::Stale): the first of the token's
    /// expiry, the policy's age for tokens, and the expiry of the verifier keys. By the clock of the
    /// verifier: a result that was taken although clocks differ may have passed it already.
    #[must_use]
    pub const fn not_after(&self) -> UtcTime {
        self.not_after
    }
}
