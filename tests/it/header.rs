//! The four fields that every role has, and fields that nobody knows (§4.2.1, §4.3).

use ota_trust::primitives::Remedy;
use serde_json::{Value, json};

use crate::world::*;

const ROLES: [&str; 5] = ["root", "timestamp", "snapshot", "targets", "role"];

fn repo() -> Repo {
    Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("role", &["*"]));
        repo.add_target("role", "file", b"content");
    })
}

/// The code of the refusal of a role's file after an edit of its `signed` part; `None` if it passes.
fn code(role: &str, edit: impl Fn(&mut Value) + 'static) -> Option<&'static str> {
    let mut repo = repo();
    repo.edit(role, edit);
    repo.next_root(|_| ());
    repo.publish();
    let mut device = Device::new(&repo);
    let found = device
        .try_refresh(&repo)
        .and_then(|trusted| device.find(&repo, trusted, "file").map(|found| found.target.unwrap()));
    found.err().map(|ended| {
        let error = ended.refusal();
        assert_refused(&error, error.code(), Remedy::AnotherMirror);
        error.code()
    })
}

#[test]
fn spec_versions_of_tuf_1_pass() {
    for role in ROLES {
        for (text, expected) in [
            ("1", None),
            ("1.0", None),
            ("1.0.34", None),
            ("1.99.0", None),
            ("2.0", Some("metadata.spec-version")),
            ("0.9", Some("metadata.spec-version")),
            ("10.0", Some("metadata.spec-version")),
            ("", Some("metadata.spec-version")),
            (" 1", Some("metadata.spec-version")),
        ] {
            let found = code(role, move |signed| signed["spec_version"] = json!(text));
            assert_eq!(found, expected, "{role} {text:?}");
        }
    }
}

#[test]
fn rustsec_2020_0159_expiry_is_one_moment() {
    for role in ROLES {
        for (text, expected) in [
            ("9999-12-31T23:59:59Z", None),
            ("2099-01-01T00:00:00.5Z", None),
            ("2099-01-01T00:00:00+00:00", None),
            ("2099-01-01T00:00:00.123456789-23:59", None),
            ("2099-01-01T00:00:00.1234567890Z", Some("metadata.expires")),
            ("2099-01-01T00:00:00-00:00", Some("metadata.expires")),
            ("2099-01-01T00:00:00+24:00", Some("metadata.expires")),
            ("9999-12-31T23:59:59-00:01", Some("metadata.expires")),
            ("2099-01-01t00:00:00Z", Some("metadata.expires")),
            ("2099-01-01T00:00:00z", Some("metadata.expires")),
            ("2099-01-01 00:00:00Z", Some("metadata.expires")),
            ("2099-02-29T00:00:00Z", Some("metadata.expires")),
            ("2098-12-31T23:59:60Z", Some("metadata.expires")),
            ("2099-01-01T00:00:00", Some("metadata.expires")),
            ("2099-01-01", Some("metadata.expires")),
            ("10000-01-01T00:00:00Z", Some("metadata.expires")),
            ("", Some("metadata.expires")),
        ] {
            let found = code(role, move |signed| signed["expires"] = json!(text));
            assert_eq!(found, expected, "{role} {text:?}");
        }
    }
}

#[test]
fn every_field_is_required() {
    for role in ROLES {
        for field in ["_type", "spec_version", "version", "expires"] {
            let found =
                code(role, move |signed| drop(signed.as_object_mut().unwrap().remove(field)));
            assert_eq!(found, Some("metadata.missing-field"), "{role} {field}");
        }
    }
}

#[test]
fn versions_are_integers_of_at_least_1() {
    for role in ROLES {
        for (version, expected) in [
            (json!(0), "metadata.version"),
            (json!(-1), "metadata.json"),
            (json!(1.0), "metadata.json"),
            (json!("1"), "metadata.json"),
            (json!(null), "metadata.json"),
        ] {
            let shown = version.to_string();
            let found = code(role, move |signed| signed["version"] = version.clone());
            assert_eq!(found, Some(expected), "{role} {shown}");
        }
    }
}

#[test]
fn a_file_of_another_type_is_refused() {
    for role in ROLES {
        for other in ["root", "timestamp", "snapshot", "targets", "Root", "mirrors", ""] {
            let own = if role == "role" { "targets" } else { role };
            let found = code(role, move |signed| signed["_type"] = json!(other));
            assert_eq!(found, (own != other).then_some("metadata.type"), "{role} {other}");
        }
    }
}

#[test]
fn unknown_fields_are_passed_over_everywhere() {
    fn add(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.values_mut().for_each(add);
                // In maps of keys, roles, files, targets and digests a member is no field.
                let is_record = ["_type", "keytype", "threshold", "version", "length", "roles"]
                    .iter()
                    .any(|field| map.contains_key(*field));
                if is_record {
                    map.insert("x-unknown".into(), json!({"a": [null, {"b": -1}], "keyid": "c"}));
                }
            }
            Value::Array(items) => items.iter_mut().for_each(add),
            _ => (),
        }
    }
    for role in ROLES {
        assert_eq!(code(role, add), None, "{role}");
    }
}

#[test]
fn unknown_fields_of_the_envelope_are_passed_over() {
    for role in ROLES {
        let mut repo = repo();
        repo.tamper(role, |envelope| {
            envelope["x-unknown"] = json!([{}]);
            envelope["signatures"][0]["x-unknown"] = json!({"a": null});
        });
        repo.next_root(|_| ());
        repo.publish();
        let mut device = Device::new(&repo);
        let trusted = device.refresh(&repo);
        assert!(device.find(&repo, trusted, "file").unwrap().target.is_ok());
    }
}
