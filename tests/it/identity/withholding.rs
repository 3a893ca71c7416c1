//! A server that withholds components and chooses percentages, to tell which handles are one device.
//!
//! Whoever is within the share of a release is so under each of its handles. What a device says of the
//! release before it has all of it, it would say again under each.

use std::cell::Cell;
use std::collections::BTreeSet;

use ota_trust::identity::*;
use ota_trust::release::ManifestDigest;
use ota_trust::rollout::{BasisPoints, Bucket};

use super::fleet::*;
use super::linkability::{DEVICES, EPOCHS, Judged, Numbers, TRIALS, bound, found, name};

/// How many releases the server has at a time, each of its own share.
const RELEASES: u8 = 6;

/// What the server has heard under one handle.
struct Heard {
    device: u32,
    /// The releases of which something was said under it.
    of: BTreeSet<u8>,
}

impl Judged for Heard {
    fn device(&self) -> u32 {
        self.device
    }
}

/// When a device says something of a release that it is offered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    /// As soon as it is offered.
    WhenOffered,
    /// The same, under one handle: that it could not be had.
    FailureOnce,
    /// With its permit to install: all of it is there. Under one handle.
    WithPermit,
}

/// What the server has chosen: the share of each release in each epoch, and whether its bytes come.
struct Chosen {
    shares: Vec<[u16; RELEASES as usize]>,
    served_from: u32,
}

/// Some share for each release, and the same in every epoch.
fn constant() -> Vec<[u16; RELEASES as usize]> {
    vec![[500, 2000, 5000, 5000, 5000, 8000]; EPOCHS as usize]
}

/// Half of the fleet, and then all of it.
fn half_then_all() -> Vec<[u16; RELEASES as usize]> {
    (0..EPOCHS).map(|epoch| [if epoch % 2 == 0 { 5000 } else { 10_000 }; 6]).collect()
}

/// All that the server hears, epoch by epoch, in the order in which the devices happened to ask.
fn heard(chosen: &Chosen, says: Says) -> Vec<Vec<Heard>> {
    let numbers = Numbers(Cell::new(7));
    let mut states: Vec<IdentityState> =
        (0..DEVICES).map(|_| IdentityState::new(IdentityEpoch::new(1))).collect();
    let mut installed: BTreeSet<(u32, u8)> = BTreeSet::new();
    let mut logs = Vec::new();
    for epoch in 0..EPOCHS {
        let present = IdentityEpoch::new(u64::from(epoch) + 1);
        let mut log = Vec::new();
        for (device, state) in (0..).zip(&mut states) {
            if state.epoch() < present {
                *state = state.rotate(present).unwrap().stored();
            }
            let mut of = BTreeSet::new();
            for release in 0..RELEASES {
                // Each pair of epochs has releases of its own where they go to all.
                let round = u8::try_from(epoch / 2).unwrap();
                let which = if says == Says::FailureOnce { round } else { 0 };
                let manifest = ManifestDigest::of(&[release, which]);
                let seed = secret(&name(device)).rollout_seed(&fleet(), manifest);
                let share = chosen.shares[epoch as usize][usize::from(release)];
                let within =
                    Bucket::of(manifest, &seed).is_within(BasisPoints::new(share).unwrap());
                if !within || installed.contains(&(device, release)) {
                    continue;
                }
                let comes = epoch >= chosen.served_from;
                if comes {
                    installed.insert((device, release));
                }
                if says == Says::WhenOffered {
                    of.insert(release);
                    continue;
                }
                if says == Says::WithPermit && !comes {
                    continue;
                }
                let (speaks_in, next) = state.speaks_of(manifest).unwrap().stored();
                *state = next;
                if speaks_in == present {
                    of.insert(release);
                }
            }
            log.push(Heard { device, of });
        }
        logs.push(numbers.shuffled(log));
    }
    logs
}

fn difference(old: &Heard, new: &Heard) -> u64 {
    old.of.symmetric_difference(&new.of).count() as u64
}

/// The attack itself: acceptances that go before the bytes link the handles of a device.
#[test]
fn acceptances_before_the_bytes_would_link() {
    let chosen = Chosen { shares: constant(), served_from: EPOCHS };
    let hits = found(&heard(&chosen, Says::WhenOffered), difference);
    assert!(hits > 6 * bound(), "{hits} of {TRIALS}");
}

/// One ordinary release at a twentieth is enough for its wave.
#[test]
fn one_release_would_link_its_wave() {
    let shares = vec![[500, 0, 0, 0, 0, 0]; EPOCHS as usize];
    let logs = heard(&Chosen { shares, served_from: EPOCHS }, Says::WhenOffered);
    let wave: Vec<Vec<Heard>> = logs
        .into_iter()
        .map(|log| log.into_iter().filter(|heard| !heard.of.is_empty()).collect())
        .collect();
    let trials: usize = wave[1..].iter().map(Vec::len).sum();
    let hits = found(&wave, difference);
    // By chance, one in 64 of them.
    assert!(trials > 10 && hits as usize * 8 > trials, "{hits} of {trials}");
}

#[test]
fn what_is_accepted_with_a_permit_says_nothing_while_bytes_are_withheld() {
    for shares in [constant(), half_then_all()] {
        let logs = heard(&Chosen { shares, served_from: EPOCHS }, Says::WithPermit);
        assert!(logs.iter().flatten().all(|heard| heard.of.is_empty()));
    }
}

/// The bytes come at last: each device says so once, under one handle. Nothing that is said under one
/// handle is said under another.
#[test]
fn what_is_accepted_with_a_permit_does_not_repeat() {
    for served_from in [0, 3, EPOCHS - 2] {
        let logs = heard(&Chosen { shares: constant(), served_from }, Says::WithPermit);
        let said: usize = logs.iter().flatten().map(|heard| heard.of.len()).sum();
        assert!(said > 100, "{said}");
        let mut before: BTreeSet<(u32, u8)> = BTreeSet::new();
        for heard in logs.iter().flatten() {
            assert!(heard.of.iter().all(|release| before.insert((heard.device, *release))));
        }
        let same = |old: &Heard, new: &Heard| u64::from(old.of.is_empty() || old.of != new.of);
        let hits = found(&logs, same);
        assert!(hits < bound(), "{hits} of {TRIALS}");
    }
}

/// What remains, and `manual::privacy` says so: who has spoken of a release is not among those who speak of
/// it later. Where a device reports what it could not fetch, a server that withholds can use that: six
/// releases for half of the fleet, and then for all.
#[test]
fn a_failure_to_fetch_that_is_reported_would_link_by_who_is_left() {
    let chosen = Chosen { shares: half_then_all(), served_from: EPOCHS };
    let logs = heard(&chosen, Says::FailureOnce);
    let common = |old: &Heard, new: &Heard| old.of.intersection(&new.of).count() as u64;
    let hits = found(&logs, common);
    assert!(hits > 2 * bound(), "{hits} of {TRIALS}");
}
