//! A certified handle comes from a certificate, not from a key that somebody has sent.
use ota_trust::identity::{Certification, CertifiedHandle, EpochKey};

fn accept(_: CertifiedHandle) {}

fn certify(_: Certification) {}

fn believe(key: EpochKey) {
    accept(key.clone());
    certify(Certification(key));
}

fn main() {}
