//! Documents of this crate's own, of a later version or with a field that must be known: they are
//! refused as such, whatever else they hold, and in whichever order.

use ota_trust::eligibility::Policy;
use ota_trust::json::RecordError;
use ota_trust::primitives::Limits;
use ota_trust::release::Manifest;
use ota_trust::rollout::{Brake, Plan, PlannedRelease, Stage};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::canonical::{Dice, noisy, text, value};

/// A sound document, and where those of its objects stand that list critical fields.
#[derive(Debug)]
struct Sound {
    text: &'static str,
    objects: &'static [&'static str],
}

macro_rules! sound {
    ($kind:literal, $objects:expr) => {
        Sound {
            text: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/data/documents/",
                $kind,
                ".valid.all-fields.json"
            )),
            objects: $objects,
        }
    };
}

static MANIFEST: Sound = sound!(
    "manifest",
    &[
        "",
        "/components/0",
        "/components/0/block_root",
        "/components/1",
        "/components/1/deltas/0",
        "/components/1/deltas/0/source",
    ]
);
static PLAN: Sound = sound!("plan", &[""]);
/// The objects of a plan of which one alone is closed, or not given.
static ENTRIES: Sound = sound!(
    "plan",
    &[
        "/releases/0",
        "/releases/0/exposure/stable/1",
        "/releases/0/grants/2",
        "/releases/0/halt",
        "/releases/0/sources",
        "/releases/0/sources/ranges/0",
        "/releases/1",
    ]
);
static BRAKE: Sound = sound!("brake", &[""]);
static POLICY: Sound = Sound {
    text: r#"{
        "schema": 1, "rollouts": "required",
        "accept_unproven_freshness": true, "accept_stale": false,
        "attestation": {"gate": "require", "channels": ["stable"], "allow_warning": true},
        "max_index_step": 7, "max_failed_boots": 2, "permit_seconds": 60,
        "maintenance_windows": [{"days": 127, "start": 0, "length": 60}],
        "plan_approvals": 2, "release_approvals": 1, "require_read_back": true
    }"#,
    objects: &["", "/attestation", "/maintenance_windows/0"],
};
#[cfg(feature = "repository")]
static SERVICE_KEYS: Sound = Sound {
    text: r#"{
        "schema": 1, "purpose": "attestation", "expires": "2027-06-01T00:00:00Z", "keys": {}
    }"#,
    objects: &[""],
};

type Parse = fn(&[u8], &Limits) -> Result<(), RecordError>;

static PARSED: [(&Sound, Parse); 4] = [
    (&MANIFEST, |bytes, limits| Manifest::parse(bytes, limits).map(|_| ())),
    (&PLAN, |bytes, limits| Plan::parse(bytes, limits).map(|_| ())),
    (&BRAKE, |bytes, limits| Brake::parse(bytes, limits).map(|_| ())),
    (&POLICY, |bytes, limits| Policy::from_json(bytes, limits).map(|_| ())),
];

fn code(parse: Parse, text: &str) -> &'static str {
    parse(text.as_bytes(), &Limits::default()).map_or_else(|refusal| refusal.code(), |()| "none")
}

/// What becomes of the fields of an object, and of their order.
#[derive(Clone, Debug)]
struct Change {
    /// Of the field with this number, another value, or none.
    others: Vec<(Index, Option<Value>)>,
    more: Vec<(String, Value)>,
    seed: u64,
}

fn change() -> impl Strategy<Value = Change> {
    let others = prop::collection::vec((any::<Index>(), prop::option::of(value())), 0..8);
    let more = prop::collection::vec((text(), value()), 0..3);
    (others, more, any::<u64>()).prop_map(|(others, more, seed)| Change { others, more, seed })
}

