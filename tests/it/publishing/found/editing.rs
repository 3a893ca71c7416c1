//! Editing what devices find.

use super::*;

#[test]
fn a_target_that_devices_find_can_be_removed() {
    let mut house = House::new().with_keys(&["r"]);
    house.publish(|draft| {
        delegate(draft, "targets", &delegation("first", "r", &["a/*"]), "first");
        delegate(draft, "targets", &delegation("second", "r", &["a/*"]), "second");
        draft.role(&role("second")).unwrap().insert(&path("a/1"), &TargetEntry::of(b"a/1"));
    });
    assert_found(&mut house.web.device(), &house.web, "a/1");
    let removed = house.published.draft().remove_target(&path("a/1")).map_err(|e| e.code());
    assert_eq!(removed, Ok(vec![role("second")]));
}

#[test]
fn a_target_that_was_removed_is_not_found_in_an_older_version() {
    let mut house = House::new().with_keys(&["r"]);
    house.publish(|draft| {
        delegate(draft, "targets", &delegation("first", "r", &["a/*"]), "first");
        delegate(draft, "targets", &delegation("second", "r", &["a/*"]), "second");
        draft.role(&role("second")).unwrap().insert(&path("a/1"), &TargetEntry::of(b"old"));
    });
    house.publish(|draft| drop(add(draft, "a/1")));
    house.publish(|draft| drop(draft.remove_target(&path("a/1")).unwrap()));
    assert!(!finds(&house, "a/1"), "devices now find the old version, which was replaced");
}
