//! "These bytes hashed right" and "the slot holds them" are different facts.
use ota_trust::artifact::{StoredArtifact, VerifiedArtifact};

fn activate(_: &StoredArtifact) {}

fn too_soon(streamed: &VerifiedArtifact) {
    activate(streamed);
}

fn main() {}
