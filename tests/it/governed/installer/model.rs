//! What the documentation says of a decision and of an installer's state, naively.

use std::collections::{BTreeMap, BTreeSet};

use ota_trust::permit::{InstallState, InstalledRelease};

use super::device::Device;
use super::published::{Published, RELEASES};

/// A release, the slot that it is in, and the channel that it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Installed {
    pub(super) slot: usize,
    pub(super) release: usize,
    pub(super) channel: String,
}

/// A start, as the device sees it.
pub(super) struct Start {
    pub(super) slot: usize,
    pub(super) running: Option<usize>,
    pub(super) image_index: Option<u64>,
    pub(super) healthy: bool,
    pub(super) counter: Option<u64>,
    pub(super) others: Vec<u64>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Nothing,
    Confirmed,
    Failed,
}

/// What a device keeps.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) index: Option<u64>,
    pub(super) good: Option<Installed>,
    pub(super) pending: Option<Installed>,
    /// The slot that ran when it was activated.
    pub(super) fallback: Option<usize>,
    pub(super) failed: BTreeMap<usize, u32>,
}

impl Model {
    /// While a slot runs, which is the way back. If another was good, it is so no more.
    pub(super) fn activate(&mut self, installed: Installed, running: usize) {
        self.good = self.good.take().filter(|good| good.slot == running);
        self.pending = Some(installed);
        self.fallback = Some(running);
    }

    /// Judges a start, and says to what the counter is to be raised, and where to go back to.
    pub(super) fn start(&mut self, start: &Start) -> (Verdict, Option<u64>, Option<usize>) {
        let ran = self.fallback.take();
        let verdict = match self.pending.take() {
            None => Verdict::Nothing,
            Some(pending) => {
                let index = RELEASES[pending.release].1;
                let runs = start.slot == pending.slot && start.running == Some(pending.release);
                if runs && start.healthy && start.counter.unwrap_or(0) <= index {
                    self.failed.remove(&pending.release);
                    self.good = Some(pending);
                    Verdict::Confirmed
                } else {
                    *self.failed.entry(pending.release).or_default() += 1;
                    Verdict::Failed
                }
            }
        };
        let good = self.good.iter();
        let mut raising = good
            .filter(|good| start.slot == good.slot && start.running == Some(good.release))
            .filter(|_| start.healthy)
            .map(|good| RELEASES[good.release].1);
        let most = raising.next().map(|index| start.others.iter().copied().fold(index, u64::min));
        self.index = self.index.max(most);
        let most = most.zip(start.image_index).map(|(most, image)| most.min(image));
        let behind = |most: &u64| start.counter.is_some_and(|counter| counter < *most);
        let back = ran.filter(|ran| verdict == Verdict::Failed && *ran != start.slot);
        (verdict, most.filter(behind), back)
    }

    pub(super) fn assert_is(&self, state: &InstallState) {
        assert_eq!(state.rollback_index(), self.index);
        assert_eq!(state.good().map(installed), self.good);
        assert_eq!(state.pending().map(|pending| installed(pending.release())), self.pending);
        let fallback = state.pending().map(|pending| pending.fallback().clone());
        assert_eq!(fallback, self.fallback.map(Device::name));
        let published = Published::get();
        let failed = state.failed_boots().iter();
        let failed = failed.map(|(manifest, boots)| (published.number(*manifest), *boots));
        assert_eq!(failed.collect::<BTreeMap<_, _>>(), self.failed);
    }

    /// Which release is to be installed.
    pub(super) fn decide(
        &self,
        offered: &BTreeSet<usize>,
        running: Option<usize>,
        counter: Option<u64>,
        channel: &str,
        wish: &str,
    ) -> Option<usize> {
        let (version, index, _) = Published::facts(running);
        let floor = index.max(counter.unwrap_or(0)).max(self.index.unwrap_or(0));
        let may = |release: &usize| {
            let (newer, index, channels) = RELEASES[*release];
            running != Some(*release)
                && channels.contains(&wish)
                // As text: all of them have one digit in each place.
                && (newer > version || channel != wish)
                && index >= floor
                && self.failed.get(release).is_none_or(|boots| *boots < 3)
        };
        let best = |release: &usize| (RELEASES[*release].1, RELEASES[*release].0);
        // What runs is one of those that are offered: nothing worse takes its place.
        let runs =
            running.filter(|runs| offered.contains(runs) && RELEASES[*runs].2.contains(&wish));
        let beats = |release: &usize| runs.is_none_or(|runs| best(release) > best(&runs));
        offered.iter().copied().filter(may).filter(beats).max_by_key(best)
    }
}

fn installed(release: &InstalledRelease) -> Installed {
    let slot = (0..3).find(|slot| Device::name(*slot) == release.slot).unwrap();
    let number = Published::get().number(release.manifest);
    assert_eq!(release.version.as_str(), RELEASES[number].0);
    assert_eq!(release.rollback_index, RELEASES[number].1);
    Installed { slot, release: number, channel: release.channel.as_str().to_owned() }
}
