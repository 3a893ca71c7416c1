//! The fuzz targets on their committed corpora: what fuzzing has found stays found, without a
//! fuzzer.

#[path = "../../fuzz/src/lib.rs"]
pub(crate) mod fuzz;

use std::fs;
use std::path::Path;

/// Every input of a target's corpus, in the order of their names.
fn replay(name: &str) {
    let (_, target) = fuzz::TARGETS.iter().find(|(n, _)| *n == name).expect("a target");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(name);
    let entries = fs::read_dir(&folder).expect("a corpus");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "the corpus of {name} is empty");
    for file in files {
        println!("{}", file.display());
        target(&fs::read(&file).expect("an input"));
    }
}

macro_rules! replays {
    ($($(#[$gate:meta])* $target:ident)*) => {
        $(
            $(#[$gate])*
            #[test]
            fn $target() {
                replay(stringify!($target));
            }
        )*

        #[test]
        fn every_target_is_replayed() {
            let names: Vec<&str> = fuzz::TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, [$($(#[$gate])* stringify!($target)),*]);
        }
    };
}

replays! {
    json root timestamp snapshot targets patterns delegations artifact blocks
    #[cfg(feature = "repository")]
    provenance
    #[cfg(feature = "attestation")]
    token
    manifest plan
    #[cfg(feature = "repository")]
    decision
    stored_state state machine
    #[cfg(feature = "repository")]
    requests
    #[cfg(feature = "repository")]
    responses
}
