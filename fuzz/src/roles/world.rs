//! What is trusted before the file that is fuzzed comes.

use std::sync::LazyLock;

use ota_trust::metadata::{Root, Timestamp};
use ota_trust::primitives::{Limits, StartTime, UtcTime, Version};
use ota_trust::verify::{self, Context, NewTimestamp, Trusted, anchor, timestamp};
use serde_json::{Value, json};

use super::signing::{Signer, authority, file, header, key_map};

/// The start of the cycle.
pub const START: &str = "2027-01-01T00:00:00Z";
pub const LATER: &str = "2030-01-01T00:00:00Z";

/// The roles of the root that is trusted, in the order of their keys.
const ROLES: [&str; 4] = ["root", "timestamp", "snapshot", "targets"];

/// Every role is signed by two of two keys, the second of which is listed under two ids.
pub fn signers(role: &str) -> Vec<Signer> {
    let first = 2 * ROLES.iter().position(|r| *r == role).unwrap_or(ROLES.len());
    vec![
        (format!("{role} 1"), first),
        (format!("{role} 2"), first + 1),
        (format!("{role} 2, again"), first + 1),
    ]
}

/// Who might sign a file of the role: its keys, and someone else, under an id of their own or of
/// the role.
pub fn pool(role: &str) -> Vec<Signer> {
    let mut pool = signers(role);
    pool.push(("stranger".into(), 20));
    pool.push((format!("{role} 1"), 20));
    pool
}

/// The `signed` part of the trusted root, of version 1.
pub fn root_signed() -> Value {
    let mut signed = header("root", 1, LATER);
    signed["consistent_snapshot"] = json!(true);
    let all: Vec<Signer> = ROLES.iter().flat_map(|role| signers(role)).collect();
    signed["keys"] = key_map(&all);
    signed["roles"] = ROLES.iter().map(|role| (*role, authority(&signers(role), 2))).collect();
    signed
}

static ROOT: LazyLock<Trusted<'static, Root>> = LazyLock::new(|| {
    let root = file(&root_signed(), &signers("root")[..2]);
    anchor(root, &Limits::default()).expect("the root is right")
});

pub fn root() -> &'static Trusted<'static, Root> {
    &ROOT
}

pub fn context() -> Context {
    Context::new(StartTime::Known(UtcTime::parse(START).expect("a time")), Limits::default())
}

/// How far a device has come, as the naive models have it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Floors {
    pub timestamp: Option<u64>,
    pub snapshot: Option<u64>,
    pub targets: Option<u64>,
}

impl Floors {
    /// None, or each of them below, at or above what the files have that are offered.
    pub fn chosen(choice: u8) -> Self {
        let mut rest = choice;
        let mut one_of = |all: [Option<u64>; 4]| {
            let one = all[usize::from(rest % 4)];
            rest /= 4;
            one
        };
        Self {
            timestamp: one_of([None, Some(5), Some(6), Some(8)]),
            snapshot: one_of([None, Some(3), Some(4), Some(5)]),
            targets: one_of([None, Some(2), Some(3), Some(4)]),
        }
    }

    pub fn context(&self) -> Context {
        let version = |number| Version::new(number).expect("a version");
        context().with_floors(verify::Floors {
            timestamp: self.timestamp.map(version),
            snapshot: self.snapshot.map(version),
            targets: self.targets.map(version),
        })
    }
}

/// A file of a top-level role, rightly signed.
pub fn signed_file(role: &str, signed: &Value) -> Vec<u8> {
    file(signed, &signers(role)[..2])
}

pub fn timestamp_signed(version: u64, snapshot: &Value) -> Value {
    let mut signed = header("timestamp", version, LATER);
    signed["meta"] = json!({"snapshot.json": snapshot});
    signed
}

pub fn snapshot_signed(version: u64, meta: Value) -> Value {
    let mut signed = header("snapshot", version, LATER);
    signed["meta"] = meta;
    signed
}

/// A trusted timestamp that lists this of the snapshot.
pub fn trusted_timestamp(snapshot: &Value) -> Trusted<'static, Timestamp> {
    let file = signed_file("timestamp", &timestamp_signed(7, snapshot));
    match timestamp(root(), &mut None, file, &context()) {
        Ok(NewTimestamp::Newer(trusted)) => trusted,
        other => panic!("the timestamp is right: {other:?}"),
    }
}
