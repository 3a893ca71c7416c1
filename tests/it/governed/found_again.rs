//! What a second review has found: each was accepted, lost or denied once.

use ota_trust::attestation::{AttestationGate, AttestationSignal, TimedSignal};
use ota_trust::eligibility::{MaintenanceWindow, Policy, decide};
use ota_trust::primitives::Limits;

use super::agent::Agent;
use super::vendor::{Vendor, channel, product, stable};
use crate::publishing::house::now;

/// A device that asks shortly before midnight got a permit of minutes, every day.
#[test]
fn a_window_that_is_followed_by_the_next_one_does_not_close_between_them() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    let (_, catalog) = agent.catalog(&vendor).unwrap();
    let now = agent.device.start;
    let not_after = |window| {
        let policy = Policy::default().permit_seconds(7200).maintenance_windows(window);
        let decided = decide(&policy, &agent.facts(), &catalog, TimedSignal::UNAVAILABLE, now);
        decided.into_eligible().unwrap().not_after()
    };
    // Of the present day, the hours before are yesterday's window.
    let of_day = u32::try_from(now.time().unix().rem_euclid(86_400)).unwrap();
    let always = MaintenanceWindow::daily((of_day + 60) % 86_400, 86_400);
    assert_eq!(not_after(always), not_after(None));
    let until_soon = MaintenanceWindow::daily((of_day + 60) % 86_400, 86_399);
    assert_eq!(not_after(until_soon), now.time().saturating_add(59));
}

/// A gate that was made in code and asks on no channel could be written, and not read again.
#[test]
fn a_gate_that_asks_nowhere_is_written_as_what_it_does() {
    let gate = AttestationGate::Require { channels: Vec::new(), allow_warning: false };
    let text = Policy::default().attestation(gate.clone()).to_json();
    let read = Policy::from_json(text.as_str().as_bytes(), &Limits::default()).unwrap();
    assert_eq!(read, Policy::default().attestation(AttestationGate::Prefer));
    for signal in [AttestationSignal::Unavailable, AttestationSignal::Contraindicated] {
        let stable = channel("stable");
        assert_eq!(gate.check(signal, &stable), AttestationGate::Prefer.check(signal, &stable));
    }
}

/// A clock of 1970 is not "up to date": a device waits for one that it can believe.
#[test]
fn a_device_that_does_not_know_the_time_waits_and_is_not_up_to_date() {
    use ota_trust::eligibility::Decision;
    use ota_trust::primitives::StartTime;
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    agent.device.start = StartTime::NotBefore(now());
    let (_, decided) = agent.poll(&vendor).unwrap();
    assert_eq!(decided.reason(manifest).unwrap().code(), "reason.freshness");
    assert!(matches!(decided.decision, Decision::Hold(_)), "{:?}", decided.decision);
    assert!(!decided.runs_withdrawn);
}
