//! Repositories that others wrote: opened, edited, and published again with nothing lost.

use std::fs;
use std::path::Path;

use ota_trust::key::{Ed25519Signer, KeyId, Signer};
use ota_trust::metadata::RoleType;
use ota_trust::primitives::{Limits, RoleName};
use ota_trust::repository::{Draft, Policy, Published, Release, TargetEntry};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::house::{Web, now, path, role};
use crate::world::{self, Repo, Role, at};

/// The keys of the lamp that python-tuf wrote.
const LAMP: [&str; 9] = [
    "root 1",
    "root 2",
    "root 3",
    "root 4",
    "timestamp",
    "snapshot",
    "targets",
    "releases 1",
    "releases 2",
];

fn seeded(name: &str) -> Ed25519Signer {
    Ed25519Signer::from_seed(&Sha256::digest(name).into())
}

fn lamp() -> (Published, Web) {
    let folder = Path::new("data/lamp/metadata");
    let mut web = Web::default();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        web.0.insert(name, fs::read(entry.path()).unwrap());
    }
    let file = |name: &str| web.0[name].clone();
    let (root, timestamp) = (file("2.root.json"), file("timestamp.json"));
    let mut published =
        Published::open(root, timestamp, file("2.snapshot.json"), &Limits::default()).unwrap();
    for name in ["targets", "releases"] {
        let bytes = file(&published.file_name(&role(name)).unwrap());
        published.load(&role(name), bytes).unwrap();
    }
    (published, web)
}

fn publish(
    published: &Published,
    edit: impl FnOnce(&mut Draft),
    keys: &[Ed25519Signer],
) -> Release {
    let mut draft = published.draft();
    edit(&mut draft);
    let signers: Vec<&dyn Signer> = keys.iter().map(|key| key as &dyn Signer).collect();
    draft.seal(now(), &Policy::default()).unwrap().publish(&signers, now()).unwrap()
}

fn signed(bytes: &[u8]) -> Value {
    serde_json::from_slice::<Value>(bytes).unwrap()["signed"].take()
}

#[test]
fn a_repository_of_python_tuf_goes_on() {
    let (published, mut web) = lamp();
    let keys = LAMP.map(|name| seeded(&format!("ota-trust test key: lamp {name}")));
    let new = path("releases/lamp/3.0.0/firmware.bin");
    let edit = |draft: &mut Draft| {
        let role = draft.insert_target(&new, &TargetEntry::of(b"third")).unwrap();
        assert_eq!(role.as_str(), "releases");
    };
    let release = publish(&published, edit, &keys);
    let names: Vec<String> = release.files().map(|file| file.name()).collect();
    assert_eq!(names, ["3.releases.json", "3.snapshot.json", "timestamp.json"]);
    // All else is as it was: `custom`, key ids, the order of the fields' values.
    let mut before = signed(&web.0["2.releases.json"]);
    let mut after = signed(release.roles()[0].bytes());
    let entry = after["targets"].as_object_mut().unwrap().remove(new.as_str()).unwrap();
    assert_eq!(entry["length"], 5);
    for value in [&mut before, &mut after] {
        value["version"].take();
        value["expires"].take();
    }
    assert_eq!(before, after);
    let mut device =
        world::Device::provisioned(web.0["1.root.json"].clone(), at(super::house::NOW));
    device.refresh(&web);
    web.upload(&release);
    let repository = device.refresh(&web);
    device.find(&web, repository, new.as_str()).unwrap().target.unwrap();
}

