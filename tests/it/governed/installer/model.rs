//! What has happened to a device, and what must hold of it: a history, and no second installer.

use std::collections::{BTreeMap, BTreeSet};

use ota_trust::installation::{
    Cause, Health, InstallState, InstalledRelease, PendingInstall, Tell, Verdict,
};
use ota_trust::rollout::Ratchets;

use super::device::{Conduct, Device};
use super::published::Published;

/// What a state says to everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct View {
    pub(super) index: Option<u64>,
    pub(super) good: Option<InstalledRelease>,
    pub(super) pending: Option<PendingInstall>,
    pub(super) failed: BTreeMap<usize, u64>,
    /// Those that have fallen back once.
    pub(super) fallen: BTreeSet<usize>,
}

impl View {
    pub(super) fn of(state: &InstallState) -> Self {
        let number = |failed| Published::get().number(failed);
        Self {
            index: state.rollback_index(),
            good: state.good().cloned(),
            pending: state.pending().cloned(),
            failed: state.failed().map(|f| (number(f.manifest), f.times)).collect(),
            fallen: state
                .failed()
                .filter(|f| f.cause == Cause::FellBack)
                .map(|f| number(f.manifest))
                .collect(),
        }
    }
}

/// For what the installer takes steps.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    Activate,
    StartAgain,
    GiveUp,
    Judge(Verdict),
}

/// What became of one activation so far.
#[derive(Clone, Debug)]
struct Attempt {
    release: usize,
    slot: usize,
    way_back: usize,
    /// The starts of the system in which it was to be started.
    starts: BTreeSet<u32>,
    /// Whether the boot loader was ever told to try it.
    is_tried: bool,
    /// The start of the system in which it was stored that the boot loader was told.
    noted: Option<u32>,
    /// Whether it was given up before it failed.
    is_given_up: bool,
    /// Whether it is being left, and if so, whether that is a failure.
    leaving: Option<bool>,
    /// Whether it is left as something else has started in its slot.
    is_another: bool,
    /// How often a restart into the way back was asked for.
    backs: u32,
    /// The starts of the system in which the boot loader was to be told to go back.
    left: BTreeSet<u32>,
}

/// What was to be left, and was not.
struct Stuck {
    release: InstalledRelease,
    /// Whether something else runs in its slot.
    is_another: bool,
}

impl Stuck {
    fn is_it(&self, device: &Device) -> bool {
        let is_there = device.running == Device::number(&self.release.slot);
        is_there && (self.is_another || runs(&self.release, device))
    }
}

/// What is known of a device from outside.
pub(super) struct Facts<'f> {
    pub(super) device: &'f Device,
    pub(super) ratchets: &'f Ratchets,
}

impl Facts<'_> {
    fn is_withdrawn(&self, release: usize) -> bool {
        self.ratchets.is_withdrawn(Published::get().manifest(release))
    }

    /// Whether a release may stay, with what the device knows of it now.
    fn may_stay(&self, release: usize) -> bool {
        let image = self.device.runs();
        image.release == Some(release)
            && image.conduct != Conduct::IsUnhealthy
            && !self.is_withdrawn(release)
    }

    /// The lowest index that must still start.
    fn lowest(&self) -> u64 {
        let running = Published::index(self.device.runs().release);
        self.device.others().into_iter().fold(running, u64::min)
    }
}

/// What the storage has, and how it came to that.
#[derive(Default)]
pub(super) struct History {
    pub(super) seen: View,
    attempt: Option<Attempt>,
    /// What was to be left, and was not.
    stuck: Option<Stuck>,
    /// Each release and slot that there was a permit to install for.
    permits: BTreeSet<(usize, usize)>,
    /// Whether newer firmware has added a line that must stay.
    pub(super) has_unknown: bool,
}

impl History {
    pub(super) fn lost(&mut self) {
        (self.seen, self.attempt, self.has_unknown) = (View::default(), None, false);
        self.stuck = None;
    }

    pub(super) fn permitted(&mut self, release: usize, slot: usize) {
        self.permits.insert((release, slot));
    }

    /// What is open has been given a fate that it cannot come back from, or none.
    fn excused(attempt: &Attempt, facts: &Facts<'_>) -> bool {
        attempt.is_given_up || facts.is_withdrawn(attempt.release)
    }

    pub(super) fn booted(&self, device: &Device) {
        if let Some(attempt) = &self.attempt
            && attempt.slot == device.running
        {
            assert!(attempt.is_tried, "it starts, and nobody has said so");
        }
    }

