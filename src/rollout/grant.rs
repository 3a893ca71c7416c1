//! What a plan lets a release do beyond the ordinary.

use core::fmt;

use crate::json::{Reader, RecordError, fields, record};
use crate::primitives::{StartTime, UtcTime};
use crate::release::Severity;

/// What a plan can grant a release. None of these concerns signatures, hardware, validation, indexes
/// or withdrawal: those hold for every release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Privilege {
    /// The device installs it at its own pace: outside of maintenance windows and quotas.
    OwnPace,
    /// It is offered to all while it is limited. Only for a manifest that claims `critical`.
    SkipWaves,
    /// It is offered to devices that attestation restricts, or they could never heal. Only for a
    /// manifest that claims to mend something of security.
    BypassAttestation,
}

/// A privilege, and until when.
///
/// What a manifest says of its severity is a claim of the release authority. It takes effect where
/// the rollout authority grants it, and no longer than that says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What is granted.
    pub privilege: Privilege,
    /// Until when.
    pub until: UtcTime,
}

impl Privilege {
    const ALL: [Self; 3] = [Self::OwnPace, Self::SkipWaves, Self::BypassAttestation];

    /// The name in a plan.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OwnPace => "own-pace",
            Self::SkipWaves => "skip-waves",
            Self::BypassAttestation => "bypass-attestation",
        }
    }

    /// Whether a release that claims this severity can have it.
    #[must_use]
    pub const fn is_for(self, claimed: Severity) -> bool {
        match self {
            Self::OwnPace => true,
            Self::SkipWaves => matches!(claimed, Severity::Critical),
            Self::BypassAttestation => claimed.is_security_fix(),
        }
    }
}

impl Grant {
    /// Whether it is known not to have ended: where the clock is not believed, it may have.
    #[must_use]
    pub fn holds(&self, now: StartTime) -> bool {
        matches!(now, StartTime::Known(now) if now < self.until)
    }

    /// A privilege that this version does not know, or under a condition that it does not know, is not
    /// given: `None`.
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Option<Self>, RecordError> {
        let named = |name: &str| Privilege::ALL.into_iter().find(|p| p.name() == name);
        let read = |r: &mut Reader<'_>| {
            Ok(record!(
                r,
                |r, field| Self {
                    privilege: required(named(&r.text()?.decode())),
                    until: optional(fields::time(r)?),
                },
                match privilege? {
                    Some(privilege) => {
                        let until = until.ok_or(RecordError::Missing { field: "until" })?;
                        Some(Self { privilege, until })
                    }
                    None => None,
                }
            ))
        };
        Ok(r.unless_critical(read)?.flatten())
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
