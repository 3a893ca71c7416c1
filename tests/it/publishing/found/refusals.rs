//! What a device would refuse or does not find is an error.

use super::*;

#[test]
fn a_custom_over_the_limit_of_devices() {
    let mut house = House::new();
    let big = format!("{{\"a\":[{}1]}}", "\"xxxxxxxxxxxxxxxxxxxxxxxx\",".repeat(50_000));
    let entry = TargetEntry::of(b"a").with_custom(Json::parse(&big).unwrap()).unwrap();
    let release = house.release(|draft| drop(draft.insert_target(&path("a"), &entry).unwrap()));
    if let Ok(release) = release {
        house.web.upload(&release);
        assert!(finds(&house, "a"), "devices refuse the entry");
    }
}

#[test]
fn a_widened_terminating_delegation_hides_the_paths_of_the_next() {
    let mut house = House::new().with_keys(&["r"]);
    house.publish(|draft| {
        let first = delegation("first", "r", &["x/*"]).terminating();
        delegate(draft, "targets", &first, "first");
        delegate(draft, "targets", &delegation("second", "r", &["a/*"]), "second");
        add(draft, "a/1");
    });
    assert!(finds(&house, "a/1"));
    let release = house.release(|draft| {
        let paths = PathSet::patterns(["*/*"]);
        draft.targets().unwrap().set_paths(&role("first"), paths).unwrap();
    });
    if let Ok(release) = release {
        house.web.upload(&release);
        assert!(finds(&house, "a/1"), "a/1 is listed, and no search comes to it");
    }
}

#[test]
fn a_narrowed_delegation_leaves_paths_outside_two_levels_below() {
    let mut house = House::new().with_keys(&["r"]);
    house.publish(|draft| {
        delegate(draft, "targets", &delegation("mid", "r", &["a/*"]), "mid");
        delegate(draft, "mid", &delegation("leaf", "r", &["a/*"]), "leaf");
        assert_eq!(add(draft, "a/1"), role("leaf"));
    });
    let release = house.release(|draft| {
        let paths = PathSet::patterns(["b/*"]);
        draft.targets().unwrap().set_paths(&role("mid"), paths).unwrap();
    });
    if let Ok(release) = release {
        house.web.upload(&release);
        assert!(finds(&house, "a/1"), "a/1 is listed, and no search comes to it");
    }
}

#[test]
fn a_search_that_visits_more_roles_than_devices_do() {
    let mut house = House::new().with_keys(&["r"]);
    let release = house.release(|draft| {
        for number in 0..70 {
            let name = format!("r{number}");
            delegate(draft, "targets", &delegation(&name, "r", &["a/*"]), &name);
        }
        draft.role(&role("r69")).unwrap().insert(&path("a/1"), &TargetEntry::of(b"a/1"));
    });
    if let Ok(release) = release {
        house.web.upload(&release);
        assert!(finds(&house, "a/1"), "devices give up before they come to it");
    }
}

#[test]
fn a_key_in_pem_with_the_line_ends_of_windows() {
    let house = House::new();
    let crlf = NamedKey::new("ecdsa", "ecdsa-sha2-nistp256", "-----BEGIN\r\nx\r\n-----END\r\n");
    let added = house.release(|draft| draft.add_key(&RoleType::Timestamp.into(), &crlf).unwrap());
    assert_eq!(added.err().map(|error| error.code()), None);
}
