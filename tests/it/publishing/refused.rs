//! What a device would refuse, or what nobody could sign for, cannot be published.

use ota_trust::json::Json;
use ota_trust::key::KeyId;
use ota_trust::metadata::{PathSet, RoleType};
use ota_trust::primitives::{Remedy, RoleName, Version};
use ota_trust::repository::{
    Bins, Delegation, Draft, PublishError, Separation, Signing, TargetEntry,
};

use super::house::{House, add, key, now, path, public, role};
use crate::refusals::assert_reported;

fn delegation(name: &str, patterns: &[&str]) -> Delegation {
    let paths = PathSet::patterns(patterns.iter().copied());
    Delegation::new(role(name), vec![public("releases")], 1, paths)
}

/// Delegates and creates the role.
fn delegate(draft: &mut Draft, from: &str, to: &str, patterns: &[&str]) {
    let from = role(from);
    let parent = if from.is_targets() { draft.targets() } else { draft.role(&from) };
    parent.unwrap().delegate(&delegation(to, patterns)).unwrap();
    draft.create_role(&role(to)).unwrap();
}

fn house() -> House {
    House::new().with_keys(&["releases"])
}

/// A device of a product without plans looks at no brake: it would stop nothing.
#[test]
fn a_brake_of_a_product_without_a_plan() {
    let house = house();
    let list = |draft: &mut Draft, at: &[&str]| {
        delegate(draft, "targets", "governed", &["*/*.json"]);
        for at in at {
            draft.role(&role("governed")).unwrap().insert(&path(at), &TargetEntry::of(b"{}"));
        }
    };
    let refusal = |at: &[&str]| house.release(|draft| list(draft, at)).map_err(|e| e.code()).err();
    assert_eq!(refusal(&["brake/lamp.json"]), Some("seal.brake-without-plan"));
    let others = ["brake/lamp.json", "rollouts/door.json", "rollouts/lamp"];
    assert_eq!(refusal(&others[..2]), Some("seal.brake-without-plan"));
    assert_eq!(refusal(&["brake/lamp.json", "rollouts/lamp.json"]), None);
    assert_eq!(refusal(&["brake/not a product.json"]), None);
}

#[test]
fn a_path_outside_of_the_delegation() {
    let house = house();
    let insert = |draft: &mut Draft, name: &str, at: &str| {
        draft.role(&role(name)).unwrap().insert(&path(at), &TargetEntry::of(b""));
    };
    for (at, code) in [("a/x", ""), ("b/x", "seal.path-outside"), ("a/x/y", "seal.path-outside")] {
        let edit = |draft: &mut Draft| {
            delegate(draft, "targets", "a", &["a/*"]);
            insert(draft, "a", at);
        };
        match house.release(edit) {
            Ok(_) => assert_eq!(code, ""),
            Err(error) => assert_eq!(error.code(), code, "{at}"),
        }
    }
    // Each edge on the way has to match, not the last alone.
    let nested = |draft: &mut Draft| {
        delegate(draft, "targets", "a", &["a/*"]);
        delegate(draft, "a", "b", &["*/*"]);
        insert(draft, "b", "c/x");
    };
    assert_eq!(house.refusal(nested), "seal.path-outside");
    // Behind a terminating delegation no search arrives.
    let cut_off = |draft: &mut Draft| {
        let first = delegation("first", &["a/*"]).terminating();
        draft.targets().unwrap().delegate(&first).unwrap();
        draft.create_role(&role("first")).unwrap();
        delegate(draft, "targets", "a", &["a/*"]);
        insert(draft, "a", "a/x");
    };
    assert_eq!(house.refusal(cut_off), "seal.path-outside");
}

#[test]
fn a_delegation_that_is_narrowed_leaves_paths_outside() {
    let mut house = house();
    house.publish(|draft| {
        delegate(draft, "targets", "a", &["a/*"]);
        add(draft, "a/x");
    });
    let narrow = |draft: &mut Draft| {
        let paths = PathSet::patterns(["a/y*"]);
        draft.targets().unwrap().set_paths(&role("a"), paths).unwrap();
    };
    assert_eq!(house.refusal(narrow), "seal.path-outside");
    let both = |draft: &mut Draft| {
        narrow(draft);
        assert!(draft.role(&role("a")).unwrap().remove(&path("a/x")));
    };
    house.publish(both);
}