#[test]
fn unknown_fields_of_every_kind_come_out_as_they_went_in() {
    let odd = json!({"b": [1, {"y": null, "x": "\n\u{1f}é"}], "a": true});
    let mut repo = Repo::with(|repo| {
        repo.roles.insert("role".into(), Role::new(vec![world::Signer::new("role")]));
        repo.delegate("targets", world::Delegation::new("role", &["*"]));
        repo.add_target("targets", "file", b"content");
    });
    for name in ["root", "timestamp", "snapshot", "targets"] {
        let odd = odd.clone();
        repo.edit(name, move |signed| {
            signed["x-field"] = odd.clone();
            signed["spec_version"] = "1.0".into();
            if let Some(roles) = signed.get_mut("roles") {
                roles["mirrors"] = json!({"keyids": [], "threshold": 1});
                roles["targets"]["x-role"] = odd.clone();
            }
            if let Some(keys) = signed.get_mut("keys") {
                for key in keys.as_object_mut().unwrap().values_mut() {
                    key["x-key"] = odd.clone();
                    key["keyval"]["x-value"] = odd.clone();
                }
            }
            for (_, entry) in
                signed.get_mut("meta").and_then(Value::as_object_mut).into_iter().flatten()
            {
                entry["x-meta"] = odd.clone();
            }
            if let Some(entry) = signed.get_mut("targets").and_then(|all| all.get_mut("file")) {
                entry["x-target"] = odd.clone();
                entry["hashes"]["sha3-256"] = "00".into();
            }
            if let Some(delegations) = signed.get_mut("delegations") {
                delegations["x-all"] = odd.clone();
                delegations["roles"][0]["x-one"] = odd.clone();
            }
        });
    }
    repo.publish();
    let file = |name: &str| repo.file(name);
    let limits = Limits::default();
    let mut published = Published::open(
        file("1.root.json"),
        file("timestamp.json"),
        file("1.snapshot.json"),
        &limits,
    )
    .unwrap();
    for name in ["targets", "role"] {
        published.load(&role(name), file(&format!("1.{name}.json"))).unwrap();
    }
    let keys = ["root", "timestamp", "snapshot", "targets", "role"]
        .map(|name| seeded(name).with_key_id(KeyId::new(name)));
    let edit = |draft: &mut Draft| {
        draft.root().set_consistent_snapshot(true);
        for role in ["root", "targets", "snapshot", "timestamp"] {
            let role = if role == "targets" { RoleName::targets() } else { top(role) };
            draft.renew(&role).unwrap();
        }
        // An entry that is looked at and put back.
        let targets = draft.targets().unwrap();
        let entry = targets.get(&path("file")).unwrap();
        targets.insert(&path("file"), &entry);
        targets.delegate(&delegation("other")).unwrap();
        targets.undelegate(&role("other")).unwrap();
    };
    let release = publish(&published, edit, &keys);
    let same = |name: &str, bytes: &[u8]| {
        let (mut before, mut after) = (signed(&file(name)), signed(bytes));
        for value in [&mut before, &mut after] {
            value["version"].take();
            value["expires"].take();
            // What is listed is another file now; the rest of the entry stays.
            for (_, entry) in
                value.get_mut("meta").and_then(Value::as_object_mut).into_iter().flatten()
            {
                for field in ["version", "length", "hashes"] {
                    entry.as_object_mut().unwrap().remove(field);
                }
            }
        }
        assert_eq!(before, after, "{name}");
    };
    same("1.root.json", release.root().unwrap().bytes());
    same("1.targets.json", release.roles()[0].bytes());
    same("1.snapshot.json", release.snapshot().unwrap().bytes());
    same("timestamp.json", release.timestamp().unwrap().bytes());
}

