//! What an installer works on: slots, a boot loader, a counter, a store, and switches that end things.

use std::collections::VecDeque;

use ota_trust::installation::{BootId, Build, Health, Slot, Tell};

use super::published::Published;
use super::store::Store;
use crate::governed::vendor::version;

/// Something ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The power went.
    Power,
    /// The agent was killed, and the system goes on.
    Agent,
}

pub(super) type Lived<T> = Result<T, End>;

/// An end at one effect: of which kind, and whether the effect has come about all the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// The number of the effect in this life.
    pub(super) at: usize,
    pub(super) end: End,
    pub(super) is_done: bool,
}

/// How what is in a slot behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conduct {
    Works,
    IsUnhealthy,
    /// It works, and that is known only after a while.
    IsSlow,
}

/// What a slot holds, whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Image {
    /// By its number; `None` for what the factory wrote.
    pub(super) release: Option<usize>,
    /// The release that the installer wrote. Somebody may have written another one over it.
    pub(super) written: Option<usize>,
    /// Whether it is what was written, and starts.
    pub(super) is_sound: bool,
    /// Whether it need not start any more.
    pub(super) is_given_up: bool,
    pub(super) conduct: Conduct,
}

impl Image {
    pub(super) fn new(release: Option<usize>, is_sound: bool) -> Self {
        let (is_given_up, conduct) = (false, Conduct::Works);
        Self { release, written: release, is_sound, is_given_up, conduct }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Content {
    Empty,
    /// It is being written.
    Half,
    Whole(Image),
}

/// A slot that the boot loader tries so many times.
#[derive(Clone, Copy, Debug)]
struct Trial {
    slot: usize,
    tries: u8,
}

pub(super) struct Device {
    pub(super) slots: Vec<Content>,
    pub(super) running: usize,
    pub(super) counter: Option<u64>,
    pub(super) store: Store,
    /// How often the system has started.
    pub(super) boots: u32,
    /// What the boot loader starts where nothing is to be tried.
    pub(super) kept: usize,
    pub(super) forbidden: Vec<bool>,
    /// Whether the boot loader forgets what it is to try.
    pub(super) forgets: bool,
    /// Whether the boot loader does not leave what runs.
    pub(super) is_stubborn: bool,
    /// How many effects there were.
    pub(super) effects: usize,
    pub(super) cuts: VecDeque<Cut>,
    /// Whether the last effect has come about.
    pub(super) was_done: bool,
    trial: Option<Trial>,
    tries: u8,
}

impl Device {
    pub(super) fn new(slots: usize, tries: u8, counter: Option<u64>, store: Store) -> Self {
        let mut contents = vec![Content::Empty; slots];
        contents[0] = Content::Whole(Image::new(None, true));
        Self {
            slots: contents,
            running: 0,
            counter,
            store,
            boots: 0,
            kept: 0,
            forbidden: vec![false; slots],
            forgets: false,
            is_stubborn: false,
            effects: 0,
            cuts: VecDeque::new(),
            was_done: true,
            trial: None,
            tries,
        }
    }

    /// Does one thing that lasts, unless something ends before it.
    fn effect(&mut self, act: impl FnOnce(&mut Self)) -> Lived<()> {
        let number = self.effects;
        self.effects += 1;
        let cut = self.cuts.front().copied().filter(|cut| cut.at <= number);
        if cut.is_some() {
            self.cuts.pop_front();
        }
        self.was_done = cut.is_none_or(|cut| cut.is_done);
        if self.was_done {
            act(self);
        }
        self.assert_safe();
        cut.map_or(Ok(()), |cut| Err(cut.end))
    }

    /// What holds after each effect, whatever ended then.
    fn assert_safe(&self) {
        for (slot, content) in self.slots.iter().enumerate() {
            if matches!(content, Content::Half) {
                assert!(self.forbidden[slot], "what is half written is forbidden");
                assert_ne!(self.kept, slot, "what is half written is not what is kept");
                let tries = self.trial.is_some_and(|trial| trial.slot == slot);
                assert!(!tries, "what is half written is not tried");
            }
        }
        assert!(!self.forbidden[self.kept], "what is kept is not forbidden");
        // What runs decays at times, and then something else starts.
        assert!(self.has_start() || self.is_stubborn, "a slot starts, whatever happens");
    }

    pub(super) fn name(slot: usize) -> Slot {
        Slot::new(["a", "b", "c"][slot]).unwrap()
    }

    pub(super) fn number(slot: &Slot) -> usize {
        (0..3).find(|number| Self::name(*number) == *slot).unwrap()
    }

    pub(super) fn image(&self, slot: usize) -> Option<Image> {
        match self.slots[slot] {
            Content::Whole(image) => Some(image),
            Content::Empty | Content::Half => None,
        }
    }

    pub(super) fn edit(&mut self, slot: usize, edit: impl FnOnce(&mut Image)) {
        if let Content::Whole(image) = &mut self.slots[slot] {
            edit(image);
        }
    }

    /// The index of what a slot holds, if that is whole.
    pub(super) fn index(&self, slot: usize) -> Option<u64> {
        self.image(slot).map(|image| Published::index(image.release))
    }

    pub(super) fn starts(&self, slot: usize) -> bool {
        let is_sound = self.image(slot).is_some_and(|image| image.is_sound);
        is_sound && self.index(slot) >= Some(self.counter.unwrap_or(0))
    }

    /// The indexes of the other slots that must still start.
    pub(super) fn others(&self) -> Vec<u64> {
        let others = (0..self.slots.len()).filter(|slot| *slot != self.running);
        let kept = |slot: &usize| self.image(*slot).is_some_and(|image| !image.is_given_up);
        let others = others.filter(|slot| !self.forbidden[*slot]).filter(kept);
        others.filter_map(|slot| self.index(slot)).collect()
    }

    pub(super) fn boot_id(&self) -> BootId {
        BootId::of(&self.boots.to_be_bytes())
    }

    /// What runs.
    pub(super) fn runs(&self) -> Image {
        self.image(self.running).unwrap()
    }

    pub(super) fn build(&self) -> Build {
        let (number, index, _) = Published::facts(self.runs().release);
        Build::new(version(number), index)
    }

    /// Whether it works, when it has just started.
    pub(super) fn health(&self) -> Health {
        match self.runs().conduct {
            Conduct::Works => Health::Good,
            Conduct::IsUnhealthy => Health::Bad,
            Conduct::IsSlow => Health::NotYet,
        }
    }

    /// What is to be tried.
    pub(super) fn tried(&self) -> Option<usize> {
        self.trial.map(|trial| trial.slot)
    }

    /// Starts what is to be tried, or else what is kept, or else anything that is not forbidden.
    pub(super) fn boot(&mut self) {
        self.assert_safe();
        self.boots += 1;
        let stays = self.is_stubborn && self.starts(self.running);
        let tried = self.trial.take().filter(|_| !self.forgets);
        if stays {
            return;
        }
        let started = tried.filter(|trial| self.starts(trial.slot));
        self.trial = started
            .map(|trial| Trial { tries: trial.tries - 1, ..trial })
            .filter(|trial| trial.tries > 0);
        let others = (0..self.slots.len()).filter(|slot| !self.forbidden[*slot]);
        let usual = || std::iter::once(self.kept).chain(others).find(|slot| self.starts(*slot));
        let slot = started.map(|trial| trial.slot).or_else(usual);
        self.running = slot.expect("a slot that starts, always");
        // What runs is a way back from what comes next.
        self.edit(self.running, |image| image.is_given_up = false);
    }

    /// The first byte is written.
    pub(super) fn begin(&mut self, slot: usize) -> Lived<()> {
        assert_ne!(slot, self.running, "what runs is not overwritten");
        self.effect(|device| device.slots[slot] = Content::Half)
    }

    /// The last byte is written.
    pub(super) fn end(&mut self, slot: usize, image: Image) -> Lived<()> {
        self.effect(|device| device.slots[slot] = Content::Whole(image))
    }

    /// Whether something starts that may.
    pub(super) fn has_start(&self) -> bool {
        (0..self.slots.len()).any(|slot| self.starts(slot) && !self.forbidden[slot])
    }

    /// What runs decays, unless nothing else would start; whether it does.
    pub(super) fn decay(&mut self) -> bool {
        let slot = self.running;
        let starts = |other: usize| self.starts(other) && !self.forbidden[other];
        let another = (0..self.slots.len()).any(|other| other != slot && starts(other));
        if another {
            self.edit(slot, |image| image.is_sound = false);
        }
        another
    }

    pub(super) fn tell(&mut self, tell: &Tell) -> Lived<()> {
        let tries = self.tries;
        self.effect(|device| match tell {
            Tell::Keep(slot) => {
                (device.kept, device.trial) = (Self::number(slot), None);
                device.forbidden[device.kept] = false;
            }
            Tell::Forbid(slot) => {
                let slot = Self::number(slot);
                device.forbidden[slot] = true;
                device.trial = device.trial.filter(|trial| trial.slot != slot);
            }
            Tell::Try(slot) => {
                let slot = Self::number(slot);
                device.trial = Some(Trial { slot, tries });
                // From now on, something else may fall over into it.
                device.forbidden[slot] = false;
            }
            Tell::Back(slot) => (device.kept, device.trial) = (Self::number(slot), None),
            Tell::Raise(index) => device.counter = device.counter.max(Some(*index)),
        })
    }

    pub(super) fn store(&mut self, bytes: &[u8]) -> Lived<()> {
        let before = self.effects;
        let is_torn = self
            .cuts
            .front()
            .is_some_and(|cut| cut.at <= before && cut.end == End::Power && !cut.is_done);
        let stored = self.effect(|device| device.store.write(bytes));
        if is_torn {
            self.store.tear(bytes);
        }
        stored
    }
}
