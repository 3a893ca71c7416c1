//! Provenance.

use super::*;

fn strict() -> Policy {
    let builds = public("builds");
    let policy = ProvenancePolicy::builder()
        .key(builds.id().clone(), builds.key().clone())
        .threshold(1)
        .builder_id("https://builds.example/lamp")
        .predicate_type(PredicateType::SlsaV1)
        .build()
        .unwrap();
    Policy::default().require_provenance(&PathPattern::new("lamp/*".into()), policy)
}

#[test]
fn what_is_taken_up_needs_provenance_too() {
    let house = House::new();
    let mut draft = house.published.draft();
    add(&mut draft, "lamp/1");
    let signing = draft.seal(now(), &Policy::default()).unwrap();
    let kept: Vec<_> = signing.files().map(|f| (f.role().clone(), f.to_bytes())).collect();
    assert!(Signing::resume(&house.published, kept, now(), &strict()).is_err());
}

#[test]
fn what_was_withdrawn_unproven_does_not_come_back() {
    let mut house = House::new().with_keys(&["r"]);
    house.publish(|draft| {
        delegate(draft, "targets", &delegation("r", "r", &["lamp/*"]), "r");
        add(draft, "lamp/1");
    });
    house.publish(|draft| draft.targets().unwrap().undelegate(&role("r")).unwrap());
    house.policy = strict();
    let again = |draft: &mut Draft| {
        draft.targets().unwrap().delegate(&delegation("r", "r", &["lamp/*"])).unwrap();
    };
    assert_eq!(house.refusal(again), "provenance.missing");
    let elsewhere = |draft: &mut Draft| drop(add(draft, "lamp/1"));
    assert_eq!(house.refusal(elsewhere), "provenance.missing");
}

#[test]
fn nor_does_what_is_below_it() {
    let mut house = House::new().with_keys(&["r"]);
    house.publish(|draft| {
        delegate(draft, "targets", &delegation("mid", "r", &["lamp/*"]), "mid");
        delegate(draft, "mid", &delegation("leaf", "r", &["lamp/*"]), "leaf");
        assert_eq!(add(draft, "lamp/1"), role("leaf"));
    });
    house.publish(|draft| draft.targets().unwrap().undelegate(&role("mid")).unwrap());
    house.policy = strict();
    let again = |draft: &mut Draft| {
        draft.targets().unwrap().delegate(&delegation("mid", "r", &["lamp/*"])).unwrap();
    };
    assert_eq!(house.refusal(again), "provenance.missing");
}

#[test]
fn a_product_pattern_in_another_normal_form_is_not_overlooked() {
    let mut house = House::new();
    let builds = public("builds");
    let asked = ProvenancePolicy::builder()
        .key(builds.id().clone(), builds.key().clone())
        .threshold(1)
        .builder_id("https://builds.example/lamp")
        .predicate_type(PredicateType::SlsaV1)
        .build()
        .unwrap();
    // As file managers of some systems write it.
    let of = PathPattern::new("la\u{308}mp/*".into());
    house.policy = house.policy.require_provenance(&of, asked);
    assert_eq!(house.refusal(|draft| drop(add(draft, "l\u{e4}mp/1"))), "provenance.missing");
}
