//! Where an enrolment stands.

use alloc::string::String;

use crate::primitives::stored::Field;

/// Where an enrolment stands. Exhaustive on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It gets certificates.
    Enrolled,
    /// Two may be using one secret: it gets certificates after it has answered a challenge.
    Suspected,
    /// The device is out of use. Never certified again.
    Retired,
    /// The operator has ended it. Never certified again.
    Revoked,
}

impl Standing {
    /// Whether it is over: the record is a tombstone.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Retired | Self::Revoked)
    }
}

const STANDINGS: [(Standing, &str); 4] = [
    (Standing::Enrolled, "enrolled"),
    (Standing::Suspected, "suspected"),
    (Standing::Retired, "retired"),
    (Standing::Revoked, "revoked"),
];

impl Field for Standing {
    fn read(word: &str) -> Option<Self> {
        STANDINGS.iter().find(|(_, name)| *name == word).map(|(standing, _)| *standing)
    }

    fn write(&self, text: &mut String) {
        let name = STANDINGS.iter().find(|(known, _)| known == self);
        text.push_str(name.map_or("", |(_, name)| name));
    }
}
