//! Several people, a coordinator whom nobody has to trust, and documents that go astray.

use ota_trust::json::Json;
use ota_trust::key::{KeyId, Signer};
use ota_trust::metadata::RoleType;
use ota_trust::primitives::{Limits, RoleName, UtcTime};
use ota_trust::repository::ceremony::{SigningRequest, SigningResponse, Warning};
use ota_trust::repository::{Next, Signing, TargetEntry};

use super::house::{House, add, key, now, path, public, role};

/// Targets are signed by two of three.
fn house() -> House {
    let mut house = House::new().with_keys(&["anna", "bela", "cora"]);
    house.publish(|draft| {
        let keys = ["anna", "bela", "cora"].map(public);
        draft.root().set_keys(RoleType::Targets, &keys, 2).unwrap();
    });
    house
}

fn soon() -> UtcTime {
    now().saturating_add(86_400)
}

/// A change of targets that waits for signatures.
fn waiting(house: &House) -> Signing {
    let mut draft = house.published.draft();
    add(&mut draft, "lamp/2.bin");
    draft.seal(now(), &house.policy).unwrap()
}

/// As the signer has it, after the way there.
fn carried(request: &SigningRequest) -> SigningRequest {
    SigningRequest::parse(&request.to_bytes(), &Limits::default()).unwrap()
}

fn answer(request: &SigningRequest, name: &str) -> SigningResponse {
    let response = carried(request).sign(&key(name), now()).unwrap();
    SigningResponse::parse(&response.to_bytes(), &Limits::default()).unwrap()
}

#[test]
fn two_of_three_people_sign_a_release() {
    let house = house();
    let targets = RoleName::targets();
    let mut signing = waiting(&house);
    let request = signing.request(&targets, soon()).unwrap();
    assert_eq!(carried(&request).to_bytes(), request.to_bytes());
    assert_eq!(carried(&request).payload(), signing.file(&targets).unwrap().payload());
    assert!(!signing.status()[0].is_complete());
    for name in ["cora", "anna"] {
        signing.attach(&request, &answer(&request, name), now()).unwrap();
    }
    let status = &signing.status()[0];
    assert!(status.is_complete());
    assert_eq!(status.signatures[0].missing, [public("bela").id().clone()]);
    let text = status.to_string();
    assert!(text.starts_with("targets version 3: complete\n  2 of 2 signatures"), "{text}");
    // Taken up from files on another day.
    let files = signing.files().map(|file| (file.role().clone(), file.to_bytes()));
    let files: Vec<_> = files.collect();
    let signing = Signing::resume(&house.published, files, now(), &house.policy).unwrap();
    signing.publish(&[&key("snapshot"), &key("timestamp")], now()).unwrap();
}

#[test]
fn the_hardware_is_a_claim_that_is_kept() {
    let house = house();
    let request = waiting(&house).request(&RoleName::targets(), soon()).unwrap();
    let response = answer(&request, "anna").claiming_hardware("a token, slot 9c");
    let read = SigningResponse::parse(&response.to_bytes(), &Limits::default()).unwrap();
    assert_eq!(read.claimed_hardware().as_deref(), Some("a token, slot 9c"));
    assert_eq!(answer(&request, "anna").claimed_hardware(), None);
}

#[test]
fn a_bad_response_is_refused_and_the_ceremony_goes_on() {
    let house = house();
    let targets = RoleName::targets();
    let mut signing = waiting(&house);
    let request = signing.request(&targets, soon()).unwrap();
    let edited = |field: &str, value: &str| {
        let text = String::from_utf8(answer(&request, "anna").to_bytes()).unwrap();
        let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json[field] = serde_json::from_str(value).unwrap();
        SigningResponse::parse(json.to_string().as_bytes(), &Limits::default()).unwrap()
    };
    let bela = format!("\"{}\"", public("bela").id());
    let mut attach = |response: &SigningResponse, at: UtcTime| {
        let before = signing.files().next().unwrap().to_bytes();
        let result = signing.attach(&request, response, at).map_err(|error| error.code());
        if result.is_err() {
            assert_eq!(signing.files().next().unwrap().to_bytes(), before, "nothing changes");
        }
        result
    };
    // Wrong digest, wrong version, foreign role, wrong key, unknown key, broken signature.
    let digest = format!("\"{}\"", "00".repeat(32));
    assert_eq!(attach(&edited("digest", &digest), now()), Err("ceremony.stale"));
    assert_eq!(attach(&edited("version", "9"), now()), Err("ceremony.stale"));
    assert_eq!(attach(&edited("role", "\"snapshot\""), now()), Err("ceremony.stale"));
    assert_eq!(attach(&edited("keyid", &bela), now()), Err("ceremony.bad-signature"));
    assert_eq!(attach(&edited("keyid", "\"?\""), now()), Err("ceremony.foreign-key"));
    assert_eq!(attach(&edited("sig", "\"00\""), now()), Err("ceremony.bad-signature"));
    assert_eq!(attach(&edited("sig", "\"\""), now()), Err("ceremony.bad-signature"));
    // Too late; in time; again.
    assert_eq!(attach(&answer(&request, "anna"), soon()), Err("ceremony.expired"));
    assert_eq!(attach(&answer(&request, "anna"), now()), Ok(()));
    assert_eq!(attach(&answer(&request, "anna"), now()), Err("ceremony.already-signed"));
    assert_eq!(attach(&answer(&request, "bela"), now()), Ok(()));
    assert!(matches!(signing.complete(now()), Ok(Next::Sign(_))));
}