    /// A restart was asked for.
    pub(super) fn restarts(&mut self, into: usize) {
        let attempt = self.attempt.as_mut().expect("something is being left");
        attempt.backs += 1;
        assert!(attempt.backs <= 3, "it is left three times at most");
        assert_eq!(into, attempt.way_back);
    }

    /// What always holds while something is open.
    pub(super) fn assert_way_back(&self, device: &Device) {
        if let Some(attempt) = &self.attempt {
            assert!(device.image(attempt.way_back).is_some(), "the way back is whole");
            assert!(!device.forbidden[attempt.way_back], "the way back is not forbidden");
        }
    }

    /// The boot loader was told something.
    pub(super) fn told(&mut self, tell: &Tell, facts: &Facts<'_>) {
        let device = facts.device;
        match tell {
            Tell::Keep(slot) => assert_eq!(Device::number(slot), device.running),
            Tell::Forbid(slot) => assert_ne!(Device::number(slot), device.running),
            Tell::Try(slot) => {
                let attempt = self.attempt.as_mut().expect("a record is stored already");
                assert_eq!(Device::number(slot), attempt.slot);
                let image = device.image(attempt.slot).expect("it is whole");
                assert_eq!(image.written, Some(attempt.release));
                assert!(self.permits.contains(&(attempt.release, attempt.slot)), "as permitted");
                assert!(!Self::excused(attempt, facts), "it may start");
                assert!(device.starts(attempt.way_back), "there is a way back that starts");
                assert_eq!(device.kept, device.running, "what runs is kept meanwhile");
                attempt.is_tried = true;
            }
            Tell::Back(slot) => {
                let attempt = self.attempt.as_mut().expect("a record is open still");
                assert_eq!(Device::number(slot), attempt.way_back);
                assert!(attempt.leaving.is_some(), "why is stored already");
                assert!(attempt.left.contains(&device.boots), "and so is that it is left now");
                assert_eq!(device.running, attempt.slot, "what is left runs");
            }
            Tell::Raise(index) => {
                assert!(device.counter == Some(*index), "it never falls");
                assert!(*index <= facts.lowest(), "no way back is left");
                assert!(Some(*index) <= self.seen.index, "it is stored first");
                let release = device.runs().release.expect("a release");
                assert!(facts.may_stay(release), "what raises it may stay");
            }
        }
    }

    /// A state was stored.
    pub(super) fn stored(&mut self, state: &InstallState, purpose: &Purpose, facts: &Facts<'_>) {
        let after = View::of(state);
        let before = std::mem::replace(&mut self.seen, after.clone());
        assert!(after.index >= before.index, "a confirmed index falls");
        if after.index > before.index {
            assert!(after.index <= Some(facts.lowest()), "no way back is left");
            let release = facts.device.runs().release.expect("a release");
            assert!(facts.may_stay(release), "what raises it may stay");
            assert!(after.good.as_ref().is_some_and(|good| is(good, release)), "and is confirmed");
        }
        match (&before.pending, &after.pending) {
            (None, Some(pending)) => self.opened(pending, &before, &after, purpose, facts),
            (Some(old), Some(new)) => {
                let what = |pending: &PendingInstall| {
                    (pending.release().manifest, pending.release().slot.clone())
                };
                assert_eq!(what(old), what(new));
                let is_begun = matches!(purpose, Purpose::StartAgain);
                let running = Device::name(facts.device.running);
                let way_back = if is_begun { &running } else { old.way_back() };
                assert_eq!(new.way_back(), way_back, "what runs is the way back");
                assert_eq!(after, View { pending: after.pending.clone(), ..before });
                self.went_on(purpose, facts);
            }
            (Some(_), None) => self.closed(&before, &after, facts),
            (None, None) => self.idled(before, &after, purpose, facts),
        }
    }

