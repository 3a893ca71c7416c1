//! Reports of devices, and when they stop a rollout.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use ota_trust::identity::{CertifiedHandle, IdentityEpoch, IdentityState};
use ota_trust::primitives::{Limits, StartTime, UtcTime};
use ota_trust::release::{ManifestDigest, Product};
use ota_trust::rollout::{
    Assessment, BasisPoints, FailurePhase, HaltCriteria, PauseReason, Report, ReportError,
    ReportKind, Verdict, VerifiedReport,
};
use ota_trust::services::Purpose;
use proptest::prelude::*;

use super::calendar::{day, end_of, window_of};
use super::fleet::*;

pub(super) const MANIFEST: ManifestDigest = ManifestDigest::from_bytes([1; 32]);
pub(super) const SILENCE: u64 = 100;
const KINDS: [ReportKind; 3] = [ReportKind::Accepted, ReportKind::Succeeded, ReportKind::Failed];

pub(super) fn product(name: &str) -> Product {
    Product::new(name).unwrap()
}

pub(super) fn report(kind: ReportKind, manifest: ManifestDigest) -> Report {
    Report::assume(product("lamp"), manifest, kind)
}

/// Second `n` of the rollout.
pub(super) fn second(n: u64) -> UtcTime {
    time("2026-06-09T00:00:00Z").saturating_add(n)
}

pub(super) type Verified = Result<VerifiedReport, ReportError>;

/// The report of one device, verified as that of another.
pub(super) fn verified(bytes: &[u8], device: &str, at: u64) -> Verified {
    let device = verify(&certificate(device, 6, &window())).unwrap();
    VerifiedReport::verify(bytes, &device, second(at), &Limits::default())
}

pub(super) fn says(device: &str, kind: ReportKind, at: u64) -> Verified {
    verified(&report(kind, MANIFEST).sign(&identity(device, 6)), device, at)
}

pub(super) fn criteria(sample: u64, points: u16) -> HaltCriteria {
    HaltCriteria::new(sample, BasisPoints::new(points).unwrap(), SILENCE).unwrap()
}

pub(super) fn assess(criteria: &HaltCriteria, reports: &[Verified], now: u64) -> Assessment {
    criteria.assess(reports.iter().cloned(), &product("lamp"), MANIFEST, second(now))
}

#[test]
fn the_share_is_reached_exactly() {
    let outcomes = |failed: usize, succeeded: usize| {
        let mut reports = Vec::new();
        for (n, device) in DEVICES.iter().take(failed + succeeded).enumerate() {
            reports.push(device[0].clone());
            reports.push(device[if n < failed { 2 } else { 1 }].clone());
        }
        reports
    };
    let stop = Verdict::Pause(PauseReason::Failures);
    for (failed, succeeded, sample, points, expected) in [
        (0, 0, 1, 0, Verdict::TooFew),
        (0, 3, 4, 0, Verdict::TooFew),
        (0, 4, 4, 0, Verdict::Continue),
        (1, 0, 4, 0, stop), // no failure is borne, so the sample does not matter
        (1, 0, 2, 1, Verdict::TooFew),
        (1, 3, 4, 2500, stop),
        (1, 3, 4, 2501, Verdict::Continue),
        (1, 3, 5, 2500, Verdict::TooFew),
        (3, 1, 4, 10_000, Verdict::Continue),
        (4, 0, 4, 10_000, stop),
    ] {
        let assessment = assess(&criteria(sample, points), &outcomes(failed, succeeded), 0);
        assert_eq!(assessment.verdict, expected, "{failed} of {}", failed + succeeded);
    }
}

#[test]
fn silence_is_a_failure_from_the_second_on_in_which_it_is_too_long() {
    let reports =
        [says("a lamp", ReportKind::Accepted, 10), says("a lamp", ReportKind::Accepted, 60)];
    let at = |now| {
        let a = assess(&criteria(1, 1), &reports, now);
        (a.pending, a.silent, a.verdict)
    };
    assert_eq!(at(0), (1, 0, Verdict::TooFew), "a clock that was set back");
    assert_eq!(at(109), (1, 0, Verdict::TooFew));
    assert_eq!(at(110), (0, 1, Verdict::Pause(PauseReason::Failures)), "since the first time");
}