#[test]
fn a_response_to_what_was_sealed_anew_is_stale() {
    let house = house();
    let targets = RoleName::targets();
    let before = waiting(&house);
    let request = before.request(&targets, soon()).unwrap();
    let response = answer(&request, "anna");
    let mut draft = house.published.draft();
    add(&mut draft, "lamp/3.bin");
    let mut signing = draft.seal(now(), &house.policy).unwrap();
    let refused = signing.attach(&request, &response, now()).unwrap_err();
    assert_eq!(refused.to_string(), "targets: made for another digest than the file that waits");
    let newer = signing.request(&targets, soon()).unwrap();
    let refused = signing.attach(&newer, &response, now()).unwrap_err();
    assert_eq!(refused.code(), "ceremony.stale");
    let none = signing.request(&role("nobody"), soon()).unwrap_err();
    assert_eq!(none.code(), "ceremony.no-such-file");
}

#[test]
fn one_key_under_two_ids_signs_once() {
    let mut house = house();
    house.publish(|draft| {
        let again = public("anna").with_id(KeyId::new("anna again"));
        draft.root().add_key(RoleType::Targets, &again).unwrap();
    });
    let mut signing = waiting(&house);
    let request = signing.request(&RoleName::targets(), soon()).unwrap();
    signing.attach(&request, &answer(&request, "anna"), now()).unwrap();
    let text = String::from_utf8(answer(&request, "anna").to_bytes()).unwrap();
    let text = text.replace(public("anna").id().as_str(), "anna again");
    let again = SigningResponse::parse(text.as_bytes(), &Limits::default()).unwrap();
    let refused = signing.attach(&request, &again, now()).unwrap_err();
    assert_eq!(refused.code(), "ceremony.already-signed");
    assert!(signing.complete(now()).is_err());
}

#[test]
fn a_signer_with_the_wrong_key_or_too_late_is_stopped() {
    let house = house();
    let request = waiting(&house).request(&RoleName::targets(), soon()).unwrap();
    assert_eq!(request.sign(&key("mallory"), now()).unwrap_err().code(), "ceremony.foreign-key");
    assert_eq!(request.sign(&key("anna"), soon()).unwrap_err().code(), "ceremony.expired");
}

