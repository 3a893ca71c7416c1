//! Every device goes along.

use super::*;

#[test]
fn the_targets_key_gets_another_id_while_targets_are_not_loaded() {
    let mut house = House::new();
    house.publish(|draft| drop(add(draft, "a")));
    house.published = reopened(&house);
    let old = public("targets").id().clone();
    let renamed = public("targets").with_id(KeyId::new("renamed"));
    let release =
        house.release(|draft| draft.rotate_key(&RoleName::targets(), &old, &renamed).unwrap());
    // A refusal (`seal.not-loaded`) would do; a release has to be good.
    if let Ok(release) = release {
        house.web.upload(&release);
        assert!(house.web.device().try_refresh(&house.web).is_ok(), "devices refuse the release");
    }
}

#[test]
fn a_key_that_gets_another_id_leaves_no_gap() {
    for (kind, name) in TOP_LEVEL {
        if kind == RoleType::Root {
            continue;
        }
        let house = House::new();
        let renamed = public(name).with_id(KeyId::new("renamed"));
        let old = public(name).id().clone();
        let release =
            house.release(|draft| draft.rotate_key(&kind.into(), &old, &renamed).unwrap()).unwrap();
        assert!(release.is_gapless(), "{kind}: the key is there, and could sign under both ids");
    }
}

#[test]
fn a_toggle_of_consistent_snapshots_is_gapless_only_if_no_device_sees_a_gap() {
    for edited in [false, true] {
        let mut house = House::new();
        house.publish(|draft| drop(add(draft, "a")));
        let release = house
            .release(|draft| {
                draft.root().set_consistent_snapshot(false);
                if edited {
                    add(draft, "b");
                }
            })
            .unwrap();
        if !release.is_gapless() {
            continue;
        }
        for file in release.files() {
            house.web.0.insert(file.name(), file.bytes().to_vec());
            let seen = house.web.device().try_refresh(&house.web);
            assert!(seen.is_ok(), "edited {edited}: after {}: a gap", file.name());
        }
    }
}

#[test]
fn a_role_does_not_get_the_file_name_of_a_root() {
    let mut house = House::empty().with_keys(&["r"]);
    house.publish(|draft| {
        first(draft);
        draft.root().set_consistent_snapshot(false);
    });
    let release = house.release(|draft| {
        delegate(draft, "targets", &delegation("2.root", "r", &["r/*"]), "2.root");
        add(draft, "r/1");
    });
    if let Ok(release) = release {
        house.web.upload(&release);
        assert!(house.web.device().try_refresh(&house.web).is_ok(), "the chain of roots is broken");
    }
}

#[test]
fn a_role_does_not_get_the_file_name_of_a_root_when_names_change() {
    let mut house = House::new().with_keys(&["r"]);
    house.publish(|draft| {
        delegate(draft, "targets", &delegation("3.root", "r", &["r/*"]), "3.root");
        add(draft, "r/1");
    });
    let release = house.release(|draft| draft.root().set_consistent_snapshot(false));
    if let Ok(release) = release {
        house.web.upload(&release);
        assert!(house.web.device().try_refresh(&house.web).is_ok(), "the chain of roots is broken");
    }
}
