//! What a file may cost in memory while it is read and verified, whatever is in it: at most
//! [`Limits::MEMORY_FACTOR`] times the length that the limits allow.
//!
//! A test binary of its own, with one test, because it counts every allocation of the process.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

use ed25519_dalek::{Signer as _, SigningKey};
use ota_trust::json::canonical_form;
use ota_trust::primitives::{Limits, RoleName, StartTime};
use ota_trust::verify::{Context, Delegator, NewTimestamp, anchor, snapshot, targets, timestamp};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What each file comes close to. (The default limit is sixteen times more: it only takes longer.)
const MAX_LENGTH: usize = 4 << 20;
/// What does not grow with the file: buffers, a few signatures, the text of a refusal.
const BESIDES: usize = 64 << 10;

#[test]
fn no_file_takes_more_than_the_factor() {
    let factor = Limits::MEMORY_FACTOR;
    let mut worst = 0;
    for (name, signed) in hostile() {
        let peak = peak(&signed);
        println!("{:4} % of the limit: {name}", peak * 100 / MAX_LENGTH);
        assert!(peak <= factor * MAX_LENGTH + BESIDES, "{name} takes {peak} bytes");
        worst = worst.max(peak);
    }
    assert!(worst > (factor - 1) * MAX_LENGTH, "{factor} is more than what it takes");
}

/// The most bytes that are held at one time while a targets file is verified, itself included.
fn peak(signed: &str) -> usize {
    let mut limits = Limits::default();
    limits.max_targets_length = MAX_LENGTH as u64;
    let start = StartTime::Known("2027-01-01T00:00:00Z".parse().expect("a time"));
    let context = Context::new(start, limits);
    let root = anchor(root(), context.limits()).expect("a root");
    let time = timestamp(&root, &mut None, listing("timestamp", "snapshot"), &context);
    let Ok(NewTimestamp::Newer(time)) = time else { panic!("{time:?}") };
    let listing = listing("snapshot", "targets");
    let snap = snapshot(&root, &time, None, listing, &context).expect("a snapshot");

    let before = MEMORY.current_usage();
    let file = envelope(signed).into_bytes().into_boxed_slice().into_vec();
    MEMORY.reset_peak_usage();
    let by = Delegator::Root(&root);
    targets(by, &snap, &RoleName::targets(), file, &context).expect("targets");
    MEMORY.peak_usage() - before
}

/// `signed` parts that give a reader as much to keep as they can.
fn hostile() -> Vec<(&'static str, String)> {
    let entries = |list: &str| targets_file("", list);
    let custom = |list: &str| targets_file("", &format!("\"a\":[{list}]"));
    let ids = list(900, |n| format!("\"{n}\""));
    let role = |n: usize, ids: &str, paths: &str| {
        format!(
            "{{\"keyids\":[{ids}],\"name\":\"{n}\",{paths},\"terminating\":true,\"threshold\":1}}"
        )
    };
    let patterns = list(393_000, |_| "\"\"".to_owned());
    let prefixes = list(3_000_000, |n| format!("\"{:020x}\"", n * 7_919));
    let most = MAX_LENGTH - 4096;
    vec![
        ("entries in order", entries(&list(most, |n| format!("\"{}\":0", short(n))))),
        ("entries in reverse", entries(&list(most, |n| format!("\"{}\":0", short(700_000 - n))))),
        ("escaped entries", entries(&list(most, |n| format!("\"\\n{}\":0", short(n))))),
        ("objects out of order", custom(&list(most, |_| "{\"b\":0,\"\":0}".to_owned()))),
        (
            "nested ones",
            custom(&list(most, |_| format!("{}0{}", "{\"b\":0,\"\":".repeat(20), "}".repeat(20)))),
        ),
        ("empty objects", custom(&list(most, |_| "{}".to_owned()))),
        ("key ids", delegating("", &list(most, |n| role(n, &ids, "\"paths\":[]")))),
        ("small roles", delegating("", &list(1_100_000, |n| role(n, "", "\"paths\":[]")))),
        ("patterns", delegating("", &role(0, "", &format!("\"paths\":[{patterns}]")))),
        (
            "hash prefixes",
            delegating("", &role(0, "", &format!("\"path_hash_prefixes\":[{prefixes}]"))),
        ),
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

/// A timestamp or a snapshot that lists version 1 of another file, without digest.
fn listing(role: &str, listed: &str) -> Vec<u8> {
    let meta = format!("\"meta\":{{\"{listed}.json\":{{\"version\":1}}}}");
    envelope(&format!("{{\"_type\":\"{role}\",{HEADER},{meta}}}")).into_bytes()
}

fn root() -> Vec<u8> {
    let public = hex::encode(key().verifying_key().as_bytes());
    let role = r#"{"keyids":["k"],"threshold":1}"#;
    envelope(&format!(
        "{{\"_type\":\"root\",{HEADER},\"keys\":{{\"k\":{{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\
         \"keyval\":{{\"public\":\"{public}\"}}}}}},\"roles\":{{\"root\":{role},\"timestamp\":{role},\
         \"snapshot\":{role},\"targets\":{role}}}}}"
    ))
    .into_bytes()
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn envelope(signed: &str) -> String {
    let mut limits = Limits::default();
    limits.max_depth = 64;
    let form = canonical_form(signed.as_bytes(), &limits).expect("JSON");
    let signature = hex::encode(key().sign(&form).to_bytes());
    format!("{{\"signatures\":[{{\"keyid\":\"k\",\"sig\":\"{signature}\"}}],\"signed\":{signed}}}")
}
