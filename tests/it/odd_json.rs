//! Odd values at every place of every file, signed all the same: no panic, and a verdict (CVE-2026-23991,
//! go-tuf#652, #713, #739, #749).

use serde_json::{Value, json};

use crate::world::*;

const ROLES: [&str; 5] = ["root", "timestamp", "snapshot", "targets", "role"];

/// The pointers to all values inside of `value`.
fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                pointers(
                    value,
                    &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")),
                    out,
                );
            }
        }
        Value::Array(items) => {
            for (number, value) in items.iter().enumerate() {
                pointers(value, &format!("{at}/{number}"), out);
            }
        }
        _ => (),
    }
}

fn repo() -> Repo {
    let mut repo = Repo::with(|repo| {
        repo.listing = Listing::VersionLengthAndHashes;
        repo.delegate("targets", Delegation::new("role", &["*"]));
        repo.delegate("targets", Delegation::new("bin", &[]).hash_prefixes(&["0"]));
        repo.add_target("role", "file", b"content");
    });
    repo.next_root(|_| ());
    repo
}

fn signed_of(repo: &Repo, role: &str) -> Value {
    let file = match role {
        "root" => "2.root.json",
        "timestamp" => "timestamp.json",
        role => &format!("1.{role}.json"),
    };
    serde_json::from_slice::<Value>(&repo.file(file)).unwrap()["signed"].take()
}

/// Puts `odd` in the place of the value at `pointer`, or removes that value.
fn replace(signed: &mut Value, pointer: &str, odd: Option<&Value>) {
    if let Some(odd) = odd {
        if let Some(value) = signed.pointer_mut(pointer) {
            value.clone_from(odd);
        }
        return;
    }
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match signed.pointer_mut(parent) {
        Some(Value::Object(map)) => drop(map.remove(last)),
        Some(Value::Array(items)) => drop(items.remove(last.parse().unwrap())),
        _ => (),
    }
}

/// Whether the cycle and the search succeed although the value at `pointer` is replaced or, with `None`,
/// removed.
fn passes(role: &str, pointer: &str, odd: Option<Value>) -> bool {
    let mut repo = repo();
    let place = pointer.to_owned();
    repo.edit(role, move |signed| replace(signed, &place, odd.as_ref()));
    repo.root.version = 1;
    repo.next_root(|_| ());
    repo.publish();
    let mut device = Device::new(&repo);
    let found = device.try_refresh(&repo).and_then(|trusted| device.find(&repo, trusted, "file"));
    found.is_ok_and(|found| found.target.is_ok())
}

#[test]
fn cve_2026_23991_wrong_types_are_refused_at_every_place() {
    let repo = repo();
    for role in ROLES {
        let mut places = Vec::new();
        pointers(&signed_of(&repo, role), "", &mut places);
        for place in places.iter().filter(|place| !place.is_empty()) {
            // Of a key that is not at hand, of the other delegation, nothing is needed; a key's value may be
            // anything, because it is not decoded before it is used.
            for odd in
                [json!(null), json!([]), json!({}), json!("\u{0}"), json!(-1), json!([[{"a": {}}]])]
            {
                let shown = odd.to_string();
                if passes(role, place, Some(odd)) {
                    assert!(is_insignificant(role, place, &shown), "{role} {place} {shown}");
                }
            }
        }
    }
}

/// The places whose value a cycle and this search can do without.
fn is_insignificant(role: &str, place: &str, odd: &str) -> bool {
    let Some(place) = place.strip_prefix("/delegations/").filter(|_| role == "targets") else {
        return (role, place, odd) == ("targets", "/targets", "{}");
    };
    match place {
        // The value of a key that nobody uses is not decoded.
        "keys/bin/keyval/public" => true,
        "keys/bin/keyval" | "keys/bin" => odd.starts_with('{'),
        "roles/1/keyids" | "roles/1/path_hash_prefixes" => odd == "[]",
        "keys/bin/keytype"
        | "keys/bin/scheme"
        | "roles/1/name"
        | "roles/1/keyids/0"
        | "roles/1/path_hash_prefixes/0" => odd.starts_with('"'),
        _ => false,
    }
}

#[test]
fn cve_2026_23991_missing_values_are_refused_at_every_place() {
    let repo = repo();
    // What may be absent: lengths and digests that a parent need not list, `consistent_snapshot` only if
    // the names do not follow from it; `terminating`; and what the search does not need.
    let may_be_absent = |role: &str, place: &str| match role {
        "timestamp" | "snapshot" => {
            place.ends_with("/length")
                || place.ends_with("/hashes")
                || place == "/meta/bin.json"
                || place.starts_with("/meta/bin.json/")
        }
        "targets" => {
            place == "/delegations/keys/bin"
                || place.starts_with("/delegations/keys/bin/")
                || place == "/delegations/roles/1"
                || place == "/delegations/roles/1/keyids/0"
                || place == "/delegations/roles/1/path_hash_prefixes/0"
                || place.starts_with("/delegations/roles/") && place.ends_with("/terminating")
        }
        _ => false,
    };
    for role in ROLES {
        let mut places = Vec::new();
        pointers(&signed_of(&repo, role), "", &mut places);
        for place in places.iter().filter(|place| !place.is_empty()) {
            if passes(role, place, None) {
                assert!(may_be_absent(role, place), "{role} {place}");
            }
        }
    }
}
