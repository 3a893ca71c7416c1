//! A poll of an installer, and what it installs.

use std::collections::BTreeSet;

use ota_trust::attestation::TimedSignal;
use ota_trust::eligibility::{Catalog, DeviceFacts, Eligible, Policy, decide};
use ota_trust::installation::{Running, Tell};
use ota_trust::permit::{InstallPermit, PermitError, PermitRecord, WritePermit, start_again};

use super::device::{Conduct, Device, Image, Lived};
use super::life::Life;
use super::model::Purpose;
use super::published::{Published, RELEASES};
use crate::governed::vendor::{channel, hardware};

/// How an installation goes.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) offered: BTreeSet<usize>,
    pub(super) slot: usize,
    /// Whether the storage keeps other bytes than it was given.
    pub(super) is_corrupt: bool,
    /// Whether the slot is read back, by another process that has a record.
    pub(super) reads_back: bool,
    /// How many editions of the plan come out while the slot is being written.
    pub(super) meanwhile: usize,
    /// How what is installed behaves.
    pub(super) conduct: Conduct,
}

impl Plan {
    /// An installation of a release into a slot, without more.
    pub(super) fn of(release: usize, slot: usize) -> Self {
        let (offered, conduct) = (BTreeSet::from([release]), Conduct::Works);
        Self { offered, slot, is_corrupt: false, reads_back: false, meanwhile: 0, conduct }
    }
}

impl Life {
    /// A decision, by the library and by the history.
    fn poll(&mut self, offered: &BTreeSet<usize>) -> Option<Eligible> {
        let (published, state) = (Published::get(), self.state());
        let (hardware, stable) = (hardware("a1"), channel("stable"));
        let mut facts =
            self.running(|running| DeviceFacts::from_state(&state, running, hardware, stable));
        facts.switch_to = self.wish.map(channel);
        facts.entitled = vec![channel("stable"), channel("beta")];
        let follows = facts.channel.as_str().to_owned();
        assert_eq!(follows, self.follows());
        let releases = &self.published().releases;
        let releases = offered.iter().map(|number| releases[*number].0.clone());
        let catalog = Catalog::new(&self.live, releases).unwrap();
        let signal = TimedSignal::UNAVAILABLE;
        let decided = decide(&Policy::default(), &facts, &catalog, signal, published.now);
        let eligible = decided.into_eligible();
        let expected = self.decide(offered, &follows);
        assert_eq!(eligible.as_ref().map(|e| published.number(e.manifest())), expected);
        eligible
    }

    /// The release that runs, if it was confirmed.
    pub(super) fn confirmed(&self) -> Option<usize> {
        let good = self.history.seen.good.as_ref()?;
        let number = Published::get().number(good.manifest);
        let is_here = Device::number(&good.slot) == self.device.running;
        (is_here && self.device.runs().release == Some(number)).then_some(number)
    }

    fn follows(&self) -> String {
        let runs = self.history.runs(&self.device);
        runs.map_or_else(|| "stable".to_owned(), |runs| runs.channel.as_str().to_owned())
    }

    /// Which release is to be installed.
    fn decide(&self, offered: &BTreeSet<usize>, follows: &str) -> Option<usize> {
        let (version, ..) = Published::facts(self.device.runs().release);
        let floor = self.history.floor(&self.device);
        let wish = self.wish.unwrap_or(follows);
        let (running, failed) = (self.device.runs().release, &self.history.seen.failed);
        let manifest = |release: usize| Published::get().manifest(release);
        let may = |release: &usize| {
            let (newer, index, channels) = RELEASES[*release];
            newer != version
                && channels.contains(&wish)
                // As text: all of them have one digit in each place.
                && (newer > version || follows != wish)
                && index >= floor
                && failed.get(release).is_none_or(|times| *times < 3)
                && !self.ratchets().is_withdrawn(manifest(*release))
                && !self.ratchets().is_paused(manifest(*release))
        };
        let best = |release: &usize| (RELEASES[*release].1, RELEASES[*release].0);
        // What runs is in the plan: nothing worse takes its place. If its manifest is not found, nothing
        // older does, since only that would say for which channels it is.
        let runs = running.filter(|runs| !self.ratchets().is_withdrawn(manifest(*runs)));
        let beats = |release: &usize| match runs {
            Some(runs) if !offered.contains(&runs) => RELEASES[*release].0 > version,
            Some(runs) if RELEASES[runs].2.contains(&wish) => best(release) > best(&runs),
            _ => true,
        };
        offered.iter().copied().filter(may).filter(beats).max_by_key(best)
    }

    fn permit(&mut self, eligible: Eligible, slot: usize) -> Result<WritePermit, PermitError> {
        let number = Published::get().number(eligible.manifest());
        let (state, slot) = (self.state(), Device::name(slot));
        let release = &self.published().releases[number].0;
        self.running(|running| WritePermit::new(release, eligible, &state, running, &slot))
    }

