//! Length and digests of what streams by.

use alloc::vec::Vec;

use super::{
    ArtifactError, ArtifactStream, both, check, count, hashes, sha256, sha512, stream, wrong,
};
use crate::dice::Dice;
use crate::primitives::{Hashes, HashesError};

#[test]
fn a_proof_tells_what_was_proven() {
    let content = count(5000);
    let verified = check(&content, &both(&content), 77).unwrap();
    assert_eq!((verified.length(), verified.hashes()), (5000, &both(&content)));
}

#[test]
fn one_byte_too_many_is_refused_at_every_chunking_and_not_hashed() {
    let length = 150;
    let offered = count(length + 1);
    let (content, hashes) = (&offered[..length], both(&offered[..length]));
    for cut in 1..=offered.len() {
        let mut stream = stream(length, &hashes);
        let chunks: Vec<&[u8]> = offered.chunks(cut).collect();
        let (last, fitting) = chunks.split_last().unwrap();
        for chunk in fitting {
            assert_eq!(stream.update(chunk), Ok(()));
        }
        let before = fitting.concat();
        let why = ArtifactError::TooLong { expected: 150, offered: 151 };
        assert_eq!(stream.update(last), Err(why.clone()), "{cut}");

        // The hash has taken what came before the chunk, and nothing of the chunk.
        assert_eq!(stream.received(), before.len() as u64);
        assert_eq!(stream.check.hasher.clone().check(&both(&before)), Ok(()), "{cut}");

        // It never recovers, even where what is missing comes after all.
        assert_eq!(stream.update(&[]), Err(why.clone()));
        assert_eq!(stream.update(&content[before.len()..]), Err(why.clone()));
        assert_eq!(stream.rehash(&content[before.len()..]), Err(why.clone()));
        assert_eq!(stream.check.hasher.clone().check(&both(&before)), Ok(()), "{cut}");
        assert_eq!(stream.finish(), Err(why));
    }
}

#[test]
fn an_empty_artifact_takes_no_byte() {
    let mut empty = stream(0, &both(&[]));
    assert_eq!(empty.update(&[]), Ok(()));
    assert!(empty.clone().finish().is_ok());
    let why = ArtifactError::TooLong { expected: 0, offered: 1 };
    assert_eq!(empty.update(&[0]), Err(why));
}

#[test]
fn every_truncation_is_refused() {
    let content = count(200);
    for received in 0..200 {
        // Even where the digests are those of the shorter bytes.
        for hashes in [both(&content), both(&content[..received])] {
            let mut stream = stream(200, &hashes);
            stream.update(&content[..received]).unwrap();
            let received = received as u64;
            let why = ArtifactError::Truncated { expected: 200, received };
            assert_eq!(stream.finish(), Err(why));
        }
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    let content = count(300);
    for listed in [hashes([sha256(&content)]), hashes([sha512(&content)])] {
        for at in 0..content.len() {
            let mut corrupt = content.clone();
            corrupt[at] ^= 1 << (at % 8);
            assert_eq!(check(&corrupt, &listed, 64).unwrap_err().code(), "artifact.digest");
        }
    }
}

#[test]
fn all_listed_digests_must_match() {
    let content = count(1000);
    let (short, long) = (sha256(&content), sha512(&content));
    for right in [hashes([short]), hashes([long]), hashes([short, long])] {
        assert_eq!(check(&content, &right, 99).unwrap().hashes(), &right);
    }
    for (listed, actual, list) in [
        (wrong(short), short, hashes([wrong(short)])),
        (wrong(long), long, hashes([wrong(long)])),
        (wrong(short), short, hashes([wrong(short), long])),
        (wrong(long), long, hashes([short, wrong(long)])),
    ] {
        let mismatch = HashesError::Mismatch { listed: listed.into(), actual: actual.into() };
        let why = ArtifactError::Digest { mismatch };
        assert_eq!(check(&content, &list, 99), Err(why));
    }
}

#[test]
fn without_a_known_digest_nothing_is_verified() {
    let mut unknown = Hashes::default();
    unknown.insert_listed("blake2b-256", &"0".repeat(64)).unwrap();
    for none in [Hashes::default(), unknown.clone()] {
        let why = ArtifactStream::new(0, &none, u64::MAX).unwrap_err();
        assert_eq!(why, ArtifactError::NoKnownDigest);
    }
    // Beside a known one it is passed over.
    unknown.insert(sha256(b"x"));
    assert!(check(b"x", &unknown, 1).is_ok());
    assert!(check(b"y", &unknown, 1).is_err());
}

#[test]
fn any_chunking_gives_the_verdict_of_hashing_at_once() {
    let mut dice = Dice::new(1);
    let mut verified = 0;
    for _ in 0..1000 {
        let content = dice.list(600, Dice::byte);
        // The listing is that of the content, or of the content with a byte changed.
        let mut original = content.clone();
        if !content.is_empty() && dice.coin() {
            original[dice.below(content.len())] ^= 0x80;
        }
        let mut list = Hashes::default();
        let algorithms = 1 + dice.below(3);
        if algorithms & 1 != 0 {
            list.insert(sha256(&original));
        }
        if algorithms & 2 != 0 {
            list.insert(sha512(&original));
        }
        let length = (content.len() + dice.below(3)).saturating_sub(1);
        let naive = content.len() == length && content == original;

        let mut stream = stream(length, &list);
        let mut verdict = Ok(());
        let mut rest = &content[..];
        let cuts = dice.list(12, |dice| dice.below(300));
        for cut in cuts.into_iter().chain([usize::MAX]) {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            verdict = verdict.and_then(|()| stream.update(now));
            rest = later;
        }
        let verdict = verdict.and_then(|()| stream.finish());
        assert_eq!(verdict.is_ok(), naive);
        verified += u32::from(naive);
    }
    assert!(verified > 50, "{verified} were verified");
}
