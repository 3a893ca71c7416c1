//! What a signal decides.
//!
//! An attestation signal never makes a device eligible: a gate looks at a device that is eligible
//! by all other rules, and leaves it so or does not. So [`GateVerdict`] has no third value.

use alloc::vec::Vec;

use super::AttestationSignal;
use crate::release::Channel;

/// What a product asks of the attestation of its devices.
///
/// ```
/// use ota_trust::attestation::{AttestationGate, AttestationSignal, GateVerdict};
/// use ota_trust::release::Channel;
/// let (stable, beta) = (Channel::new("stable")?, Channel::new("beta")?);
/// let gate = AttestationGate::Require { channels: vec![stable.clone()], allow_warning: false };
/// assert_eq!(gate.check(AttestationSignal::Stale, &stable), GateVerdict::Restricted);
/// assert_eq!(gate.check(AttestationSignal::Stale, &beta), GateVerdict::Open);
/// # Ok::<(), ota_trust::release::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttestationGate {
    /// Nothing is asked.
    Ignore,
    /// Restricts devices that a verifier has found bad. A device that keeps its result to itself
    /// passes.
    Prefer,
    /// On some channels, restricts every device that is not affirmed; on others as
    /// [`Prefer`](Self::Prefer).
    Require {
        /// The channels.
        channels: Vec<Channel>,
        /// Whether a warning is good enough.
        allow_warning: bool,
    },
}

/// Whether attestation restricts a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GateVerdict {
    /// It does not: the other rules decide.
    Open,
    /// It does, whatever the other rules say.
    Restricted,
}

impl AttestationGate {
    /// What the gate makes of a signal, for a release on `channel`.
    #[must_use]
    pub fn check(&self, signal: AttestationSignal, channel: &Channel) -> GateVerdict {
        use AttestationSignal::{Affirming, Contraindicated, Warning};
        let open = match self {
            Self::Ignore => true,
            Self::Require { channels, allow_warning } if channels.contains(channel) => {
                signal == Affirming || (signal == Warning && *allow_warning)
            }
            Self::Prefer | Self::Require { .. } => signal != Contraindicated,
        };
        if open { GateVerdict::Open } else { GateVerdict::Restricted }
    }
}
