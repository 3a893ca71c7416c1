//! What a file may cost in memory while it is read and verified, whatever is in it and wherever it comes
//! from: at most [`Limits::MEMORY_FACTOR`] times its length, beside what keys and signatures take.
//!
//! A test binary of its own, with one test, because it counts every allocation of the process.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

use ed25519_dalek::{Signer as _, SigningKey};
use ota_trust::json::canonical_form;
use ota_trust::metadata::{Root, Timestamp};
use ota_trust::primitives::{Limits, RoleName, StartTime, Version};
use ota_trust::update::StoredItem;
use ota_trust::verify::{
    Context, Delegator, NewTimestamp, Trusted, anchor, snapshot, stored_timestamp, targets,
    timestamp,
};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The length of those files that may be of any length.
const LENGTH: usize = 4 << 20;
/// What keys and signatures take, buffers, the text of a refusal.
const BESIDES: usize = 64 << 10;

#[test]
fn no_file_takes_more_than_the_factor() {
    let mut worst = 0;
    let mut hold = |name: &str, (length, peak): (usize, usize)| {
        println!("{:4} % of its length: {name}", peak * 100 / length);
        assert!(peak <= Limits::MEMORY_FACTOR * length + BESIDES, "{name} takes {peak} bytes");
        worst = worst.max(peak.saturating_sub(BESIDES) * 100 / length);
    };
    for (name, signed) in hostile_targets() {
        hold(name, of_targets(&signed));
    }
    let files = list(LENGTH, |n| format!("\"{}\":{{\"version\":1}}", short(700_000 - n)));
    hold("files of a snapshot in reverse", of_snapshot(&files));
    let keys = list(140_000, |n| format!("\"{}\":{{}}", short(700_000 - n)));
    hold("keys of a root in reverse", of_root(&keys));
    let fields = list(LENGTH, |n| format!("\"{}\":0", short(700_000 - n)));
    hold("unknown fields of a key", of_root(&format!("\"x\":{{{fields}}}")));
    let signatures = list(5_500, |n| format!("{{\"keyid\":\"{n}\",\"sig\":\"\"}}"));
    hold("signatures that are none", of_stored_timestamp(&signatures));
    let signatures = list(5_500, |n| format!("{{\"keyid\":\"{n}\",\"sig\":\"00\"}}"));
    hold("signatures that are bad", of_stored_timestamp(&signatures));
    assert!(worst > 100 * (Limits::MEMORY_FACTOR - 1), "it never takes so much");
}

/// The length of a file, and the most bytes that are held while `read` has it, itself included: of a
/// download that takes no more than it has, or out of the store on the disk.
fn measure<T: std::fmt::Debug>(
    item: &StoredItem,
    limits: &Limits,
    file: &str,
    read: impl Fn(Vec<u8>) -> T,
) -> (usize, usize) {
    let downloaded = peak_of(|| file.as_bytes().to_vec(), &read);
    (file.len(), downloaded.max(peak_from_disk(item, limits, file, &read)))
}

fn peak_of<T>(file: impl FnOnce() -> Vec<u8>, read: impl Fn(Vec<u8>) -> T) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let held = read(file());
    let peak = MEMORY.peak_usage() - before;
    drop(held);
    peak
}

#[cfg(feature = "fs")]
fn peak_from_disk<T>(
    item: &StoredItem,
    limits: &Limits,
    file: &str,
    read: impl Fn(Vec<u8>) -> T,
) -> usize {
    use ota_trust::store::FsStore;
    use ota_trust::update::Change;

    let folder = tempfile::tempdir().expect("a folder");
    let store = FsStore::open(folder.path(), limits).expect("a store");
    store.apply([Change::Write { item, bytes: file.as_bytes() }]).expect("room on the disk");
    peak_of(|| store.read(item).expect("readable").expect("there"), read)
}

#[cfg(not(feature = "fs"))]
fn peak_from_disk<T>(_: &StoredItem, _: &Limits, _: &str, _: impl Fn(Vec<u8>) -> T) -> usize {
    0
}

