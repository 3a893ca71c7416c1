//! An installer that does as the documentation says, watched by the model.

use std::collections::BTreeSet;

use ota_trust::attestation::AttestationSignal;
use ota_trust::eligibility::{Catalog, DeviceFacts, Eligible, Policy, RollbackFloor, decide};
use ota_trust::permit::{
    Boot, BootVerdict, InstallPermit, InstallState, PermitRecord, VerifiedComponent, WritePermit,
    confirm_boot,
};

use super::device::{Device, Fate, Image, Powered};
use super::model::{Installed, Model, Start, Verdict};
use super::published::{HONEST, Published, RELEASES};
use crate::governed::vendor::{channel, hardware, product, version};

/// How an installation goes.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) offered: BTreeSet<usize>,
    pub(super) slot: usize,
    /// Whether the storage keeps other bytes than it was given.
    pub(super) is_corrupt: bool,
    /// Whether the slot is read back, by another process that has a record.
    pub(super) reads_back: bool,
}

pub(super) struct Life {
    pub(super) device: Device,
    /// Whether it is without power.
    pub(super) is_off: bool,
    /// What the owner has chosen.
    pub(super) wish: Option<&'static str>,
    model: Model,
}

impl Life {
    pub(super) fn new(device: Device) -> Self {
        Self { device, is_off: false, wish: None, model: Model::default() }
    }

    /// The state, or what stands for it where it is lost.
    fn state(&mut self) -> InstallState {
        let state = self.device.store.read();
        if state.is_none() {
            self.model = Model::default();
        }
        let state = state.unwrap_or_else(|| InstallState::new(product("lamp")));
        self.model.assert_is(&state);
        state
    }

    /// Stores a state; `model` is what it says.
    fn store(&mut self, state: &InstallState, model: Model) -> Powered<()> {
        model.assert_is(state);
        let before = self.model.index;
        assert!(model.index >= before, "a confirmed index falls");
        if model.index > before {
            let mut bootable = self.device.others();
            bootable.extend(self.device.index(self.device.running));
            assert!(bootable.into_iter().min() >= model.index, "no way back is left");
        }
        self.device.store(&state.to_bytes())?;
        self.model = model;
        Ok(())
    }

    fn running(&self) -> Option<usize> {
        self.device.slots[self.device.running].unwrap().release
    }

    /// The channel that the running release came from.
    fn channel(&self) -> String {
        let good = self.model.good.as_ref().filter(|good| Some(good.release) == self.running());
        good.map_or_else(|| "stable".to_owned(), |good| good.channel.clone())
    }

    /// A decision, by the library and by the model.
    fn poll(&mut self, offered: &BTreeSet<usize>) -> Option<Eligible> {
        let published = Published::get();
        let state = self.state();
        let running = self.running();
        let (number, index, _) = Published::facts(running);
        let counter = self.device.counter;
        let floor = RollbackFloor::of(&[state.rollback_index(), counter, Some(index)]).unwrap();
        let follows = self.channel();
        let mut facts = DeviceFacts::new(
            product("lamp"),
            hardware("a1"),
            version(number),
            floor,
            channel(&follows),
        );
        facts.running = running.map(|running| published.manifest(running));
        facts.switch_to = self.wish.map(channel);
        facts.entitled = vec![channel("stable"), channel("beta")];
        facts.failed_boots = state.failed_boots().to_vec();
        let releases = offered.iter().map(|number| published.releases[*number].0.clone());
        let catalog = Catalog::new(&published.live, releases).unwrap();
        let signal = AttestationSignal::Unavailable;
        let decided = decide(&Policy::default(), &facts, &catalog, signal, published.now);
        let eligible = decided.into_eligible();
        let wish = self.wish.unwrap_or(&follows);
        let expected = self.model.decide(offered, running, counter, &follows, wish);
        assert_eq!(eligible.as_ref().map(|e| published.number(e.manifest())), expected);
        eligible
    }

    /// What the storage gives back of a slot.
    fn read_back(
        &self,
        write: &WritePermit,
        slot: usize,
        bytes: &[u8],
    ) -> Option<VerifiedComponent> {
        let id = write.release().components()[0].id();
        let mut read = write.read_back(id).unwrap();
        let mut bytes = bytes.to_vec();
        bytes[0] ^= u8::from(!self.device.slots[slot].unwrap().is_sound);
        read.update(&bytes).ok()?;
        write.stored(id, read).ok()
    }

    /// Polls, writes and activates, as far as that is permitted.
    pub(super) fn install(&mut self, plan: &Plan) -> Powered<()> {
        let published = Published::get();
        let Some(eligible) = self.poll(&plan.offered) else { return Ok(()) };
        let number = published.number(eligible.manifest());
        let (release, target, bytes) = &published.releases[number];
        let state = self.state();
        let write = WritePermit::new(release, eligible, &state);
        if state.pending().is_some() {
            assert_eq!(write.unwrap_err().code(), "permit.pending");
            return Ok(());
        }
        let write = write.unwrap();
        let id = release.components()[0].id();
        let mut stream = write.stream(id, target, 1 << 20).unwrap();
        stream.update(bytes).unwrap();
        let verified = stream.finish().unwrap();

        let slot = plan.slot % self.device.slots.len();
        let forbidden = (slot == self.device.running).then_some("permit.slot-in-use");
        if forbidden.is_none() {
            let image = Image::new(Some(number), !plan.is_corrupt);
            self.device.write_slot(slot, image)?;
        }
        let mut permit = write.install([verified], published.now).unwrap();
        if plan.reads_back && forbidden.is_none() {
            let record = PermitRecord::from_bytes(&permit.record().to_bytes()).unwrap();
            let eligible = self.poll(&plan.offered).unwrap();
            let write = record.recheck(release, eligible, &self.state(), published.now).unwrap();
            let read = self.read_back(&write, slot, bytes);
            assert_eq!(read.is_none(), plan.is_corrupt);
            let Some(read) = read else { return Ok(()) };
            permit = write.install([read], published.now).unwrap();
        }
        self.activate(permit, number, slot, forbidden)
    }

