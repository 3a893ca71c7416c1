//! A certified handle comes from a certificate, not from a key that somebody has sent.
use ota_trust::identity::{CertifiedHandle, EpochKey};

fn accept(_: CertifiedHandle) {}

fn believe(key: EpochKey) {
    accept(key.clone());
}

fn main() {}