#[test]
fn a_bin_lists_what_falls_into_it() {
    let mut house = House::new().with_keys(&["bins"]);
    for (number, make) in [Bins::listed, Bins::succinct].into_iter().enumerate() {
        let edit = |draft: &mut Draft| {
            let bins = make(2, "bin", vec![public("bins")], 1);
            draft.move_into_bins(&role("targets"), &bins).unwrap();
            let bin = draft.role_for(&path("x")).unwrap();
            for name in ["bin-0", "bin-1", "bin-2", "bin-3"].map(role) {
                if (name == bin) == (number == 0) {
                    draft.role(&name).unwrap().insert(&path("x"), &TargetEntry::of(b""));
                }
            }
        };
        if number == 0 {
            house.release(edit).unwrap();
        } else {
            assert_eq!(house.refusal(edit), "seal.path-outside");
        }
    }
    house.publish(|draft| drop(add(draft, "x")));
}

#[test]
fn a_threshold_that_the_keys_cannot_meet() {
    let house = house();
    let refused = |edit: fn(&mut Draft) -> Result<(), ota_trust::repository::DraftError>| {
        let mut draft = house.published.draft();
        edit(&mut draft).unwrap_err().code()
    };
    assert_eq!(refused(|d| d.root().set_threshold(RoleType::Root, 2)), "draft.threshold");
    assert_eq!(refused(|d| d.root().set_threshold(RoleType::Root, 0)), "draft.threshold");
    assert_eq!(
        refused(|d| {
            let only = d.root().key_ids(RoleType::Targets)[0].clone();
            d.root().remove_key(RoleType::Targets, &only)
        }),
        "draft.threshold"
    );
    // One key under two ids, and a key that nobody can use, are found when it is sealed.
    let twice = |draft: &mut Draft| {
        let again = public("root").with_id(KeyId::new("again"));
        draft.root().add_key(RoleType::Root, &again).unwrap();
        draft.root().set_threshold(RoleType::Root, 2).unwrap();
    };
    assert_eq!(house.refusal(twice), "seal.unattainable");
    let unknown = |draft: &mut Draft| {
        let other = ota_trust::key::NamedKey::new("dilithium", "dilithium5", "00");
        draft.root().set_keys(RoleType::Timestamp, &[other], 1).unwrap();
    };
    assert_eq!(house.refusal(unknown), "seal.unattainable");
}

#[test]
fn keys_that_must_be_apart() {
    let mut house = house();
    for (online, offline) in [
        (RoleType::Timestamp, "root"),
        (RoleType::Timestamp, "targets"),
        (RoleType::Snapshot, "root"),
        (RoleType::Snapshot, "targets"),
    ] {
        // Known by what it decodes to, not by its id.
        let key = public(offline).with_id(KeyId::new("another id"));
        let share = |draft: &mut Draft| draft.root().add_key(online, &key).unwrap();
        assert_eq!(house.refusal(share), "seal.shared-key", "{online} and {offline}");
    }
    let one_online_key = |draft: &mut Draft| {
        draft.root().add_key(RoleType::Timestamp, &public("snapshot")).unwrap();
    };
    house.release(one_online_key).unwrap();
    let edit = |draft: &mut Draft| {
        for (name, pattern) in [("releases", "r/*"), ("rollouts", "o/*")] {
            delegate(draft, "targets", name, &[pattern]);
        }
    };
    house.release(edit).unwrap();
    let apart = ["releases", "rollouts", "brake"].map(role);
    house.policy.separation = Separation::default().and_apart(&apart);
    assert_eq!(house.refusal(edit), "seal.shared-key");
    house.policy.separation = Separation::none();
    house.release(edit).unwrap();
}