    fn activate(
        &mut self,
        permit: InstallPermit,
        release: usize,
        slot: usize,
        forbidden: Option<&'static str>,
    ) -> Powered<()> {
        let state = self.state();
        let (to, from) = (Device::name(slot), Device::name(self.device.running));
        let follows = permit.channel().as_str().to_owned();
        assert!(permit.rollback_index() >= state.rollback_index().unwrap_or(0));
        assert!(permit.rollback_index() >= self.device.counter.unwrap_or(0));
        let activation = permit.activate(&state, &to, &from, Published::get().now);
        if let Some(code) = forbidden {
            assert_eq!(activation.unwrap_err().code(), code);
            return Ok(());
        }
        let activation = activation.unwrap();
        let mut model = self.model.clone();
        model.activate(Installed { slot, release, channel: follows }, self.device.running);
        self.store(activation.state(), model)?;
        let pending = activation.stored();
        assert_eq!(pending.pending().unwrap().release().slot, to);
        self.device.try_next(slot)
    }

    /// Restarts, and goes on until what runs is what is usual. The fate is that of what is tried.
    pub(super) fn restart(&mut self, fate: Fate) -> Powered<()> {
        for _ in 0..9 {
            self.device.boot(fate);
            if self.after_start(fate)? {
                return Ok(());
            }
        }
        panic!("a device that restarts for ever");
    }

    /// What an installer does after a start; whether it is done.
    fn after_start(&mut self, fate: Fate) -> Powered<bool> {
        let state = self.state();
        let fate = if self.device.is_trial { fate } else { Fate::Works };
        let running = match fate {
            Fate::IsUnknown => None,
            Fate::IsSomethingElse => Some(HONEST - 1 - self.running().unwrap() % HONEST),
            _ => self.running(),
        };
        let start = Start {
            slot: self.device.running,
            running,
            image_index: self.device.index(self.device.running),
            healthy: fate != Fate::IsUnhealthy,
            counter: self.device.counter,
            others: self.device.others(),
        };
        let boot = Boot {
            slot: &Device::name(start.slot),
            running: running.map(|running| Published::get().manifest(running)),
            image_index: start.image_index,
            healthy: start.healthy,
            hardware_counter: start.counter,
            must_stay_bootable: &start.others,
        };
        let verdict = confirm_boot(&state, &boot);
        let mut model = self.model.clone();
        let waited = model.pending.clone();
        let (expected, raise, back) = model.start(&start);
        let (found, change) = match &verdict {
            BootVerdict::Nothing(change) => (Verdict::Nothing, change),
            BootVerdict::Confirmed(change) => (Verdict::Confirmed, change),
            BootVerdict::Failed(change) => (Verdict::Failed, change),
        };
        assert_eq!((&found, change.raise_counter_to()), (&expected, raise));
        assert_eq!(change.fall_back_to(), back.map(Device::name).as_ref());
        assert_eq!(change.has_changed(), *change.state() != state);
        if change.has_changed() {
            self.store(change.state(), model)?;
        }
        let is_good = |good: &Installed| good.slot == start.slot && Some(good.release) == running;
        let is_known = self.model.good.as_ref().is_some_and(is_good) && start.healthy;
        if self.device.running != self.device.usual {
            let may_stay = !self.device.is_trial || is_known;
            self.device.keep(if may_stay { start.slot } else { self.way_back() })?;
        }
        if let Some(index) = change.raise_counter_to() {
            self.device.raise_counter(index)?;
        }
        if found == Verdict::Failed {
            let failed = waited.unwrap();
            assert!(self.model.good.as_ref().is_none_or(|good| good.slot != failed.slot));
        }
        Ok(self.device.running == self.device.usual)
    }

    /// The slot of the release that is known to be good, or what is usual.
    fn way_back(&self) -> usize {
        self.model.good.as_ref().map_or(self.device.usual, |good| good.slot)
    }

    /// Gives up a slot that nothing waits in, and that does not run.
    pub(super) fn give_up(&mut self, slot: usize, erases: bool) -> Powered<()> {
        let slot = slot % self.device.slots.len();
        let pending = self.model.pending.as_ref().map(|pending| pending.slot);
        if slot == self.device.running || Some(slot) == pending {
            return Ok(());
        }
        if erases {
            return self.device.erase(slot);
        }
        self.device.give_up(slot);
        Ok(())
    }

    /// The device can be updated to an honest release, whatever it has been through.
    pub(super) fn recover(mut self) {
        self.device.cut_after(None);
        self.restart(Fate::Works).unwrap();
        let slot = (self.device.running + 1) % self.device.slots.len();
        let offered = (0..RELEASES.len()).collect();
        let plan = Plan { offered, slot, is_corrupt: false, reads_back: true };
        self.install(&plan).unwrap();
        self.restart(Fate::Works).unwrap();
        assert_eq!(self.running(), Some(HONEST));
        let good = self.state().good().map(|good| good.manifest);
        assert_eq!(good, Some(Published::get().manifest(HONEST)));
    }
}
