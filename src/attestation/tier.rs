//! Tiers of trustworthiness, and what is worse than what.

use super::AttestationSignal;

/// A tier of AR4SI (draft-ietf-rats-ar4si §2.3.2, §3.2), from the best to the worst.
///
/// That order is for relying parties: AR4SI's numbers (0 for no claim, 2 for affirming) would put
/// "no claim" before "affirming", so that whoever asks for at most 2 takes devices about which
/// nothing was said.
///
/// ```
/// use ota_trust::attestation::Tier;
/// assert!(Tier::Affirming < Tier::NoClaim && Tier::NoClaim < Tier::Warning);
/// assert_eq!(Tier::of_value(-33), Tier::Warning);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// The verifier vouches for it: 2 to 31, and -2 to -32.
    Affirming,
    /// The verifier asserts nothing (0), could not read the evidence (1), or failed (-1).
    NoClaim,
    /// The verifier warns of it: 32 to 95, and -33 to -96.
    Warning,
    /// The verifier says that it is not to be trusted: 96 to 127, and -97 to -128.
    Contraindicated,
}

impl Tier {
    /// The tier of a trustworthiness claim. Any `i8` is one, known or not.
    #[must_use]
    pub const fn of_value(value: i8) -> Self {
        match value {
            -1..=1 => Self::NoClaim,
            2..=31 | -32..=-2 => Self::Affirming,
            32..=95 | -96..=-33 => Self::Warning,
            96..=127 | -128..=-97 => Self::Contraindicated,
        }
    }

    /// The tier that JSON names so (§3.2; its numbers are for CBOR).
    pub(super) fn of_name(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::NoClaim),
            "affirming" => Some(Self::Affirming),
            "warning" => Some(Self::Warning),
            "contraindicated" => Some(Self::Contraindicated),
            _ => None,
        }
    }

    /// What it is for eligibility.
    #[must_use]
    pub const fn signal(self) -> AttestationSignal {
        match self {
            Self::Affirming => AttestationSignal::Affirming,
            Self::NoClaim => AttestationSignal::NoClaim,
            Self::Warning => AttestationSignal::Warning,
            Self::Contraindicated => AttestationSignal::Contraindicated,
        }
    }
}
