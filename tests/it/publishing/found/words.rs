//! Reviews.

use super::*;

#[test]
fn where_a_delegation_is_added_is_seen() {
    let mut house = House::new().with_keys(&["r"]);
    house.publish(|draft| {
        for name in ["a", "b"] {
            delegate(draft, "targets", &delegation(name, "r", &["x/*"]), name);
        }
    });
    let put = |last: &'static [&'static str]| {
        review(&house, &RoleName::targets(), move |draft| {
            let targets = draft.targets().unwrap();
            for name in ["a", "b"] {
                targets.undelegate(&role(name)).unwrap();
            }
            for name in last {
                targets.delegate(&delegation(name, "r", &["x/*"])).unwrap();
            }
            draft.create_role(&role("new")).unwrap();
        })
        .to_string()
    };
    let (first, last) = (put(&["new", "a", "b"]), put(&["a", "b", "new"]));
    let words = |review: &str| review.split_once("\n-").unwrap().1.to_owned();
    assert_ne!(words(&first), words(&last), "the one is asked before all others, the other last");
}

#[test]
fn names_in_a_review_cannot_deceive() {
    let mut house = House::new();
    house.publish(|draft| drop(add(draft, "lamp/1")));
    let shown = |at: &str| {
        let at = at.to_owned();
        let review = review(&house, &RoleName::targets(), move |draft| {
            draft.targets().unwrap().insert(&path(&at), &TargetEntry::of(b"x"));
        });
        let line = review.changes.iter().map(ToString::to_string);
        line.filter(|line| line.contains("target")).collect::<String>()
    };
    // Letters that turn what stands beside them around, and letters that are not seen.
    for c in ['\u{5d0}', '\u{627}', '\u{3164}', '\u{115f}', '\u{2800}', '\u{ffa0}'] {
        let line = shown(&format!("lamp/{c}2"));
        assert!(!line.contains(c), "{c:?} as it is: {line}");
    }
    // An escape, and a text that looks like one.
    assert_ne!(shown("lamp/\u{202e}2"), shown("lamp/\\u{202e}2"));
    // Where a name ends.
    let line = shown("lamp/2 ");
    assert!(!line.contains("lamp/2 :"), "a space at the end is not seen: {line}");
}

#[test]
fn places_in_a_review_cannot_be_forged() {
    let house = House::new();
    let set = |name: &'static str, value: &'static str| {
        review(&house, &RoleName::targets(), move |draft| {
            draft.targets().unwrap().set_field(name, Json::parse(value).unwrap()).unwrap();
        })
    };
    let line = set("delegations › roles › timestamp › threshold", "1").changes[0].to_string();
    assert!(!line.starts_with("adds delegations › roles"), "{line}");
}
