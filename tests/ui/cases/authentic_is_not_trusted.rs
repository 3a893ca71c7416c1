//! A stored timestamp is authentic and perhaps old: it cannot stand in for the trusted one.
use ota_trust::metadata::{Root, Snapshot, Timestamp};
use ota_trust::verify::{Authentic, Context, Trusted, snapshot};

fn stale(root: &Trusted<'_, Root>, stored: &Authentic<'_, Timestamp>, context: &Context) {
    let _: Result<Trusted<'_, Snapshot>, _> = snapshot(root, stored, None, vec![], context);
}

fn main() {}
