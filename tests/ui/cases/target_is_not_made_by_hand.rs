//! `TrustedTarget` comes from a search and from nowhere else.
use ota_trust::primitives::TargetPath;
use ota_trust::verify::TrustedTarget;

fn main() {
    let _ = TrustedTarget { path: TargetPath::new("a").unwrap() };
    let _ = TrustedTarget::default();
}
