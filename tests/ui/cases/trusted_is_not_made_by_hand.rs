//! `Trusted` comes from the checks of `verify` and from nowhere else.
use ota_trust::metadata::Root;
use ota_trust::verify::{Authentic, Trusted};

fn forged(stored: Authentic<'static, Root>) -> Trusted<'static, Root> {
    Trusted { document: stored.document }
}

fn main() {}
