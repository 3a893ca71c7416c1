//! The fuzz targets on their committed corpora: what fuzzing has found stays found, without a
//! fuzzer.

#[path = "../../fuzz/src/lib.rs"]
pub(crate) mod fuzz;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Every input of a target's corpus, in the order of their names.
fn run(name: &str) {
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
                run(stringify!($target));
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
    #[cfg(feature = "request")]
    http_request
    #[cfg(feature = "request")]
    http_response
    #[cfg(feature = "request")]
    content_digest
    #[cfg(feature = "request")]
    problem
    #[cfg(feature = "request")]
    challenge
    #[cfg(feature = "request")]
    evidence
    #[cfg(feature = "request")]
    replay
}

/// As many random lives as fit into ten seconds; or as many as `LIVES` says, 200000 before a release.
#[test]
fn random_lives_end_well() {
    let wanted: Option<u64> =
        std::env::var("LIVES").ok().map(|count| count.parse().expect("a number"));
    let begin = Instant::now();
    let has_time = || wanted.is_some() || begin.elapsed() < Duration::from_secs(10);
    for number in (0..wanted.unwrap_or(5000)).take_while(|_| has_time()) {
        let life = fuzz::machine::random_life(number);
        println!("{}", life.escape_ascii());
        fuzz::machine::check(&life);
    }
}