#[test]
fn criteria_that_would_stop_nothing_are_none() {
    let any = BasisPoints::ALL;
    for (sample, silence) in [(0, 1), (1, 0), (1, HaltCriteria::MAX_SILENCE + 1), (1, u64::MAX)] {
        assert_eq!(HaltCriteria::new(sample, any, silence), None, "{sample}, {silence}");
    }
    assert!(HaltCriteria::new(u64::MAX, any, HaltCriteria::MAX_SILENCE).is_some());
    assert_eq!(BasisPoints::new(10_001), None);
}

/// Two products can have a manifest of one digest only by somebody's mistake; but a report counted
/// for whatever release somebody put its digest into.
#[test]
fn what_is_said_of_another_product_is_another_matter() {
    let said = |name, manifest| {
        let bytes = Report::assume(product(name), manifest, ReportKind::Failed);
        verified(&bytes.sign(&identity("a lamp", 6)), "a lamp", 0)
    };
    let other = ManifestDigest::from_bytes([2; 32]);
    let reports = [said("door", MANIFEST), said("door", other), said("lamp", other)];
    let assessment = assess(&criteria(1, 0), &reports, 0);
    assert_eq!((assessment.verdict, assessment.failed), (Verdict::TooFew, 0));
    assert_eq!((assessment.of_other_products, assessment.of_other_releases), (2, 1));
    assert_eq!(assess(&criteria(1, 0), &[said("lamp", MANIFEST)], 0).failed, 1);
}

#[test]
fn what_is_said_of_another_release_is_another_matter() {
    let bytes = report(ReportKind::Failed, ManifestDigest::from_bytes([2; 32]))
        .sign(&identity("a lamp", 6));
    let assessment = assess(&criteria(1, 0), &[verified(&bytes, "a lamp", 0)], 0);
    assert_eq!((assessment.verdict, assessment.of_other_releases), (Verdict::TooFew, 1));
}

/// A thief of the enroller's key invents devices whose successes hide the failures of the real
/// ones. No share notices that; a number does.
#[test]
fn a_number_of_failures_stops_a_rollout_however_they_are_diluted() {
    let mut reports = Vec::new();
    for (n, device) in (0..40).map(|n| (n, format!("device {n}"))) {
        reports.push(says(&device, ReportKind::Accepted, 0));
        let is_real = n < 4;
        let kind = if is_real { ReportKind::Failed } else { ReportKind::Succeeded };
        reports.push(says(&device, kind, 0));
    }
    let share = criteria(4, 2_500);
    let stop = Verdict::Pause(PauseReason::Failures);
    assert_eq!(assess(&share, &reports[..8], 0).verdict, stop, "all of the real ones failed");
    assert_eq!(assess(&share, &reports, 0).verdict, Verdict::Continue, "diluted");
    for (most, expected) in [(3, stop), (4, stop), (5, Verdict::Continue)] {
        let criteria = share.clone().with_max_failures(most).unwrap();
        assert_eq!(assess(&criteria, &reports, 0).verdict, expected, "{most}");
    }
    // Whatever the sample, too; and silence is failure here as elsewhere.
    let criteria = criteria(1_000, 10_000).with_max_failures(4).unwrap();
    assert_eq!(assess(&criteria, &reports[..8], 0).verdict, stop);
    let silent: Vec<Verified> = reports.iter().step_by(2).take(4).cloned().collect();
    assert_eq!(assess(&criteria, &silent, 0).verdict, Verdict::TooFew);
    assert_eq!(assess(&criteria, &silent, SILENCE).verdict, stop);
    assert_eq!(criteria.with_max_failures(0), None, "nothing could go on");
}

