//! The count of a threshold equals the number of distinct decoded keys with a good signature.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use crate::thresholds::{repo_with, verdict};
use crate::world::*;

/// A key id of a role.
#[derive(Clone, Debug)]
struct Id {
    /// Which of a few keys it names; two ids may name one.
    key: usize,
    /// Whether the `keys` map has it.
    listed: bool,
    signature: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Absent,
    Good,
    /// Of another key.
    Foreign,
    /// Of the right key over something else.
    OverOther,
    Junk,
}

fn ids() -> impl Strategy<Value = Vec<Id>> {
    let kind = prop_oneof![
        2 => Just(Kind::Absent),
        5 => Just(Kind::Good),
        1 => Just(Kind::Foreign),
        1 => Just(Kind::OverOther),
        1 => Just(Kind::Junk),
    ];
    let id = (0..4_usize, prop::bool::weighted(0.9), kind)
        .prop_map(|(key, listed, signature)| Id { key, listed, signature });
    prop::collection::vec(id, 1..7)
}

fn key(number: usize) -> Signer {
    Signer::new(&format!("key {number}"))
}

fn name(number: usize) -> String {
    format!("id-{number}")
}

/// The oracle.
fn count(ids: &[Id]) -> u64 {
    let counts = |id: &&Id| id.listed && id.signature == Kind::Good;
    ids.iter().filter(counts).map(|id| id.key).collect::<BTreeSet<_>>().len() as u64
}

fn build(role: &'static str, ids: &[Id], threshold: u64, junk: usize, reverse: bool) -> Repo {
    let keys = ids.iter().enumerate().map(|(n, id)| key(id.key).alias(&name(n))).collect();
    let authority = Authority { keys, threshold };
    let mut repo = repo_with(role, &authority, &[]);
    let (lister, map) = match role {
        "delegated" => ("targets", "/delegations/keys"),
        _ => ("root", "/keys"),
    };
    let unlisted: Vec<String> = (0..ids.len()).filter(|&n| !ids[n].listed).map(name).collect();
    repo.edit(lister, move |signed| {
        let Some(keys) = signed.pointer_mut(map) else { return };
        for id in &unlisted {
            keys.as_object_mut().unwrap().remove(id);
        }
    });
    let ids = ids.to_vec();
    repo.tamper(role, move |envelope| {
        let message = canonical(&envelope["signed"]);
        let signatures = envelope["signatures"].as_array_mut().unwrap();
        for (n, id) in ids.iter().enumerate() {
            let signer = key(id.key).alias(&name(n));
            signatures.push(match id.signature {
                Kind::Absent => continue,
                Kind::Good => signer.sign(message.as_bytes()),
                Kind::Foreign => key(id.key + 1).alias(&name(n)).sign(message.as_bytes()),
                Kind::OverOther => signer.sign(b"something else"),
                Kind::Junk => json!({"keyid": name(n), "sig": "not hexadecimal"}),
            });
        }
        for n in 0..junk {
            signatures.push(key(n).alias(&format!("junk-{n}")).sign(message.as_bytes()));
        }
        if reverse {
            signatures.reverse();
        }
    });
    repo.publish_all();
    repo
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn cve_2020_6174_the_count_is_of_distinct_keys(
        role in prop::sample::select(vec!["root", "timestamp", "snapshot", "targets", "delegated"]),
        ids in ids(),
        threshold in 1..5_u64,
        junk in 0..3_usize,
        reverse: bool,
    ) {
        let repo = build(role, &ids, threshold, junk, reverse);
        let expected = count(&ids);
        match verdict(&repo, role) {
            Ok(()) => prop_assert!(expected >= threshold, "{expected} of {threshold} passed"),
            Err(error) => {
                let shortfall = shortfall(error);
                prop_assert!(expected < threshold, "{expected} of {threshold} refused");
                prop_assert_eq!(shortfall.have.len() as u64, expected);
                prop_assert_eq!(shortfall.need, threshold);
                // Every key id of the role is accounted for.
                prop_assert_eq!(shortfall.have.len() + shortfall.rest.len(), ids.len());
            }
        }
    }
}
