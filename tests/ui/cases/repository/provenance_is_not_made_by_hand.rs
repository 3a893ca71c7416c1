//! Provenance is what a policy has verified, not what someone says.
use ota_trust::key::KeyId;
use ota_trust::provenance::{PredicateType, Provenance};

fn main() {
    let _ = Provenance {
        builder_id: "me".into(),
        predicate_type: PredicateType::SlsaV1,
        subject: [0; 32],
        keys: vec![KeyId::new("mine")],
    };
}