/// June's certificates end on 3 July: nobody hears of a device under June's handle after that.
#[test]
fn whoever_had_no_time_to_be_silent_for_too_long_has_neither_failed_nor_succeeded() {
    let end = window().expires();
    let seconds = |time: UtcTime| u64::try_from(time.unix() - second(0).unix()).unwrap();
    let (end, device) = (seconds(end), DEVICES[0].clone());
    let accepted = |before_the_end| says("a lamp", ReportKind::Accepted, end - before_the_end);
    let at = |reports: &[Verified], now| {
        let a = assess(&criteria(1, 5_000), reports, now);
        (a.pending, a.silent, a.expired, a.verdict)
    };
    let stop = Verdict::Pause(PauseReason::Failures);
    // There was just time.
    let timely = [accepted(SILENCE)];
    assert_eq!(at(&timely, end - 1), (1, 0, 0, Verdict::TooFew));
    assert_eq!(at(&timely, end), (0, 1, 0, stop));
    assert_eq!(at(&timely, end + 86_400), (0, 1, 0, stop), "and that is not forgotten");
    // There was not.
    let late = [accepted(SILENCE - 1)];
    assert_eq!(at(&late, end - 1), (1, 0, 0, Verdict::TooFew));
    for now in [end, end + 1, end + SILENCE, end + 1_000_000] {
        assert_eq!(at(&late, now), (0, 0, 1, Verdict::TooFew));
        // One that is not known is not well, either: nothing goes on where it could be too many.
        let [accepted, succeeded, ..] = device.clone();
        let with_one = [late.to_vec(), vec![accepted, succeeded]].concat();
        assert_eq!(at(&with_one, now), (0, 0, 1, Verdict::TooFew), "1 of 2 could have failed");
        let others = DEVICES[..2].iter().flat_map(|device| device[..2].to_vec());
        let with_two = [late.to_vec(), others.collect()].concat();
        assert_eq!(at(&with_two, now), (0, 0, 1, Verdict::Continue), "1 of 3 is not too many");
        let capped = criteria(1, 10_000).with_max_failures(1).unwrap();
        assert_eq!(assess(&capped, &with_two, now).verdict, Verdict::TooFew);
    }
    // It came back in time after all.
    let back = [late.to_vec(), vec![says("a lamp", ReportKind::Succeeded, end - 1)]].concat();
    assert_eq!(at(&back, end), (0, 0, 0, Verdict::Continue));
}

/// A device that accepts a release in one epoch and comes back in another, as it says by its state.
#[derive(Clone, Debug)]
struct Lamp {
    /// The day on which it first accepts, and for how long it is off then.
    accepts: u64,
    off: u64,
    outcome: Option<usize>,
}

fn lamps() -> impl Strategy<Value = Vec<Lamp>> {
    let lamp = (0..60_u64, 0..60_u64, prop::option::of(1..3_usize));
    let lamp = lamp.prop_map(|(accepts, off, outcome)| Lamp { accepts, off, outcome });
    prop::collection::vec(lamp, 1..6)
}

/// Epochs of thirty days from 1 on.
fn epoch_at(day: u64) -> u64 {
    day / 30 + 1
}

