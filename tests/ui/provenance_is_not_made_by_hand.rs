//! `Provenance` comes from a policy that was met and from nowhere else.
use ota_trust::provenance::{PredicateType, Provenance};

fn forged(builder: &str) -> Provenance {
    Provenance {
        builder_id: builder.into(),
        predicate_type: PredicateType::SlsaV1,
        subject: [0; 32],
        keys: vec![],
    }
}

fn main() {}