    fn opened(
        &mut self,
        pending: &PendingInstall,
        before: &View,
        after: &View,
        purpose: &Purpose,
        facts: &Facts<'_>,
    ) {
        let device = facts.device;
        assert!(matches!(purpose, Purpose::Activate), "only a permit opens a record");
        assert_eq!(Device::number(pending.way_back()), device.running, "what runs is the way back");
        let runs = |good: &InstalledRelease| Device::number(&good.slot) == device.running;
        assert_eq!(after.good, before.good.clone().filter(runs), "what does not run is not good");
        let mut failed = before.failed.clone();
        let is_stuck_now = self.stuck.as_ref().is_some_and(|stuck| stuck.is_it(device));
        if let Some(gone) = before.good.as_ref().filter(|good| !runs(good) && !is_stuck_now) {
            *failed.entry(Published::get().number(gone.manifest)).or_default() += 1;
        }
        assert_eq!((after.index, &after.failed), (before.index, &failed), "what fell back failed");
        self.stuck = self.stuck.take().filter(|stuck| stuck.is_it(device));
        self.attempt = Some(Attempt {
            release: Published::get().number(pending.release().manifest),
            slot: Device::number(&pending.release().slot),
            way_back: device.running,
            starts: [device.boots].into(),
            is_tried: false,
            noted: None,
            is_given_up: false,
            leaving: None,
            is_another: false,
            backs: 0,
            left: BTreeSet::new(),
        });
    }

    fn went_on(&mut self, purpose: &Purpose, facts: &Facts<'_>) {
        let boots = facts.device.boots;
        let attempt = self.attempt.as_mut().expect("a record is open");
        match purpose {
            // What the boot loader tries now, it has just been told.
            Purpose::Activate | Purpose::StartAgain
                if facts.device.tried() == Some(attempt.slot) =>
            {
                attempt.noted = Some(boots);
            }
            Purpose::Activate | Purpose::StartAgain => {
                attempt.way_back = facts.device.running;
                attempt.starts.insert(boots);
                assert!(attempt.starts.len() <= 3, "it is not begun for ever");
            }
            Purpose::GiveUp | Purpose::Judge(Verdict::GaveUp(_) | Verdict::LoaderFailed) => {
                attempt.is_given_up = true;
            }
            Purpose::Judge(Verdict::Leave(_)) => {
                let is_failure = !Self::excused(attempt, facts);
                if attempt.leaving.is_none() {
                    let is_it = facts.device.runs().release == Some(attempt.release);
                    attempt.is_another = is_failure && !is_it;
                }
                attempt.leaving.get_or_insert(is_failure);
                attempt.left.insert(boots);
            }
            Purpose::Judge(Verdict::Waits) => {
                let manifest = Published::get().manifest(attempt.release);
                assert!(facts.ratchets.is_paused(manifest), "it is held back");
                attempt.noted = None;
                attempt.starts.clear();
            }
            Purpose::Judge(Verdict::Trial) => {
                assert!(attempt.is_tried && attempt.noted.is_none(), "it is noted late");
                attempt.noted = attempt.starts.last().copied();
            }
            Purpose::Judge(verdict) => panic!("{verdict:?} leaves the record as it is"),
        }
    }

    /// After the boot loader was told what that means.
    fn closed(&mut self, before: &View, after: &View, facts: &Facts<'_>) {
        let device = facts.device;
        let attempt = self.attempt.take().expect("a record was open");
        let mut failed = before.failed.clone();
        assert_eq!(device.tried().filter(|tried| *tried == attempt.slot), None, "it is disarmed");
        let stays = device.running == attempt.slot;
        if after.good == before.good {
            if stays {
                assert!(attempt.left.len() >= 3, "it was left three times");
                assert_eq!(device.kept, attempt.way_back);
                let release = before.pending.as_ref().expect("it was open").release().clone();
                self.stuck = Some(Stuck { release, is_another: attempt.is_another });
            } else {
                let is_known =
                    device.running == attempt.way_back || device.health() == Health::Good;
                let kept = if is_known { device.running } else { attempt.way_back };
                assert_eq!(device.kept, kept, "what is known to work, or was kept already");
                assert!(device.forbidden[attempt.slot], "what has failed is forbidden");
            }
            let was_told = attempt.noted.is_some() && !Self::excused(&attempt, facts);
            if attempt.leaving.unwrap_or(was_told) {
                assert!(attempt.is_tried, "it was never tried");
                *failed.entry(attempt.release).or_default() += 1;
            }
        } else {
            assert!(after.good.as_ref().is_some_and(|good| is(good, attempt.release)));
            assert_eq!((device.running, device.kept), (attempt.slot, attempt.slot));
            assert!(facts.may_stay(attempt.release) && attempt.leaving.is_none());
            assert!(!attempt.is_given_up, "it was given up");
            self.stuck = None;
            if !before.fallen.contains(&attempt.release) {
                failed.remove(&attempt.release);
            }
        }
        assert_eq!(after.failed, failed, "failures are what has happened: {attempt:?}");
    }

