//! After a start of the system, and of the agent: what runs, and what follows from that.

use super::{
    Cause, Health, InstallState, InstalledRelease, PendingInstall, Running, Slot, Steps, Tell,
};
use crate::primitives::stored::Line;
use crate::rollout::Ratchets;

use super::lines::{CauseName, Leaving, Stuck};

/// So often what waits is to be started, if the boot loader could never be told.
const MAX_ATTEMPTS: u64 = 3;

/// In so many starts of the system the boot loader is told to go back. One more than it may take, as the
/// power may go between the count and the telling.
const MAX_BACKS: u64 = 3;

/// What a start means for the installations.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Nothing was pending, and what runs is what is known to be good, or nothing is known.
    Nothing,
    /// What was activated waits for a restart, or for the boot loader to be told. If it is paused, it is
    /// not to be started until that ends.
    Waits,
    /// What was activated runs, and is not known to work yet. Nothing else is installed meanwhile.
    Trial,
    /// What was activated runs and works: it is the good one now.
    Confirmed,
    /// What was activated runs, and must not: after the steps, restart into the way back.
    Leave(Cause),
    /// What was activated is not kept: it did not start, or it was left.
    Failed(Cause),
    /// What waited is given up. It may be installed again, if it is offered again.
    GaveUp(Cause),
    /// What waited was never started, as the boot loader could not be told so. It is given up (and after a
    /// power cut in that, this is [`GaveUp`](Self::GaveUp)).
    LoaderFailed,
    /// What runs must not, and the boot loader has not gone back when it was told to, or could not: the
    /// hardware counter is above what it would go back to. It is not restarted any more: an operator has
    /// to help, or another release, which may still be installed. This is said for as long as it runs, and
    /// nothing else is pending.
    Stuck(Cause),
    /// What was confirmed once does not run any more: the boot loader has gone back since. Once what runs
    /// is known to work, that is kept, and the other one booked as failed; if another release is
    /// activated before, it is booked then.
    FellBack,
    /// What is remembered of rollouts is another product's: nothing is judged.
    OtherProduct,
    /// Newer firmware has written the state, and this one must not go on from it: it does not install
    /// anything, and leaves the boot loader alone.
    Newer,
}

/// What a start means, and what is to be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "take the steps, in order"]
pub struct Judgement {
    verdict: Verdict,
    steps: Steps,
    restart_into: Option<Slot>,
}

impl Judgement {
    fn new(verdict: Verdict, steps: Steps) -> Self {
        Self { verdict, steps, restart_into: None }
    }

    /// What it means.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// What is to be done.
    pub fn steps(&self) -> &Steps {
        &self.steps
    }

    /// The same, to take.
    pub fn into_steps(self) -> Steps {
        self.steps
    }

    /// The slot to restart into once the steps are taken, if any.
    #[must_use]
    pub fn restart_into(&self) -> Option<&Slot> {
        self.restart_into.as_ref()
    }
}

/// Judges what runs by what is stored.
///
/// To be called whenever the agent starts, and again whenever the health of what runs becomes known. It
/// may be called any number of times: a start of the system is told from one of the agent by its
/// [`BootId`](super::BootId). What the device remembers of rollouts says what was withdrawn since.
///
/// The rollback index rises only here: to that of a confirmed release that is not withdrawn, and no
/// higher than any other slot that must stay bootable has.
pub fn judge(state: &InstallState, running: &Running<'_>, ratchets: &Ratchets) -> Judgement {
    let judge = Judge { state, running, ratchets };
    if state.is_newer() {
        return Judgement::new(Verdict::Newer, Steps::none());
    }
    if state.product() != ratchets.product() {
        return Judgement::new(Verdict::OtherProduct, Steps::none());
    }
    match state.pending() {
        None => judge.nothing_pending(),
        Some(pending) if pending.release.slot == *running.slot => judge.pending_runs(pending),
        Some(pending) => judge.another_runs(pending),
    }
}

struct Judge<'j> {
    state: &'j InstallState,
    running: &'j Running<'j>,
    ratchets: &'j Ratchets,
}

