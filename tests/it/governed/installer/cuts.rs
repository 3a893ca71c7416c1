//! One update, with an end at every single effect, and at every two of them: whatever ends, and
//! wherever, the device comes to the same rest.

use std::collections::BTreeMap;

use ota_trust::installation::Verdict;

use super::device::{Conduct, Cut, Device, End};
use super::life::{Fate, Life};
use super::store::Store;
use super::turn::Plan;

/// Where a device comes to rest.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rest {
    running: Option<usize>,
    kept: usize,
    good: Option<usize>,
    failed: BTreeMap<usize, u64>,
    index: Option<u64>,
    counter: Option<u64>,
}

/// Installs one release, until it is good or has failed; and how many effects that took.
fn update(conduct: Conduct, tries: u8, cuts: &[Cut]) -> (Rest, usize) {
    let mut life = Life::new(Device::new(2, tries, Some(0), Store::Whole(None)));
    life.device.cuts.extend(cuts);
    let mut effects = None;
    while effects != Some(life.device.effects) {
        effects = Some(life.device.effects);
        let mut plan = Plan { conduct, ..Plan::of(0, 1) };
        if conduct == Conduct::IsUnhealthy && !life.history.seen.failed.is_empty() {
            plan.offered.clear();
        }
        if let Err(end) = life.turn(&plan) {
            life.go_on(end);
        } else if life.device.tried().is_some()
            && let Err(end) = life.restart(Fate::Works)
        {
            life.go_on(end);
        }
        assert!(life.device.effects < 100, "an update that never ends");
    }
    assert!(life.history.seen.pending.is_none(), "nothing is left open");
    let rest = Rest {
        running: life.device.runs().release,
        kept: life.device.kept,
        good: life.confirmed(),
        failed: life.history.seen.failed.clone(),
        index: life.history.seen.index,
        counter: life.device.counter,
    };
    (rest, life.device.effects)
}

const UPDATES: [Conduct; 3] = [Conduct::Works, Conduct::IsSlow, Conduct::IsUnhealthy];

fn kinds(at: usize) -> impl Iterator<Item = Cut> {
    let kinds = [(End::Power, false), (End::Power, true), (End::Agent, false), (End::Agent, true)];
    kinds.into_iter().map(move |(end, is_done)| Cut { at, end, is_done })
}

#[test]
fn an_update_comes_to_its_rest() {
    let (index, counter, failed) = (Some(1), Some(1), BTreeMap::new());
    let good = Rest { running: Some(0), kept: 1, good: Some(0), failed, index, counter };
    let failed = BTreeMap::from([(0, 1)]);
    let (index, counter) = (None, Some(0));
    let bad = Rest { running: None, kept: 0, good: None, failed, index, counter };
    for tries in 1..4 {
        for conduct in UPDATES {
            let (rest, _) = update(conduct, tries, &[]);
            let expected = if conduct == Conduct::IsUnhealthy { &bad } else { &good };
            assert_eq!(rest, *expected);
        }
    }
}

#[test]
fn an_end_at_any_effect_changes_nothing() {
    for tries in 1..4 {
        for conduct in UPDATES {
            let (rest, effects) = update(conduct, tries, &[]);
            for cut in (0..effects).flat_map(kinds) {
                let (found, more) = update(conduct, tries, &[cut]);
                assert_eq!(found, rest, "{cut:?}, {conduct:?}, {tries}");
                assert!(more > cut.at, "it has ended");
            }
        }
    }
}

#[test]
fn two_ends_at_any_effects_change_nothing() {
    for tries in 1..3 {
        for conduct in UPDATES {
            let (rest, _) = update(conduct, tries, &[]);
            let (mut first, mut is_over) = (0, false);
            while !is_over {
                for one in kinds(first) {
                    let (_, effects) = update(conduct, tries, &[one]);
                    is_over = effects <= first;
                    for two in (first + 1..effects).flat_map(kinds) {
                        let (found, _) = update(conduct, tries, &[one, two]);
                        assert_eq!(found, rest, "{one:?}, {two:?}, {conduct:?}, {tries}");
                    }
                }
                first += 1;
            }
        }
    }
}

#[test]
fn what_the_boot_loader_was_never_told_is_given_up_and_has_not_failed() {
    let mut life = Life::new(Device::new(2, 1, None, Store::Whole(None)));
    let plan = Plan::of(0, 1);
    // To keep, to forbid, the first byte and the last, the record, to keep; and then to try.
    for (start, after) in [6, 2, 2].into_iter().enumerate() {
        let (at, is_done) = (life.device.effects + after, false);
        life.device.cuts.push_back(Cut { at, end: End::Power, is_done });
        assert_eq!(life.turn(&plan), Err(End::Power));
        assert!(life.device.cuts.is_empty() && life.device.tried().is_none());
        assert!(life.history.seen.pending.is_some());
        let verdict = life.boot_and_judge();
        let is_last = start == 2;
        assert_eq!(verdict, if is_last { Verdict::LoaderFailed } else { Verdict::Waits });
    }
    assert!(life.history.seen.pending.is_none() && life.history.seen.failed.is_empty());
    life.turn(&plan).unwrap();
    life.restart(Fate::Works).unwrap();
    assert_eq!(life.confirmed(), Some(0));
}
