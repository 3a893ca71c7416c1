//! Streams in chunks of any size, against the bytes themselves.
//!
//! An input picks a target, edits its bytes, and cuts them in chunks. The stream, and the check of
//! what a storage gives back, have to say of them what a look at the whole says.

use std::sync::LazyLock;

use ota_trust::artifact::{ArtifactError, ReadBack};
use ota_trust::primitives::{Limits, StartTime, TargetPath, UtcTime};
use ota_trust::update::Update;
use ota_trust::verify::TrustedTarget;
use serde_json::{Value, json};

use super::choices::Choices;
use super::device::{Answer, Device};
use super::signing::{authority, file, header, key_map, sha256, sha512};

/// Empty, short, a block of fs-verity and around it.
const LENGTHS: [usize; 5] = [0, 1, 4096, 4097, 9000];
/// Enough blocks for a tree of two levels.
const LARGE: (usize, usize) = (129 * 4096 + 1, 0);
const LISTINGS: usize = 5;

/// A target, its bytes, and whether metadata lists them rightly.
pub struct Listed {
    pub target: TrustedTarget,
    pub content: Vec<u8>,
    pub is_right: bool,
}

/// Every length with every listing, and a large one.
pub static TARGETS: LazyLock<Vec<Listed>> = LazyLock::new(|| {
    let all = LENGTHS.iter().flat_map(|length| (0..LISTINGS).map(move |kind| (*length, kind)));
    let all: Vec<(usize, usize)> = all.chain([LARGE]).collect();
    let path = |(length, kind): (usize, usize)| format!("{length}-{kind}");
    let entries: Value =
        all.iter().map(|one| (path(*one), entry(&content(one.0), one.1))).collect();
    let find = searcher(entries);
    let listed = |one: &(usize, usize)| Listed {
        target: find(&path(*one)),
        content: content(one.0),
        is_right: one.1 < 3,
    };
    all.iter().map(listed).collect()
});

/// Bytes that differ from block to block.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| ((at ^ (at >> 8) ^ (at >> 16)) % 256) as u8).collect()
}

fn entry(content: &[u8], kind: usize) -> Value {
    let (length, sha256, sha512) = (content.len(), sha256(content), sha512(content));
    match kind {
        0 => json!({"length": length, "hashes": {"sha256": sha256}}),
        1 => json!({"length": length, "hashes": {"sha512": sha512, "md5": "0"}}),
        2 => json!({"length": length, "hashes": {"sha256": sha256, "sha512": sha512}}),
        // Wrong: the second digest, the length.
        3 => json!({"length": length, "hashes": {"sha256": sha256, "sha512": "00".repeat(64)}}),
        _ => json!({"length": length + 1, "hashes": {"sha256": sha256}}),
    }
}

/// A repository with these targets, ready to be searched.
fn searcher(targets: Value) -> impl Fn(&str) -> TrustedTarget {
    let key = [("k".to_owned(), 0)];
    let later = "2030-01-01T00:00:00Z";
    let sign = |role: &str, field: &str, value: Value| {
        let mut signed = header(role, 1, later);
        signed[field] = value;
        if role == "root" {
            signed["keys"] = key_map(&key);
        }
        file(&signed, &key)
    };
    let roles = ["root", "timestamp", "snapshot", "targets"];
    let roles = roles.into_iter().map(|role| (role, authority(&key, 1))).collect();
    let root = sign("root", "roles", roles);
    let listed = |name: &str| json!({ name: {"version": 1} });
    let timestamp = sign("timestamp", "meta", listed("snapshot.json"));
    let snapshot = sign("snapshot", "meta", listed("targets.json"));
    let targets = sign("targets", "targets", targets);
    move |path| {
        let mut serve = |name: &str, _: u32| match name {
            "timestamp.json" => Answer::File(timestamp.clone()),
            "snapshot.json" => Answer::File(snapshot.clone()),
            "targets.json" => Answer::File(targets.clone()),
            _ => Answer::NotFound,
        };
        let mut device = Device::default();
        let start = StartTime::Known(UtcTime::parse("2027-01-01T00:00:00Z").expect("a time"));
        let step = Update::begin(root.clone(), start, Limits::default());
        let repository = device.drive(&mut serve, step).expect("all is right");
        let path = TargetPath::new(path).expect("a path");
        let lookup = device.drive(&mut serve, repository.find(&path)).expect("all is right");
        lookup.target.expect("the target is listed")
    }
}

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    // The large one is for the proofs of its blocks.
    let listed = &TARGETS[choices.below(TARGETS.len() - 1)];
    let length = listed.target.length();
    let limit = (length + choices.below(3) as u64).saturating_sub(1);
    let within_limit = listed.target.stream(limit).map(|_| ()).map_err(|e| e.code());
    let expected = if length > limit { Err("artifact.over-device-limit") } else { Ok(()) };
    assert_eq!(within_limit, expected);

    let bytes = edited(&listed.content, &mut choices);
    let expected = Model::of(listed, &bytes);

    let mut stream = listed.target.stream(u64::MAX).expect("a digest is listed");
    let (mut offered, mut resumed) = (0, false);
    for chunk in cut(&bytes, &mut choices) {
        offered += chunk.len() as u64;
        let taken = if choices.yes() {
            resumed |= !chunk.is_empty();
            stream.rehash(chunk).map(|offset| assert_eq!(offset, offered))
        } else {
            stream.update(chunk)
        };
        assert_eq!(taken.is_ok(), offered <= stream.length());
        assert!(stream.received() <= stream.length());
    }
    let finished = stream.finish();
    let expected = match expected.verdict() {
        Err("artifact.digest") if resumed => Err("artifact.digest-resumed"),
        verdict => verdict,
    };
    assert_eq!(finished.as_ref().map(|_| ()).map_err(ArtifactError::code), expected);

    let read_back = match finished {
        Ok(verified) => verified.read_back(),
        Err(_) => listed.target.read_back(),
    };
    check_read_back(read_back, listed, &mut choices);
}

