//! A trusted snapshot is no trusted root.
use ota_trust::metadata::{Root, Snapshot};
use ota_trust::primitives::Limits;
use ota_trust::verify::{Trusted, next_root};

fn exchanged(snapshot: &Trusted<'_, Snapshot>) {
    let _: Result<Trusted<'_, Root>, _> = next_root(snapshot, vec![], &Limits::default());
}

fn main() {}