impl Judge<'_> {
    fn nothing_pending(&self) -> Judgement {
        let (state, running) = (self.state, self.running);
        if let Some(cause) = state.stuck(running) {
            return Judgement::new(Verdict::Stuck(cause), Steps::none());
        }
        let (mut next, mut steps) = (state.clone(), Steps::none());
        // The boot loader has gone back from it after all.
        let is_left = |stuck: &mut Line<Stuck>| stuck.release.slot != *running.slot;
        if running.health == Health::Good
            && let Some(stuck) = next.lines.stuck.take_if(is_left)
        {
            let (keep, forbid) = (running.slot.clone(), stuck.release.slot.clone());
            steps = steps.tell(Tell::Keep(keep)).tell(Tell::Forbid(forbid));
        }
        let Some(good) = state.good() else {
            return Judgement::new(Verdict::Nothing, steps.store(state, next));
        };
        if good.runs(running) {
            return Judgement::new(Verdict::Nothing, self.raise(steps, next, good));
        }
        next.lines.good = None;
        if good.slot == *running.slot {
            // Somebody has written the slot by other means. What is in it is not known.
            return Judgement::new(Verdict::Nothing, steps.store(state, next));
        }
        if running.health != Health::Good {
            // Both may be broken: to go back and forth would help nobody.
            return Judgement::new(Verdict::FellBack, Steps::none());
        }
        let steps = steps
            .tell(Tell::Keep(running.slot.clone()))
            .tell(Tell::Forbid(good.slot.clone()))
            .store(state, next.booked(good.manifest, Cause::FellBack.into()));
        Judgement::new(Verdict::FellBack, steps)
    }

    fn pending_runs(&self, pending: &PendingInstall) -> Judgement {
        let (state, running, release) = (self.state, self.running, &pending.release);
        let cause = if let Some(leaving) = state.leaving() {
            leaving.cause.cause()
        } else if state.is_dropped() {
            Cause::GivenUp
        } else if self.ratchets.is_withdrawn(release.manifest) {
            Cause::Withdrawn
        } else if !release.is_build_of(running) {
            Cause::OtherRelease
        } else if self.is_below_counter(release) {
            Cause::BelowCounter
        } else {
            match running.health {
                Health::Bad => Cause::Unhealthy,
                Health::NotYet => {
                    let mut next = state.clone();
                    if next.told().is_none() {
                        // The boot loader was told, and the power went before that was stored.
                        next = next.told_in(pending.boot);
                    }
                    return Judgement::new(Verdict::Trial, Steps::none().store(state, next));
                }
                Health::Good => return self.confirm(release),
            }
        };
        self.leave(pending, cause)
    }

    fn confirm(&self, release: &InstalledRelease) -> Judgement {
        // Told first: if the power goes, the record is still open, and this is said again.
        let keep = Steps::none().tell(Tell::Keep(release.slot.clone()));
        let next = self.state.clone().confirmed(release);
        Judgement::new(Verdict::Confirmed, self.raise(keep, next, release))
    }

    fn leave(&self, pending: &PendingInstall, cause: Cause) -> Judgement {
        let (state, running) = (self.state, self.running);
        let manifest = pending.release.manifest;
        let begun = || Leaving { manifest, cause: cause.into(), backs: 0, boot: running.boot };
        let mut leaving = state.leaving().cloned().unwrap_or_else(begun);
        let is_counted = leaving.backs > 0 && leaving.boot == running.boot;
        // What ran before has no higher index: below the counter, it would not start either.
        let is_futile = self.is_below_counter(&pending.release);
        if is_futile || (leaving.backs >= MAX_BACKS && !is_counted) {
            let next = state.clone().booked(manifest, leaving.cause.clone());
            let next = next.stuck_in(&pending.release, leaving.cause);
            return Judgement::new(Verdict::Stuck(cause), Steps::none().store(state, next));
        }
        if !is_counted {
            // Before the boot loader is told, or one that always refuses would be told for ever.
            (leaving.backs, leaving.boot) = (leaving.backs + 1, running.boot);
        }
        let mut next = state.clone();
        next.lines.leaving = Some(match next.lines.leaving.take() {
            Some(line) => line.with(leaving),
            None => Line::new(leaving),
        });
        let way_back = pending.way_back.clone();
        let steps = Steps::none().store(state, next).tell(Tell::Back(way_back.clone()));
        let restart_into = Some(way_back);
        Judgement { restart_into, ..Judgement::new(Verdict::Leave(cause), steps) }
    }

    /// Whether the hardware might not start a release again.
    fn is_below_counter(&self, release: &InstalledRelease) -> bool {
        self.running.hardware_counter > Some(release.rollback_index)
    }

    fn another_runs(&self, pending: &PendingInstall) -> Judgement {
        let (state, running, manifest) = (self.state, self.running, pending.release.manifest);
        let failed = |cause: CauseName| {
            let verdict = Verdict::Failed(cause.cause());
            Judgement::new(verdict, state.failed_by(pending, running, cause))
        };
        let gave_up =
            |cause| Judgement::new(Verdict::GaveUp(cause), state.given_up(pending, running));
        if let Some(leaving) = state.leaving() {
            return failed(leaving.cause.clone());
        }
        if state.is_dropped() {
            return gave_up(Cause::GivenUp);
        }
        if self.ratchets.is_withdrawn(manifest) {
            return gave_up(Cause::Withdrawn);
        }
        if let Some(cause) = state.came_to_nothing(running) {
            return failed(cause);
        }
        let is_told = state.told().is_some();
        if !is_told && pending.boot != running.boot && pending.attempts >= MAX_ATTEMPTS {
            return Judgement::new(Verdict::LoaderFailed, state.given_up(pending, running));
        }
        // In this start it may have been told without a note of that; or it was not told yet to hold back.
        let may_start = is_told || pending.boot == running.boot;
        let steps = if may_start && self.ratchets.is_paused(manifest) {
            // Stored first: if the power goes before the loader is told, it starts, and is on trial.
            let keep = Tell::Keep(running.slot.clone());
            Steps::none().store(state, state.clone().untold()).tell(keep)
        } else {
            Steps::none()
        };
        Judgement::new(Verdict::Waits, steps)
    }

    /// Stores what comes of a good release that runs, and raises index and counter as far as they may.
    fn raise(&self, steps: Steps, next: InstallState, good: &InstalledRelease) -> Steps {
        let (state, running) = (self.state, self.running);
        // What newer firmware remembers is not known: it may have been withdrawn.
        let is_known = running.health == Health::Good && !self.ratchets.is_newer();
        if !is_known || self.ratchets.is_withdrawn(good.manifest) {
            return steps.store(state, next);
        }
        // What every slot has that must stay bootable, the running one included.
        let others = running.must_stay_bootable.iter().copied();
        let common = others.fold(good.rollback_index, u64::min);
        let steps = steps.store(state, next.raised(common));
        // Stored state can be forged, and a counter never falls: it rises no higher than the image says.
        let most = common.min(running.build.rollback_index);
        match running.hardware_counter {
            Some(counter) if counter < most => steps.tell(Tell::Raise(most)),
            _ => steps,
        }
    }
}