fn of_targets(signed: &str) -> (usize, usize) {
    let file = envelope(signed, "");
    let mut limits = Limits::default();
    limits.max_targets_length = file.len() as u64;
    let context = context(limits);
    let root = anchor(root(""), context.limits()).expect("a root");
    let time = trusted_timestamp(&root, &context);
    let file_of_snapshot = listing("snapshot", "\"targets.json\":{\"version\":1}", "");
    let snap = snapshot(&root, &time, None, file_of_snapshot, &context).expect("a snapshot");
    let (by, name) = (Delegator::Root(&root), RoleName::targets());
    let item = StoredItem::Role(name.clone());
    measure(&item, context.limits(), &file, |file| {
        targets(by, &snap, &name, file, &context).expect("targets")
    })
}

fn of_snapshot(files: &str) -> (usize, usize) {
    let file = String::from_utf8(listing("snapshot", files, "")).expect("text");
    let mut limits = Limits::default();
    limits.max_snapshot_length = file.len() as u64;
    let context = context(limits);
    let root = anchor(root(""), context.limits()).expect("a root");
    let time = trusted_timestamp(&root, &context);
    measure(&StoredItem::Snapshot, context.limits(), &file, |file| {
        snapshot(&root, &time, None, file, &context).expect("a snapshot")
    })
}

fn of_root(keys: &str) -> (usize, usize) {
    let file = String::from_utf8(root(&format!("{keys},"))).expect("text");
    let mut limits = Limits::default();
    limits.max_root_length = file.len() as u64;
    let item = StoredItem::Root(Version::ONE);
    measure(&item, &limits, &file, |file| anchor(file, &limits).expect("a root"))
}

/// A stored file is also held against signatures under other ids than the role's.
fn of_stored_timestamp(signatures: &str) -> (usize, usize) {
    let limits = Limits::default();
    let root = anchor(root(""), &limits).expect("a root");
    let meta = "\"snapshot.json\":{\"version\":1}";
    let file = listing("timestamp", meta, &format!(",{signatures}"));
    let file = String::from_utf8(file).expect("text");
    measure(&StoredItem::Timestamp, &limits, &file, |file| {
        stored_timestamp(&root, file, &limits).expect("a timestamp")
    })
}

fn trusted_timestamp<'a>(root: &Trusted<'_, Root>, context: &Context) -> Trusted<'a, Timestamp> {
    let file = listing("timestamp", "\"snapshot.json\":{\"version\":1}", "");
    match timestamp(root, &mut None, file, context) {
        Ok(NewTimestamp::Newer(timestamp)) => timestamp,
        other => panic!("{other:?}"),
    }
}

fn context(limits: Limits) -> Context {
    Context::new(StartTime::Known("2027-01-01T00:00:00Z".parse().expect("a time")), limits)
}

