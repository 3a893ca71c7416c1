//! An installer that does as the documentation says, watched by the history.

use ota_trust::installation::{
    Health, InstallState, Running, Slot, Step, Steps, Tell, Verdict, judge,
};
use ota_trust::primitives::StoredState;
use ota_trust::rollout::{LivePlan, Ratchets};

use super::device::{Conduct, Device, End, Lived};
use super::model::{Facts, History, Purpose, View};
use super::published::{Edition, HONEST, Published, RELEASES};
use super::store::{Store, UNKNOWN};
use super::turn::Plan;
use crate::governed::vendor::product;

/// What becomes of what is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Works,
    DoesNotStart,
    IsUnhealthy,
    IsSlow,
    IsSomethingElse,
    /// The boot loader forgets that it was to try something.
    IsForgotten,
    /// It does not work, and the boot loader does not go back.
    IsStuck,
}

pub(super) struct Life {
    pub(super) device: Device,
    /// Whether it is without power.
    pub(super) is_off: bool,
    /// What the owner has chosen.
    pub(super) wish: Option<&'static str>,
    pub(super) history: History,
    edition: usize,
    pub(super) live: LivePlan,
}

impl Life {
    pub(super) fn new(device: Device) -> Self {
        let live = Published::get().editions[0].observe(&Ratchets::new(product("lamp")));
        let history = History::default();
        Self { device, is_off: false, wish: None, history, edition: 0, live }
    }

