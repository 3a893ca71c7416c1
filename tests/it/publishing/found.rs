//! What a hostile reading found. Each test says what was promised.

use ota_trust::json::Json;
use ota_trust::key::{KeyId, NamedKey, Signer as _};
use ota_trust::metadata::{PathPattern, PathSet, RoleType};
use ota_trust::primitives::{Limits, RoleName, UtcTime, Version};
use ota_trust::provenance::{PredicateType, ProvenancePolicy};
use ota_trust::repository::ceremony::Review;
use ota_trust::repository::{
    Bins, Delegation, Draft, Next, Policy, Published, Signing, TargetEntry,
};

use super::house::{House, TOP_LEVEL, add, assert_found, key, now, path, public, role};

fn soon() -> UtcTime {
    now().saturating_add(86_400)
}

fn delegation(name: &str, keys: &str, patterns: &[&str]) -> Delegation {
    let paths = PathSet::patterns(patterns.iter().copied());
    Delegation::new(role(name), vec![public(keys)], 1, paths)
}

/// Delegates and creates the role.
fn delegate(draft: &mut Draft, from: &str, to: &Delegation, name: &str) {
    let from = role(from);
    let parent = if from.is_targets() { draft.targets() } else { draft.role(&from) };
    parent.unwrap().delegate(to).unwrap();
    draft.create_role(&role(name)).unwrap();
}

/// What is published, opened anew from the web, without any targets role.
fn reopened(house: &House) -> Published {
    let file = |name: String| house.web.0[&name].clone();
    let version = |role: RoleType| house.published.version(&role.into()).unwrap();
    Published::open(
        file(format!("{}.root.json", version(RoleType::Root))),
        file("timestamp.json".into()),
        file(format!("{}.snapshot.json", version(RoleType::Snapshot))),
        &Limits::default(),
    )
    .unwrap()
}

fn load(published: &mut Published, house: &House, name: &str) -> Result<(), &'static str> {
    let role = role(name);
    let file = house.web.0[&published.file_name(&role).unwrap()].clone();
    published.load(&role, file).map_err(|error| error.code())
}

fn finds(house: &House, at: &str) -> bool {
    let mut device = house.web.device();
    let repository = device.refresh(&house.web);
    device.find(&house.web, repository, at).is_ok_and(|outcome| outcome.target.is_ok())
}

/// The review of the next file of a role against the one that is published.
fn review(house: &House, of: &RoleName, edit: impl FnOnce(&mut Draft)) -> Review {
    let mut draft = house.published.draft();
    edit(&mut draft);
    let signing = draft.seal(now(), &house.policy).unwrap();
    let copy = &house.web.0[&house.published.file_name(of).unwrap()];
    signing.request(of, soon()).unwrap().review(Some(copy), &Limits::default()).unwrap()
}

// Law 1: every device goes along.

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
        super::house::first(draft);
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

// Law 2: what a device would refuse or does not find is an error.

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

// Law 3: versions rise where something changes.

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
        super::house::first(draft);
        draft.root().set_consistent_snapshot(false);
    });
    let release = house.release(|draft| drop(add(draft, "a"))).unwrap();
    assert!(!release.is_gapless());
    let renewal = |draft: &mut Draft| draft.renew(&RoleType::Timestamp.into()).unwrap();
    assert!(house.release(renewal).unwrap().is_gapless(), "one file has none");
}

// Law 5: reviews.

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

// Law 6: one person counts once.

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

// Law 7: provenance.

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

// Law 8: time and memory.

/// A role `r` whose own file, signed by its own key, has 2 to the power of `bits` bins.
fn with_bins_of_a_delegate(house: &mut House, bits: u32) -> Published {
    house.policy.list_digests = false;
    house.publish(|draft| {
        delegate(draft, "targets", &delegation("r", "r", &["r/*"]), "r");
        delegate(draft, "targets", &delegation("other", "r", &["other/*"]), "other");
    });
    let mut file: serde_json::Value = serde_json::from_slice(&house.web.0["1.r.json"]).unwrap();
    let succinct = serde_json::json!({
        "bit_length": bits, "name_prefix": "bin", "keyids": ["k"], "threshold": 1,
    });
    let listed = serde_json::json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {
        "public": public("r").value(),
    }});
    file["signed"]["delegations"] =
        serde_json::json!({"keys": {"k": listed}, "succinct_roles": succinct});
    let signature = key("r").sign(file["signed"].to_string().as_bytes()).unwrap();
    file["signatures"][0]["sig"] = hex::encode(signature).into();
    let mut published = reopened(house);
    for name in ["targets", "other"] {
        load(&mut published, house, name).unwrap();
    }
    published.load(&role("r"), file.to_string().into_bytes()).unwrap();
    published
}

#[test]
fn succinct_bins_without_end_are_refused_at_once() {
    let mut house = House::new().with_keys(&["r"]);
    let published = with_bins_of_a_delegate(&mut house, 32);
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut draft = published.draft();
        draft.renew(&role("r")).unwrap();
        let sealed = draft.seal(now(), &Policy::default());
        sender.send(sealed.map(|_| ()).map_err(|error| error.code()))
    });
    let answer = receiver.recv_timeout(std::time::Duration::from_secs(20));
    assert!(matches!(answer, Ok(Err(_))), "{answer:?}");
}

#[test]
fn the_bins_of_a_role_that_does_not_change_are_not_walked_either() {
    let mut house = House::new().with_keys(&["r"]);
    // With 32 bits this takes all memory that there is.
    let published = with_bins_of_a_delegate(&mut house, 20);
    let mut draft = published.draft();
    let paths = PathSet::patterns(["others/*"]);
    draft.targets().unwrap().set_paths(&role("other"), paths).unwrap();
    let sealed = draft.seal(now(), &Policy::default());
    assert_eq!(sealed.err().map(|error| error.code()), Some("seal.bins"));
}

// Law 9: keys.

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

// Editing what devices find.

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
