//! What a server makes of a handle.

use core::fmt;

/// What a server remembers of a handle, beside its certificate. Exhaustive on purpose.
///
/// There is no entry for a handle of which nothing has happened: it is [`Live`](Self::Live). An
/// entry can go when the certificate has expired, since that alone refuses the handle then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HandleStatus {
    /// Nothing has happened.
    #[default]
    Live,
    /// Two seem to use it: each request is challenged until one answers.
    Suspected,
    /// Linked mode: its device has rotated to another handle.
    Superseded,
    /// The enroller has ended the enrolment, or has given the epoch to another key.
    Withdrawn,
}

/// What happens to a handle at a server. Exhaustive on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HandleEvent {
    /// A counter came again, or one far below the last: a copied device, or one that has lost its
    /// state.
    CounterFork,
    /// A challenge was answered with the handle's key.
    ChallengePassed,
    /// A [`Rotation`](super::Rotation) from this handle was verified.
    RotatedAway,
    /// The enroller says that the handle is no longer good.
    Withdrawn,
}

/// What a request under a handle with a valid certificate gets. Exhaustive on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HandleAnswer {
    /// What it asks for.
    Serve,
    /// A challenge.
    Challenge,
    /// What an unknown handle gets: on the wire the reasons look the same.
    Refuse,
}

impl HandleStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Live, Self::Suspected, Self::Superseded, Self::Withdrawn];

    /// What to store after `event`.
    ///
    /// A suspicion never ends a handle, and what has ended stays so.
    #[must_use]
    pub const fn on(self, event: HandleEvent) -> Self {
        match (self, event) {
            (Self::Withdrawn, _) | (_, HandleEvent::Withdrawn) => Self::Withdrawn,
            (Self::Superseded, _) | (_, HandleEvent::RotatedAway) => Self::Superseded,
            (_, HandleEvent::CounterFork) => Self::Suspected,
            (_, HandleEvent::ChallengePassed) => Self::Live,
        }
    }

    /// What a request gets that carries a verified certificate for the handle.
    #[must_use]
    pub const fn answer(self) -> HandleAnswer {
        match self {
            Self::Live => HandleAnswer::Serve,
            Self::Suspected => HandleAnswer::Challenge,
            Self::Superseded | Self::Withdrawn => HandleAnswer::Refuse,
        }
    }

    /// The word for it in a server's storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Suspected => "suspected",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The status that has this [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

impl fmt::Display for HandleStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
