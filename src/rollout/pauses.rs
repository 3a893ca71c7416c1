//! The pauses that a device remembers.

use alloc::vec::Vec;

use super::{FoundBrake, PlannedRelease, Stage, TrustedPlan};
use crate::primitives::stored::{Field, Fields, Line, Reader, Writer};
use crate::primitives::{Limits, Sha256Digest};
use crate::release::ManifestDigest;

/// What plans and brakes have paused, each with the plan that was seen last together with it.
///
/// To let go is to start, and whoever can pause may not be able to start. So a pause that was seen
/// stays until the present documents do not have it *and* the present plan is another one than when it
/// was seen last. It does not matter who paused, or whose keys have gone since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pauses(pub(super) Vec<Line<Pause>>);

/// One pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pause {
    what: Paused,
    /// The digest of the plan that was seen last together with it.
    plan: Sha256Digest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Paused {
    All,
    Release(ManifestDigest),
}

impl Pauses {
    /// Whether a release is paused.
    pub(super) fn contains(&self, manifest: ManifestDigest) -> bool {
        let pauses = |pause: &Line<Pause>| match pause.what {
            Paused::All => true,
            Paused::Release(paused) => paused == manifest,
        };
        self.0.iter().any(pauses)
    }

    /// Each of them once: two lines of one subject are none of ours.
    pub(super) fn is_well_formed(&self) -> bool {
        let mut subjects: Vec<_> = self.0.iter().map(|pause| pause.what).collect();
        subjects.sort_unstable();
        subjects.is_sorted_by(|a, b| a < b)
    }

    /// Takes in what the present documents pause, and lets go what may go.
    pub(super) fn observe(&mut self, plan: &TrustedPlan, brake: &FoundBrake, limits: &Limits) {
        let present = *plan.digest();
        let by_plan = plan.releases().iter().filter(|planned| is_paused(planned.stage()));
        let by_brake = brake.brake().into_iter();
        let all = by_brake.clone().filter(|brake| brake.pause_all).map(|_| Paused::All);
        let by_brake = by_brake.flat_map(|brake| brake.paused.iter().copied());
        let releases = by_plan.map(PlannedRelease::manifest).chain(by_brake);
        let paused: Vec<Paused> = all.chain(releases.map(Paused::Release)).collect();
        for &what in &paused {
            let pause = Pause { what, plan: present };
            match self.0.iter_mut().find(|known| known.what == what) {
                Some(known) => **known = pause,
                None => self.0.push(Line::new(pause)),
            }
        }
        self.0.retain(|known| known.plan == present || paused.contains(&known.what));
        // As many as one document of each may have; more are remembered as all of them.
        let most = limits.max_withdrawn.saturating_add(limits.max_components);
        if self.0.len() > usize::try_from(most).unwrap_or(usize::MAX) {
            self.0 = alloc::vec![Line::new(Pause { what: Paused::All, plan: present })];
        }
    }
}

/// What only later versions know may be a pause.
fn is_paused(stage: Stage) -> bool {
    matches!(stage, Stage::Paused(_) | Stage::Unknown)
}

/// `<manifest>|all <digest of the plan>`
impl Fields for Pause {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        Some(Self { what: line.field()?, plan: line.field()? })
    }

    fn write(&self, line: &mut Writer<'_>) {
        line.field(&self.what).field(&self.plan);
    }
}

impl Field for Paused {
    fn read(word: &str) -> Option<Self> {
        if word == "all" { Some(Self::All) } else { Field::read(word).map(Self::Release) }
    }

    fn write(&self, text: &mut alloc::string::String) {
        match self {
            Self::All => text.push_str("all"),
            Self::Release(manifest) => Field::write(manifest, text),
        }
    }
}
