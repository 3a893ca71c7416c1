//! Versions rise where something changes.

use super::*;

#[test]
fn a_refused_edit_changes_nothing() {
    let house = House::new();
    let refused = [
        house.release(|draft| {
            let threshold = Delegation::new(role("a"), vec![], 1, PathSet::patterns(["a/*"]));
            draft.targets().unwrap().delegate(&threshold).unwrap_err();
        }),
        house.release(|draft| {
            draft.targets().unwrap().set_field("targets", Json::number(1)).unwrap_err();
        }),
        house.release(|draft| {
            draft.targets().unwrap().undelegate(&role("a")).unwrap_err();
        }),
        house.release(|draft| {
            let twice = [public("new"), public("new")];
            draft.root().set_keys(RoleType::Root, &twice, 1).unwrap_err();
        }),
    ];
    for (number, release) in refused.into_iter().enumerate() {
        assert_eq!(release.err().map(|error| error.code()), Some("seal.nothing"), "{number}");
    }
}

#[test]
fn a_key_that_comes_and_goes_makes_no_new_root() {
    let house = House::new();
    let timestamp = RoleName::from(RoleType::Timestamp);
    let code = house.refusal(|draft| {
        draft.add_key(&timestamp, &public("new")).unwrap();
        draft.lose_key(&timestamp, public("new").id()).unwrap();
    });
    assert_eq!(code, "seal.nothing");
}

#[test]
fn a_version_that_is_set_is_the_version_that_is_published() {
    let house = House::new();
    let release = house.release(|draft| {
        draft.set_version(&RoleName::targets(), Version::new(7).unwrap()).unwrap();
    });
    assert_eq!(release.unwrap().published().version(&RoleName::targets()).unwrap().get(), 7);
}

#[test]
fn a_version_that_is_set_survives_between_processes() {
    let house = House::new();
    let snapshot = RoleName::from(RoleType::Snapshot);
    let mut draft = house.published.draft();
    add(&mut draft, "a");
    draft.set_version(&snapshot, Version::new(9).unwrap()).unwrap();
    let mut signing = draft.seal(now(), &house.policy).unwrap();
    signing.sign(&key("targets")).unwrap();
    let mut kept: Vec<(RoleName, Vec<u8>)> =
        signing.files().map(|file| (file.role().clone(), file.to_bytes())).collect();
    let Ok(Next::Sign(signing)) = signing.complete(now()) else { panic!("a snapshot follows") };
    kept.extend(signing.files().map(|file| (file.role().clone(), file.to_bytes())));
    let signing = Signing::resume(&house.published, kept, now(), &house.policy).unwrap();
    let release =
        signing.publish(&[&key("targets"), &key("snapshot"), &key("timestamp")], now()).unwrap();
    assert_eq!(release.published().version(&snapshot).unwrap().get(), 9);
}

#[test]
fn a_timestamp_that_lapsed_while_it_was_kept_is_made_anew() {
    let house = House::new();
    let mut draft = house.published.draft();
    draft.renew(&RoleType::Timestamp.into()).unwrap();
    let signing = draft.seal(now(), &house.policy).unwrap();
    let kept: Vec<_> = signing.files().map(|f| (f.role().clone(), f.to_bytes())).collect();
    let later = now().saturating_add(3 * 86_400);
    let resumed = Signing::resume(&house.published, kept, later, &house.policy);
    assert_eq!(resumed.err().map(|error| error.code()), None);
}

#[test]
fn a_name_that_was_given_up_can_be_given_again() {
    let mut house = House::new().with_keys(&["r"]);
    house.publish(|draft| {
        delegate(draft, "targets", &delegation("r", "r", &["r/*"]), "r");
        add(draft, "r/1");
    });
    let twice = house.published.draft().recreate_role(&role("r")).map(|_| ()).map_err(|e| e.code());
    assert_eq!(twice, Err("draft.role-exists"), "it is delegated to");
    house.publish(|draft| draft.targets().unwrap().undelegate(&role("r")).unwrap());
    let mut published = reopened(&house);
    load(&mut published, &house, "targets").unwrap();
    house.published = published;
    let created = house.published.draft().create_role(&role("r")).map(|_| ()).map_err(|e| e.code());
    assert_eq!(created, Err("draft.role-exists"), "not by mistake");
    house.publish(|draft| {
        draft.targets().unwrap().delegate(&delegation("r", "r", &["r/*"])).unwrap();
        draft.recreate_role(&role("r")).unwrap();
        add(draft, "r/2");
    });
    assert!(finds(&house, "r/2") && !finds(&house, "r/1"));
    assert_eq!(house.published.version(&role("r")).unwrap().get(), 2);
}

#[test]
fn what_was_withdrawn_is_not_renewed() {
    let mut house = House::new().with_keys(&["r"]);
    house.publish(|draft| delegate(draft, "targets", &delegation("r", "r", &["r/*"]), "r"));
    house.publish(|draft| draft.targets().unwrap().undelegate(&role("r")).unwrap());
    let names = house.publish(|draft| draft.renew_expiring(now().saturating_add(91 * 86_400)));
    assert_eq!(names, ["4.snapshot.json", "timestamp.json"]);
}

#[test]
fn without_versions_in_names_a_change_has_a_gap() {
    let mut house = House::empty();
    house.publish(|draft| {
        first(draft);
        draft.root().set_consistent_snapshot(false);
    });
    let release = house.release(|draft| drop(add(draft, "a"))).unwrap();
    assert!(!release.is_gapless());
    let renewal = |draft: &mut Draft| draft.renew(&RoleType::Timestamp.into()).unwrap();
    assert!(house.release(renewal).unwrap().is_gapless(), "one file has none");
}
