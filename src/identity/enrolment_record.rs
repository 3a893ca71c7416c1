//! An enrolment as it is stored.

use alloc::format;
use alloc::vec::Vec;

use super::record::{Lines, Writer};
use super::{Enrolment, EpochKey, Fleet, IdentityEpoch, Standing};
use crate::primitives::{Digest, lower_hex_decode};

const TITLE: &str = "ota-trust enrolment 1";

const STANDINGS: [(Standing, &str); 4] = [
    (Standing::Enrolled, "enrolled"),
    (Standing::Suspected, "suspected"),
    (Standing::Retired, "retired"),
    (Standing::Revoked, "revoked"),
];

impl Enrolment {
    /// What to store: lines of text, the last of which is a checksum over the others.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::new(TITLE);
        out.line("fleet", self.origin.fleet());
        out.line("origin", self.origin.hex());
        if let Some(live) = &self.live {
            out.line("live", format!("{} {}", live.epoch(), live.hex()));
        }
        let name = STANDINGS.iter().find(|(known, _)| *known == self.standing);
        out.line("standing", name.map_or("", |(_, name)| name));
        if let Some(challenge) = self.challenge {
            out.line("challenge", Digest::Sha256(challenge));
        }
        out.line("suspicions", self.suspicions);
        out.finish()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) gave; `None` for anything else. A record that is
    /// lost is not a new device: its origin may have been revoked.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut lines = Lines::read(TITLE, bytes)?;
        let fleet = Fleet::new(lines.value("fleet")?).ok()?;
        let key = |epoch, hex| EpochKey::new(fleet.clone(), epoch, lower_hex_decode(hex)?).ok();
        let origin = key(IdentityEpoch::ENROLMENT, lines.value("origin")?)?;
        let live = match lines.value("live") {
            Some(text) => {
                let (epoch, hex) = text.split_once(' ')?;
                Some(key(IdentityEpoch::new(epoch.parse().ok()?), hex)?)
            }
            None => None,
        };
        let standing = lines.value("standing")?;
        let (standing, _) = *STANDINGS.iter().find(|(_, name)| *name == standing)?;
        let challenge = match lines.value("challenge") {
            Some(text) => Some(lower_hex_decode(text)?),
            None => None,
        };
        let suspicions = lines.number("suspicions")?;
        lines.end()?;
        let read = Self { origin, live, standing, challenge, suspicions };
        // One spelling only: lines have other ends, too.
        (read.to_bytes() == bytes).then_some(read)
    }
}