    /// Polls, and installs or starts what the decision is for, as far as that is permitted.
    pub(super) fn turn(&mut self, plan: &Plan) -> Lived<()> {
        if self.session()? {
            return self.start();
        }
        let Some(eligible) = self.poll(&plan.offered) else { return Ok(()) };
        let slot = plan.slot % self.device.slots.len();
        if self.device.store.is_newer() {
            self.refused(eligible, slot, &plan.offered);
            return Ok(());
        }
        let Some(pending) = self.state().pending().cloned() else {
            return self.install(eligible, slot, plan);
        };
        if pending.release().manifest == eligible.manifest() {
            let state = self.state();
            let now = Published::get().now;
            let again = |running: &Running<'_>| {
                start_again(eligible, &state, running, self.ratchets(), now)
            };
            let steps = self.running(again).unwrap();
            return self.take(steps, &Purpose::StartAgain);
        }
        assert_eq!(self.permit(eligible, slot).unwrap_err().code(), "permit.pending");
        self.give_up_pending()?;
        let Some(eligible) = self.poll(&plan.offered) else { return Ok(()) };
        self.install(eligible, slot, plan)
    }

    /// Newer firmware has written the state: nothing comes of anything.
    fn refused(&mut self, eligible: Eligible, slot: usize, offered: &BTreeSet<usize>) {
        let state = self.state();
        let before = self.device.store.bytes();
        assert!(self.running(|running| state.give_up(running)).is_none());
        assert_eq!(self.permit(eligible, slot).unwrap_err().code(), "state.newer");
        let eligible = self.poll(offered).unwrap();
        let now = Published::get().now;
        let again =
            |running: &Running<'_>| start_again(eligible, &state, running, self.ratchets(), now);
        assert_eq!(self.running(again).unwrap_err().code(), "state.newer");
        assert_eq!(self.device.store.bytes(), before);
    }

    fn install(&mut self, eligible: Eligible, slot: usize, plan: &Plan) -> Lived<()> {
        let published = Published::get();
        let number = published.number(eligible.manifest());
        let (release, target, bytes) = &self.published().releases[number];
        let write = self.permit(eligible, slot);
        if slot == self.device.running {
            assert_eq!(write.unwrap_err().code(), "permit.slot-in-use");
            return Ok(());
        }
        let mut write = write.unwrap();
        assert!(release.rollback_index() >= self.history.floor(&self.device));
        // What runs is kept, and the other is forbidden, before its first byte is written.
        let running = Device::name(self.device.running);
        self.device.tell(&Tell::Keep(running))?;
        self.device.tell(&Tell::Forbid(Device::name(slot)))?;
        self.device.begin(slot)?;
        let id = release.components()[0].id();
        let mut stream = write.stream(id, target, 1 << 20).unwrap();
        stream.update(bytes).unwrap();
        stream.finish(&mut write).unwrap();
        let image = Image::new(Some(number), !plan.is_corrupt);
        self.device.end(slot, Image { conduct: plan.conduct, ..image })?;
        let mut permit = write.install(published.now).unwrap();
        self.observe(plan.meanwhile);
        if plan.reads_back {
            match self.recheck(&permit, number, slot, plan) {
                Some(checked) => permit = checked,
                None => return Ok(()),
            }
        }
        self.activate(permit, number, slot)
    }

    /// Another process reads back what is in the slot, if it still may.
    fn recheck(
        &mut self,
        permit: &InstallPermit,
        number: usize,
        slot: usize,
        plan: &Plan,
    ) -> Option<InstallPermit> {
        let now = Published::get().now;
        let bytes = permit.record().to_bytes();
        let record = PermitRecord::load(Some(&bytes)).kept().unwrap();
        let eligible = self.poll(&plan.offered);
        let eligible = eligible.filter(|eligible| eligible.manifest() == record.manifest())?;
        let (release, state) = (&self.published().releases[number].0, self.state());
        let recheck =
            |running: &Running<'_>| record.recheck(release, eligible, &state, running, now);
        let mut write = self.running(recheck).unwrap();
        let is_right = self.read_back(&mut write, slot);
        assert_eq!(is_right, !plan.is_corrupt);
        is_right.then(|| write.install(now).unwrap())
    }

    fn activate(&mut self, permit: InstallPermit, number: usize, slot: usize) -> Lived<()> {
        let published = Published::get();
        let (state, ratchets) = (self.state(), self.ratchets().clone());
        let activate =
            |running: &Running<'_>| permit.activate(&state, running, &ratchets, published.now);
        let manifest = published.manifest(number);
        let steps = match self.running(activate) {
            Ok(steps) => steps,
            Err(refusal) => {
                let is_withdrawn = ratchets.is_withdrawn(manifest);
                let code = if is_withdrawn { "permit.withdrawn" } else { "permit.paused" };
                assert!(is_withdrawn || ratchets.is_paused(manifest));
                assert_eq!(refusal.code(), code);
                return Ok(());
            }
        };
        self.history.permitted(number, slot);
        self.take(steps, &Purpose::Activate)
    }

    /// Whether the storage gives back what it was given.
    fn read_back(&self, write: &mut WritePermit, slot: usize) -> bool {
        let image = self.device.image(slot).unwrap();
        let (release, _, bytes) = &self.published().releases[image.release.unwrap()];
        let id = release.components()[0].id();
        let mut read = write.read_back(id).unwrap();
        let mut bytes = bytes.clone();
        bytes[0] ^= u8::from(!image.is_sound);
        read.update(&bytes).is_ok() && write.stored(id, read).is_ok()
    }
}
