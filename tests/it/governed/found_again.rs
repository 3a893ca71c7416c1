//! What a second review has found: each was accepted, lost or denied once.

use ota_trust::attestation::AttestationSignal;
use ota_trust::eligibility::{MaintenanceWindow, Policy, decide};

use super::agent::Agent;
use super::vendor::{Vendor, product, stable};

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
        let policy = Policy::default().permit_seconds(7200).maintenance_window(window);
        let decided =
            decide(&policy, &agent.facts(), &catalog, AttestationSignal::Unavailable, now);
        decided.into_eligible().unwrap().not_after()
    };
    // Of the present day, the hours before are yesterday's window.
    let of_day = u32::try_from(now.time().unix().rem_euclid(86_400)).unwrap();
    let always = MaintenanceWindow::daily((of_day + 60) % 86_400, 86_400);
    assert_eq!(not_after(always), not_after(None));
    let until_soon = MaintenanceWindow::daily((of_day + 60) % 86_400, 86_399);
    assert_eq!(not_after(until_soon), now.time().saturating_add(59));
}
