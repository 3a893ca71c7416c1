//! The right to certify a key comes from an enrolment, not from a key that somebody has sent.
use ota_trust::identity::{Certification, EpochKey, EpochWindow};

fn certify(key: EpochKey, window: EpochWindow) -> Certification {
    Certification { key, window }
}

fn main() {}
