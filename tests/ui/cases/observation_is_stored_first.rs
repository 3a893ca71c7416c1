//! A plan that was seen is acted on when what was learned from it has been stored.
use ota_trust::eligibility::Catalog;
use ota_trust::primitives::Unstored;
use ota_trust::rollout::LivePlan;

fn too_soon(unstored: &Unstored<LivePlan>) {
    let _ = Catalog::new(unstored, []);
}

fn main() {}
