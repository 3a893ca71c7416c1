//! Failures of downloads, which whoever serves bytes brings about.

use ota_trust::rollout::{FailureCode, FailurePhase, PauseReason, ReportKind, Verdict};

use super::fleet::identity;
use super::halt::{DEVICES, MANIFEST, SILENCE, Verified, assess, criteria, report, says, verified};

/// Whoever serves bytes, and has no key at all, stopped every rollout by serving others.
#[test]
fn what_could_not_be_fetched_stops_nothing() {
    let failed = |device: &str, phase: Option<FailurePhase>| {
        let report = report(ReportKind::Failed, MANIFEST)
            .code(FailureCode::of(&ota_trust::artifact::ArtifactError::NoKnownDigest));
        let report = phase.map_or(report.clone(), |phase| report.clone().phase(phase));
        verified(&report.sign(&identity(device, 6)), device, 0)
    };
    let download = Some(FailurePhase::Download);
    let well: Vec<Verified> = DEVICES[..2].iter().flat_map(|d| d[..2].to_vec()).collect();
    let with = |more: Vec<Verified>, now| {
        let criteria = criteria(2, 1).with_max_failures(1).unwrap();
        assess(&criteria, &[well.clone(), more].concat(), now)
    };
    let one = |more: Vec<Verified>, now| {
        let a = with(more, now);
        (a.verdict, a.failed + a.silent, a.pending, a.not_fetched, a.failed_by.len())
    };
    let (stop, go_on) = (Verdict::Pause(PauseReason::Failures), Verdict::Continue);
    let many = (0..60).map(|n| failed(&format!("far lamp {n}"), download));
    let assessment = with(many.collect(), SILENCE);
    assert_eq!((assessment.verdict, assessment.not_fetched), (go_on, 60));
    assert_eq!((assessment.accepted, assessment.succeeded, assessment.failed), (2, 2, 0));
    let says = |kind| says("a lamp", kind, 0);
    let (accepted, succeeded) = (says(ReportKind::Accepted), says(ReportKind::Succeeded));
    let cases = [
        (vec![failed("a lamp", download)], (go_on, 0, 0, 1, 0)),
        // It could fetch it in the end, and that is how it went.
        (vec![failed("a lamp", download), accepted.clone(), succeeded], (go_on, 0, 0, 0, 0)),
        (vec![failed("a lamp", download), accepted.clone()], (go_on, 0, 1, 0, 0)),
        (vec![failed("a lamp", download), says(ReportKind::Failed)], (stop, 1, 0, 0, 0)),
    ];
    for (said, expected) in cases {
        assert_eq!(one(said, 0), expected);
    }
    let silent = vec![failed("a lamp", download), accepted];
    assert_eq!(one(silent, SILENCE), (stop, 1, 0, 0, 0), "it has had its time");
    // Any other failure is one, accepted or not.
    for phase in [
        FailurePhase::Write,
        FailurePhase::Activate,
        FailurePhase::Boot,
        FailurePhase::Health,
        FailurePhase::Unknown,
    ] {
        let said = vec![failed("a lamp", download), failed("a lamp", Some(phase))];
        assert_eq!(one(said, 0), (stop, 1, 0, 0, 1), "{phase}");
    }
    assert_eq!(one(vec![failed("a lamp", None)], 0), (stop, 1, 0, 0, 1));
}