    fn idled(&self, before: View, after: &View, purpose: &Purpose, facts: &Facts<'_>) {
        let device = facts.device;
        let mut expected = View { index: after.index, ..before };
        if after.good.is_none()
            && let Some(good) = expected.good.take()
        {
            let release = Published::get().number(good.manifest);
            let is_here = Device::number(&good.slot) == device.running;
            if is_here {
                assert_ne!(device.runs().release, Some(release), "it runs");
                assert_eq!(*after, expected);
                return;
            }
            assert_eq!(*purpose_verdict(purpose), Verdict::FellBack);
            assert_eq!(device.kept, device.running, "what is left to run is kept");
            assert!(device.forbidden[Device::number(&good.slot)], "what fell back is forbidden");
            *expected.failed.entry(release).or_default() += 1;
            expected.fallen.insert(release);
        }
        assert_eq!(*after, expected);
        assert!(self.attempt.is_none(), "nothing is open");
    }

    /// Holds a judgement against what has happened.
    pub(super) fn judged(&self, verdict: &Verdict, health: Health, facts: &Facts<'_>) {
        let device = facts.device;
        if device.store.is_newer() {
            assert_eq!(*verdict, Verdict::Newer);
            return;
        }
        let Some(attempt) = &self.attempt else {
            let elsewhere = |good: &InstalledRelease| Device::number(&good.slot) != device.running;
            if self.stuck.as_ref().is_some_and(|stuck| stuck.is_it(device)) {
                assert!(matches!(verdict, Verdict::Stuck(_)), "{verdict:?}");
                return;
            }
            let fell_back = self.seen.good.as_ref().is_some_and(elsewhere);
            let expected = if fell_back { Verdict::FellBack } else { Verdict::Nothing };
            assert_eq!(*verdict, expected);
            return;
        };
        let is_excused = Self::excused(attempt, facts);
        let must_go = is_excused || attempt.leaving.is_some();
        let was_told = attempt.noted.is_some_and(|boots| boots != device.boots);
        let holds = if device.running == attempt.slot {
            match verdict {
                Verdict::Confirmed => {
                    !must_go && facts.may_stay(attempt.release) && health == Health::Good
                }
                Verdict::Trial => {
                    !must_go && facts.may_stay(attempt.release) && health == Health::NotYet
                }
                Verdict::Leave(_) => must_go || !facts.may_stay(attempt.release),
                Verdict::Stuck(_) => attempt.leaving.is_some() && attempt.left.len() >= 3,
                _ => false,
            }
        } else {
            match verdict {
                Verdict::Waits => !must_go && !was_told,
                Verdict::Failed(cause) => {
                    let left = attempt.leaving.is_some();
                    left || (was_told && *cause == Cause::NotStarted && !is_excused)
                }
                Verdict::GaveUp(_) => is_excused && attempt.leaving.is_none(),
                Verdict::LoaderFailed => {
                    let is_new = !attempt.starts.contains(&device.boots);
                    attempt.noted.is_none() && attempt.starts.len() == 3 && is_new
                }
                _ => false,
            }
        };
        assert!(holds, "{verdict:?} of {attempt:?} in start {}", device.boots);
    }

    /// What runs, if it is known: what is good, or what was to be left.
    pub(super) fn runs(&self, device: &Device) -> Option<&InstalledRelease> {
        let stuck = self.stuck.as_ref().map(|stuck| &stuck.release);
        self.seen.good.iter().chain(stuck).find(|release| runs(release, device))
    }

    /// Below which index nothing is installed.
    pub(super) fn floor(&self, device: &Device) -> u64 {
        let runs = |good: &&InstalledRelease| Device::number(&good.slot) == device.running;
        let good = self.seen.good.as_ref().filter(runs).map(|good| good.rollback_index);
        let known = [self.seen.index, good, device.counter];
        known.into_iter().flatten().fold(Published::index(device.runs().release), u64::max)
    }
}

/// Whether it is what runs.
fn runs(installed: &InstalledRelease, device: &Device) -> bool {
    let is_it = device.runs().release.is_some_and(|release| is(installed, release));
    is_it && device.running == Device::number(&installed.slot)
}

fn is(installed: &InstalledRelease, release: usize) -> bool {
    installed.manifest == Published::get().manifest(release)
}

fn purpose_verdict(purpose: &Purpose) -> &Verdict {
    match purpose {
        Purpose::Judge(verdict) => verdict,
        other => panic!("{other:?} changes nothing here"),
    }
}