impl Lamp {
    /// What the server gets of it: it says that it accepted, and after its pause says so again,
    /// since it has found the release anew, and how it went.
    fn says(&self, name: &str) -> Vec<Verified> {
        let mut state = IdentityState::new(IdentityEpoch::new(epoch_at(self.accepts)));
        let mut sent = Vec::new();
        let back = self.accepts + self.off;
        let said = [(self.accepts, Some(0)), (back, Some(0)), (back, self.outcome)];
        for (today, kind) in said {
            let Some(kind) = kind else { continue };
            if IdentityEpoch::new(epoch_at(today)) > state.epoch() {
                state = state.rotate(IdentityEpoch::new(epoch_at(today))).unwrap().stored();
            }
            let (epoch, next) = state.speaks_of(MANIFEST).unwrap().stored();
            state = next;
            let (epoch, now) = (epoch.get(), day(today));
            if now >= end_of(epoch) {
                continue;
            }
            let report = report(KINDS[kind], MANIFEST).sign(&identity(name, epoch));
            let certificate = certificate(name, epoch, &window_of(epoch));
            let keys = keys(&enroller(), Purpose::Enrolment);
            let (start, limits) = (StartTime::Known(now), Limits::default());
            let device =
                CertifiedHandle::verify(&certificate, &keys, &fleet(), start, &limits).unwrap();
            sent.push(VerifiedReport::verify(&report, &device, now, &limits));
        }
        sent
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// A device that came back in another epoch was a failure, by its silence, and a success.
    #[test]
    fn a_device_counts_once_over_the_end_of_an_epoch(lamps in lamps(), days in 0..200_u64) {
        let sent = lamps.iter().enumerate();
        let sent: Vec<Verified> = sent.flat_map(|(n, lamp)| lamp.says(&format!("lamp {n}"))).collect();
        let criteria = HaltCriteria::new(1, BasisPoints::ALL, 3 * 86_400).unwrap();
        let a = criteria.assess(sent, &product("lamp"), MANIFEST, day(days));
        prop_assert_eq!(a.accepted, lamps.len() as u64, "each under one handle");
        let counted = a.succeeded + a.failed + a.silent + a.pending + a.expired;
        prop_assert_eq!((counted, a.unaccepted), (lamps.len() as u64, 0));
        // In the end: as it went, where it could still say so.
        let can_say = |lamp: &&Lamp| day(lamp.accepts + lamp.off) < end_of(epoch_at(lamp.accepts));
        let spoke = |kind| lamps.iter().filter(can_say).filter(|l| l.outcome == Some(kind)).count();
        prop_assert_eq!((a.succeeded, a.failed), (spoke(1) as u64, spoke(2) as u64));
        // Three days before its certificate ends, there was time to be silent for three days.
        let unheard: Vec<&Lamp> =
            lamps.iter().filter(|lamp| !can_say(lamp) || lamp.outcome.is_none()).collect();
        let is_late =
            |lamp: &&&Lamp| day(lamp.accepts + 3) > end_of(epoch_at(lamp.accepts));
        let late = unheard.iter().filter(is_late);
        let expired = late.filter(|lamp| end_of(epoch_at(lamp.accepts)) <= day(days)).count();
        let timely = unheard.iter().filter(|lamp| !is_late(lamp));
        let silent = timely.filter(|lamp| day(lamp.accepts + 3) <= day(days)).count();
        prop_assert_eq!((a.expired, a.silent), (expired as u64, silent as u64));
    }
}

/// Reports of some devices: accepted, succeeded, failed, and failed in the download, each verified
/// once, in second 0.
pub(super) static DEVICES: LazyLock<Vec<[Verified; 4]>> = LazyLock::new(|| {
    let says = |name: String| {
        let [accepted, succeeded, failed] = KINDS.map(|kind| says(&name, kind, 0));
        let not_fetched = report(ReportKind::Failed, MANIFEST).phase(FailurePhase::Download);
        let not_fetched = verified(&not_fetched.sign(&identity(&name, 6)), &name, 0);
        [accepted, succeeded, failed, not_fetched]
    };
    (0..6).map(|n| says(format!("lamp {n}"))).collect()
});

/// A report, by its device and its kind.
type Entry = (usize, usize);

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec((0..6_usize, 0..4_usize), 0..20)
}

fn reports(entries: &[Entry]) -> Vec<Verified> {
    entries.iter().map(|&(device, kind)| DEVICES[device][kind].clone()).collect()
}

/// By sets, and by a table.
fn naive(
    entries: &[Entry],
    (sample, points, most): (u64, u16, Option<u64>),
    now: u64,
) -> (Verdict, [usize; 7]) {
    let mut said: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for &(device, kind) in entries {
        said.entry(device).or_default().insert(kind);
    }
    let count = |is: &dyn Fn(&BTreeSet<usize>) -> bool| said.values().filter(|s| is(s)).count();
    let accepted = count(&|s| s.contains(&0));
    let failed = count(&|s| s.contains(&2));
    let succeeded = count(&|s| s.contains(&0) && s.contains(&1) && !s.contains(&2));
    let waiting = count(&|s| s.contains(&0) && !s.contains(&1) && !s.contains(&2));
    let unaccepted = count(&|s| s.contains(&1) && !s.contains(&0) && !s.contains(&2));
    let not_fetched = count(&|s| s.len() == 1 && s.contains(&3));
    let (silent, pending) = if now >= SILENCE { (waiting, 0) } else { (0, waiting) };
    let (bad, all) = (failed + silent, failed + silent + succeeded);
    let enough = all as u64 >= sample;
    let too_many = bad > 0 && bad * 10_000 >= usize::from(points) * all;
    let verdict = match (too_many, enough) {
        _ if most.is_some_and(|most| bad as u64 >= most) => Verdict::Pause(PauseReason::Failures),
        (true, true) => Verdict::Pause(PauseReason::Failures),
        (true, false) if points == 0 => Verdict::Pause(PauseReason::Failures),
        (_, false) => Verdict::TooFew,
        (false, true) => Verdict::Continue,
    };
    (verdict, [accepted, succeeded, failed, silent, pending, unaccepted, not_fetched])
}

