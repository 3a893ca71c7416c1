//! A manifest that somebody has parsed is no release that an authority vouches for.
use ota_trust::release::{Manifest, ManifestDigest, TrustedRelease};
use ota_trust::verify::VouchedTarget;

fn forged(manifest: Manifest, digest: ManifestDigest, vouched: VouchedTarget) -> TrustedRelease {
    TrustedRelease { manifest, digest, vouched, described: false }
}

fn main() {}
