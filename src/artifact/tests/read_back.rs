//! What the storage gives back.

use super::{ArtifactError, both, check, count, hashes, sha256, wrong};
use crate::artifact::{ReadBack, StoredArtifact, VerifiedArtifact};
use crate::primitives::{Hashes, HashesError};

fn verified(content: &[u8]) -> VerifiedArtifact {
    check(content, &both(content), 100).unwrap()
}

fn read(mut reading: ReadBack, stored: &[u8]) -> Result<StoredArtifact, ArtifactError> {
    stored.chunks(64).try_for_each(|chunk| reading.update(chunk))?;
    reading.finish()
}

#[test]
fn storage_that_holds_the_artifact_is_proven() {
    let content = count(777);
    let reading = verified(&content).read_back();
    assert_eq!((reading.length(), reading.received()), (777, 0));
    let stored = read(reading, &content).unwrap();
    assert_eq!((stored.length(), stored.hashes()), (777, &both(&content)));
}

#[test]
fn storage_that_lost_or_changed_bytes_is_refused() {
    let content = count(777);
    let differs = |why: ArtifactError| Err(ArtifactError::StorageDiffers(why.into()));
    let verified = verified(&content);

    let why = ArtifactError::Truncated { expected: 777, received: 776 };
    assert_eq!(read(verified.read_back(), &content[..776]), differs(why));

    let longer = [&content[..], &[0]].concat();
    let why = ArtifactError::TooLong { expected: 777, offered: 778 };
    assert_eq!(read(verified.read_back(), &longer), differs(why));

    for at in 0..content.len() {
        let mut swapped = content.clone();
        swapped[at] ^= 1;
        let (listed, actual) = (sha256(&content), sha256(&swapped));
        let mismatch = HashesError::Mismatch { listed: listed.into(), actual: actual.into() };
        let why = ArtifactError::Digest { mismatch };
        assert_eq!(read(verified.read_back(), &swapped), differs(why));
    }
}

#[test]
fn storage_is_compared_with_the_listing_where_no_download_was_seen() {
    let content = count(50);
    assert!(read(ReadBack::new(50, &both(&content)), &content).is_ok());
    let list = hashes([wrong(sha256(&content))]);
    let why = read(ReadBack::new(50, &list), &content).unwrap_err();
    assert_eq!(why.code(), "artifact.storage-differs");
    // Nothing listed is nothing proven.
    let why = read(ReadBack::new(50, &Hashes::default()), &content).unwrap_err();
    assert_eq!(why, ArtifactError::StorageDiffers(ArtifactError::NoKnownDigest.into()));
}
