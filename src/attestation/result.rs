//! The proof that an allowed verifier has answered our challenge.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::timed::Holds;
use super::{Tier, TimedSignal};
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
    pub(super) holds: Holds,
}

impl AttestationResult {
    /// What it is for eligibility, until [`not_after`](Self::not_after).
    #[must_use]
    pub const fn signal(&self) -> TimedSignal {
        TimedSignal::holding(self.tier.signal(), self.holds)
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

    /// From then on the result is [`Stale`](super::AttestationSignal::Stale), by the clock of who
    /// has verified it: the first of the token's expiry and its age by the policy, both with the
    /// skew with which it was taken; the policy's age from the verification on; and the expiry of
    /// the verifier keys.
    ///
    /// Before the verification, by more than clocks may differ, it is stale, too: that clock was
    /// set back.
    ///
    /// Where the time is not known, that is a bound and no more. There the [signal](Self::signal)
    /// holds for the policy's age by the uptime, or for the life of the token (`exp` less `iat`) if
    /// that is shorter.
    #[must_use]
    pub const fn not_after(&self) -> UtcTime {
        self.holds.not_after
    }
}
