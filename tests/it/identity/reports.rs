//! What a report says, and what is none.

use ota_trust::rollout::{
    FailureCode, FailurePhase, PauseReason, ReportError, ReportKind, Verdict,
};
use serde_json::{Value, json};

use super::fleet::{document as document_of, *};
use super::halt::{DEVICES, MANIFEST, assess, criteria, report, second, verified};

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
        (signed(&|s| s["_type"] = json!("Rollout-report")), "identity.kind"),
        (signed(&|s| s["_type"] = json!(["rollout-report"])), "identity.kind"),
        (signed(&|s| s["_type"] = json!(1)), "identity.kind"),
        (signed(&|s| drop(s.as_object_mut().unwrap().remove("_type"))), "identity.kind"),
        (signed(&|s| s["schema"] = json!(2)), "identity.kind"),
        (signed(&|s| s["kind"] = json!("odd")), "identity.field"),
        (signed(&|s| s["product"] = json!("../x")), "identity.field"),
        (signed(&|s| s["manifest"] = json!("01")), "identity.field"),
        (signed(&|s| s["serial"] = json!(1)), "identity.unknown-field"),
        (signed(&|s| s["phase"] = json!(1)), "identity.field"),
        (signed(&|s| s["phase"] = json!("")), "identity.field"),
        (signed(&|s| s["phase"] = json!("serial-0815-4711")), "identity.field"),
        (signed(&|s| s["phase"] = json!("Download")), "identity.field"),
        (signed(&|s| s["phase"] = json!("a.b")), "identity.field"),
        (signed(&|s| s["phase"] = json!("a b")), "identity.field"),
        (signed(&|s| s["phase"] = json!("\u{e4}")), "identity.field"),
        (signed(&|s| s["phase"] = json!("a".repeat(25))), "identity.field"),
        (signed(&|s| s["code"] = json!(1)), "identity.field"),
        (signed(&|s| s["code"] = json!("artifact.serial-0815")), "identity.field"),
        (signed(&|s| s["code"] = json!("Artifact.length")), "identity.field"),
        (signed(&|s| s["code"] = json!("artifact")), "identity.field"),
        (signed(&|s| s["code"] = json!("a.b.c")), "identity.field"),
        (signed(&|s| s["code"] = json!(format!("a.{}", "b".repeat(47)))), "identity.field"),
        (
            signed(&|s| (s["kind"], s["code"]) = (json!("accepted"), json!("a.b"))),
            "identity.unknown-field",
        ),
        (
            signed(&|s| (s["kind"], s["phase"]) = (json!("succeeded"), json!("boot"))),
            "identity.unknown-field",
        ),
        (json!([]), "identity.malformed"),
    ] {
        let result = verified(&serde_json::to_vec(&document).unwrap(), "a lamp", 0);
        let refused = result.clone().unwrap_err();
        assert_eq!(refused.code(), expected, "{document}");
        assert_eq!(ota_trust::Error::from(refused.clone()).code(), expected, "{document}");
        let assessment = assess(&criteria(1, 0), &[result], 0);
        let is_spoofed = matches!(expected, "identity.not-signed" | "identity.malformed")
            || document["signed"]["_type"] != "rollout-report";
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
fn a_failure_says_where_and_why_and_nothing_of_the_device() {
    let refused = ota_trust::artifact::ArtifactError::NoKnownDigest;
    let report = report(ReportKind::Failed, MANIFEST)
        .phase(FailurePhase::Write)
        .code(FailureCode::of(&refused));
    let got = verified(&report.sign(&identity("a lamp", 6)), "a lamp", 0).unwrap();
    assert_eq!(got.report(), &report);
    assert_eq!(got.report().failed_in(), Some(FailurePhase::Write));
    assert_eq!(got.report().failed_by().map(FailureCode::as_str), Some(refused.code()));
    let plain = self::report(ReportKind::Succeeded, MANIFEST);
    let added = plain.clone().phase(FailurePhase::Boot).code(FailureCode::of(&refused));
    assert_eq!(added, plain, "what has not failed has no reason");
    // What newer firmware says is read as what it is.
    let mut document: Value = serde_json::from_slice(&report.sign(&identity("a lamp", 6))).unwrap();
    document["signed"]["phase"] = json!("migration");
    document["signed"]["code"] = json!("migration.of-settings");
    let newer = document_of(&document["signed"], &[("a lamp", 6)]);
    let newer = verified(&newer, "a lamp", 0).unwrap();
    assert_eq!(newer.report().failed_in(), Some(FailurePhase::Unknown));
    assert_eq!(newer.report().failed_by().map(FailureCode::as_str), Some("migration.of-settings"));
    document["signed"]["phase"] = json!("z".repeat(24));
    let longest = verified(&document_of(&document["signed"], &[("a lamp", 6)]), "a lamp", 0);
    assert_eq!(longest.unwrap().report().failed_in(), Some(FailurePhase::Unknown));
    // Each phase is read as it is written.
    for phase in ["download", "write", "activate", "boot", "health", "unknown"] {
        document["signed"]["phase"] = json!(phase);
        let bytes = document_of(&document["signed"], &[("a lamp", 6)]);
        let read = verified(&bytes, "a lamp", 0).unwrap();
        assert_eq!(read.report().failed_in().map(FailurePhase::name), Some(phase));
    }
}

/// Or a refusal of ours could not be reported, and would stop every rollout.
#[test]
fn every_code_of_this_crate_fits_into_a_report() {
    let device = identity("a lamp", 6);
    let good: Value =
        serde_json::from_slice(&report(ReportKind::Failed, MANIFEST).sign(&device)).unwrap();
    for refusal in ota_trust::refusals() {
        let mut signed = good["signed"].clone();
        signed["code"] = json!(refusal.code());
        let bytes = document_of(&signed, &[("a lamp", 6)]);
        let read = verified(&bytes, "a lamp", 0).unwrap();
        assert_eq!(read.report().failed_by().map(FailureCode::as_str), Some(refusal.code()));
    }
}

#[test]
fn failures_are_counted_by_code_once_for_each_device() {
    let failed = |device: &str, code: Option<&str>| {
        let mut signed = json!({
            "_type": "rollout-report", "schema": 1, "kind": "failed", "product": "lamp",
            "manifest": "01".repeat(32),
        });
        if let Some(code) = code {
            signed["code"] = json!(code);
        }
        verified(&document_of(&signed, &[(device, 6)]), device, 0)
    };
    let reports = [
        failed("one", Some("artifact.digest")),
        failed("one", Some("artifact.digest")),
        failed("two", Some("artifact.digest")),
        failed("two", Some("installation.unhealthy")),
        failed("three", None),
        DEVICES[0][0].clone(),
        DEVICES[0][1].clone(),
    ];
    let assessment = assess(&criteria(1, 10_000), &reports, 0);
    assert_eq!((assessment.failed, assessment.succeeded), (3, 1));
    let by = assessment.failed_by.iter().map(|(code, count)| (code.as_str(), *count));
    assert!(by.eq([("artifact.digest", 2), ("installation.unhealthy", 1)]));
}
