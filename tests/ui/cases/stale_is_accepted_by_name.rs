//! A target from an old bundle cannot be streamed until its staleness is accepted.
use ota_trust::update::StaleTarget;

fn install(target: StaleTarget) {
    let _ = target.stream(1024);
}

fn main() {}
