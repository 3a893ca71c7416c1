//! Provenance that is right is accepted, and whatever is done to it is judged as the model judges it.

use ota_trust::primitives::Limits;
use ota_trust::provenance::PredicateType;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::corpus::fuzz::choices::Choices;
use crate::corpus::fuzz::provenance::{ARTIFACT, Asked, BUILDERS, agree, sealed};
use crate::corpus::fuzz::signing::{Signer, sha256, sha512};

/// What is asked, with the limits that are usual.
fn asked() -> impl Strategy<Value = Asked> {
    (0..4_u8, 0..2_u8, 0..2_u8, 0..4_u8)
        .prop_map(|(keys, threshold, artifact, types)| {
            Asked::chosen(&mut Choices::new(&[keys, threshold, artifact, types]))
        })
        .prop_filter("no envelope can meet it", |asked| {
            asked.threshold == 1 || asked.keys.len() > 1
        })
}

/// A statement as it was asked for.
fn statement(asked: &Asked, which: Index) -> Value {
    let kind = which.get(asked.types);
    let builder = json!({"id": which.get(&BUILDERS)});
    let predicate = match kind {
        PredicateType::SlsaV1 => json!({"runDetails": {"builder": builder}}),
        _ => json!({"builder": builder}),
    };
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": "other", "digest": {"sha256": sha256(b"other"), "gitCommit": "x"}},
            {"name": "lamp", "digest": {"sha256": sha256(ARTIFACT), "sha512": sha512(ARTIFACT)}},
        ],
        "predicateType": kind.uri(),
        "predicate": predicate,
    })
}

/// All keys of the policy, under these ids.
fn signers(asked: &Asked, ids: &[&str]) -> Vec<Signer> {
    let pairs = asked.keys.iter().zip(ids.iter().cycle());
    pairs.map(|((_, number), id)| ((*id).to_owned(), *number)).collect()
}

/// Something done to a JSON document.
#[derive(Clone, Debug)]
enum Change {
    /// Takes a value away, wherever it is.
    Remove(Index),
    /// Puts another value in the place of one.
    Replace(Index, Value),
    /// Puts one value in the place of another.
    Copy(Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    let value = select(vec![
        json!(null),
        json!(7),
        json!(""),
        json!({}),
        json!([]),
        json!("b"),
        json!("a"),
        json!("https://in-toto.io/Statement/v0.1"),
        json!(PredicateType::SlsaV02.uri()),
        json!(PredicateType::SlsaV1.uri()),
        json!(sha256(b"other")),
        json!(sha256(ARTIFACT).to_uppercase()),
        json!({"builder": {"id": "b"}, "runDetails": {"builder": {"id": "b"}}}),
        json!({"sha256": sha256(ARTIFACT), "sha512": sha512(b"other")}),
    ]);
    prop_oneof![
        any::<Index>().prop_map(Change::Remove),
        (any::<Index>(), value).prop_map(|(at, value)| Change::Replace(at, value)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Copy(from, to)),
    ]
}

/// The pointers to all values within one.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(key, v)| pointers(v, &format!("{at}/{key}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, v)| pointers(v, &format!("{at}/{n}"), found));
        }
        _ => {}
    }
}

/// One of the pointers.
fn one(at: Index, all: &[String]) -> &str {
    &all[at.index(all.len())]
}

fn apply(change: &Change, document: &mut Value) {
    let mut all = Vec::new();
    pointers(document, "", &mut all);
    match change {
        Change::Remove(at) => {
            let Some((parent, name)) = one(*at, &all).rsplit_once('/') else { return };
            match document.pointer_mut(parent).unwrap() {
                Value::Object(object) => drop(object.remove(name)),
                Value::Array(items) => drop(items.remove(name.parse().unwrap())),
                other => panic!("{other}"),
            }
        }
        Change::Replace(at, value) => {
            *document.pointer_mut(one(*at, &all)).unwrap() = value.clone();
        }
        Change::Copy(from, to) => {
            let value = document.pointer(one(*from, &all)).unwrap().clone();
            *document.pointer_mut(one(*to, &all)).unwrap() = value;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_right_is_accepted(
        asked in asked(),
        which in any::<Index>(),
        ids in prop::collection::vec(select(vec!["a", "b", "c", "", "x"]), 1..5),
        url_safe in any::<bool>(),
    ) {
        let payload = statement(&asked, which).to_string();
        let envelope = sealed(payload.as_bytes(), &signers(&asked, &ids), url_safe);
        prop_assert!(agree(envelope.to_string().as_bytes(), &asked));
    }

    #[test]
    fn a_changed_statement_is_judged_as_by_the_model(
        asked in asked(),
        which in any::<Index>(),
        changes in prop::collection::vec(change(), 1..3),
    ) {
        let mut statement = statement(&asked, which);
        for change in &changes {
            apply(change, &mut statement);
        }
        let envelope = sealed(statement.to_string().as_bytes(), &signers(&asked, &["a"]), false);
        agree(envelope.to_string().as_bytes(), &asked);
    }

    #[test]
    fn a_changed_envelope_is_judged_as_by_the_model(
        asked in asked(),
        which in any::<Index>(),
        changes in prop::collection::vec(change(), 1..4),
    ) {
        let payload = statement(&asked, which).to_string();
        let mut envelope = sealed(payload.as_bytes(), &signers(&asked, &["a", "b"]), false);
        for change in &changes {
            apply(change, &mut envelope);
        }
        agree(envelope.to_string().as_bytes(), &asked);
    }

    #[test]
    fn changed_bytes_are_judged_as_by_the_model(
        asked in asked(),
        which in any::<Index>(),
        url_safe in any::<bool>(),
        changes in prop::collection::vec((any::<Index>(), select(b"=-_+/A\"{}[],: a0\\\x80".to_vec())), 1..4),
        cut in prop::option::weighted(0.2, any::<Index>()),
    ) {
        let payload = statement(&asked, which).to_string();
        let envelope = sealed(payload.as_bytes(), &signers(&asked, &["a", "b"]), url_safe);
        let mut bytes = envelope.to_string().into_bytes();
        for (at, byte) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        prop_assert_eq!(&asked.limits, &Limits::default());
        agree(&bytes, &asked);
    }
}
