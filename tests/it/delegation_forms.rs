//! What a `delegations` object may say: names, path sets, and what is refused (§4.5).

use ota_trust::primitives::Remedy;
use serde_json::{Value, json};

use crate::world::*;

/// The refusal of `1.targets.json` after an edit of its `delegations`.
fn refusal(edit: impl Fn(&mut Value) + 'static) -> String {
    let mut repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("a", &["*"]));
        repo.delegate("targets", Delegation::new("b", &["*"]));
    });
    repo.edit("targets", move |signed| edit(&mut signed["delegations"]));
    repo.publish();
    let mut device = Device::new(&repo);
    let error = device.refusal(&repo);
    assert_eq!(device.requested().last(), Some(&"1.targets.json"));
    assert_stored(&device, &repo, &["timestamp.json", "1.snapshot.json"]);
    assert_eq!(error.remedy(), Remedy::AnotherMirror);
    error.code().to_owned()
}

#[test]
fn reserved_and_empty_names_are_refused() {
    for name in ["root", "timestamp", "snapshot", "targets", "mirrors", ""] {
        let edit = move |d: &mut Value| d["roles"][1]["name"] = json!(name);
        assert_eq!(refusal(edit), "metadata.role-name", "{name:?}");
    }
}

#[test]
fn a_reserved_name_in_escapes_is_refused() {
    let mut repo = Repo::with(|repo| repo.delegate("targets", Delegation::new("roo", &["*"])));
    let file = String::from_utf8(repo.file("1.targets.json")).unwrap();
    let mut signed = serde_json::from_str::<Value>(&file).unwrap()["signed"].take();
    signed["delegations"]["roles"][0]["name"] = json!("root");
    let signed = sign(signed, &[Signer::new("targets")]);
    let text = String::from_utf8(render(&signed, Form::Compact)).unwrap();
    let text = text.replace("\"name\":\"root\"", "\"name\":\"\\u0072oot\"");
    assert!(text.contains("\\u0072"));
    repo.served.insert("1.targets.json".into(), text.into_bytes());
    assert_refused(&Device::new(&repo).refusal(&repo), "metadata.role-name", Remedy::AnotherMirror);
}

#[test]
fn two_roles_of_one_name_are_refused() {
    assert_eq!(refusal(|d| d["roles"][1]["name"] = json!("a")), "metadata.duplicate-role");
}

#[test]
fn both_or_neither_path_set_is_refused() {
    assert_eq!(
        refusal(|d| d["roles"][0]["path_hash_prefixes"] = json!(["00"])),
        "metadata.path-set"
    );
    let neither = |d: &mut Value| drop(d["roles"][0].as_object_mut().unwrap().remove("paths"));
    assert_eq!(refusal(neither), "metadata.path-set");
}

#[test]
fn both_or_neither_set_of_roles_is_refused() {
    let bins = json!({"keyids": ["a"], "threshold": 1, "bit_length": 8, "name_prefix": "bin"});
    assert_eq!(refusal(move |d| d["succinct_roles"] = bins.clone()), "metadata.role-set");
    let neither = |d: &mut Value| drop(d.as_object_mut().unwrap().remove("roles"));
    assert_eq!(refusal(neither), "metadata.role-set");
}

#[test]
fn missing_fields_are_refused() {
    for field in ["name", "keyids", "threshold"] {
        let edit = move |d: &mut Value| drop(d["roles"][0].as_object_mut().unwrap().remove(field));
        assert_eq!(refusal(edit), "metadata.missing-field", "{field}");
    }
    let keys = |d: &mut Value| drop(d.as_object_mut().unwrap().remove("keys"));
    assert_eq!(refusal(keys), "metadata.missing-field");
}

#[test]
fn cve_2026_23991_null_where_an_object_belongs_is_refused() {
    for pointer in [
        "",
        "/keys",
        "/keys/a",
        "/keys/a/keyval",
        "/roles",
        "/roles/0",
        "/roles/0/keyids",
        "/roles/0/paths",
        "/roles/0/terminating",
        "/roles/0/name",
        "/roles/0/paths/0",
    ] {
        let edit = move |d: &mut Value| *d.pointer_mut(pointer).unwrap() = Value::Null;
        assert_eq!(refusal(edit), "metadata.json", "{pointer}");
    }
}

/// Which of these paths a delegation with this path set covers.
fn covered<'p>(edge: &Delegation, paths: &[&'p str]) -> Vec<&'p str> {
    let repo = Repo::with(|repo| {
        repo.delegate("targets", edge.clone());
        for path in paths {
            repo.add_target(&edge.name, path, b"");
        }
    });
    let mut device = Device::new(&repo);
    let mut trusted = Some(device.refresh(&repo));
    let mut covered = Vec::new();
    for path in paths {
        let lookup = device.find(&repo, trusted.take().unwrap(), path).unwrap();
        if lookup.target.is_ok() {
            covered.push(*path);
        }
        trusted = Some(lookup.repository);
    }
    covered
}

#[test]
fn globs_do_not_cross_slashes() {
    let paths = ["x", "x/y", "x/y/z", "x/.y", "xy", "x/yy", "X/y"];
    for (pattern, expected) in [
        ("*", &["x", "xy"][..]),
        ("x/*", &["x/y", "x/.y", "x/yy"]),
        ("*/*", &["x/y", "x/.y", "x/yy", "X/y"]),
        ("x/?", &["x/y"]),
        ("x?y", &[]),
        ("x[!a]y", &[]),
        ("[xX]/y", &["x/y", "X/y"]),
        ("x/y/z", &["x/y/z"]),
        ("", &[]),
    ] {
        assert_eq!(covered(&Delegation::new("a", &[pattern]), &paths), expected, "{pattern}");
    }
    assert_eq!(covered(&Delegation::new("a", &[]), &paths), [""; 0]);
    assert_eq!(covered(&Delegation::new("a", &["no", "x", "xy"]), &paths), ["x", "xy"]);
}

#[test]
fn hash_prefixes_are_of_the_paths_sha256() {
    let paths = ["a", "dir/b", "ü"];
    for path in paths {
        let hash = sha256_hex(path.as_bytes());
        for length in [1, 2, 7, 64] {
            let edge = Delegation::new("bin", &[]).hash_prefixes(&["zz", &hash[..length]]);
            assert_eq!(covered(&edge, &[path]), [path]);
        }
        let edge = Delegation::new("bin", &[]).hash_prefixes(&[&format!("{hash}0"), "", "zz"]);
        assert_eq!(covered(&edge, &[path]), [path], "the empty prefix is one of every hash");
        let edge = Delegation::new("bin", &[]).hash_prefixes(&[&hash[1..]]);
        assert_eq!(covered(&edge, &[path]), [""; 0]);
    }
}
