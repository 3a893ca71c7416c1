//! Keys.

use super::*;

#[test]
fn bins_named_after_their_role_do_not_get_its_keys() {
    let mut house = House::new().with_keys(&["r", "bins"]);
    house.publish(|draft| {
        delegate(draft, "targets", &delegation("lamp", "r", &["lamp/*"]), "lamp");
        add(draft, "lamp/1");
    });
    house.publish(|draft| {
        let bins = Bins::succinct(1, "lamp", vec![public("bins")], 1);
        draft.move_into_bins(&role("lamp"), &bins).unwrap();
    });
    // Another person for the role, not for its bins.
    let mut draft = house.published.draft();
    draft.role(&role("lamp")).unwrap();
    draft.add_key(&role("lamp"), &public("new")).unwrap();
    let signing = draft.seal(now(), &house.policy).unwrap();
    let roles: Vec<&str> = signing.files().map(|file| file.role().as_str()).collect();
    assert_eq!(roles, ["targets"], "the bins take the new key as well");
}

#[test]
fn a_bin_of_more_digits_is_another_role() {
    let mut house = House::new().with_keys(&["r", "bins"]);
    house.publish(|draft| {
        delegate(draft, "targets", &delegation("lamp", "r", &["lamp/*"]), "lamp");
        delegate(draft, "targets", &delegation("lamp-10", "r", &["other/*"]), "lamp-10");
        let bins = Bins::succinct(1, "lamp", vec![public("bins")], 1);
        draft.move_into_bins(&role("lamp"), &bins).unwrap();
    });
    let mut draft = house.published.draft();
    draft.role(&role("lamp")).unwrap();
    let old = public("r").id().clone();
    let rotated = draft.rotate_key(&role("lamp-10"), &old, &public("new"));
    assert_eq!(rotated.map_err(|error| error.code()), Ok(()));
}

#[test]
fn a_key_is_lost_wherever_it_is_listed_in_a_diamond() {
    let mut house = House::new().with_keys(&["r", "a", "b"]);
    house.publish(|draft| {
        delegate(draft, "targets", &delegation("x", "r", &["p/*"]), "x");
        delegate(draft, "targets", &delegation("y", "r", &["p/*"]), "y");
        delegate(draft, "x", &delegation("leaf", "a", &["p/*"]), "leaf");
        draft.role(&role("y")).unwrap().delegate(&delegation("leaf", "b", &["p/*"])).unwrap();
    });
    let mut draft = house.published.draft();
    let rotated = draft.rotate_key(&role("leaf"), public("a").id(), &public("new"));
    assert_eq!(rotated.map_err(|error| error.code()), Ok(()));
}

#[test]
fn a_stolen_key_is_gone_under_every_id() {
    let mut house = House::new().with_keys(&["anna", "bela"]);
    house.publish(|draft| {
        let alias = public("anna").with_id(KeyId::new("alias"));
        let keys = [public("anna"), alias, public("bela")];
        draft.root().set_keys(RoleType::Targets, &keys, 1).unwrap();
    });
    house.publish(|draft| {
        draft.lose_key(&RoleName::targets(), public("anna").id()).unwrap();
    });
    let mut draft = house.published.draft();
    add(&mut draft, "evil");
    let mut signing = draft.seal(now(), &house.policy).unwrap();
    assert_eq!(signing.sign(&key("anna")).unwrap(), 0, "the thief can still sign");
}

#[test]
fn a_stolen_key_that_is_replaced_is_gone_under_every_id() {
    let mut house = House::new().with_keys(&["anna", "bela"]);
    house.publish(|draft| {
        let alias = public("anna").with_id(KeyId::new("alias"));
        let keys = [public("anna"), alias, public("bela")];
        draft.root().set_keys(RoleType::Targets, &keys, 1).unwrap();
    });
    house.publish(|draft| {
        draft.rotate_key(&RoleName::targets(), public("anna").id(), &public("new")).unwrap();
    });
    let mut draft = house.published.draft();
    add(&mut draft, "evil");
    let mut signing = draft.seal(now(), &house.policy).unwrap();
    assert_eq!(signing.sign(&key("anna")).unwrap(), 0, "the thief can still sign");
}

#[test]
fn a_delegation_is_withdrawn_without_loading_all_others() {
    let mut house = House::new().with_keys(&["r"]);
    house.publish(|draft| {
        for name in ["a", "b"] {
            delegate(draft, "targets", &delegation(name, "r", &["x/*"]), name);
        }
    });
    let mut published = reopened(&house);
    load(&mut published, &house, "targets").unwrap();
    house.published = published;
    let undelegated =
        house.release(|draft| draft.targets().unwrap().undelegate(&role("a")).unwrap());
    assert_eq!(undelegated.err().map(|error| error.code()), None);
}
