//! A plan that was seen is acted on when what was learned from it has been stored.
use ota_trust::eligibility::Catalog;
use ota_trust::rollout::Sighting;

fn too_soon(sighting: &Sighting) {
    let _ = Catalog::new(sighting, []);
}

fn main() {}
