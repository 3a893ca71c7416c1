//! A driver that forgets to persist does not compile.
use ota_trust::update::{Repository, Step};

fn drive<'a>(step: Step<'a, Repository<'a>>) {
    match step {
        Step::Load(_) | Step::Fetch(_) | Step::Done(_) => {}
    }
}

fn main() {}