impl Change {
    /// Changes all fields but `schema`.
    fn apply(&self, object: &mut Value) {
        let object = object.as_object_mut().unwrap();
        let names: Vec<String> = object.keys().filter(|name| *name != "schema").cloned().collect();
        for (index, value) in &self.others {
            let name = index.get(&names).clone();
            match value {
                Some(value) => object.insert(name, value.clone()),
                None => object.remove(&name),
            };
        }
        for (name, value) in self.more.iter().filter(|(name, _)| name != "schema") {
            object.insert(name.clone(), value.clone());
        }
    }

    fn print(&self, document: &Value) -> String {
        noisy(document, &mut Dice(self.seed))
    }
}

/// The document of a later schema, of which anything may have changed.
fn later(of: &Sound, change: &Change, schema: u64, critical: Option<&Value>) -> String {
    let mut document: Value = serde_json::from_str(of.text).unwrap();
    change.apply(&mut document);
    document["schema"] = json!(schema);
    if let Some(critical) = critical {
        document["crit"] = critical.clone();
    }
    change.print(&document)
}

/// The document with a critical field, in one of its objects, that no reader knows. Anything else
/// may be wrong with that object, but for what says which release it is.
fn critical(of: &Sound, change: &Change, (place, name, known): &(Index, String, Index)) -> String {
    let mut document: Value = serde_json::from_str(of.text).unwrap();
    let place = place.get::<&str>(of.objects);
    let object = document.pointer_mut(place).unwrap();
    let before = object.clone();
    let mut names: Vec<String> = object.as_object().unwrap().keys().cloned().collect();
    names.truncate(known.index(names.len() + 1));
    // The fields of this crate begin with letters.
    names.insert(known.index(names.len() + 1), format!("-{name}"));
    change.apply(object);
    object["crit"] = json!(names);
    for name in
        ["manifest", "version", "recalls"].into_iter().filter(|_| place.starts_with("/releases"))
    {
        if before.get(name).is_some() {
            object[name] = before[name].clone();
        }
    }
    change.print(&document)
}

fn parsed() -> impl Strategy<Value = (&'static Sound, Parse)> {
    select(&PARSED[..])
}

fn later_schema() -> impl Strategy<Value = u64> {
    prop_oneof![4 => Just(2), 1 => any::<u64>().prop_filter("a later one", |schema| *schema != 1)]
}

fn critical_field() -> impl Strategy<Value = (Index, String, Index)> {
    (any::<Index>(), text(), any::<Index>())
}

