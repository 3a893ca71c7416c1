//! What an installer works on: slots, a boot loader, a counter, a store, and a power switch.

use ota_trust::permit::Slot;

use super::published::Published;
use super::store::Store;

/// The power went.
#[derive(Debug)]
pub(super) struct PowerCut;

pub(super) type Powered<T> = Result<T, PowerCut>;

/// What a slot holds, whole. A slot that is being written holds nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Image {
    /// By its number; `None` for what the factory wrote.
    pub(super) release: Option<usize>,
    /// Whether it is what was written.
    pub(super) is_sound: bool,
    /// Whether it need not start any more.
    pub(super) is_given_up: bool,
}

impl Image {
    pub(super) fn new(release: Option<usize>, is_sound: bool) -> Self {
        Self { release, is_sound, is_given_up: false }
    }
}

/// What becomes of a first boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Works,
    DoesNotStart,
    IsUnhealthy,
    IsSomethingElse,
    IsUnknown,
}

/// A slot that the boot loader tries so many times.
#[derive(Clone, Copy, Debug)]
struct Trial {
    slot: usize,
    tries: u8,
}

pub(super) struct Device {
    pub(super) slots: Vec<Option<Image>>,
    pub(super) running: usize,
    /// Whether what runs was tried, rather than started as usual.
    pub(super) is_trial: bool,
    /// What the boot loader starts where nothing is to be tried.
    pub(super) usual: usize,
    pub(super) counter: Option<u64>,
    pub(super) store: Store,
    trial: Option<Trial>,
    tries: u8,
    /// After how many writes of any kind the power goes.
    power: Option<usize>,
}

impl Device {
    pub(super) fn new(slots: usize, tries: u8, counter: Option<u64>, store: Store) -> Self {
        let mut slots = vec![None; slots];
        slots[0] = Some(Image::new(None, true));
        let (running, usual, is_trial, trial, power) = (0, 0, false, None, None);
        Self { slots, running, is_trial, usual, counter, store, trial, tries, power }
    }

    pub(super) fn cut_after(&mut self, writes: Option<usize>) {
        self.power = writes;
    }

    /// Before anything is changed that lasts.
    fn spend(&mut self) -> Powered<()> {
        let (usual, running) = (self.usual, self.running);
        // What is usual decays at times, and then another runs already.
        assert!(self.starts(usual) || self.starts(running), "a slot starts, whatever happens");
        match &mut self.power {
            Some(0) => Err(PowerCut),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(super) fn name(slot: usize) -> Slot {
        Slot::new(["a", "b", "c"][slot]).unwrap()
    }

    /// The index of what a slot holds, if that is whole.
    pub(super) fn index(&self, slot: usize) -> Option<u64> {
        self.slots[slot].map(|image| Published::get().index(image.release))
    }

    fn starts(&self, slot: usize) -> bool {
        let is_sound = self.slots[slot].is_some_and(|image| image.is_sound);
        is_sound && self.index(slot) >= Some(self.counter.unwrap_or(0))
    }

    /// The indexes of the other slots that hold something whole and have not been given up.
    pub(super) fn others(&self) -> Vec<u64> {
        let others = (0..self.slots.len()).filter(|slot| *slot != self.running);
        let kept = |slot: &usize| self.slots[*slot].is_some_and(|image| !image.is_given_up);
        others.filter(kept).filter_map(|slot| self.index(slot)).collect()
    }

    /// Starts what is to be tried, or else what is usual, or else anything.
    pub(super) fn boot(&mut self, fate: Fate) {
        let tried = self.try_once(fate);
        let usual = || std::iter::once(self.usual).chain(0..self.slots.len());
        let slot = tried.or_else(|| usual().find(|slot| self.starts(*slot)));
        self.running = slot.expect("a slot that starts, always");
        self.is_trial = tried.is_some();
        // What runs is a way back from what comes next.
        let kept = |image| Image { is_given_up: false, ..image };
        self.slots[self.running] = self.slots[self.running].map(kept);
    }

    fn try_once(&mut self, fate: Fate) -> Option<usize> {
        let Trial { slot, tries } = self.trial.take()?;
        let starts = fate != Fate::DoesNotStart && self.starts(slot);
        let tries = tries - 1;
        self.trial = (starts && tries > 0).then_some(Trial { slot, tries });
        starts.then_some(slot)
    }

    pub(super) fn write_slot(&mut self, slot: usize, image: Image) -> Powered<()> {
        self.erase(slot)?;
        self.spend()?;
        self.slots[slot] = Some(image);
        Ok(())
    }

    pub(super) fn erase(&mut self, slot: usize) -> Powered<()> {
        self.spend()?;
        assert_ne!(slot, self.running, "what runs is not overwritten");
        self.slots[slot] = None;
        Ok(())
    }

    /// A slot is no way back any more. It may still be one by accident.
    pub(super) fn give_up(&mut self, slot: usize) {
        assert_ne!(slot, self.running, "what runs is needed");
        let given_up = |image| Image { is_given_up: true, ..image };
        self.slots[slot] = self.slots[slot].map(given_up);
    }

    /// What runs decays, unless nothing else would start, or is yet to be tried.
    pub(super) fn decay(&mut self) {
        let slot = self.running;
        let another = (0..self.slots.len()).any(|other| other != slot && self.starts(other));
        if another && self.trial.is_none() {
            self.slots[slot] = self.slots[slot].map(|image| Image { is_sound: false, ..image });
        }
    }

    /// Tells the boot loader to try a slot.
    pub(super) fn try_next(&mut self, slot: usize) -> Powered<()> {
        self.spend()?;
        self.trial = Some(Trial { slot, tries: self.tries });
        Ok(())
    }

    /// Tells the boot loader what is usual.
    pub(super) fn keep(&mut self, slot: usize) -> Powered<()> {
        self.spend()?;
        (self.usual, self.trial) = (slot, None);
        assert!(self.starts(slot), "what is kept starts");
        Ok(())
    }

    pub(super) fn raise_counter(&mut self, index: u64) -> Powered<()> {
        self.spend()?;
        assert!(self.counter.is_some_and(|counter| counter < index), "it is behind");
        assert!(self.index(self.running) >= Some(index), "what runs would not start again");
        assert!(self.others().iter().all(|other| *other >= index), "no way back is left");
        self.counter = Some(index);
        Ok(())
    }

    pub(super) fn store(&mut self, bytes: &[u8]) -> Powered<()> {
        let powered = self.spend();
        if powered.is_ok() {
            self.store.write(bytes);
        } else {
            self.store.tear(bytes);
        }
        powered
    }
}