fn points() -> impl Strategy<Value = u16> {
    prop_oneof![Just(0), Just(5000), Just(10_000), 0..=10_000_u16]
}

proptest! {
    #[test]
    fn the_counts_are_those_of_sets(
        e in entries(), sample in 1..7_u64, p in points(), most in prop::option::of(1..7_u64),
        now in 0..200_u64,
    ) {
        let plain = criteria(sample, p);
        let criteria = most.map_or(plain.clone(), |most| plain.with_max_failures(most).unwrap());
        let found = assess(&criteria, &reports(&e), now);
        let (verdict, counts) = naive(&e, (sample, p, most), now);
        let Assessment { accepted, succeeded, failed, silent, pending, .. } = found;
        let Assessment { unaccepted, not_fetched, .. } = found;
        let found_counts = [accepted, succeeded, failed, silent, pending, unaccepted, not_fetched];
        prop_assert_eq!(found_counts.map(|n| usize::try_from(n).unwrap()), counts);
        prop_assert_eq!(found.verdict, verdict);
    }

    #[test]
    fn neither_order_nor_repetition_matters(
        e in entries().prop_flat_map(|e| (Just(e.clone()), Just([e.clone(), e].concat()).prop_shuffle())),
        p in points(),
    ) {
        let criteria = criteria(2, p);
        prop_assert_eq!(assess(&criteria, &reports(&e.0), 0), assess(&criteria, &reports(&e.1), 0));
    }

    #[test]
    fn another_failure_never_lets_a_rollout_go_on(
        e in entries(), device in 0..6_usize, sample in 1..7_u64, p in points(),
        most in prop::option::of(1..7_u64), now in 0..200_u64,
    ) {
        let plain = criteria(sample, p);
        let criteria = most.map_or(plain.clone(), |most| plain.with_max_failures(most).unwrap());
        let before = assess(&criteria, &reports(&e), now).verdict;
        let after = assess(&criteria, &reports(&[e, vec![(device, 2)]].concat()), now).verdict;
        if matches!(before, Verdict::Pause(_)) {
            prop_assert_eq!(after, before);
        }
    }

    /// Nor does it let one go on.
    #[test]
    fn failures_of_downloads_change_no_verdict(
        e in entries(), device in 0..6_usize, sample in 1..7_u64, p in points(),
        most in prop::option::of(1..7_u64), now in 0..200_u64,
    ) {
        let plain = criteria(sample, p);
        let criteria = most.map_or(plain.clone(), |most| plain.with_max_failures(most).unwrap());
        let before = assess(&criteria, &reports(&e), now).verdict;
        let after = assess(&criteria, &reports(&[e, vec![(device, 3)]].concat()), now).verdict;
        prop_assert_eq!(after, before);
    }

    #[test]
    fn whoever_is_silent_has_failed(e in entries(), sample in 1..7_u64, p in points()) {
        let criteria = criteria(sample, p);
        let silent = (0..6).filter(|device| e.contains(&(*device, 0)));
        let spoken: Vec<Entry> = silent
            .filter(|device| !e.contains(&(*device, 1)) && !e.contains(&(*device, 2)))
            .map(|device| (device, 2))
            .collect();
        let late = assess(&criteria, &reports(&e), SILENCE).verdict;
        prop_assert_eq!(late, assess(&criteria, &reports(&[e, spoken].concat()), 0).verdict);
    }
}
