//! A decision is given what says how long it holds.
use ota_trust::attestation::AttestationSignal;
use ota_trust::eligibility::{Catalog, DeviceFacts, Policy, decide};
use ota_trust::primitives::StartTime;

fn mistaken(policy: &Policy, facts: &DeviceFacts<'_>, catalog: &Catalog, now: StartTime) {
    let _ = decide(policy, facts, catalog, AttestationSignal::Affirming, now);
}

fn main() {}