#[test]
fn a_role_that_is_not_at_hand_while_its_keys_change() {
    let mut house = house();
    house.publish(|draft| delegate(draft, "targets", "a", &["a/*"]));
    let open = |roles: &[&str]| {
        let file = |name: &str| house.web.0[name].clone();
        let mut published = ota_trust::repository::Published::open(
            file("1.root.json"),
            file("timestamp.json"),
            file("2.snapshot.json"),
            &ota_trust::primitives::Limits::default(),
        )
        .unwrap();
        for name in roles {
            let bytes = file(&published.file_name(&role(name)).unwrap());
            published.load(&role(name), bytes).unwrap();
        }
        House { published, keys: house.keys.clone(), ..House::empty() }
    };
    let rotate = |draft: &mut Draft, name: &str, old: &str| {
        draft.rotate_key(&role(name), public(old).id(), &public("bins")).unwrap();
    };
    let targets = |draft: &mut Draft| rotate(draft, "targets", "targets");
    assert_eq!(open(&[]).refusal(targets), "seal.not-loaded");
    assert_eq!(open(&["targets"]).refusal(targets), "verify.signatures", "the key is elsewhere");
    open(&["targets"]).with_keys(&["bins"]).release(targets).unwrap();
    let delegated = |draft: &mut Draft| rotate(draft, "a", "releases");
    assert_eq!(open(&["targets"]).refusal(delegated), "seal.not-loaded");
    open(&["targets", "a"]).with_keys(&["bins"]).release(delegated).unwrap();
}

#[test]
fn reserved_and_duplicate_names() {
    let house = house();
    for name in ["root", "targets", "snapshot", "timestamp", "mirrors", ""] {
        assert!(RoleName::delegated(name).is_err());
    }
    let mut draft = house.published.draft();
    delegate(&mut draft, "targets", "a", &["a/*"]);
    let again = draft.targets().unwrap().delegate(&delegation("a", &["b/*"]));
    assert_eq!(again.unwrap_err().code(), "draft.duplicate-role");
    assert_eq!(draft.create_role(&role("a")).unwrap_err().code(), "draft.role-exists");
    // `targets` as the name of a delegated role is a name like any other to the type, and refused
    // by the device's own reading.
    let reserved = |draft: &mut Draft| {
        let paths = PathSet::patterns(["a/*"]);
        let delegation = Delegation::new(RoleName::targets(), vec![public("a")], 1, paths);
        draft.targets().unwrap().delegate(&delegation).unwrap();
    };
    assert_eq!(house.refusal(reserved), "metadata.role-name");
}

#[test]
fn a_role_without_a_file_and_a_file_without_a_role() {
    let house = house();
    let no_file = |draft: &mut Draft| {
        draft.targets().unwrap().delegate(&delegation("a", &["a/*"])).unwrap();
    };
    assert_eq!(house.refusal(no_file), "seal.no-file");
    let no_role = |draft: &mut Draft| assert!(draft.create_role(&role("a")).unwrap().is_empty());
    assert_eq!(house.refusal(no_role), "seal.not-delegated");
    assert_eq!(House::empty().refusal(|_| ()), "seal.no-file");
    assert_eq!(
        House::empty().refusal(|draft| assert!(draft.targets().unwrap().is_empty())),
        "seal.no-file"
    );
}

#[test]
fn a_version_that_does_not_follow() {
    let mut house = house();
    house.publish(|draft| drop(add(draft, "a")));
    let set = |name: &'static str, version| {
        let name = RoleName::targets().as_str().eq(name).then(RoleName::targets);
        move |draft: &mut Draft| {
            let role = name.clone().unwrap_or(RoleType::Timestamp.into());
            draft.set_version(&role, Version::new(version).unwrap()).unwrap();
            if role.is_targets() {
                add(draft, "b");
            }
        }
    };
    for name in ["targets", "timestamp"] {
        assert_eq!(house.refusal(set(name, 1)), "seal.version", "{name}");
        assert_eq!(house.refusal(set(name, 2)), "seal.version", "{name}");
    }
    house.publish(set("targets", 7));
    house.publish(set("timestamp", u64::MAX));
    assert_eq!(house.refusal(|draft| drop(add(draft, "c"))), "seal.version-exhausted");
    let root = |draft: &mut Draft| {
        draft.root().set_field("x", Json::number(1)).unwrap();
        draft.set_version(&RoleType::Root.into(), Version::new(3).unwrap()).unwrap();
    };
    assert_eq!(house.refusal(root), "seal.version");
}

