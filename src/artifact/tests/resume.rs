//! An interrupted download that goes on.

use super::{ArtifactError, both, count, sha256, sha512, stream};
use crate::primitives::Remedy;

#[test]
fn a_download_goes_on_where_the_stored_bytes_end() {
    let content = count(10_000);
    for stored in [0, 1, 4096, 9999, 10_000] {
        let mut stream = stream(10_000, &both(&content));
        let mut offset = 0;
        for chunk in content[..stored].chunks(333) {
            offset = stream.rehash(chunk).unwrap();
        }
        assert_eq!((offset, stream.received()), (stored as u64, stored as u64));
        stream.update(&content[stored..]).unwrap();
        assert!(stream.finish().is_ok());
    }
}

#[test]
fn stored_bytes_that_rotted_are_refused_and_named_as_a_possible_cause() {
    let content = count(1000);
    let mut rotten = content[..600].to_vec();
    rotten[7] ^= 1;
    let mut stream = stream(1000, &both(&content));
    assert_eq!(stream.rehash(&rotten[..200]), Ok(200));
    assert_eq!(stream.rehash(&rotten[200..]), Ok(600));
    stream.update(&content[600..]).unwrap();
    let why = stream.finish().unwrap_err();
    let ArtifactError::DigestResumed { rehashed: 600, .. } = why else { panic!("{why:?}") };
    // Another mirror would not help.
    assert_eq!(why.remedy(), Remedy::Retry);
    assert!(alloc::format!("{why}").contains("600 came from storage: begin again"));
}

#[test]
fn stored_bytes_beyond_the_length_are_refused() {
    let content = count(100);
    let mut stream = stream(99, &super::hashes([sha256(&content), sha512(&content)]));
    let why = ArtifactError::TooLong { expected: 99, offered: 100 };
    assert_eq!(stream.rehash(&content), Err(why.clone()));
    assert_eq!(stream.finish(), Err(why));
}
