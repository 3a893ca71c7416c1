//! After a restart: did the new release start, and may the old one be given up?

use super::{InstallState, PendingInstall, Slot};
use crate::release::ManifestDigest;

/// What the device knows of the start that it has just made.
#[derive(Clone, Copy, Debug)]
pub struct Boot<'b> {
    /// The slot that runs.
    pub slot: &'b Slot,
    /// The release that runs, by what it says of itself or by what the slot was verified as; `None`
    /// where that is not known: then nothing is confirmed, and what waited for its boot has failed.
    pub running: Option<ManifestDigest>,
    /// The rollback index that the running image has built in, which a boot loader compares with the
    /// hardware counter. Stored state can be forged, and a counter never falls: it is raised no higher
    /// than the image itself says, and not at all where that is not known.
    pub image_index: Option<u64>,
    /// Whether it works: the caller's own checks (the network, the watchdog, what the device is for).
    pub healthy: bool,
    /// The counter that the hardware does not let fall, if there is one.
    pub hardware_counter: Option<u64>,
    /// The rollback indexes of the *other* slots that must be able to start still: usually the one to
    /// fall back to. Leave out a slot that has been given up.
    pub must_stay_bootable: &'b [u64],
}

/// What a start means for the installation that waited for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "store the state, then raise the counter"]
pub enum BootVerdict {
    /// None did.
    Nothing(BootChange),
    /// The new release is good.
    Confirmed(BootChange),
    /// It is not: it did not start, it is not what was installed, or it does not work. Where another
    /// slot than the one before runs now, [go back](BootChange::fall_back_to).
    Failed(BootChange),
}

/// What follows from a start.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "store the state, then raise the counter"]
pub struct BootChange {
    state: InstallState,
    changed: bool,
    counter: Option<u64>,
    fallback: Option<Slot>,
}

impl BootVerdict {
    /// What follows.
    pub fn change(&self) -> &BootChange {
        match self {
            Self::Nothing(change) | Self::Confirmed(change) | Self::Failed(change) => change,
        }
    }
}

impl BootChange {
    /// What to store first.
    #[must_use]
    pub fn state(&self) -> &InstallState {
        &self.state
    }

    /// Whether that differs from what was stored.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.changed
    }

    /// The slot to go back to, once the state is stored: where an installation has failed that runs all
    /// the same, the one that ran when it was activated.
    #[must_use]
    pub fn fall_back_to(&self) -> Option<&Slot> {
        self.fallback.as_ref()
    }

    /// To what the hardware counter is to be raised once the state is stored, if it is behind: never
    /// above what the running image says of itself, nor above what every slot has that must stay
    /// bootable.
    #[must_use]
    pub fn raise_counter_to(&self) -> Option<u64> {
        self.counter
    }
}

/// Judges a start by what was stored before it.
///
/// To be called once after each start of the *system*, when the caller knows whether it works; not
/// when the agent alone was started again, which would fail what waits for a restart. The rollback
/// index rises only here: to that of the confirmed release, and no higher than any other slot that
/// must stay bootable has. Nothing is lost if the power goes before the state is stored, or before
/// the counter is raised: the next call says the same again.
pub fn confirm_boot(state: &InstallState, boot: &Boot<'_>) -> BootVerdict {
    match state.pending() {
        None => BootVerdict::Nothing(change(state, state.clone(), boot)),
        Some(pending) if is_good(pending, boot) => {
            BootVerdict::Confirmed(change(state, state.confirmed(pending), boot))
        }
        Some(pending) => {
            let change = change(state, state.failed(pending), boot);
            let fallback = Some(pending.fallback()).filter(|slot| *slot != boot.slot).cloned();
            BootVerdict::Failed(BootChange { fallback, ..change })
        }
    }
}

/// The pending release runs, in its slot, and works, and the hardware lets it.
fn is_good(pending: &PendingInstall, boot: &Boot<'_>) -> bool {
    let release = pending.release();
    boot.slot == &release.slot
        && boot.running == Some(release.manifest)
        && boot.healthy
        && boot.hardware_counter.is_none_or(|counter| counter <= release.rollback_index)
}

fn change(before: &InstallState, after: InstallState, boot: &Boot<'_>) -> BootChange {
    let good = after.good().filter(|good| runs(good.manifest, &good.slot, boot));
    let Some(good) = good.map(|good| good.rollback_index) else {
        let changed = after != *before;
        return BootChange { changed, state: after, counter: None, fallback: None };
    };
    // What every slot has that must stay bootable, the running one included.
    let common = boot.must_stay_bootable.iter().copied().fold(good, u64::min);
    let state = after.raised(common);
    let most = boot.image_index.map(|image| image.min(common));
    let behind = |most: &u64| boot.hardware_counter.is_some_and(|counter| counter < *most);
    let counter = most.filter(behind);
    BootChange { changed: state != *before, state, counter, fallback: None }
}

/// Only a release that is known to be good, and that runs, can raise anything.
fn runs(manifest: ManifestDigest, slot: &Slot, boot: &Boot<'_>) -> bool {
    boot.healthy && boot.slot == slot && boot.running == Some(manifest)
}
