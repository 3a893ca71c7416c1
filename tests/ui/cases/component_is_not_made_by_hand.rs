//! What was streamed is not turned into what was read back.
use ota_trust::permit::{Evidence, VerifiedComponent};

fn forged(streamed: VerifiedComponent) -> VerifiedComponent {
    VerifiedComponent { evidence: Evidence::ReadBack, ..streamed }
}

fn main() {}
