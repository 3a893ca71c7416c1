//! The device's maximum, and lengths that do not fit into 32 bits.

use super::{ArtifactError, ArtifactStream, both, count, stream};
use crate::artifact::check::Check;

const FIVE_GIB: u64 = 5 << 30;

/// A check that is as if `received` bytes had come.
fn after(received: u64, length: u64) -> Check {
    let mut check = Check::new(length, both(&[]));
    check.received = received;
    check
}

#[test]
fn more_than_the_device_takes_is_refused_before_any_byte() {
    for (length, max_length) in
        [(1, 0), (101, 100), (FIVE_GIB, FIVE_GIB - 1), (1 << 32, 1), (u64::MAX, 1 << 32)]
    {
        let why = ArtifactStream::new(length, &both(&[]), max_length).unwrap_err();
        assert_eq!(why, ArtifactError::OverDeviceLimit { length, max_length });
    }
    for length in [0, 100, FIVE_GIB, u64::MAX] {
        assert_eq!(ArtifactStream::new(length, &both(&[]), length).unwrap().length(), length);
    }
    assert!(ArtifactStream::new(1, &both(&[]), 1 << 32).is_ok());
}

#[test]
fn a_length_beyond_4_gib_is_not_cut_to_32_bits() {
    // Modulo 2^32, this artifact would have ten bytes, and the rest of it none.
    let content = count(10);
    let mut stream = ArtifactStream::new((1 << 32) + 10, &both(&content), u64::MAX).unwrap();
    stream.update(&content).unwrap();
    let why = ArtifactError::Truncated { expected: (1 << 32) + 10, received: 10 };
    assert_eq!(stream.clone().finish(), Err(why));
    assert_eq!(stream.update(&content), Ok(()));
}

#[test]
fn the_first_byte_too_many_beyond_4_gib_is_refused() {
    let mut check = after(FIVE_GIB - 3, FIVE_GIB);
    assert_eq!(check.update(&[0; 2]), Ok(()));
    assert_eq!(check.received, FIVE_GIB - 1);
    let why = ArtifactError::TooLong { expected: FIVE_GIB, offered: FIVE_GIB + 1 };
    assert_eq!(check.clone().update(&[0; 2]), Err(why));
    assert_eq!(check.update(&[0]), Ok(()));
    assert_eq!(check.received, FIVE_GIB);
}

#[test]
fn the_largest_length_does_not_overflow() {
    let mut check = after(u64::MAX - 2, u64::MAX);
    let why = ArtifactError::TooLong { expected: u64::MAX, offered: u64::MAX };
    assert_eq!(check.clone().update(&[0; 3]), Err(why));
    assert_eq!(check.update(&[0; 2]), Ok(()));
    assert_eq!(check.received, u64::MAX);
    assert_eq!(check.update(&[]), Ok(()));
    assert_eq!(check.update(&[0]).unwrap_err().code(), "artifact.too-long");
}

#[test]
fn a_stream_is_small_whatever_the_length() {
    assert!(size_of_val(&stream(0, &both(&[]))) < 1024);
}