/// What a storage gives back, which may be other bytes.
fn check_read_back(mut read_back: ReadBack, listed: &Listed, choices: &mut Choices<'_>) {
    let bytes = edited(&listed.content, choices);
    let expected = Model::of(listed, &bytes);
    for chunk in cut(&bytes, choices) {
        let taken = read_back.update(chunk).map_err(|e| e.code());
        assert!(matches!(taken, Ok(()) | Err("artifact.storage-differs")));
    }
    let finished = read_back.finish().map(|_| ()).map_err(|e| e.code());
    assert_eq!(finished, expected.verdict().map_err(|_| "artifact.storage-differs"));
}

/// What a look at the whole says.
enum Model {
    TooLong,
    Truncated,
    Wrong,
    Right,
}

impl Model {
    fn of(listed: &Listed, bytes: &[u8]) -> Self {
        match (bytes.len() as u64).cmp(&listed.target.length()) {
            std::cmp::Ordering::Greater => Self::TooLong,
            std::cmp::Ordering::Less => Self::Truncated,
            std::cmp::Ordering::Equal if listed.is_right && listed.content == bytes => Self::Right,
            std::cmp::Ordering::Equal => Self::Wrong,
        }
    }

    fn verdict(&self) -> Result<(), &'static str> {
        match self {
            Self::TooLong => Err("artifact.too-long"),
            Self::Truncated => Err("artifact.truncated"),
            Self::Wrong => Err("artifact.digest"),
            Self::Right => Ok(()),
        }
    }
}

/// The bytes, perhaps with one of them changed, cut off or added to.
fn edited(content: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
    let mut bytes = content.to_vec();
    match choices.below(4) {
        0 => {}
        1 => damage(&mut bytes, choices),
        2 => bytes.truncate(bytes.len() - choices.wide() % (bytes.len() + 1)),
        _ => bytes.extend((0..choices.below(40)).map(|_| 7)),
    }
    bytes
}

/// Changes a byte, or does not: the mask may be 0.
pub fn damage(bytes: &mut [u8], choices: &mut Choices<'_>) {
    let (at, mask) = (choices.wide() * 37, choices.number());
    let length = bytes.len().max(1);
    if let Some(byte) = bytes.get_mut(at % length) {
        *byte ^= mask;
    }
}

/// Chunks of a few bytes to a few kilobytes; the last has all that is left when there are many.
fn cut<'b>(mut bytes: &'b [u8], choices: &mut Choices<'_>) -> Vec<&'b [u8]> {
    let mut chunks = Vec::new();
    let unit = *choices.one_of(&[4096, 1, 64]);
    while !bytes.is_empty() && chunks.len() < 20 {
        let (now, later) = bytes.split_at((choices.below(40) * unit).min(bytes.len()));
        chunks.push(now);
        bytes = later;
    }
    chunks.push(bytes);
    chunks
}
