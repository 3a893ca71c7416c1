//! What no publisher can avoid: each file that it builds upon is checked once, and each that is new is
//! written, hashed for the file that lists it, and signed.

use std::hint::black_box;

use ed25519_dalek::{Signer as _, SigningKey};
use ota_trust::json;
use ota_trust::primitives::Limits;
use ota_trust::repository::{Published, Release};
use sha2::{Digest as _, Sha256, Sha512};

pub struct Bare {
    key: SigningKey,
    read: Vec<Vec<u8>>,
    written: Vec<Vec<u8>>,
}

impl Bare {
    /// Of the release that follows upon what was published.
    pub fn of(published: &Published, release: &Release) -> Self {
        let roles = published.loaded().filter_map(|role| published.role(role));
        let mut read: Vec<Vec<u8>> = roles.map(|file| file.bytes().to_vec()).collect();
        read.extend(published.root().map(|file| file.bytes().to_vec()));
        read.extend(published.snapshot().map(|file| file.bytes().to_vec()));
        read.extend(published.timestamp().map(|file| file.bytes().to_vec()));
        let written = release.files().map(|file| file.bytes().to_vec()).collect();
        Self { key: SigningKey::from_bytes(&[1; 32]), read, written }
    }

    pub fn run(&self) {
        let signature = self.key.sign(b"any");
        for file in &self.read {
            json::check(file, &Limits::default()).expect("strict JSON");
            // One hash for the file that lists it, and one for its signature, which is verified.
            black_box((Sha256::digest(file), Sha512::digest(file)));
            let _ = black_box(self.key.verifying_key().verify_strict(b"any", &signature));
        }
        for file in &self.written {
            let written = file.clone();
            black_box((Sha256::digest(&written), self.key.sign(&written)));
        }
    }
}
