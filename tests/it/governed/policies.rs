//! Policies as JSON.

use ota_trust::attestation::AttestationGate;
use ota_trust::eligibility::{MaintenanceWindow, Policy};
use ota_trust::primitives::Limits;

use super::vendor::channel;

fn read(text: &str) -> Result<Policy, &'static str> {
    Policy::from_json(text.as_bytes(), &Limits::default()).map_err(|e| e.code())
}

#[test]
fn what_is_written_is_read_again() {
    let require = |allow_warning| AttestationGate::Require {
        channels: vec![channel("stable"), channel("beta")],
        allow_warning,
    };
    let window = MaintenanceWindow::new(0b010_0001, 79_200, 10_800);
    for policy in [
        Policy::default(),
        Policy::without_rollouts(),
        Policy::default().attestation(AttestationGate::Prefer).accept_stale(),
        Policy::default().attestation(require(true)).accept_unproven_freshness(),
        Policy::without_rollouts().attestation(require(false)).maintenance_windows(window),
        Policy::default().maintenance_windows(
            [window, MaintenanceWindow::daily(1, 604_800)].into_iter().flatten(),
        ),
        Policy::default().plan_approvals(2).release_approvals(u64::MAX).require_read_back(),
        Policy::default().max_index_step(0).max_failed_boots(u32::MAX).permit_seconds(u64::MAX),
    ] {
        let text = policy.to_json();
        assert_eq!(read(text.as_str()), Ok(policy), "{text}");
    }
}

#[test]
fn one_fault_each() {
    for (text, code) in [
        (r#"{"schema":1}"#, "record.missing-field"),
        (r#"{"rollouts":"none"}"#, "record.missing-field"),
        (r#"{"schema":2,"rollouts":"none"}"#, "record.schema"),
        (r#"{"schema":1,"rollouts":"some"}"#, "record.value"),
        (r#"{"schema":1,"rollouts":"none","crit":["x"],"x":1}"#, "record.critical"),
        (r#"{"schema":1,"rollouts":"none","attestation":{}}"#, "record.missing-field"),
        (r#"{"schema":1,"rollouts":"none","attestation":{"gate":"open"}}"#, "record.value"),
        (r#"{"schema":1,"rollouts":"none","max_failed_boots":4294967296}"#, "record.value"),
        (r#"{"schema":1,"rollouts":"none","accept_stale":1}"#, "record.json"),
        (
            r#"{"schema":1,"rollouts":"none","maintenance_windows":[{"days":0,"start":0,"length":1}]}"#,
            "record.value",
        ),
        (
            r#"{"schema":1,"rollouts":"none","maintenance_windows":[{"days":383,"start":0,"length":1}]}"#,
            "record.value",
        ),
        (
            r#"{"schema":1,"rollouts":"none","maintenance_windows":[{"days":1,"start":0,"length":604801}]}"#,
            "record.value",
        ),
        (r#"{"schema":1,"rollouts":"none","require_read_back":2}"#, "record.json"),
        (r#"{"schema":1,"rollouts":"none","plan_approvals":-1}"#, "record.json"),
        (r#"{"schema":1,"rollouts":"none","maintenance_window":[]}"#, "record.unknown-field"),
        // A file that asks for less than its author meant.
        (r#"{"schema":1,"rollouts":"none","max_failed_boot":1}"#, "record.unknown-field"),
        (
            r#"{"schema":1,"rollouts":"none","attestation":{"gate":"prefer","allow_warnings":true}}"#,
            "record.unknown-field",
        ),
    ] {
        assert_eq!(read(text), Err(code), "{text}");
    }
}

/// Otherwise a fallback could not start with what newer firmware has written.
#[test]
fn a_policy_that_both_slots_read_may_have_later_fields() {
    let read = |text: &str| Policy::from_shared_json(text.as_bytes(), &Limits::default());
    let later = r#"{"schema":1,"rollouts":"none","later":[{}],"permit_seconds":60}"#;
    assert_eq!(read(later), Ok(Policy::without_rollouts().permit_seconds(60)));
    let critical = r#"{"schema":1,"rollouts":"none","later":1,"crit":["later"]}"#;
    assert_eq!(read(critical).unwrap_err().code(), "record.critical");
}
