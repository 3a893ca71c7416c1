//! How files are named and listed.

use ota_trust::json::Json;
use ota_trust::metadata::{PathSet, RoleType};
use ota_trust::primitives::{Digest, Hashes};
use ota_trust::repository::{Delegation, Draft, TargetEntry};
use serde_json::Value;
use sha2::Digest as _;

use super::house::{House, add, assert_found, first, path, public, role};

#[test]
fn without_consistent_snapshots_and_back() {
    let mut house = House::empty().with_keys(&["releases"]);
    let names = house.publish(|draft| {
        first(draft);
        draft.root().set_consistent_snapshot(false);
    });
    assert_eq!(names, ["1.root.json", "targets.json", "snapshot.json", "timestamp.json"]);
    let mut device = house.web.device();
    for (number, consistent) in [true, false, true].into_iter().enumerate() {
        let file = format!("file {number}");
        house.publish(|draft| drop(add(draft, &file)));
        assert_found(&mut device, &house.web, &file);
        let names = house.publish(|draft| draft.root().set_consistent_snapshot(consistent));
        assert_eq!(names.len(), 3, "all under their new names, but for the timestamp: {names:?}");
        assert_eq!(names.contains(&"targets.json".to_owned()), !consistent);
        assert_found(&mut device, &house.web, &file);
        assert_found(&mut house.web.device(), &house.web, &file);
    }
}

#[test]
fn all_roles_have_to_be_at_hand_for_new_names() {
    let mut house = House::new().with_keys(&["releases"]);
    house.publish(|draft| {
        let paths = PathSet::patterns(["r/*"]);
        let delegation = Delegation::new(role("releases"), vec![public("releases")], 1, paths);
        draft.targets().unwrap().delegate(&delegation).unwrap();
        draft.create_role(&role("releases")).unwrap();
    });
    let web = &house.web.0;
    let file = |name: &str| web[name].clone();
    house.published = ota_trust::repository::Published::open(
        file("1.root.json"),
        file("timestamp.json"),
        file("2.snapshot.json"),
        &ota_trust::primitives::Limits::default(),
    )
    .unwrap();
    let toggle = |draft: &mut Draft| draft.root().set_consistent_snapshot(false);
    assert_eq!(house.refusal(toggle), "seal.not-loaded");
}

#[test]
fn what_is_listed_of_files_is_for_the_policy_to_say() {
    let mut house = House::new();
    let entry = |house: &House, name: &str, file: &str| {
        let value: Value = serde_json::from_slice(&house.web.0[name]).unwrap();
        value["signed"]["meta"][file].clone()
    };
    let with = entry(&house, "1.snapshot.json", "targets.json");
    let targets = &house.web.0["1.targets.json"];
    assert_eq!(with["length"], targets.len());
    assert_eq!(with["hashes"]["sha256"], hex::encode(sha2::Sha256::digest(targets)));
    house.policy.list_digests = false;
    house.publish(|draft| drop(add(draft, "a")));
    let without = entry(&house, "2.snapshot.json", "targets.json");
    assert_eq!(without, serde_json::json!({"version": 2}));
    assert_eq!(entry(&house, "timestamp.json", "snapshot.json"), without);
    assert_found(&mut house.web.device(), &house.web, "a");
}

#[test]
fn entries_have_the_digests_that_they_are_given() {
    let mut house = House::new();
    let content = b"content";
    let mut hashes = Hashes::from_digest(Digest::Sha512(sha2::Sha512::digest(content).into()));
    let only = TargetEntry::new(7, hashes.clone()).unwrap();
    hashes.insert(Digest::Sha256(sha2::Sha256::digest(content).into()));
    let both = TargetEntry::new(7, hashes).unwrap().with_field("x", Json::text("y")).unwrap();
    assert_eq!(both.upload_paths(&path("d/a"), true).count(), 2);
    assert_eq!(both.upload_paths(&path("d/a b"), false).collect::<Vec<_>>(), ["d/a%20b"]);
    house.publish(|draft| {
        let targets = draft.targets().unwrap();
        targets.insert(&path("only"), &only);
        targets.insert(&path("both"), &both);
        assert_eq!(targets.get(&path("both")), Some(both.clone()));
        assert_eq!(targets.paths().collect::<Vec<_>>(), ["both", "only"]);
    });
    let mut device = house.web.device();
    for name in ["only", "both"] {
        let repository = device.refresh(&house.web);
        let target = device.find(&house.web, repository, name).unwrap().target.unwrap();
        let mut stream = target.stream(10).unwrap();
        stream.update(content).unwrap();
        stream.finish().unwrap();
    }
}

