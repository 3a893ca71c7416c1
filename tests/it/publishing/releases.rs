//! From nothing to a repository, and on from there.

use ota_trust::metadata::{PathSet, RoleType};
use ota_trust::primitives::Limits;
use ota_trust::repository::{Bins, Delegation, DraftError, Published};

use super::house::{House, add, assert_found, path, public, role};

#[test]
fn a_device_goes_along_with_every_release() {
    let mut house = House::new();
    assert_eq!(
        house.web.0.keys().collect::<Vec<_>>(),
        ["1.root.json", "1.snapshot.json", "1.targets.json", "timestamp.json"]
    );
    let mut device = house.web.device();
    device.refresh(&house.web);
    let files = house.publish(|draft| drop(add(draft, "lamp/1.bin")));
    assert_eq!(files, ["2.targets.json", "2.snapshot.json", "timestamp.json"]);
    assert_found(&mut device, &house.web, "lamp/1.bin");
    assert_eq!(device.requests.len(), 0, "it was all at hand");
}

#[test]
fn an_edit_that_changes_nothing_publishes_nothing() {
    let mut house = House::new();
    house.publish(|draft| drop(add(draft, "lamp/1.bin")));
    assert_eq!(house.refusal(|_| ()), "seal.nothing");
    assert_eq!(
        house.refusal(|draft| {
            draft.root();
        }),
        "seal.nothing"
    );
    assert_eq!(house.refusal(|draft| drop(add(draft, "lamp/1.bin"))), "seal.nothing");
}

#[test]
fn delegations_and_bins() {
    let mut house = House::new().with_keys(&["releases", "bins"]);
    house.publish(|draft| {
        let paths = PathSet::patterns(["releases/*"]);
        let delegation = Delegation::new(role("releases"), vec![public("releases")], 1, paths);
        draft.targets().unwrap().delegate(&delegation).unwrap();
        draft.create_role(&role("releases")).unwrap();
        for number in 0..20 {
            assert_eq!(add(draft, &format!("releases/{number}")), role("releases"));
        }
    });
    let mut device = house.web.device();
    assert_found(&mut device, &house.web, "releases/7");
    for succinct in [false, true] {
        let make = if succinct { Bins::succinct } else { Bins::listed };
        let mut house =
            House { published: house.published.clone(), web: house.web.clone(), ..House::empty() }
                .with_keys(&["releases", "bins"]);
        let mut device = device.clone();
        let files = house.publish(|draft| {
            draft
                .move_into_bins(&role("releases"), &make(3, "bin", vec![public("bins")], 1))
                .unwrap();
        });
        assert_eq!(files.len(), 8 + 1 + 2, "{files:?}");
        for number in 0..20 {
            assert_found(&mut device, &house.web, &format!("releases/{number}"));
        }
        let changed = house.publish(|draft| drop(add(draft, "releases/20")));
        assert_eq!(changed.len(), 3, "{changed:?}");
        assert_found(&mut device, &house.web, "releases/20");
    }
}

#[test]
fn a_publisher_loads_what_it_edits_and_nothing_else() {
    let mut house = House::new().with_keys(&["bins"]);
    house.publish(|draft| {
        draft
            .move_into_bins(&role("targets"), &Bins::listed(4, "bin", vec![public("bins")], 1))
            .unwrap();
    });
    let web = &house.web.0;
    let limits = Limits::default();
    let files = ["1.root.json", "timestamp.json", "2.snapshot.json"].map(|name| web[name].clone());
    let [root, timestamp, snapshot] = files;
    let mut published = Published::open(root, timestamp, snapshot, &limits).unwrap();
    let target = path("lamp/1.bin");
    assert_eq!(published.draft().role_for(&target).unwrap_err().code(), "draft.not-loaded");
    while let Err(DraftError::NotLoaded(role)) = published.draft().role_for(&target) {
        let file = published.file_name(&role).unwrap();
        published.load(&role, web[&file].clone()).unwrap();
    }
    assert_eq!(published.loaded().count(), 2);
    house.published = published;
    let files = house.publish(|draft| drop(add(draft, "lamp/1.bin")));
    assert_eq!(files.len(), 3);
    assert_found(&mut house.web.device(), &house.web, "lamp/1.bin");
}

#[test]
fn a_root_rotates_every_key() {
    let mut house = House::new();
    house.publish(|draft| drop(add(draft, "lamp/1.bin")));
    let mut device = house.web.device();
    device.refresh(&house.web);
    for kind in [RoleType::Timestamp, RoleType::Snapshot, RoleType::Targets, RoleType::Root] {
        let new = format!("{kind} 2");
        house.keys.push(new.clone());
        let files = house.publish(|draft| {
            let old = draft.root().key_ids(kind)[0].clone();
            draft.root().replace_key(kind, &old, &public(&new)).unwrap();
        });
        assert!(files.iter().any(|name| name.ends_with(".root.json")), "{files:?}");
        assert_found(&mut device, &house.web, "lamp/1.bin");
        assert_found(&mut house.web.device(), &house.web, "lamp/1.bin");
    }
}
