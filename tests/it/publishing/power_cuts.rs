//! The upload stops after any file: devices see the old repository or the new one.

use std::collections::BTreeSet;

use ota_trust::metadata::RoleType;
use ota_trust::primitives::RoleName;
use ota_trust::repository::{Draft, Release};

use super::house::{House, Web, add, path, public};
use crate::world::Device;

/// What a device trusts at the end of a cycle.
type Seen = (u64, u64);

fn seen(device: &mut Device, web: &Web) -> Result<Seen, &'static str> {
    let cycle = device.try_refresh(web);
    cycle
        .map(|repository| {
            (repository.snapshot().version().get(), repository.targets().version().get())
        })
        .map_err(|ended| ended.refusal().code())
}

/// Uploads one file after another; what new and old devices see after each.
fn upload(web: &mut Web, release: &Release, devices: &[Device]) -> Vec<Result<Seen, &'static str>> {
    let mut all = Vec::new();
    for file in release.files() {
        web.0.insert(file.name(), file.bytes().to_vec());
        for device in devices {
            all.push(seen(&mut device.clone(), web));
        }
        all.push(seen(&mut web.device(), web));
    }
    all
}

/// Publishes an edit step by step; devices of all ages always see the old or the new, and one that
/// looked in between goes on to the new.
fn assert_no_gap(house: &mut House, keys: &[&str], edit: impl FnOnce(&mut Draft)) {
    let mut fresh = house.web.device();
    let old = seen(&mut fresh, &house.web).unwrap();
    house.keys.extend(keys.iter().map(|name| (*name).to_owned()));
    let release = house.release(edit).unwrap();
    assert!(release.is_gapless());
    let mut web = house.web.clone();
    let steps = upload(&mut web, &release, &[fresh.clone()]);
    let new = seen(&mut web.device(), &web).unwrap();
    let expected = BTreeSet::from([Ok(old), Ok(new)]);
    let found: BTreeSet<_> = steps.into_iter().collect();
    assert!(found.is_subset(&expected), "{found:?}");
    // A device that looks after each file ends where the others do.
    let mut web = house.web.clone();
    for file in release.files() {
        web.0.insert(file.name(), file.bytes().to_vec());
        seen(&mut fresh, &web).unwrap();
    }
    assert_eq!(seen(&mut fresh, &web), Ok(new));
    house.web = web;
    house.published = release.into_published();
}

#[test]
fn targets_change() {
    let mut house = House::new();
    assert_no_gap(&mut house, &[], |draft| drop(add(draft, "a")));
    assert_no_gap(&mut house, &[], |draft| {
        add(draft, "b");
        draft.remove_target(&path("a")).unwrap();
    });
}

#[test]
fn any_key_is_rotated_while_the_old_one_still_signs() {
    for kind in [RoleType::Root, RoleType::Timestamp, RoleType::Snapshot, RoleType::Targets] {
        let mut house = House::new();
        for generation in ["second", "third"] {
            let new = format!("{kind} {generation}");
            assert_no_gap(&mut house, &[&new], |draft| {
                let role = RoleName::from(kind);
                let old = draft.root().key_ids(kind)[0].clone();
                draft.rotate_key(&role, &old, &public(&new)).unwrap();
                add(draft, generation);
            });
        }
    }
}

#[test]
fn all_keys_are_rotated_at_once() {
    let mut house = House::new();
    let names = ["root 2", "timestamp 2", "snapshot 2", "targets 2"];
    assert_no_gap(&mut house, &names, |draft| {
        for kind in [RoleType::Root, RoleType::Timestamp, RoleType::Snapshot, RoleType::Targets] {
            let old = draft.root().key_ids(kind)[0].clone();
            draft.rotate_key(&kind.into(), &old, &public(&format!("{kind} 2"))).unwrap();
        }
    });
    // What both sign once, only the new keys sign from then on.
    house.keys.retain(|name| name.ends_with('2'));
    assert_no_gap(&mut house, &[], |draft| drop(add(draft, "a")));
}

#[test]
fn the_timestamp_is_signed_by_the_old_key_and_the_new_one() {
    let mut house = House::new();
    house.keys.push("timestamp 2".to_owned());
    let rotate = |draft: &mut Draft| {
        let old = draft.root().key_ids(RoleType::Timestamp)[0].clone();
        draft.rotate_key(&RoleType::Timestamp.into(), &old, &public("timestamp 2")).unwrap();
    };
    let release = house.release(rotate).unwrap();
    let names: Vec<String> = release.files().map(|file| file.name()).collect();
    assert_eq!(names, ["timestamp.json", "2.root.json"], "the root follows");
    let bytes = release.timestamp().unwrap().bytes();
    let json: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    let ids: BTreeSet<_> = json["signatures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["keyid"].as_str().unwrap())
        .collect();
    let both = [public("timestamp"), public("timestamp 2")];
    assert_eq!(ids, both.iter().map(|key| key.id().as_str()).collect());
}

#[test]
fn a_lost_key_leaves_a_gap_that_is_told_of_and_that_ends() {
    let mut house = House::new();
    house.publish(|draft| drop(add(draft, "a")));
    let mut device = house.web.device();
    let old = seen(&mut device, &house.web).unwrap();
    house.keys.retain(|name| name != "timestamp");
    house.keys.push("timestamp 2".to_owned());
    let rotate = |draft: &mut Draft| {
        draft.recover(RoleType::Timestamp, &[public("timestamp 2")], 1).unwrap();
    };
    let release = house.release(rotate).unwrap();
    assert!(!release.is_gapless());
    let names: Vec<String> = release.files().map(|file| file.name()).collect();
    assert_eq!(names, ["3.snapshot.json", "2.root.json", "timestamp.json"]);
    let steps = upload(&mut house.web, &release, &[device.clone()]);
    let gap = Err("verify.signatures");
    assert_eq!(steps[..2], [Ok(old), Ok(old)]);
    assert_eq!(steps[2..4], [gap, gap], "between the root and the timestamp");
    let new = (3, 2);
    assert_eq!(steps[4..], [Ok(new), Ok(new)]);
    assert_eq!(seen(&mut device, &house.web), Ok(new));
}

#[test]
fn a_thief_of_the_timestamp_key_is_outrun() {
    for kind in [RoleType::Timestamp, RoleType::Snapshot] {
        let mut house = House::new();
        house.publish(|draft| drop(add(draft, "a")));
        // The thief signs huge versions of what the key is for, and of the timestamp.
        let thief =
            House { published: house.published.clone(), web: house.web.clone(), ..House::empty() };
        let stolen = thief.release(|draft| {
            let huge = ota_trust::primitives::Version::new(1 << 40).unwrap();
            draft.set_version(&kind.into(), huge).unwrap();
        });
        let mut web = house.web.clone();
        web.upload(&stolen.unwrap());
        let mut device = web.device();
        seen(&mut device, &web).unwrap();
        let new = format!("{kind} 2");
        house.keys.retain(|name| *name != kind.name());
        house.keys.push(new.clone());
        house.publish(|draft| draft.recover(kind, &[public(&new)], 1).unwrap());
        assert_eq!(seen(&mut device, &house.web), Ok((3, 2)));
    }
}