#[test]
fn the_bytes_are_compact_sorted_and_end_with_what_is_signed() {
    let mut house = House::new();
    house.publish(|draft| {
        let custom = Json::parse("{ \"z\": \"\\u0041\\n\", \"a\" : [ ] }").unwrap();
        let entry = TargetEntry::of(b"").with_custom(custom).unwrap();
        draft.insert_target(&path("é"), &entry).unwrap();
    });
    let text = String::from_utf8(house.web.0["2.targets.json"].clone()).unwrap();
    assert!(text.contains(r#""custom":{"a":[],"z":"A\n"}"#), "{text}");
    // Whatever serde writes of it, compact and sorted, is the same.
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value.to_string(), text);
}

#[test]
fn a_timestamp_alone_is_renewed() {
    let mut house = House::new();
    let names = house.publish(|draft| draft.renew(&RoleType::Timestamp.into()).unwrap());
    assert_eq!(names, ["timestamp.json"]);
    let later = super::house::now().saturating_add(86_400 * 3);
    let names = house.publish(|draft| draft.renew_expiring(later));
    assert_eq!(names, ["timestamp.json"]);
    let later = super::house::now().saturating_add(86_400 * 15);
    let names = house.publish(|draft| draft.renew_expiring(later));
    assert_eq!(names, ["2.snapshot.json", "timestamp.json"]);
    let later = super::house::now().saturating_add(86_400 * 400);
    let names = house.publish(|draft| draft.renew_expiring(later));
    assert_eq!(names, ["2.root.json", "2.targets.json", "3.snapshot.json", "timestamp.json"]);
    let names = house.publish(|draft| {
        draft.set_online_field(RoleType::Snapshot, "x", Json::number(1)).unwrap();
    });
    assert_eq!(names, ["4.snapshot.json", "timestamp.json"]);
    let value: Value = serde_json::from_slice(&house.web.0["4.snapshot.json"]).unwrap();
    assert_eq!(value["signed"]["x"], 1);
}

#[test]
fn unknown_fields_go_as_they_came() {
    let mut house = House::new();
    house.publish(|draft| {
        draft.root().set_field("x", Json::number(1)).unwrap();
        draft.targets().unwrap().set_field("y", Json::number(2)).unwrap();
    });
    assert_eq!(
        house.refusal(|draft| {
            assert_eq!(draft.root().remove_field("version"), None);
            assert_eq!(draft.targets().unwrap().remove_field("targets"), None);
        }),
        "seal.nothing"
    );
    let names = house.publish(|draft| {
        assert_eq!(draft.root().remove_field("x"), Some(Json::number(1)));
        assert_eq!(draft.targets().unwrap().remove_field("y"), Some(Json::number(2)));
    });
    assert_eq!(names, ["3.root.json", "3.targets.json", "3.snapshot.json", "timestamp.json"]);
    let value: Value = serde_json::from_slice(&house.web.0["3.targets.json"]).unwrap();
    assert!(value["signed"].get("y").is_none());
}

#[test]
fn a_delegation_is_made_terminating() {
    let mut house = House::new().with_keys(&["releases"]);
    let delegate = |draft: &mut Draft, name: &str| {
        let paths = PathSet::patterns(["r/*"]);
        let delegation = Delegation::new(role(name), vec![public("releases")], 1, paths);
        draft.targets().unwrap().delegate(&delegation).unwrap();
        draft.create_role(&role(name)).unwrap();
    };
    house.publish(|draft| {
        delegate(draft, "first");
        delegate(draft, "second");
        draft.role(&role("second")).unwrap().insert(&path("r/1"), &TargetEntry::of(b"r/1"));
    });
    assert_found(&mut house.web.device(), &house.web, "r/1");
    let end = |draft: &mut Draft| {
        draft.targets().unwrap().set_terminating(&role("first"), true).unwrap();
    };
    assert_eq!(house.refusal(end), "seal.path-outside");
}