/// Devices read expiry in other forms, and delegations that do not say whether they are terminating.
/// Here they are read so, stay as they are in what is not touched, and are written as TUF has them.
#[test]
fn what_others_write_otherwise_is_read_and_never_written() {
    const EXPIRY: [(&str, &str); 5] = [
        ("root", "2098-12-31T20:00:00-04:00"),
        ("timestamp", "2099-01-01T00:00:00.188963Z"),
        ("snapshot", "2099-01-01T00:00:00.1+00:00"),
        ("targets", "2099-01-01T01:00:00+01:00"),
        ("role", "2099-01-01T00:00:00.999999999Z"),
    ];
    let mut repo = Repo::with(|repo| {
        repo.delegate("targets", world::Delegation::new("role", &["*"]));
    });
    for (role, expires) in EXPIRY {
        repo.edit(role, move |signed| signed["expires"] = expires.into());
    }
    repo.edit("targets", |signed| {
        signed["delegations"]["roles"][0].as_object_mut().unwrap().remove("terminating");
    });
    repo.publish_all();
    let file = |name: &str| repo.file(name);
    let limits = Limits::default();
    let open = [file("1.root.json"), file("timestamp.json"), file("1.snapshot.json")];
    let [root, timestamp, snapshot] = open;
    let mut published = Published::open(root, timestamp, snapshot, &limits).unwrap();
    for name in ["targets", "role"] {
        published.load(&role(name), file(&format!("1.{name}.json"))).unwrap();
    }
    let expires = published.root().unwrap().expires();
    assert_eq!(expires.to_string(), world::FOREVER);
    let keys = ["root", "timestamp", "snapshot", "targets", "role"]
        .map(|name| seeded(name).with_key_id(KeyId::new(name)));

    // All of them mean one moment: none expires before it, and all do a second later.
    let mut draft = published.draft();
    draft.renew_expiring(expires);
    assert_eq!(draft.seal(now(), &Policy::default()).unwrap_err().code(), "seal.nothing");
    let mut draft = published.draft();
    draft.renew_expiring(expires.saturating_add(1));
    assert_eq!(draft.seal(now(), &Policy::default()).unwrap().files().count(), 3);

    // One role changes: its file, the snapshot and the timestamp are written, and nothing else.
    let lists = |draft: &mut Draft| {
        draft.insert_target(&path("file"), &TargetEntry::of(b"content")).unwrap();
    };
    let first = publish(&published, lists, &keys);
    let names: Vec<String> = first.files().map(|file| file.name()).collect();
    assert_eq!(names, ["2.role.json", "2.snapshot.json", "timestamp.json"]);
    let renew = |draft: &mut Draft| {
        draft.renew(&top("root")).unwrap();
        draft.renew(&RoleName::targets()).unwrap();
    };
    let second = publish(first.published(), renew, &keys);
    for file in first.files().chain(second.files()) {
        let signed = signed(file.bytes());
        let expires = signed["expires"].as_str().unwrap();
        assert!(expires.len() == 20 && expires.ends_with(":00Z"), "{expires}");
        if let Some(edge) = signed["delegations"]["roles"].get(0) {
            assert_eq!(edge["terminating"], false);
        }
    }
    let mut web = Web::default();
    web.0.extend(repo.served.clone());
    web.upload(&first);
    let mut device = world::Device::new(&repo);
    device.refresh(&web);
    web.upload(&second);
    let repository = device.refresh(&web);
    assert_eq!(repository.root().version().get(), 2);
    device.find(&web, repository, "file").unwrap().target.unwrap();
}

fn top(name: &str) -> RoleName {
    match name {
        "root" => RoleType::Root,
        "snapshot" => RoleType::Snapshot,
        _ => RoleType::Timestamp,
    }
    .into()
}

fn delegation(name: &str) -> ota_trust::repository::Delegation {
    let paths = ota_trust::metadata::PathSet::patterns(["x"]);
    let keys = vec![seeded("x").public_key().clone()];
    ota_trust::repository::Delegation::new(role(name), keys, 1, paths)
}

#[test]
fn what_does_not_belong_together_is_not_opened() {
    let (_, web) = lamp();
    let file = |name: &str| web.0[name].clone();
    let limits = Limits::default();
    let open = |root: &str, timestamp: Vec<u8>, snapshot: &str| {
        let opened = Published::open(file(root), timestamp, file(snapshot), &limits);
        opened.map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(open("2.root.json", file("timestamp.json"), "2.snapshot.json"), Ok(()));
    let other = open("2.root.json", file("timestamp.json"), "1.snapshot.json");
    assert_eq!(other, Err("verify.hash"));
    let under_old_root = open("1.root.json", file("timestamp.json"), "2.snapshot.json");
    assert_eq!(under_old_root, Err("verify.signatures"));
    let (mut published, _) = lamp();
    let older = published.load(&role("releases"), file("1.releases.json"));
    assert_eq!(older.unwrap_err().code(), "verify.length");
    let nobody = published.load(&role("nobody"), file("1.releases.json"));
    assert_eq!(nobody.unwrap_err().code(), "verify.not-in-snapshot");
    let mut fresh = Published::open(
        file("2.root.json"),
        file("timestamp.json"),
        file("2.snapshot.json"),
        &limits,
    )
    .unwrap();
    let too_early = fresh.load(&role("releases"), file("2.releases.json"));
    assert_eq!(too_early.unwrap_err().code(), "verify.not-delegated");
    assert_eq!(fresh.draft().targets().unwrap_err().code(), "draft.not-loaded");
}
