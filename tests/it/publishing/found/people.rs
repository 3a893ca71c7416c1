//! One person counts once.

use super::*;

#[test]
fn a_status_counts_keys_and_not_ids() {
    let mut house = House::new().with_keys(&["anna", "bela"]);
    house.publish(|draft| {
        let alias = public("anna").with_id(KeyId::new("alias"));
        let keys = [public("anna"), alias, public("bela")];
        draft.root().set_keys(RoleType::Targets, &keys, 2).unwrap();
    });
    let mut draft = house.published.draft();
    add(&mut draft, "a");
    let mut signing = draft.seal(now(), &house.policy).unwrap();
    signing.sign(&key("anna")).unwrap();
    let status = signing.status()[0].clone();
    assert!(signing.complete(now()).is_err());
    assert!(!status.is_complete(), "{status}");
}
