//! Nothing leaves the draft without the provenance that its product asks for.

use ota_trust::key::Signer as _;
use ota_trust::metadata::PathPattern;
use ota_trust::provenance::{PredicateType, ProvenancePolicy};
use ota_trust::repository::{Bins, Draft, TargetEntry};
use serde_json::{Value, json};

use super::house::{House, add, key, path, public, role};

const BUILDER: &str = "https://builds.example/lamp";

/// What a builder says of an artifact, signed with the key of that name.
fn envelope(artifact: &[u8], builder: &str, signer: &str) -> Vec<u8> {
    use base64ct::{Base64, Encoding as _};
    use sha2::Digest as _;
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "x", "digest": {"sha256": hex::encode(sha2::Sha256::digest(artifact))}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"runDetails": {"builder": {"id": builder}}},
    })
    .to_string();
    let kind = "application/vnd.in-toto+json";
    let pae = format!("DSSEv1 {} {kind} {} {statement}", kind.len(), statement.len());
    let signature = key(signer).sign(pae.as_bytes()).unwrap();
    let envelope: Value = json!({
        "payloadType": kind,
        "payload": Base64::encode_string(statement.as_bytes()),
        "signatures": [{"sig": Base64::encode_string(&signature)}],
    });
    envelope.to_string().into_bytes()
}

fn house() -> House {
    let mut house = House::new().with_keys(&["bins"]);
    let builds = public("builds");
    let policy = ProvenancePolicy::builder()
        .key(builds.id().clone(), builds.key().clone())
        .threshold(1)
        .builder_id(BUILDER)
        .predicate_type(PredicateType::SlsaV1)
        .build()
        .unwrap();
    let of = PathPattern::new("lamp/*".into());
    house.policy = house.policy.require_provenance(&of, policy);
    house
}

#[test]
fn what_is_new_or_changed_needs_it() {
    let mut house = house();
    assert_eq!(house.refusal(|draft| drop(add(draft, "lamp/1"))), "provenance.missing");
    house.release(|draft| drop(add(draft, "fan/1"))).unwrap();
    for (artifact, builder, signer, code) in [
        ("lamp/1", BUILDER, "builds", None),
        ("lamp/2", BUILDER, "builds", Some("provenance.subject")),
        ("lamp/1", "https://elsewhere.example", "builds", Some("provenance.builder")),
        ("lamp/1", BUILDER, "targets", Some("provenance.signatures")),
    ] {
        let edit = |draft: &mut Draft| {
            add(draft, "lamp/1");
            let envelope = envelope(artifact.as_bytes(), builder, signer);
            draft.attach_provenance(&path("lamp/1"), &envelope);
        };
        let refused = house.release(edit).err().map(|error| error.code());
        assert_eq!(refused, code, "{artifact} {builder} {signer}");
    }
    house.publish(|draft| {
        add(draft, "lamp/1");
        draft.attach_provenance(&path("lamp/1"), &envelope(b"lamp/1", BUILDER, "builds"));
    });
    // What is published already, stays; what changes is asked for again.
    house.publish(|draft| drop(add(draft, "fan/2")));
    let change = |draft: &mut Draft| {
        draft.insert_target(&path("lamp/1"), &TargetEntry::of(b"other")).unwrap();
    };
    assert_eq!(house.refusal(change), "provenance.missing");
}

#[test]
fn bins_are_no_way_around() {
    let mut house = house();
    let bins = || Bins::listed(1, "bin", vec![public("bins")], 1);
    let edit = |draft: &mut Draft| {
        add(draft, "lamp/1");
        draft.move_into_bins(&role("targets"), &bins()).unwrap();
    };
    assert_eq!(house.refusal(edit), "provenance.missing");
    house.publish(|draft| {
        add(draft, "lamp/1");
        draft.attach_provenance(&path("lamp/1"), &envelope(b"lamp/1", BUILDER, "builds"));
    });
    house.publish(|draft| draft.move_into_bins(&role("targets"), &bins()).unwrap());
}
