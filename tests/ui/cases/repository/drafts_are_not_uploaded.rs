//! Only a release has files: a draft and a signing have to be completed first.
use ota_trust::repository::{Draft, ReleaseFile};

fn skipped(draft: &Draft) -> Vec<ReleaseFile<'_>> {
    draft.files().collect()
}

fn main() {}