#[test]
fn what_is_changed_is_sound() {
    for (of, parse) in PARSED {
        assert_eq!(code(parse, of.text), "none", "{}", of.text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_later_document_says_so(
        (of, parse) in parsed(),
        change in change(),
        schema in later_schema(),
        critical in prop::option::of(value()),
    ) {
        let text = later(of, &change, schema, critical.as_ref());
        prop_assert_eq!(code(parse, &text), "record.schema", "{}", text);
    }

    #[test]
    fn a_critical_field_says_so(
        (of, parse) in parsed(),
        change in change(),
        field in critical_field(),
    ) {
        let text = critical(of, &change, &field);
        prop_assert_eq!(code(parse, &text), "record.critical", "{}", text);
    }

    /// What closes one release of a plan, or takes one grant from it, changes nothing else.
    #[test]
    fn what_is_critical_in_an_entry_closes_it_alone(change in change(), field in critical_field()) {
        let limits = Limits::default();
        let sound = Plan::parse(ENTRIES.text.as_bytes(), &limits).unwrap();
        let text = critical(&ENTRIES, &change, &field);
        let plan = Plan::parse(text.as_bytes(), &limits).unwrap();
        let place = *field.0.get::<&str>(ENTRIES.objects);
        let number: usize = place["/releases/".len()..][..1].parse().unwrap();
        for (at, (found, expected)) in plan.releases().iter().zip(sound.releases()).enumerate() {
            prop_assert_eq!(found.manifest(), expected.manifest());
            prop_assert_eq!(found.version(), expected.version());
            if at != number {
                prop_assert_eq!(found.stage(), expected.stage());
                prop_assert_eq!(found.grants(), expected.grants());
                prop_assert_eq!(found.halt(), expected.halt());
                let exposed = |of: &PlannedRelease| {
                    let steps = of.exposure().channels();
                    let mut all: Vec<_> = steps.map(|(c, all)| (c.clone(), all.to_vec())).collect();
                    all.sort_by_key(|(channel, _)| channel.clone());
                    all
                };
                prop_assert_eq!(exposed(found), exposed(expected));
            } else if place.contains("grants") {
                prop_assert_eq!(found.grants(), &expected.grants()[..2]);
                prop_assert_eq!(found.stage(), expected.stage());
            } else {
                // Of another stage, it could be withdrawn.
                prop_assert!(matches!(found.stage(), Stage::Unknown | Stage::Withdrawn));
                prop_assert_eq!(found.recalls(), expected.recalls());
                prop_assert!(found.grants().is_empty());
            }
        }
        prop_assert_eq!(plan.releases().len(), sound.releases().len());
        prop_assert_eq!(plan.withdrawn(), sound.withdrawn());
        prop_assert_eq!(plan.minimum_index(), sound.minimum_index());
    }

    /// Of what is no document at all, nothing is believed, its schema included.
    #[test]
    fn what_is_not_well_formed_says_nothing(
        (of, parse) in parsed(),
        change in change(),
        schema in later_schema(),
        end: Index,
    ) {
        let text = later(of, &change, schema, None);
        prop_assert_eq!(code(parse, &format!("{text}]")), "record.json", "{}", text);
        let ends: Vec<usize> = text.trim_end().char_indices().map(|(at, _)| at).collect();
        let cut = &text[..*end.get(&ends)];
        prop_assert_eq!(code(parse, cut), "record.json", "{}", cut);
    }
}

/// Only what a repository vouches for is read as keys of a service.
#[cfg(feature = "repository")]
mod services {
    use ota_trust::services::ServiceKeys;

    use super::*;
    use crate::governed::agent::Agent;
    use crate::governed::vendor::{Vendor, product};

    /// The codes of the refusals, of documents that are published together.
    fn codes(documents: &[String]) -> Vec<&'static str> {
        let mut vendor = Vendor::new();
        let named = |(number, text): (usize, &String)| {
            (format!("services/{number}.json"), text.clone().into_bytes())
        };
        let files: Vec<(String, Vec<u8>)> = documents.iter().enumerate().map(named).collect();
        vendor.put(&files);
        let mut agent = Agent::new(&vendor, product("lamp"));
        let (web, contents) = (&vendor.house.web, &vendor.contents);
        let mut repository = agent.device.refresh(web);
        let mut codes = Vec::new();
        for (path, _) in &files {
            let (next, found) = agent.fetch(web, contents, repository, &path.parse().unwrap());
            let (target, bytes) = found.unwrap();
            let keys = ServiceKeys::read(&target, &bytes, agent.device.start, &Limits::default());
            codes.push(keys.map_or_else(|refusal| refusal.code(), |_| "none"));
            repository = next;
        }
        codes
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn later_keys_and_critical_fields_say_so(
            changes in prop::collection::vec((change(), later_schema(), critical_field()), 32),
        ) {
            let later = |(change, schema, _): &_| later(&SERVICE_KEYS, change, *schema, None);
            let later: Vec<String> = changes.iter().map(later).collect();
            for (text, code) in later.iter().zip(codes(&later)) {
                prop_assert_eq!(code, "record.schema", "{}", text);
            }
            let critical = |(change, _, field): &_| critical(&SERVICE_KEYS, change, field);
            let critical: Vec<String> = changes.iter().map(critical).collect();
            for (text, code) in critical.iter().zip(codes(&critical)) {
                prop_assert_eq!(code, "record.critical", "{}", text);
            }
        }
    }
}
