//! The form in which an enrolment is stored.
//!
//! ```text
//! ota-trust enrolment 1
//! fleet <name>                                     whose device it is
//! origin <public key>                              the key with which it enrolled
//! live <epoch> <public key> <from> <until>         a key that is certified, and its window
//! withdrawn <epoch> <public key> <from> <until>    one that was, and is no longer good
//! standing <name>
//! challenge <32 bytes> <from>                      one that was sent
//! suspicions <n>
//! sha256 <checksum>
//! ```

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use super::enrolment_challenges::OpenChallenge;
use super::{EpochKey, EpochWindow, Fleet, IdentityEpoch, Standing};
use crate::primitives::stored::{Fields, Line, Reader, Writer, lines, printed_fields};
use crate::primitives::{Sha256Digest, UtcTime};

lines!(
    "enrolment",
    1,
    /// See above. Keys are 32 bytes, as digests are.
    pub(super) struct Lines {
        pub(super) fleet: Option<Line<Fleet>>,
        pub(super) origin: Option<Line<Sha256Digest>>,
        pub(super) live: Vec<Line<Certified>>,
        pub(super) withdrawn: Vec<Line<Certified>>,
        pub(super) standing: Option<Line<Standing>>,
        pub(super) challenge: Vec<Line<OpenChallenge>>,
        pub(super) suspicions: Option<Line<u64>>,
    }
);

/// A key that has been certified, and for how long. It does not print.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Certified {
    pub(super) epoch: IdentityEpoch,
    pub(super) public_key: [u8; 32],
    pub(super) window: EpochWindow,
}

impl Certified {
    /// Whether it is the key, in whichever epoch: a handle is the digest of the key alone.
    pub(super) fn is_key(&self, key: &EpochKey) -> bool {
        self.public_key == *key.public_key()
    }

    pub(super) fn has_ended(&self, now: UtcTime) -> bool {
        self.window.expires() <= now
    }

    /// As it was read of a document, or was checked when the record was loaded.
    pub(super) fn key(&self, fleet: &Fleet) -> EpochKey {
        EpochKey::derived(fleet.clone(), self.epoch, self.public_key)
    }
}

impl Lines {
    /// Whether they are those of one enrolment of this origin.
    pub(super) fn are_of(&self, origin: &EpochKey) -> bool {
        let is_fleet = self.fleet.as_deref() == Some(origin.fleet());
        is_fleet && self.origin.as_deref() == Some(origin.public_key())
    }

    /// Whether all of a record is there, and fits together.
    pub(super) fn are_whole(&self, origin: &EpochKey) -> bool {
        let is_key = |line: &Line<Certified>| {
            let key = EpochKey::new(origin.fleet().clone(), line.epoch, line.public_key);
            line.epoch != IdentityEpoch::ENROLMENT && key.is_ok()
        };
        let is_one_each =
            self.live.is_sorted_by(|one: &Line<Certified>, next| one.epoch < next.epoch);
        let is_there = self.standing.is_some() && self.suspicions.is_some();
        let keys = || self.live.iter().chain(&self.withdrawn);
        // No handle is good and withdrawn, or has two epochs.
        let mut seen = BTreeSet::new();
        let mut is_once = keys().map(|line| seen.insert(line.public_key));
        is_there && is_one_each && is_once.all(|once| once) && keys().all(is_key)
    }
}

impl Fields for Certified {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        let (epoch, public_key) = (IdentityEpoch::new(line.field()?), line.field()?);
        let window = EpochWindow::new(line.field()?, line.field()?).ok()?;
        Some(Self { epoch, public_key, window })
    }

    fn write(&self, line: &mut Writer<'_>) {
        line.field(&self.epoch.get()).field(&self.public_key);
        line.field(&self.window.not_before()).field(&self.window.expires());
    }
}

impl fmt::Debug for Certified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certified(..)")
    }
}

printed_fields!(Fleet);