    pub(super) fn published(&self) -> &'static Edition {
        &Published::get().editions[self.edition]
    }

    pub(super) fn ratchets(&self) -> &Ratchets {
        self.live.ratchets()
    }

    /// Looks at a later edition of the plan, if there is one, and stores what it says.
    pub(super) fn observe(&mut self, later: usize) {
        let next = (self.edition + later).min(Published::get().editions.len() - 1);
        if next > self.edition {
            self.edition = next;
            self.live = self.published().observe(self.live.ratchets());
        }
    }

    /// The state, or what stands for it where it is lost.
    pub(super) fn state(&mut self) -> InstallState {
        let read = self.device.store.read();
        if matches!(read, StoredState::Absent | StoredState::Damaged) {
            let may_be_lost = matches!(self.device.store, Store::Torn(_));
            assert!(may_be_lost || self.history.seen == View::default(), "it was stored whole");
            self.history.lost();
        }
        let state = read.unwrap_or_else(|| InstallState::new(product("lamp")));
        assert_eq!(View::of(&state), self.history.seen, "what is read is what was stored");
        state
    }

    /// The state is lost, and everybody knows.
    pub(super) fn lose(&mut self) {
        self.device.store.lose();
        self.history.lost();
    }

    /// With what runs, as far as the device knows.
    fn with_running<T>(&self, health: Health, then: impl FnOnce(&Running<'_>) -> T) -> T {
        let device = &self.device;
        let (slot, build, others) = (Device::name(device.running), device.build(), device.others());
        then(&Running {
            slot: &slot,
            boot: device.boot_id(),
            build: &build,
            health,
            hardware_counter: device.counter,
            must_stay_bootable: &others,
        })
    }

    /// The same, where it does not matter whether it works.
    pub(super) fn running<T>(&self, then: impl FnOnce(&Running<'_>) -> T) -> T {
        self.with_running(self.device.health(), then)
    }

    /// Takes steps, in order.
    pub(super) fn take(&mut self, steps: Steps, purpose: &Purpose) -> Lived<()> {
        for step in steps {
            let taken = match &step {
                Step::Store(unstored) => self.device.store(unstored.to_store()),
                Step::Tell(tell) => self.device.tell(tell),
            };
            if self.device.was_done {
                let facts = Facts { device: &self.device, ratchets: self.live.ratchets() };
                match step {
                    Step::Store(unstored) => {
                        let text = String::from_utf8(unstored.to_store().to_vec()).unwrap();
                        assert!(!self.history.has_unknown || text.contains(UNKNOWN));
                        self.history.stored(&unstored.stored(), purpose, &facts);
                    }
                    Step::Tell(tell) => self.history.told(&tell, &facts),
                }
                self.history.assert_way_back(&self.device);
            }
            taken?;
        }
        Ok(())
    }

    /// What an agent does when it has started, or when the health of what runs becomes known.
    fn judge(&mut self, health: Health) -> Lived<(Verdict, Option<Slot>)> {
        let state = self.state();
        let judge = |state: &InstallState, life: &Self| {
            life.with_running(health, |running| judge(state, running, life.ratchets()))
        };
        let judgement = judge(&state, self);
        let (verdict, into) = (judgement.verdict().clone(), judgement.restart_into().cloned());
        let facts = Facts { device: &self.device, ratchets: self.ratchets() };
        self.history.judged(&verdict, health, &facts);
        if verdict == Verdict::Newer {
            assert!(judgement.steps().is_empty() && into.is_none(), "it is left alone");
        }
        self.take(judgement.into_steps(), &Purpose::Judge(verdict.clone()))?;
        // Once more, as if the agent alone had been started again.
        let state = self.state();
        let again = judge(&state, self);
        if *again.verdict() == Verdict::FellBack && verdict != Verdict::FellBack {
            // Neither what was pending nor what was good runs, and one is judged at a time.
            let is_closed = verdict != Verdict::Nothing && self.history.seen.pending.is_none();
            assert!(is_closed, "{verdict:?}");
            return self.judge(health);
        }
        for step in again.into_steps() {
            if let Step::Store(unstored) = step {
                let (after, before) = (View::of(&unstored.stored()), self.history.seen.clone());
                assert!(after.index > before.index, "nothing has happened");
                assert_eq!(View { index: before.index, ..after }, before);
            }
        }
        Ok((verdict, into))
    }

    /// A start of the agent; whether the system is to be restarted.
    pub(super) fn session(&mut self) -> Lived<bool> {
        let (mut verdict, mut into) = self.judge(self.device.health())?;
        let running = self.device.running;
        if self.device.health() == Health::NotYet {
            assert!(verdict != Verdict::Confirmed, "it is not known to work");
            self.device.edit(running, |image| image.conduct = Conduct::Works);
            (verdict, into) = self.judge(Health::Good)?;
        }
        assert_eq!(into.is_some(), matches!(verdict, Verdict::Leave(_)));
        let Some(into) = into else { return Ok(false) };
        self.history.restarts(Device::number(&into));
        Ok(true)
    }

    /// Starts the system, and again as long as something is to be left.
    pub(super) fn start(&mut self) -> Lived<()> {
        for _ in 0..9 {
            self.device.boot();
            self.history.booted(&self.device);
            if !self.session()? {
                return Ok(());
            }
        }
        panic!("a device that restarts for ever");
    }

    /// Starts the system, and says what its agent finds.
    pub(super) fn boot_and_judge(&mut self) -> Verdict {
        self.device.boot();
        self.history.booted(&self.device);
        self.judge(self.device.health()).unwrap().0
    }

    /// Restarts. The fate is that of what is to be tried.
    pub(super) fn restart(&mut self, fate: Fate) -> Lived<()> {
        if let Some(slot) = self.device.tried() {
            let before = self.device.slots[slot];
            self.device.edit(slot, |image| match fate {
                Fate::Works | Fate::IsForgotten => {}
                Fate::DoesNotStart => image.is_sound = false,
                Fate::IsUnhealthy | Fate::IsStuck => image.conduct = Conduct::IsUnhealthy,
                Fate::IsSlow => image.conduct = Conduct::IsSlow,
                Fate::IsSomethingElse => {
                    image.release = image.release.map(|release| HONEST - 1 - release % HONEST);
                }
            });
            // Where it is the last one, it is spared.
            if !self.device.has_start() {
                self.device.slots[slot] = before;
            }
            self.device.is_stubborn = fate == Fate::IsStuck;
        }
        self.device.forgets = fate == Fate::IsForgotten;
        self.start()
    }

    /// After an end: goes on until nothing is to be restarted.
    pub(super) fn go_on(&mut self, mut end: End) {
        loop {
            let again = match end {
                End::Power => self.start(),
                End::Agent => match self.session() {
                    Ok(true) => self.start(),
                    other => other.map(|_| ()),
                },
            };
            match again {
                Ok(()) => break,
                Err(next) => end = next,
            }
        }
        (self.is_off, self.device.is_stubborn, self.device.forgets) = (false, false, false);
    }

    /// What waits is given up, if there is any.
    pub(super) fn give_up_pending(&mut self) -> Lived<()> {
        let state = self.state();
        match self.running(|running| state.give_up(running)) {
            Some(steps) => self.take(steps, &Purpose::GiveUp),
            None => Ok(()),
        }
    }

    /// Gives up a slot that nothing waits in, that does not run, and that is no way back.
    pub(super) fn give_up(&mut self, slot: usize, erases: bool) -> Lived<()> {
        let slot = slot % self.device.slots.len();
        let state = self.state();
        let is_needed = state.pending().is_some_and(|pending| {
            [&pending.release().slot, pending.way_back()].contains(&&Device::name(slot))
        });
        if slot == self.device.running || slot == self.device.kept || is_needed {
            return Ok(());
        }
        if erases {
            self.device.tell(&Tell::Forbid(Device::name(slot)))?;
            return self.device.begin(slot);
        }
        self.device.edit(slot, |image| image.is_given_up = true);
        Ok(())
    }

    /// The device can be updated to an honest release, whatever it has been through.
    pub(super) fn recover(&mut self) {
        self.device.cuts.clear();
        self.device.store.forgive();
        self.go_on(End::Power);
        for _ in 0..3 {
            let slot = (self.device.running + 1) % self.device.slots.len();
            let offered = (0..RELEASES.len()).collect();
            let plan = Plan { offered, reads_back: true, ..Plan::of(HONEST, slot) };
            self.turn(&plan).unwrap();
            self.restart(Fate::Works).unwrap();
        }
        assert_eq!(self.confirmed(), Some(HONEST));
        assert_eq!(self.device.kept, self.device.running);
    }
}
