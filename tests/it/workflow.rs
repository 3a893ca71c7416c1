//! The cycle as such: what is asked for, in which order, and what is stored (§5).

use ota_trust::primitives::{RoleName, Version};
use ota_trust::update::StoredItem;
use ota_trust::verify::Freshness;

use crate::world::*;

const ALL: [&str; 4] = ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"];

fn root(version: u64) -> StoredItem {
    StoredItem::Root(Version::new(version).unwrap())
}

#[test]
fn the_first_refresh_asks_for_everything_once() {
    let repo = Repo::new();
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&repo);

    assert_eq!(device.requested(), ALL);
    let targets = StoredItem::Role(RoleName::targets());
    let (timestamp, snapshot) = (StoredItem::Timestamp, StoredItem::Snapshot);
    let [first, second] = LEDGER;
    assert_eq!(device.loads, [first, second, root(2), timestamp, snapshot, targets]);
    let changes = [
        "write ledger",
        "write ledger",
        "write ledger",
        "write timestamp",
        "write ledger",
        "write snapshot",
        "write role targets",
    ];
    assert_eq!(device.changes, changes);
    assert_stored(&device, &repo, &ALL[1..]);

    assert_eq!(trusted.root().bytes(), repo.file("1.root.json"));
    assert_eq!(trusted.snapshot().bytes(), repo.file("1.snapshot.json"));
    assert_eq!(trusted.targets().bytes(), repo.file("1.targets.json"));
    assert_eq!(trusted.freshness(), Freshness::Proven);
    assert!(trusted.is_durable());
    assert!(!trusted.may_have_more_roots());
}

#[test]
fn a_second_refresh_asks_only_whether_there_is_something_new() {
    let repo = Repo::new();
    let mut device = Device::refreshed(&repo);
    let before = device.store.clone();
    device.refresh(&repo);
    assert_eq!(device.requested(), ["2.root.json", "timestamp.json"]);
    assert!(device.changes.is_empty());
    assert_eq!(device.store, before);
}

#[test]
fn a_release_without_new_targets_fetches_no_targets() {
    let mut repo = Repo::new();
    let mut device = Device::refreshed(&repo);
    repo.release();
    device.refresh(&repo);
    assert_eq!(device.requested(), ["2.root.json", "timestamp.json", "2.snapshot.json"]);
    assert_stored(&device, &repo, &["timestamp.json", "2.snapshot.json", "1.targets.json"]);
}

#[test]
fn a_new_timestamp_alone_fetches_no_snapshot() {
    let mut repo = Repo::new();
    let mut device = Device::refreshed(&repo);
    repo.timestamp.version += 1;
    repo.publish();
    device.refresh(&repo);
    assert_eq!(device.requested(), ["2.root.json", "timestamp.json"]);
    assert_eq!(device.changes, ["write ledger", "write timestamp"]);
    assert_stored(&device, &repo, &["timestamp.json", "1.snapshot.json", "1.targets.json"]);
}

#[test]
fn new_roots_are_followed_and_stored_one_by_one() {
    let mut repo = Repo::new();
    let mut device = Device::new(&repo);
    repo.next_root(|_| ());
    repo.next_root(|_| ());
    device.refresh(&repo);
    let requests = [&["2.root.json", "3.root.json", "4.root.json"], &ALL[1..]].concat();
    assert_eq!(device.requested(), requests);
    assert_eq!(device.changes[..2], ["write root 2", "write root 3"]);
    assert_stored(&device, &repo, &[&["2.root.json", "3.root.json"], &ALL[1..]].concat());

    // The stored roots are verified again, and the request goes on after the last.
    device.refresh(&repo);
    assert_eq!(device.requested(), ["4.root.json", "timestamp.json"]);
    assert_eq!(device.loads[2..5], [root(2), root(3), root(4)]);
}

#[test]
fn every_layout_verifies_and_is_stored_as_received() {
    for form in [Form::Compact, Form::Pretty, Form::Unsorted] {
        for listing in [Listing::Version, Listing::VersionLengthAndHashes] {
            let mut repo = Repo::with(|repo| (repo.form, repo.listing) = (form, listing));
            let mut device = Device::refreshed(&repo);
            assert_stored(&device, &repo, &ALL[1..]);
            repo.next_root(|_| ());
            repo.release();
            device.refresh(&repo);
            let stored = ["2.root.json", "timestamp.json", "2.snapshot.json", "1.targets.json"];
            assert_stored(&device, &repo, &stored);
        }
    }
}

#[test]
fn the_ledger_says_how_far_the_device_has_come_under_which_root_and_keys() {
    let mut repo = Repo::new();
    repo.bump("targets");
    repo.release();
    let device = Device::refreshed(&repo);
    let file: serde_json::Value = serde_json::from_slice(&repo.file("1.root.json")).unwrap();
    let keys = ["timestamp", "snapshot"].map(|role| {
        // By what it decodes to, and by how it is written.
        let written = sha256_hex(file["signed"]["keys"][role].to_string().as_bytes());
        format!("{role} {}:{written}", Signer::new(role).fingerprint())
    });
    let keys = keys.join(" ");
    let signed = |name: &str| {
        let file: serde_json::Value = serde_json::from_slice(&repo.file(name)).unwrap();
        let signed = file["signed"].to_string();
        sha256_hex(&ota_trust::json::canonical_form(signed.as_bytes(), &device.limits).unwrap())
    };
    let (root, root_key) = (signed("1.root.json"), Signer::new("root").fingerprint());
    let (timestamp, snapshot) = (signed("timestamp.json"), signed("2.snapshot.json"));
    let lines = [
        "ota-trust ledger 1".to_owned(),
        "chain default".to_owned(),
        // At the last root, in both copies; at the timestamp and the snapshot.
        "generation 4".to_owned(),
        format!("root 1 {root} 1 {root_key}"),
        format!("anchor 1 {root}"),
        format!("floor timestamp 2 1 {keys}"),
        format!("floor snapshot 2 1 {keys}"),
        format!("floor targets 2 1 {keys}"),
        format!("file timestamp {timestamp}"),
        format!("file snapshot {snapshot}"),
    ];
    let body = lines.join("\n") + "\n";
    let checksum = sha256_hex(body.as_bytes());
    assert_eq!(device.ledger(), format!("{body}sha256 {checksum}\n"));
}

#[test]
fn requests_carry_the_limit_or_the_listed_length() {
    for (listing, listed) in [(Listing::Version, false), (Listing::VersionLengthAndHashes, true)] {
        let repo = Repo::with(|repo| repo.listing = listing);
        let device = Device::refreshed(&repo);
        let length = |name: &str, limit| if listed { repo.file(name).len() as u64 } else { limit };
        let limits = &device.limits;
        let expected = [
            limits.max_root_length,
            limits.max_timestamp_length,
            length(ALL[2], limits.max_snapshot_length),
            length(ALL[3], limits.max_targets_length),
        ];
        let found: Vec<u64> = device.requests.iter().map(|request| request.max_length).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn the_anchor_of_a_later_version_starts_the_chain_there() {
    let mut repo = Repo::new();
    repo.next_root(|_| ());
    let mut device = Device::new(&repo);
    device.anchor = repo.file("2.root.json");
    device.refresh(&repo);
    assert_eq!(device.requested()[0], "3.root.json");
    assert_stored(&device, &repo, &ALL[1..]);
}
