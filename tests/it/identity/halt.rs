//! Reports of devices, and when they stop a rollout.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use ota_trust::primitives::{Limits, UtcTime};
use ota_trust::release::{ManifestDigest, Product};
use ota_trust::rollout::{
    Assessment, BasisPoints, HaltCriteria, PauseReason, Report, ReportError, ReportKind, Verdict,
    VerifiedReport,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::fleet::{document as document_of, *};

const MANIFEST: ManifestDigest = ManifestDigest::from_bytes([1; 32]);
const SILENCE: u64 = 100;
const KINDS: [ReportKind; 3] = [ReportKind::Accepted, ReportKind::Succeeded, ReportKind::Failed];

fn report(kind: ReportKind, manifest: ManifestDigest) -> Report {
    Report { product: Product::new("lamp").unwrap(), manifest, kind }
}

/// Second `n` of the rollout.
fn second(n: u64) -> UtcTime {
    time("2026-06-09T00:00:00Z").saturating_add(n)
}

type Verified = Result<VerifiedReport, ReportError>;

/// The report of one device, verified as that of another.
fn verified(bytes: &[u8], device: &str, at: u64) -> Verified {
    let device = verify(&certificate(device, 6, &window())).unwrap();
    VerifiedReport::verify(bytes, &device, second(at), &Limits::default())
}

fn says(device: &str, kind: ReportKind, at: u64) -> Verified {
    verified(&report(kind, MANIFEST).sign(&identity(device, 6)), device, at)
}

fn criteria(sample: u64, points: u16) -> HaltCriteria {
    HaltCriteria::new(sample, BasisPoints::new(points).unwrap(), SILENCE).unwrap()
}

fn assess(criteria: &HaltCriteria, reports: &[Verified], now: u64) -> Assessment {
    criteria.assess(reports.iter().cloned(), MANIFEST, second(now))
}

#[test]
fn a_report_is_what_its_device_has_signed() {
    let sent = report(ReportKind::Failed, MANIFEST);
    let got = verified(&sent.sign(&identity("a lamp", 6)), "a lamp", 7).unwrap();
    assert_eq!((got.report(), got.received()), (&sent, second(7)));
    assert_eq!(got.handle(), identity("a lamp", 6).handle());
}

#[test]
fn spoofed_reports_never_count_and_unreadable_ones_stop_the_rollout() {
    let device = identity("a lamp", 6);
    let good: Value =
        serde_json::from_slice(&report(ReportKind::Failed, MANIFEST).sign(&device)).unwrap();
    let signed = |change: &dyn Fn(&mut Value)| {
        let mut document = good.clone();
        change(&mut document["signed"]);
        let signed = document_of(&document["signed"], &[("a lamp", 6)]);
        serde_json::from_slice(&signed).unwrap()
    };
    let unsigned = |change: &dyn Fn(&mut Value)| {
        let mut document = good.clone();
        change(&mut document);
        document
    };
    let of_another = report(ReportKind::Failed, MANIFEST).sign(&identity("another", 6));
    for (document, expected) in [
        (unsigned(&|d| d["signatures"] = json!([])), "identity.not-signed"),
        (unsigned(&|d| d["signed"]["kind"] = json!("succeeded")), "identity.not-signed"),
        (unsigned(&|d| d["signed"]["serial"] = json!(1)), "identity.not-signed"),
        (serde_json::from_slice(&of_another).unwrap(), "identity.not-signed"),
        (signed(&|s| s["_type"] = json!("handle-rotation")), "identity.kind"),
        (signed(&|s| s["schema"] = json!(2)), "identity.kind"),
        (signed(&|s| s["kind"] = json!("odd")), "identity.field"),
        (signed(&|s| s["product"] = json!("../x")), "identity.field"),
        (signed(&|s| s["manifest"] = json!("01")), "identity.field"),
        (signed(&|s| s["serial"] = json!(1)), "identity.unknown-field"),
        (json!([]), "identity.malformed"),
    ] {
        let result = verified(&serde_json::to_vec(&document).unwrap(), "a lamp", 0);
        let refused = result.clone().unwrap_err();
        assert_eq!(refused.code(), expected, "{document}");
        assert_eq!(ota_trust::Error::from(refused.clone()).code(), expected, "{document}");
        let assessment = assess(&criteria(1, 0), &[result], 0);
        let is_spoofed = matches!(expected, "identity.not-signed" | "identity.malformed");
        let verdict =
            if is_spoofed { Verdict::TooFew } else { Verdict::Pause(PauseReason::Unreadable) };
        assert_eq!(assessment.verdict, verdict, "{document}");
        assert_eq!((assessment.unsigned, assessment.failed), (u64::from(is_spoofed), 0));
        // Whose it is, is known, so that the server can set that device apart.
        let sender = match refused {
            ReportError::Unreadable { handle, .. } => Some(handle),
            ReportError::Unsigned(_) => None,
        };
        assert_eq!(sender, (!is_spoofed).then(|| device.handle()), "{document}");
    }
}

/// Once for each handle, however often it is sent.
#[test]
fn an_unreadable_report_counts_once() {
    let device = identity("a lamp", 6);
    let mut document: Value =
        serde_json::from_slice(&report(ReportKind::Failed, MANIFEST).sign(&device)).unwrap();
    document["signed"]["kind"] = json!("odd");
    let bytes = document_of(&document["signed"], &[("a lamp", 6)]);
    let result = verified(&bytes, "a lamp", 0);
    let assessment = assess(&criteria(1, 0), &[result.clone(), result], 0);
    assert_eq!(assessment.unreadable, 1);
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

#[test]
fn what_is_said_of_another_release_is_another_matter() {
    let bytes = report(ReportKind::Failed, ManifestDigest::from_bytes([2; 32]))
        .sign(&identity("a lamp", 6));
    let assessment = assess(&criteria(1, 0), &[verified(&bytes, "a lamp", 0)], 0);
    assert_eq!((assessment.verdict, assessment.of_other_releases), (Verdict::TooFew, 1));
}

/// Reports of some devices: accepted, succeeded and failed, each verified once, in second 0.
static DEVICES: LazyLock<Vec<[Verified; 3]>> = LazyLock::new(|| {
    (0..6).map(|n| KINDS.map(|kind| says(&format!("lamp {n}"), kind, 0))).collect()
});

/// A report, by its device and its kind.
type Entry = (usize, usize);

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec((0..6_usize, 0..3_usize), 0..16)
}

fn reports(entries: &[Entry]) -> Vec<Verified> {
    entries.iter().map(|&(device, kind)| DEVICES[device][kind].clone()).collect()
}

/// By sets, and by a table.
fn naive(entries: &[Entry], sample: u64, points: u16, now: u64) -> (Verdict, [usize; 6]) {
    let mut said: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for &(device, kind) in entries {
        said.entry(device).or_default().insert(kind);
    }
    let count = |is: &dyn Fn(&BTreeSet<usize>) -> bool| said.values().filter(|s| is(s)).count();
    let accepted = count(&|s| s.contains(&0));
    let failed = count(&|s| s.contains(&2));
    let succeeded = count(&|s| s.contains(&0) && s.contains(&1) && !s.contains(&2));
    let waiting = count(&|s| s.len() == 1 && s.contains(&0));
    let unaccepted = count(&|s| s.len() == 1 && s.contains(&1));
    let (silent, pending) = if now >= SILENCE { (waiting, 0) } else { (0, waiting) };
    let (bad, all) = (failed + silent, failed + silent + succeeded);
    let enough = all as u64 >= sample;
    let too_many = bad > 0 && bad * 10_000 >= usize::from(points) * all;
    let verdict = match (too_many, enough) {
        (true, true) => Verdict::Pause(PauseReason::Failures),
        (true, false) if points == 0 => Verdict::Pause(PauseReason::Failures),
        (_, false) => Verdict::TooFew,
        (false, true) => Verdict::Continue,
    };
    (verdict, [accepted, succeeded, failed, silent, pending, unaccepted])
}

fn points() -> impl Strategy<Value = u16> {
    prop_oneof![Just(0), Just(5000), Just(10_000), 0..=10_000_u16]
}

proptest! {
    #[test]
    fn the_counts_are_those_of_sets(e in entries(), sample in 1..7_u64, p in points(), now in 0..200_u64) {
        let found = assess(&criteria(sample, p), &reports(&e), now);
        let (verdict, counts) = naive(&e, sample, p, now);
        let Assessment { accepted, succeeded, failed, silent, pending, unaccepted, .. } = found;
        let found_counts = [accepted, succeeded, failed, silent, pending, unaccepted];
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
        e in entries(), device in 0..6_usize, sample in 1..7_u64, p in points(), now in 0..200_u64,
    ) {
        let criteria = criteria(sample, p);
        let before = assess(&criteria, &reports(&e), now).verdict;
        let after = assess(&criteria, &reports(&[e, vec![(device, 2)]].concat()), now).verdict;
        if matches!(before, Verdict::Pause(_)) {
            prop_assert_eq!(after, before);
        }
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
