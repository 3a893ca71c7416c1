//! The stages of a release, and which may follow which.

use core::fmt;

/// How far the governance of a rollout has let a release go.
///
/// ```text
/// draft → validation → limited → stable        paused ⇄ any of the last three
///   └─────────┴───────────┴────────┴──→ withdrawn (for good), superseded (or withdrawn later)
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Announced, offered to nobody.
    Draft,
    /// Offered to devices that validate releases.
    Validation,
    /// Offered to a part of the devices, that grows as the exposure says.
    Limited,
    /// Offered to all.
    Stable,
    /// Offered to nobody for now.
    Paused(Active),
    /// Offered to nobody, ever again: the device remembers.
    Withdrawn,
    /// Offered to nobody, since something better is there.
    Superseded,
    /// A later version of this crate knows what the plan says of it; to this one it is closed.
    Unknown,
}

/// The stage at which a release was paused, and to which it may return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Active {
    /// [`Stage::Validation`].
    Validation,
    /// [`Stage::Limited`].
    Limited,
    /// [`Stage::Stable`].
    Stable,
}

impl Stage {
    /// Whether a plan may move a release from this stage to `next`.
    ///
    /// No stage is skipped on the way up; a pause gives back what it has taken and no more; what is
    /// withdrawn stays so. A stage may stay as it is. Of what is not known, nobody can say.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        use Stage::{Draft, Limited, Paused, Stable, Superseded, Unknown, Validation, Withdrawn};
        match (self, next) {
            (Unknown, _) | (_, Unknown) => false,
            (Withdrawn, next) => next == Withdrawn,
            (Superseded, next) => matches!(next, Superseded | Withdrawn),
            (_, Withdrawn | Superseded)
            | (Draft, Validation)
            | (Validation, Limited)
            | (Limited, Stable) => true,
            (Paused(from), next) if from.stage() == next => true,
            (now, Paused(from)) if from.stage() == now => true,
            (now, next) => now == next,
        }
    }

    /// The stage if it offers the release to anybody, or would if it were not paused.
    pub(crate) const fn active(self) -> Option<Active> {
        match self {
            Self::Validation => Some(Active::Validation),
            Self::Limited => Some(Active::Limited),
            Self::Stable => Some(Active::Stable),
            Self::Paused(active) => Some(active),
            Self::Draft | Self::Withdrawn | Self::Superseded | Self::Unknown => None,
        }
    }

    /// The name in a plan.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Validation => "validation",
            Self::Limited => "limited",
            Self::Stable => "stable",
            Self::Paused(_) => "paused",
            Self::Withdrawn => "withdrawn",
            Self::Superseded => "superseded",
            Self::Unknown => "unknown",
        }
    }

    /// From `stage` and `paused_from`, the latter of which is there if and only if it is paused.
    pub(super) fn from_names(stage: &str, paused_from: Option<&str>) -> Option<Self> {
        Some(match (stage, paused_from) {
            ("paused", Some(from)) => Self::Paused(Active::from_name(from)?),
            ("draft", None) => Self::Draft,
            ("withdrawn", None) => Self::Withdrawn,
            ("superseded", None) => Self::Superseded,
            (name, None) => Active::from_name(name)?.stage(),
            _ => return None,
        })
    }
}

impl Active {
    /// The stage itself.
    #[must_use]
    pub const fn stage(self) -> Stage {
        match self {
            Self::Validation => Stage::Validation,
            Self::Limited => Stage::Limited,
            Self::Stable => Stage::Stable,
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Validation, Self::Limited, Self::Stable];
        all.into_iter().find(|active| active.stage().name() == name)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paused(from) => write!(f, "paused ({})", from.stage().name()),
            stage => f.write_str(stage.name()),
        }
    }
}