/// `signed` parts that give a reader as much to keep as they can.
fn hostile_targets() -> Vec<(&'static str, String)> {
    let entries = |list: &str| targets_file("", list);
    let custom = |list: &str| targets_file("", &format!("\"a\":[{list}]"));
    let nested =
        |levels: usize| format!("{}0{}", "{\"b\":0,\"\":".repeat(levels), "}".repeat(levels));
    let ids = list(900, |n| format!("\"{n}\""));
    let role = |n: usize, ids: &str, paths: &str| {
        format!(
            "{{\"keyids\":[{ids}],\"name\":\"{n}\",{paths},\"terminating\":true,\"threshold\":1}}"
        )
    };
    let patterns = |count: usize| {
        let patterns = vec!["\"\""; count].join(",");
        delegating("", &role(0, "", &format!("\"paths\":[{patterns}]")))
    };
    let prefixes = list(3_000_000, |n| format!("\"{:020x}\"", n * 7_919));
    let prefixes = format!("\"path_hash_prefixes\":[{prefixes}]");
    vec![
        ("entries in order", entries(&list(LENGTH, |n| format!("\"{}\":0", short(n))))),
        ("entries in reverse", entries(&list(LENGTH, |n| format!("\"{}\":0", short(700_000 - n))))),
        ("escaped entries", entries(&list(LENGTH, |n| format!("\"\\n{}\":0", short(n))))),
        ("objects out of order", custom(&list(LENGTH, |_| nested(1)))),
        ("the same, 20 deep", custom(&list(LENGTH, |_| nested(20)))),
        ("the same, 27 deep", custom(&list(LENGTH, |_| nested(27)))),
        ("empty objects", custom(&list(LENGTH, |_| "{}".to_owned()))),
        ("key ids", delegating("", &list(LENGTH, |n| role(n, &ids, "\"paths\":[]")))),
        ("small roles", delegating("", &list(1_100_000, |n| role(n, "", "\"paths\":[]")))),
        ("patterns, just over a power of two", patterns(65_537)),
        ("patterns", patterns(131_072)),
        ("hash prefixes", delegating("", &role(0, "", &prefixes))),
        ("keys", delegating(&list(150_000, |n| format!("\"{n}\":{{}}")), "")),
    ]
}

/// Three characters for each number below 91³, in the order of the numbers.
fn short(number: usize) -> String {
    let printable = || (b'#'..=b'~').filter(|&b| b != b'\\').map(char::from);
    let digit = |n: usize| printable().nth(n % 91).expect("a digit");
    [number / 91 / 91, number / 91, number].map(digit).iter().collect()
}

/// As many items as come to at most `length` bytes, with commas.
fn list(length: usize, item: impl Fn(usize) -> String) -> String {
    let mut list = item(0);
    for n in 1.. {
        let next = item(n);
        if list.len() + 1 + next.len() > length {
            break;
        }
        list.push(',');
        list.push_str(&next);
    }
    list
}

const HEADER: &str = r#""expires":"2040-01-01T00:00:00Z","spec_version":"1.0.31","version":1"#;

fn targets_file(delegations: &str, targets: &str) -> String {
    format!("{{\"_type\":\"targets\",{HEADER},{delegations}\"targets\":{{{targets}}}}}")
}

fn delegating(keys: &str, roles: &str) -> String {
    let delegations = format!("\"delegations\":{{\"keys\":{{{keys}}},\"roles\":[{roles}]}},");
    targets_file(&delegations, "")
}

/// A timestamp or a snapshot, with more signatures.
fn listing(role: &str, meta: &str, signatures: &str) -> Vec<u8> {
    let signed = format!("{{\"_type\":\"{role}\",{HEADER},\"meta\":{{{meta}}}}}");
    envelope(&signed, signatures).into_bytes()
}

/// A root with more keys.
fn root(keys: &str) -> Vec<u8> {
    let public = hex::encode(key().verifying_key().as_bytes());
    let key = format!(
        "{{\"keytype\":\"ed25519\",\"keyval\":{{\"public\":\"{public}\"}},\"scheme\":\"ed25519\"}}"
    );
    let role = r#"{"keyids":["k"],"threshold":1}"#;
    let roles = ["root", "timestamp", "snapshot", "targets"];
    let roles = roles.map(|name| format!("\"{name}\":{role}")).join(",");
    let keys = format!("{{{keys}\"k\":{key}}}");
    let signed = format!("{{\"_type\":\"root\",{HEADER},\"keys\":{keys},\"roles\":{{{roles}}}}}");
    envelope(&signed, "").into_bytes()
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn envelope(signed: &str, signatures: &str) -> String {
    let form = canonical_form(signed.as_bytes(), &Limits::default()).expect("JSON");
    let signature = hex::encode(key().sign(&form).to_bytes());
    let own = format!("{{\"keyid\":\"k\",\"sig\":\"{signature}\"}}");
    format!("{{\"signatures\":[{own}{signatures}],\"signed\":{signed}}}")
}