#[test]
fn what_a_request_says_beside_its_payload_is_not_believed() {
    let house = house();
    let request = waiting(&house).request(&RoleName::targets(), soon()).unwrap();
    let edited = |edit: &dyn Fn(&mut serde_json::Value)| {
        let mut json = serde_json::from_slice(&request.to_bytes()).unwrap();
        edit(&mut json);
        let parsed = SigningRequest::parse(json.to_string().as_bytes(), &Limits::default());
        parsed.map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(edited(&|_| ()), Ok(()));
    let digest = "00".repeat(32);
    assert_eq!(
        edited(&|json| json["digest"] = digest.clone().into()),
        Err("ceremony.payload-differs")
    );
    assert_eq!(edited(&|json| json["version"] = 9.into()), Err("ceremony.payload-differs"));
    let swapped = |json: &mut serde_json::Value| {
        json["payload"]["targets"]["lamp/2.bin"]["length"] = 7.into();
    };
    assert_eq!(edited(&swapped), Err("ceremony.payload-differs"));
    assert_eq!(edited(&|json| json["role"] = "snapshot".into()), Err("ceremony.payload"));
    assert_eq!(edited(&|json| json["role"] = "mirrors".into()), Err("ceremony.field"));
    assert_eq!(edited(&|json| json["format"] = 2.into()), Err("ceremony.kind"));
    assert_eq!(edited(&|json| json["_type"] = "signing-response".into()), Err("ceremony.kind"));
    assert_eq!(edited(&|json| json["payload"]["x"] = "e\u{301}".into()), Err("ceremony.field"));
    // Devices would read it, but nobody here writes it.
    for expires in ["2028-01-01T00:00:00.5Z", "2028-01-01T00:00:00+00:00"] {
        let foreign = |json: &mut serde_json::Value| json["payload"]["expires"] = expires.into();
        assert_eq!(edited(&foreign), Err("ceremony.field"));
    }
    assert_eq!(
        edited(&|json| drop(json.as_object_mut().unwrap().remove("expires"))),
        Err("ceremony.field")
    );
    let parse = |bytes: &[u8]| SigningRequest::parse(bytes, &Limits::default()).unwrap_err().code();
    assert_eq!(parse(b"{"), "ceremony.json");
    assert_eq!(parse(b"[]"), "ceremony.kind");
    let mut small = Limits::default();
    (small.max_targets_length, small.max_root_length) = (100, 100);
    let long = SigningRequest::parse(&request.to_bytes(), &small).unwrap_err();
    assert_eq!(long.code(), "ceremony.too-long");
}

#[test]
fn a_lying_coordinator_is_seen_in_the_review() {
    let mut house = house();
    house.publish(|draft| drop(add(draft, "lamp/1.bin")));
    let copy = house.web.0["3.targets.json"].clone();
    // "Only lamp/2.bin is new", says the coordinator, and changes lamp/1.bin as well.
    let mut draft = house.published.draft();
    add(&mut draft, "lamp/2.bin");
    draft.insert_target(&path("lamp/1.bin"), &TargetEntry::of(b"evil")).unwrap();
    draft.targets().unwrap().set_field("x", Json::text("\u{202e}neu")).unwrap();
    let signing = draft.seal(now(), &house.policy).unwrap();
    let request = carried(&signing.request(&RoleName::targets(), soon()).unwrap());
    let review = request.review(Some(&copy), &Limits::default()).unwrap();
    assert_eq!(review.warnings, []);
    let text = review.to_string();
    for line in [
        "- adds target \"lamp/2.bin\": ",
        "- changes \"targets\" > \"lamp/1.bin\" > \"length\" from 10 to 4",
        "- changes \"targets\" > \"lamp/1.bin\" > \"hashes\" > \"sha256\" from ",
        "- adds \"x\": \"\\u{202e}neu\"",
        "- changes \"version\" from 3 to 4",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    assert_eq!(review.changes.len(), 5, "{text}");
    let review = request.review(None, &Limits::default()).unwrap();
    assert_eq!(review.warnings, [Warning::NoCopy]);
    let other = request.review(Some(&house.web.0["2.snapshot.json"]), &Limits::default());
    assert_eq!(other.unwrap_err().code(), "ceremony.copy");
}

#[test]
fn an_order_that_changes_beside_other_things_is_seen() {
    use ota_trust::metadata::PathSet;
    use ota_trust::repository::Delegation;
    let mut house = house();
    let delegation = |name: &str, keys: &str| {
        Delegation::new(role(name), vec![public(keys)], 1, PathSet::patterns(["a/*"]))
    };
    house.keys.push("r".to_owned());
    house.publish(|draft| {
        for name in ["first", "second"] {
            draft.targets().unwrap().delegate(&delegation(name, "r")).unwrap();
            draft.create_role(&role(name)).unwrap();
        }
    });
    let copy = house.web.0["3.targets.json"].clone();
    let mut draft = house.published.draft();
    let targets = draft.targets().unwrap();
    targets.undelegate(&role("first")).unwrap();
    targets.delegate(&delegation("first", "r")).unwrap();
    targets.delegate(&delegation("third", "r")).unwrap();
    draft.create_role(&role("third")).unwrap();
    let signing = draft.seal(now(), &house.policy).unwrap();
    let request = signing.request(&RoleName::targets(), soon()).unwrap();
    let review = request.review(Some(&copy), &Limits::default()).unwrap().to_string();
    let order = r#"- changes the order of "delegations" > "roles" from ["first","second"] to ["second","first","third"]"#;
    assert!(review.contains(order), "{review}");
    assert!(review.contains("- adds delegation to \"third\": "), "{review}");
}

#[test]
fn a_review_warns_of_what_nobody_should_sign_unseen() {
    let mut house = house();
    let copy = |house: &House, name: &str| house.web.0[name].clone();
    house.publish(|draft| drop(add(draft, "lamp/1.bin")));
    let older = copy(&house, "3.targets.json");
    house.publish(|draft| drop(add(draft, "lamp/2.bin")));
    house.policy.expiry.targets = 1000;
    house.policy.expiry.root = 1000;
    let mut draft = house.published.draft();
    draft.root().set_threshold(RoleType::Targets, 1).unwrap();
    add(&mut draft, "lamp/3.bin");
    let signing = draft.seal(now(), &house.policy).unwrap();
    let limits = Limits::default();
    let request = signing.request(&RoleName::targets(), soon()).unwrap();
    let review = request.review(Some(&older), &limits).unwrap();
    assert_eq!(review.warnings, [Warning::ExpiresEarlier]);
    let newer = signing.file(&RoleName::targets()).unwrap().to_bytes();
    let review = request.review(Some(&newer), &limits).unwrap();
    assert!(matches!(review.warnings[..], [Warning::Version { .. }]), "{review}");
    assert_eq!(review.changes, []);
    let root = RoleName::from(RoleType::Root);
    let request = signing.request(&root, soon()).unwrap();
    let review = request.review(Some(&copy(&house, "2.root.json")), &limits).unwrap();
    let lowered = Warning::LowerThreshold { role: RoleName::targets() };
    assert_eq!(review.warnings, [Warning::ExpiresEarlier, lowered]);
    let review = request.review(Some(&copy(&house, "1.root.json")), &limits).unwrap();
    assert!(matches!(review.warnings[0], Warning::Version { .. }), "a root follows at once");
}

#[test]
fn a_root_needs_the_old_people_and_the_new() {
    let house = house();
    let root = RoleName::from(RoleType::Root);
    let mut draft = house.published.draft();
    draft.root().set_keys(RoleType::Root, &["dora", "emma"].map(public), 2).unwrap();
    let mut signing = draft.seal(now(), &house.policy).unwrap();
    let request = signing.request(&root, soon()).unwrap();
    assert_eq!(signing.status()[0].signatures.len(), 2);
    for (name, complete) in [("dora", false), ("emma", false), ("root", true)] {
        signing.attach(&request, &answer(&request, name), now()).unwrap();
        assert_eq!(signing.status()[0].is_complete(), complete, "{name}");
        match signing.clone().complete(now()) {
            Ok(Next::Release(release)) => {
                assert!(complete);
                let names: Vec<_> = release.files().map(|file| file.name()).collect();
                assert_eq!(names, ["3.root.json"], "nothing else changes");
            }
            other => assert!(!complete, "{other:?}"),
        }
    }
    let answer = answer(&request, "dora");
    assert_eq!(answer.key_id(), key("dora").public_key().id());
}

/// A token that says it has the key of another.
struct Liar(ota_trust::key::NamedKey, ota_trust::key::Ed25519Signer);

impl Signer for Liar {
    fn public_key(&self) -> &ota_trust::key::NamedKey {
        &self.0
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ota_trust::key::SignError> {
        self.1.sign(message)
    }
}

#[test]
fn a_token_that_signs_with_another_key_than_it_says_gives_no_response() {
    let house = house();
    let mut signing = waiting(&house);
    let request = signing.request(&RoleName::targets(), soon()).unwrap();
    let liar = Liar(public("anna"), key("mallory"));
    assert_eq!(request.sign(&liar, now()).unwrap_err().code(), "ceremony.signing");
    assert_eq!(signing.sign(&liar).unwrap_err().code(), "seal.signing");
    assert_eq!(signing.status()[0].signatures[0].signed, []);
}

#[test]
fn snapshot_and_timestamp_can_be_signed_by_people_too() {
    let house = house();
    let mut signing = waiting(&house);
    for name in ["anna", "bela"] {
        signing.sign(&key(name)).unwrap();
    }
    let mut carried: Vec<(RoleName, Vec<u8>)> = Vec::new();
    for stage in [RoleType::Snapshot, RoleType::Timestamp] {
        let Ok(Next::Sign(mut next)) = signing.complete(now()) else { panic!("{stage}") };
        let request = next.request(&stage.into(), soon()).unwrap();
        next.attach(&request, &answer(&request, stage.name()), now()).unwrap();
        carried.extend(next.files().map(|file| (file.role().clone(), file.to_bytes())));
        // Another day, from the files alone: the targets again, and what was signed since.
        let targets = waiting_signed(&house);
        let files = carried.iter().cloned().chain([targets]);
        let later = now().saturating_add(60);
        let again = Signing::resume(&house.published, files, later, &house.policy).unwrap();
        let Ok(Next::Sign(mut again)) = again.complete(later) else { panic!("{stage}") };
        if stage == RoleType::Timestamp {
            let Ok(Next::Sign(timestamp)) = again.complete(later) else { panic!("{stage}") };
            again = timestamp;
        }
        let status = again.status();
        assert!(status[0].is_complete(), "its signature is still there: {}", status[0]);
        signing = next;
    }
    assert!(matches!(signing.complete(now()), Ok(Next::Release(_))));
}

/// The targets that wait, signed by enough.
fn waiting_signed(house: &House) -> (RoleName, Vec<u8>) {
    let mut signing = waiting(house);
    for name in ["anna", "bela"] {
        signing.sign(&key(name)).unwrap();
    }
    (RoleName::targets(), signing.file(&RoleName::targets()).unwrap().to_bytes())
}

#[test]
fn a_file_that_was_kept_while_another_was_published_does_not_follow() {
    let mut house = house();
    let kept = waiting_signed(&house);
    house.publish(|draft| drop(add(draft, "lamp/9.bin")));
    let resumed = Signing::resume(&house.published, [kept], now(), &house.policy);
    assert_eq!(resumed.unwrap_err().code(), "seal.version");
}

#[test]
fn signatures_that_were_meddled_with_are_dropped() {
    let house = house();
    let (role, bytes) = waiting_signed(&house);
    let text = String::from_utf8(bytes).unwrap();
    let at = text.find("\"sig\":\"").unwrap() + 7;
    let (mut flipped, digit) = (text.clone(), &text[at..=at]);
    flipped.replace_range(at..=at, if digit == "0" { "1" } else { "0" });
    let resumed =
        Signing::resume(&house.published, [(role, flipped.into_bytes())], now(), &house.policy);
    let resumed = resumed.unwrap();
    assert_eq!(resumed.status()[0].signatures[0].signed.len(), 1);
    assert_eq!(resumed.complete(now()).unwrap_err().code(), "verify.signatures");
}

#[test]
fn a_recovery_that_is_taken_up_renews_snapshot_and_timestamp_if_it_is_said_again() {
    let house = house();
    let mut draft = house.published.draft();
    draft.recover(RoleType::Timestamp, &[public("new")], 1).unwrap();
    let signing = draft.seal(now(), &house.policy).unwrap();
    let files = signing.files().map(|file| (file.role().clone(), file.to_bytes()));
    let files: Vec<_> = files.collect();
    let names = |renewed: &[RoleType]| {
        let mut signing =
            Signing::resume(&house.published, files.clone(), now(), &house.policy).unwrap();
        for role in renewed {
            signing.renew(*role);
        }
        let keys = ["root", "snapshot", "new"].map(key);
        let signers: Vec<&dyn Signer> = keys.iter().map(|key| key as &dyn Signer).collect();
        let release = signing.publish(&signers, now()).unwrap();
        release.files().map(|file| file.name()).collect::<Vec<_>>()
    };
    assert_eq!(names(&[]), ["3.root.json", "timestamp.json"]);
    let renewed = names(&[RoleType::Snapshot, RoleType::Timestamp]);
    assert_eq!(renewed, ["3.snapshot.json", "3.root.json", "timestamp.json"]);
}

#[test]
fn what_cannot_follow_costs_nobody_a_signature() {
    use ota_trust::primitives::Version;
    use ota_trust::repository::PublishError;
    let mut house = house();
    house.publish(|draft| {
        let last = Version::new(u64::MAX).unwrap();
        draft.set_version(&RoleType::Timestamp.into(), last).unwrap();
    });
    let mut signing = waiting(&house);
    for name in ["anna", "bela"] {
        signing.sign(&key(name)).unwrap();
    }
    let Ok(Next::Sign(mut signing)) = signing.complete(now()) else { panic!("a snapshot follows") };
    signing.sign(&key("snapshot")).unwrap();
    let refused = signing.complete(now()).unwrap_err();
    assert_eq!(refused.code(), "seal.version-exhausted");
    let PublishError::Stopped(stopped) = refused else { panic!("{refused}") };
    assert!(stopped.signing.status()[0].is_complete(), "the snapshot is still signed");
}
