//! A plan is live when the device's own ratchets have been asked, and not before.
use ota_trust::rollout::{LivePlan, Ratchets, TrustedPlan};

fn forged(plan: TrustedPlan, ratchets: Ratchets) -> LivePlan {
    LivePlan { plan, brake: None, ratchets, durable: true }
}

fn main() {}
