//! A state of installations is there when it has been stored, and not before.
use ota_trust::installation::InstallState;
use ota_trust::primitives::Unstored;

fn too_soon(unstored: Unstored<InstallState>) -> InstallState {
    unstored.then
}

fn main() {}
