//! A plan is live when the device's own ratchets have been asked, and not before.
use ota_trust::rollout::{FoundBrake, LivePlan, Ratchets, TrustedPlan};

fn forged(plan: TrustedPlan, brake: FoundBrake, ratchets: Ratchets) -> LivePlan {
    LivePlan { plan, brake, ratchets }
}

fn main() {}
