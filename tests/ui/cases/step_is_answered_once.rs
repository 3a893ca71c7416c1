//! An answered step is gone: one download cannot be handed over twice.
use ota_trust::update::{Fetch, Repository};

fn twice<'a>(fetch: Fetch<'a, Repository<'a>>) {
    let _ = fetch.received(vec![]);
    let _ = fetch.received(vec![]);
}

fn main() {}