#[test]
fn what_would_have_expired() {
    let mut house = house();
    house.policy.expiry.targets = 0;
    assert_eq!(house.refusal(|draft| drop(add(draft, "a"))), "seal.expired");
    house.policy.expiry.targets = 10;
    house.policy.expiry.timestamp = 0;
    assert_eq!(house.refusal(|draft| drop(add(draft, "a"))), "seal.expired");
    // Sealed in time, and signed too late.
    house.policy.expiry.timestamp = 100;
    let mut draft = house.published.draft();
    add(&mut draft, "a");
    let mut signing = draft.seal(now(), &house.policy).unwrap();
    signing.sign(&key("targets")).unwrap();
    let refused = signing.complete(now().saturating_add(10)).unwrap_err();
    assert_eq!(refused.code(), "verify.expired");
}

#[test]
fn text_that_clients_would_disagree_about() {
    let house = house();
    let decomposed = "e\u{301}";
    let path_with = |draft: &mut Draft| drop(add(draft, &format!("caf{decomposed}")));
    assert_eq!(house.refusal(path_with), "seal.not-normalised");
    let in_custom = |draft: &mut Draft| {
        let custom = Json::parse(&format!(r#"{{"name":"{decomposed}"}}"#)).unwrap();
        let entry = TargetEntry::of(b"").with_custom(custom).unwrap();
        draft.insert_target(&path("a"), &entry).unwrap();
    };
    assert_eq!(house.refusal(in_custom), "seal.not-normalised");
    house.release(|draft| drop(add(draft, "café"))).unwrap();
    // What composes with a letter of an escape, and not with what the escape means, is in order.
    let after_escape = |draft: &mut Draft| {
        let custom = Json::parse("{\"name\":\"\\n\u{301}\"}").unwrap();
        let entry = TargetEntry::of(b"").with_custom(custom).unwrap();
        draft.insert_target(&path("a"), &entry).unwrap();
    };
    house.release(after_escape).unwrap();
}

#[test]
fn what_is_over_the_limits_of_devices() {
    let mut house = house();
    house.policy.limits.max_targets_length = 400;
    assert_eq!(house.refusal(|draft| drop(add(draft, &"a".repeat(300)))), "verify.too-long");
    house.policy.limits = ota_trust::primitives::Limits::default();
    house.policy.limits.max_depth = 6;
    let deep = |draft: &mut Draft| {
        let custom = Json::parse(r#"{"a":[[[[[1]]]]]}"#).unwrap();
        let entry = TargetEntry::of(b"").with_custom(custom).unwrap();
        draft.insert_target(&path("a"), &entry).unwrap();
    };
    assert_eq!(house.refusal(deep), "metadata.json");
}

#[test]
fn edits_that_make_no_sense() {
    let house = house();
    let mut draft = house.published.draft();
    let code = |error: ota_trust::repository::DraftError| error.code();
    assert_eq!(draft.remove_target(&path("a")).map_err(code), Err("draft.no-such-target"));
    assert_eq!(draft.role(&role("a")).map(|_| ()).map_err(code), Err("draft.no-such-role"));
    let known = draft.root().set_field("keys", Json::number(1)).map_err(code);
    assert_eq!(known, Err("draft.known-field"));
    let known = draft.targets().unwrap().set_field("version", Json::number(9)).map_err(code);
    assert_eq!(known, Err("draft.known-field"));
    let no_object = TargetEntry::of(b"").with_custom(Json::number(1)).map(|_| ()).map_err(code);
    assert_eq!(no_object, Err("draft.custom"));
    let none = TargetEntry::new(1, ota_trust::primitives::Hashes::default());
    assert_eq!(none.map(|_| ()).map_err(code), Err("draft.no-digest"));
    let foreign = draft.root().remove_key(RoleType::Root, public("x").id()).map_err(code);
    assert_eq!(foreign, Err("draft.no-such-key"));
    let twice = draft.root().add_key(RoleType::Root, &public("root")).map_err(code);
    assert_eq!(twice, Err("draft.has-key"));
    let conflict = public("x").with_id(public("root").id().clone());
    let conflict = draft.root().add_key(RoleType::Targets, &conflict).map_err(code);
    assert_eq!(conflict, Err("draft.key-conflict"));
    for bits in [0, 15, 32, 64] {
        let bins = Bins::succinct(bits, "bin", vec![public("bins")], 1);
        let refused = draft.move_into_bins(&role("targets"), &bins).map_err(code);
        assert_eq!(refused, Err("draft.bins"));
    }
    let none = draft.lose_key(&role("nobody"), public("x").id()).map_err(code);
    assert_eq!(none, Err("draft.not-delegated"));
    let offline = draft.recover(RoleType::Root, &[public("x")], 1).map_err(code);
    assert_eq!(offline, Err("draft.not-online"));
    let old = draft.recover(RoleType::Timestamp, &[public("timestamp")], 1).map_err(code);
    assert_eq!(old, Err("draft.has-key"));
}

#[test]
fn too_few_signatures_give_everything_back() {
    let mut house = house();
    house.keys.push("targets 2".to_owned());
    house.publish(|draft| {
        draft.root().add_key(RoleType::Targets, &public("targets 2")).unwrap();
        draft.root().set_threshold(RoleType::Targets, 2).unwrap();
    });
    let mut draft = house.published.draft();
    add(&mut draft, "a");
    let mut signing: Signing = draft.seal(now(), &house.policy).unwrap();
    assert_eq!(signing.sign(&key("snapshot")).unwrap(), 0, "it may not sign for targets");
    assert_eq!(signing.sign(&key("targets")).unwrap(), 1);
    assert_eq!(signing.sign(&key("targets")).unwrap(), 1, "again, and it counts once");
    let refused = signing.complete(now()).unwrap_err();
    assert_eq!(refused.code(), "verify.signatures");
    // The code of the first file, and what helps is that people sign.
    assert_eq!(refused.remedy(), Remedy::Operator);
    assert_reported(&refused);
    let PublishError::Incomplete(incomplete) = refused else { panic!("{refused}") };
    let mut signing = incomplete.signing;
    assert_eq!(signing.status()[0].signatures[0].signed.len(), 1);
    signing.sign(&key("targets 2")).unwrap();
    signing.publish(&[&key("snapshot"), &key("timestamp")], now()).unwrap();
}

#[test]
fn without_digests_nothing_is_published_that_could_be_swapped_for_something_else() {
    let mut house = House::new().with_keys(&["releases", "other"]);
    let hashed = |name: &str, prefix: &str| {
        let paths = PathSet::HashPrefixes(vec![prefix.into()]);
        Delegation::new(role(name), vec![public("releases")], 1, paths)
    };
    let edits: [(&str, &dyn Fn(&mut Draft)); 4] = [
        ("a governed document", &|draft| {
            delegate(draft, "targets", "plans", &["rollouts/*"]);
            let plan = path("rollouts/lamp.json");
            draft.role(&role("plans")).unwrap().insert(&plan, &TargetEntry::of(b"{}"));
        }),
        ("succinct bins", &|draft| {
            add(draft, "a");
            let bins = Bins::succinct(1, "bin", vec![public("releases")], 1);
            draft.move_into_bins(&role("targets"), &bins).unwrap();
        }),
        ("hash prefixes", &|draft| {
            for (name, prefix) in [("low", "0"), ("high", "f")] {
                draft.targets().unwrap().delegate(&hashed(name, prefix)).unwrap();
                draft.create_role(&role(name)).unwrap();
            }
        }),
        ("a key of targets", &|draft| {
            let paths = PathSet::patterns(["a/*"]);
            let edge = Delegation::new(role("a"), vec![public("targets")], 1, paths);
            draft.targets().unwrap().delegate(&edge).unwrap();
            draft.create_role(&role("a")).unwrap();
        }),
    ];
    for (what, edit) in edits {
        assert!(house.release(edit).is_ok(), "{what}: with digests");
        house.policy.list_digests = false;
        assert_eq!(house.refusal(edit), "seal.unbound", "{what}");
        house.policy.list_digests = true;
    }
    // Two roles of one team are told.
    house.policy.list_digests = false;
    let mut draft = house.published.draft();
    delegate(&mut draft, "targets", "stable", &["fw/*"]);
    delegate(&mut draft, "targets", "beta", &["fw/*"]);
    let signing = draft.clone().seal(now(), &house.policy).unwrap();
    assert_eq!(signing.swappable(), [(role("stable"), role("beta"))]);
    house.policy.list_digests = true;
    assert!(draft.seal(now(), &house.policy).unwrap().swappable().is_empty());
}
