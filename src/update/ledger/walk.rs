//! The walk from the provisioned root to the last one, held against what was recorded.

use alloc::collections::BTreeSet;

use super::Ledger;
use super::keys::{OnlineKeys, lost_key};
use super::lines::{Floor, LastRoot, Mark};
use crate::metadata::{RoleType, Root};
use crate::primitives::{Limits, Version};
use crate::verify::{Trusted, root_signers};

/// How far a walk has come, and what was found out on it.
#[derive(Debug)]
pub(crate) struct Walk {
    anchor: Mark,
    /// What the firmware knows of the timestamp.
    floor: Option<Floor>,
    /// The last root of an earlier walk.
    recorded: Option<LastRoot>,
    /// The anchor is another one than a recorded root of its version.
    is_contradicted: bool,
    /// The recorded root, or a recorded anchor, lies on the walk.
    is_met: bool,
    /// The recorded root does not lie on the walk, and its keys have signed the one that does.
    is_continued: bool,
    /// The last root, of those that are new, that takes a key from timestamp or snapshot.
    took_key: Option<Version>,
}

/// What becomes of the walk with one more root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Met {
    /// It may go on.
    Fits,
    /// There was another root of this version, and its keys have not signed this one.
    Fork,
}

impl Walk {
    /// A walk that has come to the provisioned root.
    pub(crate) fn begin(
        ledger: &Ledger,
        anchor: &Trusted<'_, Root>,
        at_least: Option<Version>,
        limits: &Limits,
    ) -> (Self, Met) {
        let mark = Mark::of(anchor);
        let floor = at_least.map(|version| Floor {
            role: RoleType::Timestamp,
            version,
            root: anchor.version(),
            keys: OnlineKeys::of(anchor),
        });
        let recorded = ledger.recorded().cloned();
        let marks = ledger.lines.anchor.iter().map(|line| **line);
        let (mut is_contradicted, mut is_met) = (false, false);
        for known in marks.chain(recorded.iter().map(|root| root.mark)) {
            is_contradicted |= known.contradicts(&mark);
            is_met |= known == mark;
        }
        let (is_continued, took_key) = (false, None);
        let mut walk =
            Self { anchor: mark, floor, recorded, is_contradicted, is_met, is_continued, took_key };
        let met = walk.meets(None, anchor, limits);
        (walk, met)
    }

    /// The walk goes on from one root to the next, unless that is a fork.
    pub(crate) fn go_on(
        &mut self,
        before: &Trusted<'_, Root>,
        next: &Trusted<'_, Root>,
        limits: &Limits,
    ) -> Met {
        let met = self.meets(Some(before), next, limits);
        // What was taken up to the recorded root has ended floors when that root was recorded. Below it,
        // a thief of old root keys could take away what nobody has.
        if met == Met::Fits && !self.is_recorded(next.version()) && lost_key(before, next) {
            self.took_key = Some(next.version());
        }
        met
    }

    /// Holds a root against the recorded one of its version, if there is one.
    ///
    /// A publisher may have to make a root once more. So another root is no fork if a threshold of the
    /// recorded root's own keys has signed it: who stole older keys does not have these.
    fn meets(
        &mut self,
        before: Option<&Trusted<'_, Root>>,
        root: &Trusted<'_, Root>,
        limits: &Limits,
    ) -> Met {
        let Some(recorded) = &self.recorded else { return Met::Fits };
        if recorded.mark.version != root.version() {
            return Met::Fits;
        }
        if recorded.mark.digest == root.signed_digest() {
            self.is_met = true;
            return Met::Fits;
        }
        let signers = root_signers(root, before, limits);
        let signed: BTreeSet<_> = signers.intersection(&recorded.keys).collect();
        self.is_met = false;
        self.is_continued = u64::try_from(signed.len()).unwrap_or(u64::MAX) >= recorded.threshold;
        if self.is_continued { Met::Fits } else { Met::Fork }
    }

    /// The version of the recorded root, where the walk has yet to come to it: roots up to there have
    /// been followed before.
    pub(crate) fn is_before_recorded(&self, version: Version) -> bool {
        self.recorded.as_ref().is_some_and(|recorded| version < recorded.mark.version)
    }

    /// Whether the root of this version was followed before.
    pub(crate) fn is_recorded(&self, version: Version) -> bool {
        self.recorded.as_ref().is_some_and(|recorded| version <= recorded.mark.version)
    }

    /// The version of the recorded root.
    pub(crate) fn recorded_version(&self) -> Option<Version> {
        self.recorded.as_ref().map(|recorded| recorded.mark.version)
    }

    /// Whether the provisioned root is another one than was recorded.
    pub(crate) fn is_contradicted(&self) -> bool {
        self.is_contradicted
    }

    pub(super) fn anchor(&self) -> Mark {
        self.anchor
    }

    pub(super) fn floor(&self) -> Option<&Floor> {
        self.floor.as_ref()
    }

    /// Whether it is sure that all that is stored came by this chain.
    pub(super) fn is_same(&self) -> bool {
        self.recorded.is_none() || (self.is_met && !self.is_continued)
    }

    pub(super) fn took_key(&self) -> Option<Version> {
        self.took_key
    }
}
